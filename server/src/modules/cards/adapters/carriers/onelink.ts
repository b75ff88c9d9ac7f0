import { randomInt } from 'node:crypto';
import type { Account, Pass, Wish } from './account.ts';
import type { Reply } from './ask.ts';
import { cardForms } from './card-forms.ts';
import { carrier, type Dialect, type Task } from './carrier.ts';
import { carrierRefusal, plainWord } from './codes.ts';
import { type Fields, fieldsOf, listOf, textOf, unreadable } from './fields.ts';
import type { Reading, Standing } from './reading.ts';

/**
 * China Mobile OneLink, capability interface V5 for enterprises. The operator's manual was not read: what is here was
 * read in a public client (github.com/IoTCard/IoTOS: iotos-common-syn-api, upstreamApi/chinaMobile/oneLink/ecV5), with
 * the call numbers of cards.md §3.12 and §4. The address ends before `/get`.
 *
 * Read: `GET /get/token` with appid, password and transid gives a token; every other call carries it in its body, and
 * `status` is a text, `"0"` for success, `"12021"` for a token that is over; 25S04 `/query/sim-status` tells
 * `cardStatus` (1 awaiting activation, 2 active, 4 stopped, 6 testable, 7 stock, 8 before cancellation); 23S03
 * `/change/sim-status` stops with operType 0 and resumes with 1; 25U04 `/query/sim-data-usage` tells `dataAmount` of
 * the month in kB.
 *
 * Unverified: how long a token lives (renewed after 25 minutes; the client keeps one for 30), the form of transid, the
 * codes for a card that is not the account's and for too many calls (429 is heeded), whether kB are 1,000 or 1,024
 * octets, what 23M27 `/query/order-info` answers (so an order is followed by the card's state alone), and the kind of
 * reject (so an order for a temporary one is refused). Ending a card for good is no part of the interface.
 */
const STATUS: Readonly<Record<string, readonly [Standing, string]>> = {
  1: ['idle', 'awaiting-activation'],
  2: ['working', 'active'],
  4: ['restricted', 'stopped'],
  6: ['idle', 'testable'],
  7: ['idle', 'stock'],
  8: ['idle', 'pre-cancellation'],
};
const PASS_MS = 25 * 60_000;
const PASS_OVER = '12021';
const KILOBYTE = 1_024;

const dialect: Dialect = {
  secrets: ['appid', 'password'],
  actions: ['suspend', 'resume'],
  gapMs: 100,
  pollMs: 60_000,
  signIn,
  isPassOver: reply => statusOf(reply) === PASS_OVER,
  isBusy: reply => reply.status === 429,
  read,
  order,
  usage,
};

export const onelink = carrier(dialect);

async function signIn(
  ask: (wish: Wish) => Promise<Reply>,
  secrets: Readonly<Record<string, string>>,
  nowMs: number,
): Promise<Pass> {
  const { appid = '', password = '' } = secrets;
  const query = { appid, password, transid: transidOf(appid, nowMs) };
  const reply = await ask({ method: 'GET', path: '/get/token', query });
  if (reply.status === 429) throw carrierRefusal('provider-busy', { seconds: 60 });
  if (reply.status >= 500) throw carrierRefusal('provider-unreachable', { status: reply.status });
  const status = statusOf(reply);
  if (status !== null && status !== '0')
    throw carrierRefusal('provider-sign-in-refused', { status: plainWord(status) });
  const token = textOf(resultOf(reply), 'token');
  const fields = (atMs: number) => ({ token, transid: transidOf(appid, atMs) });
  return { headers: {}, fields, untilMs: nowMs + PASS_MS };
}

/** The application's name, the time to the second, and eight digits of chance, so that no two are alike. */
function transidOf(appid: string, nowMs: number): string {
  const time = new Date(nowMs).toISOString().replace(/\D/g, '').slice(0, 14);
  return `${appid}${time}${String(randomInt(100_000_000)).padStart(8, '0')}`;
}

/** What is answered for a card that is not the account's was not read: the refusal of the last form stands. */
async function read(account: Account, reference: string): Promise<Reading | null> {
  const forms = cardForms(reference);
  for (const [i, form] of forms.entries()) {
    const body = { iccid: form };
    const reply = await account.call({ method: 'POST', path: '/query/sim-status', body });
    if (statusOf(reply) !== '0' && i < forms.length - 1) continue;
    const code = textOrNumber(resultOf(reply)['cardStatus']);
    const [standing, word] = STATUS[code] ?? ['unknown', code];
    return { standing, word, sinceMs: null, handle: form };
  }
  return null;
}

async function order(account: Account, { action, terms, reading }: Task) {
  if (action === 'terminate') return { refused: 'action-not-offered' };
  if (action === 'suspend' && terms['kind'] === 'temporary-reject') return { refused: 'kind-not-offered' };
  const operType = action === 'suspend' ? '0' : '1';
  const reply = await account.call({
    method: 'POST',
    path: '/change/sim-status',
    body: { iccid: reading.handle, operType },
  });
  const status = statusOf(reply);
  if (status === null) throw unreadable('status');
  return status === '0' ? { name: '' } : { refused: `status-${plainWord(status)}` };
}

async function usage(account: Account, _reference: string, { handle }: Reading) {
  const reply = await account.call({
    method: 'POST',
    path: '/query/sim-data-usage',
    body: { iccid: handle },
  });
  const amount = Number(textOrNumber(resultOf(reply)['dataAmount']));
  if (!Number.isFinite(amount) || amount < 0) throw unreadable('dataAmount');
  return { bytes: Math.round(amount * KILOBYTE), exact: false, period: 'month' };
}

/** The envelope's status; null when the answer has none. */
function statusOf(reply: Reply): string | null {
  if (typeof reply.body !== 'object' || reply.body === null) return null;
  const { status } = reply.body as Fields;
  return typeof status === 'string' ? status : null;
}

/** The first result of an answer that says success. Their message is not repeated: it may name the card. */
function resultOf(reply: Reply): Fields {
  const status = statusOf(reply);
  if (status !== '0')
    throw carrierRefusal('provider-answer-unreadable', { status: plainWord(status ?? reply.status) });
  const [first] = listOf((reply.body as Fields)['result'], 'result');
  return fieldsOf(first, 'result');
}

function textOrNumber(value: unknown): string {
  if (typeof value === 'number' || (typeof value === 'string' && value !== '')) return String(value);
  throw unreadable('result');
}
