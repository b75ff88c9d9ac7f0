import type { Account, Pass, Wish } from './account.ts';
import type { Reply } from './ask.ts';
import { carrier, type Dialect, type Task } from './carrier.ts';
import { carrierRefusal, plainWord } from './codes.ts';
import { bodyOf, type Fields, fieldsOf, listOf, textOf, unreadable } from './fields.ts';
import type { Reading, Standing } from './reading.ts';

/**
 * Soracom API v1 (users.soracom.io/en/tools/api; read as OpenAPI in github.com/soracom/soracom-cli:
 * generators/assets/soracom-api.en.yaml, version 20260604). The address ends with `/v1`:
 * `https://g.api.soracom.io/v1` or, for coverage in Japan, `https://api.soracom.io/v1`.
 *
 * Read: an AuthKey buys an API key and a token at `POST /auth` for a stated time, two days at most; `GET /query/sims`
 * finds by parts of an ICCID, without heed of case, so what comes back is compared; `suspend`, `deactivate`,
 * `activate` and `terminate` of `/sims/{sim_id}` answer with the SIM as it is then; terminating needs its protection
 * lifted before; lists go on by `x-soracom-next-key`; traffic comes in octets by speed class. Inactive is a temporary
 * reject, suspended a permanent one (soracom.io/implementation-guide, cards.md §6.2). A SIM that is `ready` begins to
 * work with its first session, and counts as working. A card is limited by `update_speed_class` to the slowest of its
 * subscription, and comes back to `standard`, whatever it had before.
 *
 * Unverified: how many questions are too many (429 is heeded), whether a SIM may be suspended from `ready`, whether an
 * additional subscription of a suspended SIM is stopped with it.
 */
const STATUS: Readonly<Record<string, Standing>> = {
  ready: 'working',
  active: 'working',
  inactive: 'restricted',
  suspended: 'restricted',
  standby: 'idle',
  terminated: 'ended',
};
const SLOWEST: Readonly<Record<string, string>> = { s1: 's1.minimum', u1: 'u1.slow' };
const PASS_SECONDS = 3_600;
const PER_PAGE = 100;
/** Of the year 9999. */
const LAST_SECOND = 253_402_300_799;

const dialect: Dialect = {
  secrets: ['auth_key_id', 'auth_key'],
  actions: ['suspend', 'resume', 'limit', 'unlimit', 'terminate'],
  gapMs: 50,
  pollMs: 10_000,
  signIn,
  isPassOver: reply => reply.status === 401,
  isBusy: reply => reply.status === 429,
  read,
  isAsOrdered: ({ word }, terms) => word !== 'inactive' || terms['kind'] === 'temporary-reject',
  order,
  cards,
  usage,
  days,
};

export const soracom = carrier(dialect);

async function signIn(
  ask: (wish: Wish) => Promise<Reply>,
  secrets: Readonly<Record<string, string>>,
  nowMs: number,
): Promise<Pass> {
  const body = {
    authKeyId: secrets['auth_key_id'],
    authKey: secrets['auth_key'],
    tokenTimeoutSeconds: PASS_SECONDS,
  };
  const reply = await ask({ method: 'POST', path: '/auth', body });
  if (reply.status === 429) throw carrierRefusal('provider-busy', { seconds: 60 });
  if (reply.status >= 500) throw carrierRefusal('provider-unreachable', { status: reply.status });
  if (reply.status >= 400) throw carrierRefusal('provider-sign-in-refused', { status: reply.status });
  const told = fieldsOf(bodyOf(reply), 'body');
  const [apiKey, token] = [textOf(told, 'apiKey'), textOf(told, 'token')];
  if (!/^[\x21-\x7e]+$/.test(apiKey + token)) throw unreadable('token');
  return {
    headers: { 'x-soracom-api-key': apiKey, 'x-soracom-token': token },
    untilMs: nowMs + PASS_SECONDS * 1000,
  };
}

async function read(account: Account, reference: string): Promise<Reading | null> {
  const query = { iccid: reference.slice(0, 19), limit: '10' };
  const reply = await account.call({ method: 'GET', path: '/query/sims', query });
  const found = listOf(bodyOf(reply), 'sims').filter(sim =>
    iccidsOf(sim).some(iccid => isSame(iccid, reference)),
  );
  if (found.length > 1) throw unreadable('sims');
  return found[0] === undefined ? null : readingOf(found[0]);
}

function readingOf(sim: Fields): Reading {
  const word = textOf(sim, 'status');
  const changed = sim['lastModifiedTime'];
  return {
    standing: STATUS[word] ?? 'unknown',
    word,
    // The last change of anything: never before the state came about.
    sinceMs: typeof changed === 'number' && Number.isSafeInteger(changed) ? changed : null,
    handle: textOf(sim, 'simId'),
    ...limitedOf(sim),
  };
}

/** Speed classes begin with `s1.` or `u1.`; a virtual SIM has one class only. */
function limitedOf(sim: Fields): { limited?: boolean } {
  const { speedClass } = sim;
  if (typeof speedClass !== 'string' || !/^[su]1\./.test(speedClass)) return {};
  return { limited: speedClass === SLOWEST[speedClass.slice(0, 2)] };
}

/** The ICCIDs of all profiles, the active one first. */
function iccidsOf(sim: Fields): string[] {
  const profiles = Object.entries(fieldsOf(sim['profiles'] ?? {}, 'profiles'));
  profiles.sort(([a], [b]) => Number(b === sim['activeProfileId']) - Number(a === sim['activeProfileId']));
  return profiles.map(([name, profile]) => {
    const { iccid } = fieldsOf(profile, 'profiles') as { iccid?: unknown };
    return typeof iccid === 'string' && iccid !== '' ? iccid : name;
  });
}

/** With or without the check digit at its end. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [one.toUpperCase(), other.toUpperCase()];
  return a === b || (Math.min(a.length, b.length) === 19 && a.slice(0, 19) === b.slice(0, 19));
}

async function order(account: Account, { action, terms, reading }: Task) {
  const path = `/sims/${encodeURIComponent(reading.handle)}`;
  const isLimit = action === 'limit' || action === 'unlimit';
  const sim =
    isLimit || action === 'terminate'
      ? fieldsOf(bodyOf(await account.call({ method: 'GET', path })), 'sim')
      : {};
  if (action === 'terminate' && sim['terminationEnabled'] !== true)
    return { refused: 'termination-protected' };
  const body = isLimit ? { speedClass: classFor(action, textOf(sim, 'speedClass')) } : {};
  const deed = isLimit ? 'update_speed_class' : deedOf(action, terms);
  const reply = await account.call({ method: 'POST', path: `${path}/${deed}`, body });
  if (reply.status === 200) return { name: '' };
  if (reply.status < 400) throw carrierRefusal('provider-answer-unreadable', { status: reply.status });
  const told = typeof reply.body === 'object' && reply.body !== null ? (reply.body as Fields) : {};
  const inner = typeof told['errorMessage'] === 'object' ? (told['errorMessage'] as Fields | null) : null;
  return { refused: plainWord(inner?.['code'] ?? told['code'] ?? `status-${reply.status}`) };
}

/** What a card had before it was limited is not kept by the carrier: it comes back to standard. */
function classFor(action: string, now: string): string {
  const family = now.slice(0, 2);
  return action === 'limit' ? (SLOWEST[family] ?? now) : `${family}.standard`;
}

function deedOf(action: string, terms: Task['terms']): string {
  if (action === 'terminate') return 'terminate';
  if (action === 'resume') return 'activate';
  return terms['kind'] === 'temporary-reject' ? 'deactivate' : 'suspend';
}

async function cards(account: Account, after: string | null) {
  const query = {
    limit: String(PER_PAGE),
    ...(after === null ? {} : { last_evaluated_key: after }),
  };
  const reply = await account.call({ method: 'GET', path: '/sims', query });
  const items = listOf(bodyOf(reply), 'sims').map(sim => {
    const { word, standing, handle, limited } = readingOf(sim);
    const more = limited === undefined ? {} : { limited };
    return { reference: iccidsOf(sim)[0] ?? `simId:${handle}`, word, standing, ...more };
  });
  const next = reply.headers['x-soracom-next-key'];
  return { items, next: typeof next === 'string' && next !== '' ? next : null };
}

async function usage(account: Account, _reference: string, { handle }: Reading) {
  const second = String(Math.floor(account.nowMs() / 1000));
  const path = `/stats/air/sims/${encodeURIComponent(handle)}`;
  const query = { from: second, to: second, period: 'month' };
  const months = listOf(bodyOf(await account.call({ method: 'GET', path, query })), 'stats');
  const month = months.at(-1);
  if (month === undefined) return { bytes: 0, exact: true, period: 'month' };
  return { bytes: octetsOf(month), exact: true, period: String(month['date'] ?? 'month').slice(0, 40) };
}

/** Days are those of UTC, each under the second it begins with. */
async function days(account: Account, { handle }: Reading, first: string, last: string) {
  const path = `/stats/air/sims/${encodeURIComponent(handle)}`;
  const [from, to] = [Date.parse(`${first}T00:00:00Z`), Date.parse(`${last}T23:59:59Z`)];
  const query = { from: String(from / 1000), to: String(to / 1000), period: 'day' };
  const told = listOf(bodyOf(await account.call({ method: 'GET', path, query })), 'stats');
  return told.map(each => {
    const seconds = octets(each, 'unixtime');
    if (seconds > LAST_SECOND) throw unreadable('unixtime');
    const day = new Date(seconds * 1000).toISOString().slice(0, 10);
    return { day, volume: octetsOf(each), unit: 'B' as const };
  });
}

/** The octets of a stretch, up and down, of all speed classes. */
function octetsOf(stretch: Fields): number {
  const classes = Object.values(fieldsOf(stretch['dataTrafficStatsMap'] ?? {}, 'dataTrafficStatsMap'));
  return classes
    .map(each => fieldsOf(each, 'dataTrafficStatsMap'))
    .reduce(
      (sum, each) => sum + octets(each, 'uploadByteSizeTotal') + octets(each, 'downloadByteSizeTotal'),
      0,
    );
}

function octets(fields: Fields, name: string): number {
  const value = fields[name] ?? 0;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw unreadable(name);
  return value;
}
