import { DAY_MS } from '../../../../kernel/time.ts';
import type { Account, Pass } from './account.ts';
import { cardForms } from './card-forms.ts';
import { carrier, type Dialect, type Task } from './carrier.ts';
import { carrierRefusal, plainWord } from './codes.ts';
import { bodyOf, type Fields, fieldsOf, instantOf, listOf, textOf, unreadable } from './fields.ts';
import type { Reading, Standing } from './reading.ts';

/**
 * Cisco IoT Control Center (Jasper) REST API, version 1 (developer.cisco.com/docs/control-center: get-started,
 * search-devices, edit-device-details, rest-api-troubleshooting-checklist; read as OpenAPI in
 * github.com/titobrasolin/jasper-client-python). The address ends with `/rws/api`, on the host of the carrier's pod.
 *
 * Read: Basic sign-in of a user name and that user's API key, so there is no pass to renew; `GET /v1/devices/{iccid}`
 * tells status and dateUpdated; `PUT` of it changes the status, answered 200 or 202; faults carry errorMessage and
 * errorCode; the search goes by pageNumber with 50 to a page until lastPage; `ctdUsages` counts data of the cycle to
 * date in octets; five calls a second at most, one at a time, and one a minute for polling.
 *
 * Unverified: the names of states besides ACTIVATED (page "SIM Status Values" was not read), which of them may follow
 * which, what the code for too many calls is (429 is heeded), how far back modifiedSince may lie, and the kind of
 * reject of a deactivated device (so an order for a temporary one is refused).
 */
const STATUS: Readonly<Record<string, Standing>> = {
  ACTIVATED: 'working',
  DEACTIVATED: 'restricted',
  RETIRED: 'ended',
  PURGED: 'ended',
  REPLACED: 'ended',
  TEST_READY: 'idle',
  ACTIVATION_READY: 'idle',
  INVENTORY: 'idle',
  TRIAL: 'idle',
};
const WANTED: Readonly<Record<string, string>> = {
  suspend: 'DEACTIVATED',
  resume: 'ACTIVATED',
  terminate: 'RETIRED',
};
const PER_PAGE = 50;
/** The search lists what changed since, at most a year. */
const LOOK_BACK_DAYS = 364;

const dialect: Dialect = {
  secrets: ['username', 'api_key'],
  actions: ['suspend', 'resume', 'terminate'],
  gapMs: 200,
  pollMs: 60_000,
  looksBackDays: LOOK_BACK_DAYS,
  signIn,
  isPassOver: reply => reply.status === 401,
  isBusy: reply => reply.status === 429,
  read,
  order,
  cards,
  usage,
};

export const controlCenter = carrier(dialect);

/** Basic authentication (RFC 7617); nothing is asked. */
async function signIn(_ask: unknown, secrets: Readonly<Record<string, string>>): Promise<Pass> {
  const text = Buffer.from(`${secrets['username']}:${secrets['api_key']}`, 'utf8').toString('base64');
  return { headers: { authorization: `Basic ${text}` }, untilMs: Number.POSITIVE_INFINITY };
}

async function read(account: Account, reference: string): Promise<Reading | null> {
  for (const form of cardForms(reference)) {
    const reading = await readAs(account, form);
    if (reading !== null) return reading;
  }
  return null;
}

async function readAs(account: Account, reference: string): Promise<Reading | null> {
  const reply = await account.call({ method: 'GET', path: pathOf(reference) });
  // A console's host answers 404 with a page: only their own fault says that there is no such device.
  if (reply.status === 404 && codeOf(reply.body) !== null) return null;
  const device = fieldsOf(bodyOf(reply), 'device');
  const word = textOf(device, 'status');
  return {
    standing: STATUS[word] ?? 'unknown',
    word,
    // The last change of anything: never before the state came about.
    sinceMs: instantOf(device['dateUpdated']),
    handle: reference,
  };
}

async function order(account: Account, { action, terms, reading }: Task) {
  if (action === 'suspend' && terms['kind'] === 'temporary-reject') return { refused: 'kind-not-offered' };
  const body = { status: WANTED[action] };
  const reply = await account.call({ method: 'PUT', path: pathOf(reading.handle), body });
  if (reply.status === 200 || reply.status === 202) return { name: '' };
  if (reply.status < 400) throw carrierRefusal('provider-answer-unreadable', { status: reply.status });
  return { refused: `code-${plainWord(codeOf(reply.body) ?? reply.status)}` };
}

async function cards(account: Account, after: string | null) {
  const page = after === null ? 1 : Number(after);
  if (!Number.isSafeInteger(page) || page < 1) throw unreadable('after');
  const since = new Date(account.nowMs() - LOOK_BACK_DAYS * DAY_MS)
    .toISOString()
    .replace(/\.\d+Z$/, '+00:00');
  const query = { modifiedSince: since, pageSize: String(PER_PAGE), pageNumber: String(page) };
  const told = fieldsOf(bodyOf(await account.call({ method: 'GET', path: '/v1/devices', query })), 'page');
  const items = listOf(told['devices'], 'devices').map(device => {
    const word = textOf(device, 'status');
    return { reference: textOf(device, 'iccid'), word, standing: STATUS[word] ?? 'unknown' };
  });
  if (typeof told['lastPage'] !== 'boolean') throw unreadable('lastPage');
  return { items, next: told['lastPage'] || items.length === 0 ? null : String(page + 1) };
}

async function usage(account: Account, _reference: string, { handle }: Reading) {
  const reply = await account.call({ method: 'GET', path: `${pathOf(handle)}/ctdUsages` });
  const octets = fieldsOf(bodyOf(reply), 'usage')['ctdDataUsage'];
  if (typeof octets !== 'number' || !Number.isSafeInteger(octets) || octets < 0)
    throw unreadable('ctdDataUsage');
  return { bytes: octets, exact: true, period: 'cycle-to-date' };
}

function pathOf(reference: string): string {
  return `/v1/devices/${encodeURIComponent(reference)}`;
}

/** Their code of a fault, which is a text; null when the body is none of theirs. */
function codeOf(body: unknown): string | null {
  if (typeof body !== 'object' || body === null) return null;
  const { errorCode } = body as Fields;
  return typeof errorCode === 'string' || typeof errorCode === 'number' ? String(errorCode) : null;
}
