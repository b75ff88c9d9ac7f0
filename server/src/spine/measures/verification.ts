import type { ProviderState, Traffic } from './ports.ts';

/** What is known of a subject after a measure took effect. Instants in milliseconds since the Unix epoch. */
export interface Ceasing {
  readonly effectiveAtMs: number;
  readonly quietMs: number;
  /** Traffic observed after the effective moment. */
  readonly traffic: Traffic;
  /** How far the subject's feed has come; null when it has none. */
  readonly watermarkMs: number | null;
  readonly provider: Pick<ProviderState, 'refusedAttempts' | 'lastRefusedMs'>;
}

export type CeasingVerdict =
  | { readonly verdict: 'ceased'; readonly by: 'refused-attempt' | 'quiet-feed'; readonly atMs: number }
  | { readonly verdict: 'goes-on'; readonly lastAcceptedMs: number }
  | { readonly verdict: 'not-known' };

/**
 * Whether traffic has ceased (C-40): an attempt was turned away after the last traffic carried, or the feed
 * has gone on for the set time past the effective moment, and past any traffic carried since, without more.
 * A feed that is silent as a whole proves nothing.
 */
export function judgeCeasing(known: Ceasing): CeasingVerdict {
  const { traffic, effectiveAtMs } = known;
  const quietFromMs = Math.max(effectiveAtMs, traffic.lastAcceptedMs ?? effectiveAtMs);
  const refusedMs = latest(traffic.lastRefusedMs, known.provider.lastRefusedMs);
  const isAfterTraffic =
    traffic.lastAcceptedMs === null || (refusedMs !== null && refusedMs > traffic.lastAcceptedMs);
  if (refusedMs !== null && refusedMs >= effectiveAtMs && isAfterTraffic)
    return { verdict: 'ceased', by: 'refused-attempt', atMs: refusedMs };
  if (known.watermarkMs !== null && known.watermarkMs >= quietFromMs + known.quietMs)
    return { verdict: 'ceased', by: 'quiet-feed', atMs: known.watermarkMs };
  if (traffic.lastAcceptedMs !== null) return { verdict: 'goes-on', lastAcceptedMs: traffic.lastAcceptedMs };
  return { verdict: 'not-known' };
}

function latest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}
