import { createHmac } from 'node:crypto';
import { sha256 } from '../../../kernel/bytes.ts';
import type { Database, Tx } from '../../../kernel/database/transaction.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../kernel/time.ts';
import * as store from './tries/store.ts';

/**
 * How many wrong tries an account bears (NIST SP 800-63B-4 §3.2.2): the tenth locks it for half a minute, each
 * further one for twice as long, up to an hour; a day without a try forgets them.
 */
export const LIMITS = {
  lockAfter: 10,
  firstLockMs: 30 * SECOND_MS,
  longestLockMs: HOUR_MS,
  quietMs: DAY_MS,
} as const;

/** The same for an address, whatever accounts it tries. Many people may stand behind one, so it bears more. */
export const PEER_LIMITS = {
  lockAfter: 25,
  firstLockMs: 30 * SECOND_MS,
  longestLockMs: 15 * MINUTE_MS,
  quietMs: HOUR_MS,
} as const;

/** How long an address is known to an account after a sign-in. */
export const KNOWN_MS = 90 * DAY_MS;

const NOBODY = 0;
/** Names that belong to nobody share this many accounts, so that a lock tells nothing of who exists. */
const UNKNOWN_ACCOUNTS = 4_096;

/** The account that tries for a name are counted against when nobody has that name. */
export function unknownAccount(email: string): string {
  return `unknown/${sha256(email).readUInt32BE(0) % UNKNOWN_ACCOUNTS}`;
}

/** Who tries, and from where. */
export interface Tried {
  readonly account: string;
  /** `peerName` of the address. */
  readonly peer: string;
}

/**
 * A name for an address that cannot be turned back without the installation's secret. Of IPv6 the first 64 bits
 * count, since whoever has one address of a network has them all (RFC 4291 §2.5.1).
 */
export function peerName(secret: string, address: string): string {
  const place = address.includes(':') && !/^::ffff:\d/i.test(address) ? network64(address) : address;
  return createHmac('sha256', secret).update(`peer ${place}`).digest('base64url').slice(0, 22);
}

/**
 * Counts a try before the password is looked at, so that any number of tries at once gets no more guesses
 * than one after the other. Returns 0 when the try may go on, else how long it stays locked, in milliseconds.
 *
 * From an address that the account signed in from before, only tries from that address count: so nobody else's
 * guesses keep a person or a whole party out, however long they go on (§3.2.2: addresses of earlier sign-ins).
 */
export async function beginTry(database: Database, tried: Tried, nowMs: number): Promise<number> {
  return database.door(NOBODY, async tx => {
    if (await store.isKnownPeer(tx, tried.account, tried.peer, nowMs - KNOWN_MS))
      return charge(tx, knownCounter(tried), nowMs, LIMITS);
    const peerLockMs = await charge(tx, `peer/${tried.peer}`, nowMs, PEER_LIMITS);
    return peerLockMs > 0 ? peerLockMs : charge(tx, tried.account, nowMs, LIMITS);
  });
}

/** A good try takes its counts back, the address's own one alone, and makes the address known to the account. */
export async function forgiveTries(tx: Tx, tried: Tried, nowMs: number): Promise<void> {
  const wasKnown = await store.isKnownPeer(tx, tried.account, tried.peer, nowMs - KNOWN_MS);
  if (!wasKnown) await store.returnTry(tx, `peer/${tried.peer}`);
  await store.forgetTries(tx, wasKnown ? knownCounter(tried) : tried.account);
  await store.keepKnownPeer(tx, tried.account, tried.peer, nowMs);
}

/** Forgets every count against an account, from wherever; its known addresses stay known. */
export async function forgiveAccount(tx: Tx, account: string): Promise<void> {
  await store.forgetTries(tx, account);
  await store.forgetTriesFrom(tx, `known/${account}/`);
}

async function charge(tx: Tx, counter: string, nowMs: number, limits: store.TryLimits): Promise<number> {
  if (await store.chargeTry(tx, counter, nowMs, limits)) return 0;
  const lockedUntilMs = await store.lockedUntil(tx, counter);
  return Math.max(SECOND_MS, (lockedUntilMs ?? nowMs) - nowMs);
}

function knownCounter({ account, peer }: Tried): string {
  return `known/${account}/${peer}`;
}

/** The first four groups of an IPv6 address, `2001:db8:0:1`. */
function network64(address: string): string {
  const [head = '', tail] = (address.split('%')[0] ?? '').toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - after.length);
  const all = [...groups, ...Array.from({ length: zeros }, () => '0'), ...after];
  return all
    .slice(0, 4)
    .map(group => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
