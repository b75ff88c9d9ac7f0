import type { Account, Pass, Wish } from './account.ts';
import type { Reply } from './ask.ts';
import { carrier, type Dialect, type Task } from './carrier.ts';
import { carrierRefusal, plainWord } from './codes.ts';
import { bodyOf, type Fields, fieldsOf, listOf, numeralOf, textOf, unreadable } from './fields.ts';
import type { Reading, Standing } from './reading.ts';

/**
 * emnify REST API v1 (docs.emnify.com/developers/api; read as OpenAPI in github.com/api-evangelist/emnify:
 * openapi/_original/emnify-api-openapi.yml and json-schema/emnify-sim-schema.json). The address ends before `/api`.
 *
 * Read: an application token buys a token (JWT) at `POST /api/v1/authenticate`, at most 100 times in five minutes; a
 * SIM's status is 0 issued, 1 activated, 2 suspended, 3 deleted, 4 factory test, and moves between 1 and 2 by
 * `PATCH /api/v1/sim/{id}`; `q=iccid:` finds 19 digits, `q=iccid_with_luhn:` 20; lists go by `page` and `per_page`;
 * a service profile's `sms_p2p_int` and `sms_p2p_ext` are true unless somebody says otherwise; 429 tells of too many questions; 2,000 in five minutes from an address. A suspended SIM is billed no more.
 *
 * `GET /api/v1/endpoint/{id}/stats/daily` tells data in MB and messages by day, from `start_date` to `end_date`.
 *
 * Unverified: whether `q` matches in part (so what comes back is compared), whether 429 carries `Retry-After`, how long
 * a token lives (its own `exp` is believed, an hour without), what kind of reject a suspended SIM meets (so an order
 * for a temporary one is refused), whether the MB of statistics are 10^6 octets, whether their days are those of UTC and
 * a session over midnight counts on the day it ends. Ending a SIM for good is no part of
 * what a customer may do there.
 */
const STATUS: Readonly<Record<string, Standing>> = {
  0: 'idle',
  1: 'working',
  2: 'restricted',
  3: 'ended',
  4: 'idle',
};
const PER_PAGE = 200;
const MEGABYTE = 1_000_000;

const dialect: Dialect = {
  secrets: ['application_token'],
  actions: ['suspend', 'resume'],
  gapMs: 150,
  pollMs: 10_000,
  signIn,
  isPassOver: reply => reply.status === 401,
  isBusy: reply => reply.status === 429,
  read,
  order,
  cards,
  usage,
  days,
  defaults,
  closeDefaults,
};

export const emnify = carrier(dialect);

async function signIn(
  ask: (wish: Wish) => Promise<Reply>,
  secrets: Readonly<Record<string, string>>,
  nowMs: number,
): Promise<Pass> {
  const body = { application_token: secrets['application_token'] };
  const reply = await ask({ method: 'POST', path: '/api/v1/authenticate', body });
  if (reply.status === 401 || reply.status === 400 || reply.status === 404)
    throw carrierRefusal('provider-sign-in-refused', { status: reply.status });
  if (reply.status === 429) throw carrierRefusal('provider-busy', { seconds: 300 });
  if (reply.status >= 500) throw carrierRefusal('provider-unreachable', { status: reply.status });
  const token = textOf(fieldsOf(bodyOf(reply), 'body'), 'auth_token');
  if (!/^[A-Za-z0-9_.-]+$/.test(token)) throw unreadable('auth_token');
  return { headers: { authorization: `Bearer ${token}` }, untilMs: endOf(token) ?? nowMs + 3_600_000 };
}

/** `exp` of the token (RFC 7519 §4.1.4), which is theirs to check; here it only says when to renew. */
function endOf(token: string): number | null {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as Fields;
    return typeof claims['exp'] === 'number' ? claims['exp'] * 1000 : null;
  } catch {
    return null;
  }
}

async function read(account: Account, reference: string): Promise<Reading | null> {
  const q = `${reference.length === 20 ? 'iccid_with_luhn' : 'iccid'}:${reference}`;
  const reply = await account.call({ method: 'GET', path: '/api/v1/sim', query: { q, per_page: '10' } });
  const found = listOf(bodyOf(reply), 'sims').filter(
    sim => sim['iccid'] === reference || sim['iccid_with_luhn'] === reference,
  );
  if (found.length > 1) throw unreadable('sims');
  return found[0] === undefined ? null : readingOf(found[0]);
}

function readingOf(sim: Fields): Reading {
  const status = fieldsOf(sim['status'], 'status');
  const id = numeralOf(status, 'id');
  const told = typeof status['description'] === 'string' ? status['description'] : '';
  return {
    standing: STATUS[id] ?? 'unknown',
    word: told === '' ? id : told,
    sinceMs: null,
    handle: numeralOf(sim, 'id'),
    ...deviceOf(sim),
  };
}

/** The endpoint that the SIM is in; null or absent where it is in none. */
function deviceOf({ endpoint }: Fields): { device?: string } {
  if (typeof endpoint !== 'object' || endpoint === null) return {};
  const { id } = endpoint as Fields;
  return typeof id === 'number' && Number.isSafeInteger(id) && id > 0 ? { device: String(id) } : {};
}

async function order(account: Account, { action, terms, reading }: Task) {
  if (action === 'terminate') return { refused: 'action-not-offered' };
  if (action === 'suspend' && terms['kind'] === 'temporary-reject') return { refused: 'kind-not-offered' };
  const body = { status: { id: action === 'suspend' ? 2 : 1 } };
  const reply = await account.call({ method: 'PATCH', path: `/api/v1/sim/${reading.handle}`, body });
  if (reply.status === 204 || reply.status === 200) return { name: '' };
  if (reply.status >= 400) {
    const told = typeof reply.body === 'object' && reply.body !== null ? (reply.body as Fields) : {};
    return { refused: plainWord(told['error_token'] ?? `status-${reply.status}`) };
  }
  throw carrierRefusal('provider-answer-unreadable', { status: reply.status });
}

async function cards(account: Account, after: string | null) {
  const page = after === null ? 1 : Number(after);
  if (!Number.isSafeInteger(page) || page < 1) throw unreadable('after');
  const query = { page: String(page), per_page: String(PER_PAGE), sort: 'id' };
  const sims = listOf(bodyOf(await account.call({ method: 'GET', path: '/api/v1/sim', query })), 'sims');
  const items = sims.map(sim => {
    const { word, standing } = readingOf(sim);
    return { reference: textOf(sim, 'iccid'), word, standing };
  });
  return { items, next: sims.length < PER_PAGE ? null : String(page + 1) };
}

async function usage(account: Account, _reference: string, { handle }: Reading) {
  const reply = await account.call({ method: 'GET', path: `/api/v1/sim/${handle}/stats` });
  const told = bodyOf(reply);
  // The document says a list; its prose speaks of one object. Both are read.
  const [stats] = Array.isArray(told) ? listOf(told, 'stats') : [fieldsOf(told, 'stats')];
  const month = stats?.['current_month'];
  if (typeof month !== 'object' || month === null)
    return { bytes: null, exact: false, period: 'current_month' };
  const data = (month as Fields)['data'];
  const volume = typeof data === 'object' && data !== null ? Number((data as Fields)['volume']) : Number.NaN;
  const bytes = Number.isFinite(volume) && volume >= 0 ? Math.round(volume * MEGABYTE) : null;
  return { bytes, exact: false, period: 'current_month' };
}

/** Messages between persons, inside the account and to anybody: open by default, and set explicitly here (C-05, C-07). */
const OPEN_BY_DEFAULT = ['sms_p2p_int', 'sms_p2p_ext'] as const;
const MOST_PROFILES = 200;

/** Use is counted by endpoint; of a SIM that is in none, or whose endpoint is gone, nothing is told. */
async function days(account: Account, { device }: Reading, first: string, last: string) {
  if (device === undefined) return null;
  const path = `/api/v1/endpoint/${device}/stats/daily`;
  const query = { start_date: first, end_date: last };
  const reply = await account.call({ method: 'GET', path, query });
  if (reply.status === 404) return null;
  return listOf(bodyOf(reply), 'stats').flatMap(each => {
    const day = textOf(each, 'date');
    if (!/^\d{4}-\d\d-\d\d$/.test(day)) throw unreadable('date');
    const { data } = each;
    if (data === undefined || data === null) return [];
    const { volume } = fieldsOf(data, 'data');
    if (typeof volume !== 'number' || !Number.isFinite(volume) || volume < 0) throw unreadable('volume');
    return [{ day, volume, unit: 'MB' as const }];
  });
}

async function defaults(account: Account) {
  const query = { page: '1', per_page: String(MOST_PROFILES) };
  const reply = await account.call({ method: 'GET', path: '/api/v1/service_profile', query });
  const ids = listOf(bodyOf(reply), 'service_profiles').map(each => numeralOf(each, 'id'));
  const all: { profile: string; setting: string; isOpen: boolean }[] = [];
  // The list is not said to tell the settings; the profile itself is.
  for (const id of ids) {
    const one = await account.call({ method: 'GET', path: `/api/v1/service_profile/${id}` });
    const profile = fieldsOf(bodyOf(one), 'service_profile');
    for (const setting of OPEN_BY_DEFAULT)
      all.push({ profile: id, setting, isOpen: profile[setting] !== false });
  }
  return all;
}

async function closeDefaults(account: Account, profile: string): Promise<void> {
  const body = Object.fromEntries(OPEN_BY_DEFAULT.map(setting => [setting, false]));
  const path = `/api/v1/service_profile/${encodeURIComponent(profile)}`;
  const reply = await account.call({ method: 'PATCH', path, body });
  if (reply.status !== 204 && reply.status !== 200)
    throw carrierRefusal('provider-answer-unreadable', { status: reply.status });
}
