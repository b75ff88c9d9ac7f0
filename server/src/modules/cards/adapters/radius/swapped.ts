import type { Sides } from './store.ts';

/** Fewer sessions, or less volume, say nothing. */
const LEAST_SESSIONS = 20;
const LEAST_BYTES = 1_000_000;
/** How far a client's share of traffic from the device must lie on the other side of what its neighbours show. */
const FAR = 0.7;

/**
 * Clients whose two directions look swapped (C-26, CR-14): what their devices seem to send is most of the traffic
 * where at every other client it is little, or the other way round. Cards of one party do alike whichever server they
 * come in by; with one client alone nothing can be said.
 */
export function lookSwapped(all: readonly Sides[]): ReadonlySet<number> {
  const enough = all.filter(
    ({ sessions, bytesUp, bytesDown }) => sessions >= LEAST_SESSIONS && bytesUp + bytesDown >= LEAST_BYTES,
  );
  const found = new Set<number>();
  for (const one of enough) {
    const others = enough.filter(other => other !== one);
    if (others.length === 0) continue;
    const share = shareUp(one);
    const isHigh = share >= FAR && others.every(other => shareUp(other) <= 1 - FAR);
    const isLow = share <= 1 - FAR && others.every(other => shareUp(other) >= FAR);
    if (isHigh || isLow) found.add(one.clientId);
  }
  return found;
}

function shareUp({ bytesUp, bytesDown }: Sides): number {
  return bytesUp / (bytesUp + bytesDown);
}
