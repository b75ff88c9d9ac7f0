import type { Tx } from '../../../kernel/database/transaction.ts';
import type { Case } from '../../cases/case.ts';
import type { Measure } from '../measure.ts';
import type { MeasureDesk } from '../ports.ts';
import { providerById } from '../providers/store.ts';
import { measuresOfCase } from '../store.ts';
import { climbFrom, isOn } from './climb.ts';
import { lastLadderStep } from './store.ts';

/** A finding that joins a case, as far as the case's ladder is concerned. */
export interface FoundAgain {
  readonly atMs: number;
  /** Whether everything the finding rests on was observed after the moment. */
  restsAfter(ms: number): boolean;
}

/**
 * Goes on to the next rung when the misuse goes on under a measure that leaves traffic (C-40). Such a measure lets the
 * card send, so that traffic says nothing against it: a limited card may trickle on. What says that it was not enough is
 * the same rule finding the card again, by records that all lie past the provider's quiet time after it took effect.
 * The caller holds the case. The measure ordered now, or null.
 */
export async function climbFoundAgain(
  tx: Tx,
  desk: MeasureDesk,
  found: Case,
  again: FoundAgain,
): Promise<Measure | null> {
  if (found.state === 'closed' || (desk.ladders ?? []).length === 0) return null;
  const last = await lastLadderStep(tx, found.caseId);
  if (last?.happened !== 'ordered' && last?.happened !== 'proposed') return null;
  const leaving = desk.kinds.filter(kind => kind.leavesTraffic === true).map(kind => kind.kind);
  if (!leaving.includes(last.deed)) return null;
  const measure = (await measuresOfCase(tx, found.caseId)).find(
    each => each.state === 'effective' && each.effectiveAtMs !== null && isOn(last, each),
  );
  if (measure === undefined) return null;
  const { quietMs } = (await providerById(tx, measure.providerId))!.settings;
  if (!again.restsAfter((measure.effectiveAtMs as number) + quietMs)) return null;
  return await climbFrom(tx, desk, found, last, 'found-again', { actor: 'corridor', atMs: again.atMs });
}
