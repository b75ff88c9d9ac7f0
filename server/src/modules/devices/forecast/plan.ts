import { DAY_MS } from '../../../kernel/time.ts';
import type { Certificate } from '../certificates/store.ts';
import type { Beside } from './store.ts';

/** A device that was not seen for so long is out of reach until it is. */
export const SILENT_MS = 30 * DAY_MS;

/**
 * What is to become of one certificate; a device may hold several, and each has its own (IR-22).
 *
 * `gone`: revoked, or its time is over. `held`: suspended. `followed`: its successor was seen, so nobody needs it any more.
 * `changing`: a successor was issued and not seen yet, so this one stays needed (I-08). `out-of-reach`: it ends within
 * thirty days or has less than a third of its life left, and its device was not seen for thirty days. `due`: the same, and
 * the device is in reach. `stands`: none of these.
 */
export type Plan = 'gone' | 'held' | 'followed' | 'changing' | 'out-of-reach' | 'due' | 'stands';

export function planFor(
  one: Pick<Certificate, 'state' | 'notBeforeMs' | 'notAfterMs' | 'issuedAtMs'>,
  beside: Pick<Beside, 'nextId' | 'isNextSeen' | 'deviceSeenMs'>,
  nowMs: number,
): Plan {
  if (one.state === 'revoked' || nowMs > one.notAfterMs) return 'gone';
  if (one.state === 'held') return 'held';
  if (beside.nextId !== null) return beside.isNextSeen ? 'followed' : 'changing';
  const leftMs = one.notAfterMs - nowMs;
  if (leftMs > Math.max(30 * DAY_MS, (one.notAfterMs - one.notBeforeMs) / 3)) return 'stands';
  const seenMs = Math.max(beside.deviceSeenMs ?? 0, one.issuedAtMs);
  return nowMs - seenMs > SILENT_MS ? 'out-of-reach' : 'due';
}
