import { Refusal } from '../../kernel/refusal.ts';
import { HOUR_MS } from '../../kernel/time.ts';
import type { RouteHand } from '../../spine/module-route.ts';
import type { PrivacyCode } from './model.ts';
import { countTry, dropTriesBefore } from './open-doors/store.ts';
import { digestIn, PEER_INDEX, type Vault } from './vault.ts';

/** Bounds of one open door within an hour: for one address, and for all together. */
export interface Bounds {
  readonly perPeer: number;
  readonly all: number;
}

/**
 * Lets a request through an open door, or refuses `too-many-reports` with the seconds until the hour is over. Tries
 * are counted before anything is read of what was sent, also those that come to nothing, so that codes cannot be
 * tried out. Of an address only a digest under a key is kept, for an hour; addresses of one IPv6 network of 64 bits
 * are one.
 */
export async function passOpenDoor(
  hand: RouteHand,
  vault: Vault,
  door: string,
  bounds: Bounds,
): Promise<void> {
  const atMs = hand.clock.now();
  const windowMs = atMs - (atMs % HOUR_MS);
  const isIn = await hand.database.corridor(async tx => {
    const mine = await digestIn(tx, vault, PEER_INDEX, `${door}/${networkOf(hand.peer)}`);
    const everybodys = await digestIn(tx, vault, PEER_INDEX, `${door}/all`);
    const tries = await countTry(tx, mine, windowMs);
    if (tries === 1) await dropTriesBefore(tx, windowMs);
    return tries <= bounds.perPeer && (await countTry(tx, everybodys, windowMs)) <= bounds.all;
  });
  if (isIn) return;
  const retryAfterS = Math.ceil((windowMs + HOUR_MS - atMs) / 1_000);
  throw new Refusal<PrivacyCode>('too-many-reports', { detail: { retryAfterS } });
}

function networkOf(peer: string): string {
  if (!peer.includes(':') || peer.startsWith('::ffff:')) return peer.replace('::ffff:', '');
  const [left = '', right = ''] = peer.split('::');
  const head = left.split(':').filter(part => part !== '');
  const tail = right.split(':').filter(part => part !== '');
  const zeros = peer.includes('::')
    ? Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0')
    : [];
  const groups = [...head, ...zeros, ...tail].slice(0, 4);
  return groups.map(group => Number.parseInt(group, 16).toString(16)).join(':');
}
