import type { Account, Pass } from './account.ts';
import { cardForms } from './card-forms.ts';
import { carrier, type Dialect, type Task } from './carrier.ts';
import { carrierRefusal, plainWord } from './codes.ts';
import { bodyOf, type Fields, fieldsOf, listOf, textOf } from './fields.ts';
import type { Reading } from './reading.ts';

/**
 * Onomondo's API (docs.onomondo.com, pages "API Reference" and "SIMs"; read besides as OpenAPI in
 * github.com/api-evangelist/onomondo and in the clients github.com/rmja/Onomondo.ApiClient and
 * github.com/onomondo/automatic-imei-lock-service). The address is `https://api.onomondo.com`.
 *
 * Read: the key stands in `Authorization` as it is, so there is no pass to renew; `GET /sims/{sim_id}` takes the SIM's
 * number or its ICCID; `PATCH` of it sets `activated` and `data_limit` and answers with the SIM; the list goes on by
 * `pagination.next_page` with at most 1,000 to a page; 600 questions a minute at most. Every SIM has a data limit, 10 GB
 * a month unless somebody set another and 0.5 MB at least; a SIM that reaches it is turned away until the month is over
 * (help.onomondo.com, "How do I set data limits and usage alerts?"). A card is limited by the least limit there is, and
 * let go to what its contract agrees on, or to the default where it agrees on nothing.
 *
 * Unverified: whether a limit is set in octets as it is told, whether 10 GB are 10^10 octets, what other types than
 * `monthly` are called (a limit of another type is not compared), which word a 404 carries, whether a 429 carries
 * `Retry-After` (a minute is waited without), how long a change takes, and which reject a deactivated SIM meets (so an
 * order for a temporary one is refused).
 */
const LEAST_BYTES = 500_000;
const DEFAULT_BYTES = 10_000_000_000;
const MONTHLY = 'monthly';
/** A cap of days allows no more than this in a month. */
const MOST_DAYS = 31;
const PER_PAGE = 100;

const dialect: Dialect = {
  secrets: ['api_key'],
  actions: ['suspend', 'resume', 'limit', 'unlimit'],
  gapMs: 100,
  pollMs: 10_000,
  tellsCaps: true,
  signIn,
  isPassOver: reply => reply.status === 401,
  isBusy: reply => reply.status === 429,
  read,
  order,
  cards,
  usage,
};

export const onomondo = carrier(dialect);

/** Nothing is asked; a key that no header can carry is none of theirs. */
async function signIn(_ask: unknown, secrets: Readonly<Record<string, string>>): Promise<Pass> {
  const key = secrets['api_key'] ?? '';
  if (!/^[\x21-\x7e]+$/.test(key)) throw carrierRefusal('provider-sign-in-refused');
  return { headers: { authorization: key }, untilMs: Number.POSITIVE_INFINITY };
}

async function read(account: Account, reference: string): Promise<Reading | null> {
  for (const form of cardForms(reference)) {
    const sim = await simOf(account, form);
    if (sim !== null) return readingOf(sim);
  }
  return null;
}

async function simOf(account: Account, name: string): Promise<Fields | null> {
  const reply = await account.call({ method: 'GET', path: pathOf(name) });
  // A host that is none of theirs answers 404 with a page: only their own fault says that there is no such SIM.
  if (reply.status === 404 && faultOf(reply.body) !== null) return null;
  return fieldsOf(bodyOf(reply), 'sim');
}

function readingOf(sim: Fields): Reading {
  return { ...stateOf(sim), sinceMs: null, handle: textOf(sim, 'id'), ...limitOf(sim) };
}

function stateOf({ activated }: Fields): Pick<Reading, 'standing' | 'word'> {
  if (activated === true) return { standing: 'working', word: 'activated' };
  if (activated === false) return { standing: 'restricted', word: 'deactivated' };
  return { standing: 'unknown', word: plainWord(activated) };
}

function limitOf({ data_limit: told }: Fields): Pick<Reading, 'limited' | 'capBytes'> {
  if (typeof told !== 'object' || told === null) return {};
  const { total, type } = told as Fields;
  if (typeof total !== 'number' || !Number.isSafeInteger(total) || total < 0) return {};
  const limited = total <= LEAST_BYTES;
  return type === MONTHLY ? { limited, capBytes: total } : { limited };
}

async function order(account: Account, { action, terms, reading, agreedCap }: Task) {
  if (action === 'terminate') return { refused: 'action-not-offered' };
  if (action === 'suspend' && terms['kind'] === 'temporary-reject') return { refused: 'kind-not-offered' };
  const body = await changeFor(action, agreedCap);
  const reply = await account.call({ method: 'PATCH', path: pathOf(reading.handle), body });
  if (reply.status === 200) return { name: '' };
  if (reply.status < 400) throw carrierRefusal('provider-answer-unreadable', { status: reply.status });
  return { refused: plainWord(faultOf(reply.body) ?? `status-${reply.status}`) };
}

async function changeFor(action: string, agreedCap: Task['agreedCap']): Promise<Fields> {
  if (action === 'suspend' || action === 'resume') return { activated: action === 'resume' };
  const total = action === 'limit' ? LEAST_BYTES : await usualLimit(agreedCap);
  return { data_limit: { type: MONTHLY, total } };
}

async function usualLimit(agreedCap: Task['agreedCap']): Promise<number> {
  const agreed = await agreedCap();
  if (agreed === null) return DEFAULT_BYTES;
  // One octet above the least, for at the least the card would still be limited.
  return Math.max(LEAST_BYTES + 1, agreed.window === 'day' ? agreed.bytes * MOST_DAYS : agreed.bytes);
}

/** The list tells no data limits: those of cards that have a volume agreed are read card by card. */
async function cards(account: Account, after: string | null) {
  const query = { limit: String(PER_PAGE), ...(after === null ? {} : { next_page: after }) };
  const reply = await account.call({ method: 'GET', path: '/sims', query });
  const told = fieldsOf(bodyOf(reply), 'page');
  const items = listOf(told['sims'], 'sims').map(sim => ({
    reference: textOf(sim, 'iccid'),
    ...stateOf(sim),
    ...limitOf(sim),
  }));
  return { items, next: items.length === 0 ? null : nextOf(told['pagination']) };
}

function nextOf(pagination: unknown): string | null {
  if (typeof pagination !== 'object' || pagination === null) return null;
  const { next_page: next } = pagination as Fields;
  return typeof next === 'string' && next !== '' ? next : null;
}

async function usage(account: Account, _reference: string, { handle }: Reading) {
  const sim = await simOf(account, handle);
  const limit = sim === null ? {} : fieldsOf(sim['data_limit'] ?? {}, 'data_limit');
  const { used, type, period } = limit as Fields;
  const bytes = typeof used === 'number' && Number.isSafeInteger(used) && used >= 0 ? used : null;
  return { bytes, exact: true, period: plainWord(period ?? type) };
}

const pathOf = (name: string): string => `/sims/${encodeURIComponent(name)}`;

/** Their word for a fault; null when the body is none of theirs. */
function faultOf(body: unknown): string | null {
  if (typeof body !== 'object' || body === null) return null;
  const { error } = body as Fields;
  return typeof error === 'string' ? error : null;
}
