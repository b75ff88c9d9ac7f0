import type { Tx } from '../../kernel/database/transaction.ts';
import { Refusal } from '../../kernel/refusal.ts';
import type { Case } from '../cases/case.ts';
import { writeAct } from '../cases/time-line.ts';
import type { Hand } from '../cases/work.ts';
import { stage } from '../ledger/stage.ts';
import type { StormBound } from './ladder/ladder.ts';
import type { Measure, MeasureCode, Provider } from './measure.ts';
import type { MeasureDesk } from './ports.ts';
import { clearPause, countPaused, providerById, setPaused } from './providers/store.ts';
import { countRefused, endStormWatch, stormCounts, watchForStorm } from './store.ts';

/** The kind of reject that is not the one ordered: what goes on trying may be told for good, or the other way about. */
const OTHER_KIND: Readonly<Record<string, string>> = {
  'temporary-reject': 'permanent-reject',
  'permanent-reject': 'temporary-reject',
};

function boundOf(desk: MeasureDesk): StormBound | undefined {
  return desk.ladders?.map(each => each.storm).find(each => each !== null) ?? undefined;
}

/** A block that took effect is watched for a while: cut-off devices that all retry can bring a network down (C-42). */
export async function beginStormWatch(
  tx: Tx,
  desk: MeasureDesk,
  held: Measure,
  nowMs: number,
): Promise<void> {
  const bound = boundOf(desk);
  if (bound !== undefined) await watchForStorm(tx, held.measureId, nowMs + bound.watchMs);
}

/**
 * Counts the attempts turned away since a block. Beyond the bound, over all blocks of the provider that are watched,
 * what policies order from the provider pauses; the case says so, and which kind of reject to try instead.
 */
export async function tellStorm(
  tx: Tx,
  desk: MeasureDesk,
  found: Case,
  held: Measure,
  refusedHere: number,
  hand: Hand,
): Promise<void> {
  const bound = boundOf(desk);
  if (bound === undefined) return;
  const refused = await countRefused(tx, held, refusedHere, hand.atMs);
  if (refused <= bound.mostRefused) return;
  const { providerId, partyId, measureId } = held;
  const untilMs = hand.atMs + bound.pauseMs;
  if (!(await setPaused(tx, providerId, hand.atMs, untilMs))) return;
  const kind = held.terms['kind'] ?? null;
  const told = { refused, most: bound.mostRefused, pausedUntilMs: untilMs };
  await stage(tx, {
    act: 'provider-paused',
    object: `provider/${providerId}`,
    partyId,
    ...hand,
    detail: told,
  });
  const recommends = kind === null ? null : (OTHER_KIND[kind] ?? null);
  const detail = { measure: measureId, provider: providerId, ...told, refusedHere, kind, recommends };
  await writeAct(tx, found, { kind: 'storm-after-measure', ...hand, detail });
}

/** Whether policies order from the provider now; a person always may. */
export function isPaused({ pausedUntilMs }: Provider, nowMs: number): boolean {
  return pausedUntilMs !== null && pausedUntilMs > nowMs;
}

/** How the watch stands, as far as the transaction may see. */
export interface StormStanding {
  readonly blocks: number;
  readonly refused: number;
  readonly mostAtOne: number;
  readonly paused: number;
  /** More than so many at one provider are a storm. */
  readonly mostRefused: number;
}

/** Null where blocks are not watched. */
export async function stormStanding(tx: Tx, desk: MeasureDesk, nowMs: number): Promise<StormStanding | null> {
  const bound = boundOf(desk);
  if (bound === undefined) return null;
  const counts = await stormCounts(tx, nowMs);
  return { ...counts, paused: await countPaused(tx, nowMs), mostRefused: bound.mostRefused };
}

/** A person lets policies order again; what was blocked so far counts no more. Refuses `provider-unknown`. */
export async function resumeProvider(
  tx: Tx,
  providerId: number,
  reason: string,
  hand: Hand,
): Promise<Provider> {
  const provider = await providerById(tx, providerId);
  if (provider === undefined)
    throw new Refusal<MeasureCode>('provider-unknown', { subject: `provider/${providerId}` });
  const wasPaused = await clearPause(tx, providerId);
  const unwatched = await endStormWatch(tx, providerId);
  // Asked again, for the answer was lost: nothing is left to do or to tell.
  if (!wasPaused && unwatched === 0) return provider;
  const { partyId, pausedUntilMs } = provider;
  await stage(tx, {
    act: 'provider-resumed',
    object: `provider/${providerId}`,
    partyId,
    ...hand,
    detail: { pausedUntilMs, reason },
  });
  return { ...provider, pausedUntilMs: null };
}
