import type { OrderRequest } from './platform.ts';
import type { Behaviour } from './state.ts';

/** What is wrong with a request, in words; the reader answers 400 with it. */
export class BadRequest extends Error {}

const ICCID = /^\d{18,20}$/;

export function readOrder(body: unknown): OrderRequest {
  const { idempotencyKey, cards, action, kind } = record(body);
  if (typeof idempotencyKey !== 'string' || idempotencyKey.length < 8 || idempotencyKey.length > 200)
    throw new BadRequest('idempotencyKey is a string of 8 to 200 characters');
  if (!Array.isArray(cards) || cards.length === 0 || cards.length > 100)
    throw new BadRequest('cards holds 1 to 100 ICCIDs');
  if (action !== 'suspend' && action !== 'resume') throw new BadRequest('action is suspend or resume');
  if (kind !== 'temporary-reject' && kind !== 'permanent-reject')
    throw new BadRequest('kind is temporary-reject or permanent-reject');
  return { idempotencyKey, cards: cards.map(readIccid), action, kind };
}

export function readIccid(value: unknown): string {
  if (typeof value !== 'string' || !ICCID.test(value)) throw new BadRequest('an ICCID is 18 to 20 digits');
  return value;
}

const MOST_TIMES = 100_000;

/** The attempt's card, how often it tried, and the volumes each try would have moved, in bytes. */
export function readAttempt(body: unknown): {
  iccid: string;
  bytesUp: number;
  bytesDown: number;
  atMs: number | null;
  times: number;
} {
  const { iccid, bytesUp = 0, bytesDown = 0, atMs = null, times = 1 } = record(body);
  if (!(whole(times, 'times') >= 1 && Number(times) <= MOST_TIMES))
    throw new BadRequest(`times is from 1 to ${MOST_TIMES}`);
  return {
    times: Number(times),
    iccid: readIccid(iccid),
    bytesUp: whole(bytesUp, 'bytesUp'),
    bytesDown: whole(bytesDown, 'bytesDown'),
    atMs: atMs === null ? null : whole(atMs, 'atMs'),
  };
}

/** The behaviour with the named settings changed and the rest as it was. */
export function readBehaviour(body: unknown, before: Behaviour): Behaviour {
  const given = record(body);
  const after = { ...before };
  for (const [name, value] of Object.entries(given)) {
    if (name === 'refuseCards' && Array.isArray(value)) after.refuseCards = value.map(readIccid);
    else if (name === 'repeatAnswers' && typeof value === 'boolean') after.repeatAnswers = value;
    else if (isCount(name)) after[name] = whole(value, name);
    else throw new BadRequest(`${name} is no setting of this platform, or not of that type`);
  }
  if (after.refuseRate > 100) throw new BadRequest('refuseRate is a percentage');
  return after;
}

type Count = 'delayMs' | 'refuseRate' | 'partialBatch' | 'dropAnswers' | 'seed';

function isCount(name: string): name is Count {
  return ['delayMs', 'refuseRate', 'partialBatch', 'dropAnswers', 'seed'].includes(name);
}

function whole(value: unknown, name: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw new BadRequest(`${name} is a whole number, not below zero`);
  return value;
}

function record(body: unknown): Record<string, unknown> {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new BadRequest('the body is a JSON object');
  return body as Record<string, unknown>;
}
