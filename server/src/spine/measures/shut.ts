import type { Tx } from '../../kernel/database/transaction.ts';
import { randomId } from '../../kernel/ids.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { lastActAbout } from '../cases/store.ts';
import { writeAct } from '../cases/time-line.ts';
import type { Hand } from '../cases/work.ts';
import { stage } from '../ledger/stage.ts';
import type { Measure, MeasureCode } from './measure.ts';
import { moveMeasure } from './move.ts';
import { postLetter } from './outbox/store.ts';
import type { MeasureDesk } from './ports.ts';

/** Why the subject of a measure may not come back by its lifting, as its kind says; null when it may. */
export async function whyNotLifted(
  tx: Tx,
  desk: MeasureDesk,
  measure: Pick<Measure, 'kind' | 'subjectId' | 'measureId'>,
): Promise<Refusal | null> {
  const kind = desk.kinds.find(each => each.kind === measure.kind);
  if (kind?.lifts === null)
    return new Refusal<MeasureCode>('measure-final', { subject: `measure/${measure.measureId}` });
  return (await kind?.whyNotLifted?.(tx, measure.subjectId)) ?? null;
}

/** Tells on the case and in the ledger why a measure is not lifted; the same reason again is told once. */
export async function tellLiftShut(tx: Tx, measure: Measure, code: string, hand: Hand): Promise<void> {
  const { measureId, caseId, partyId } = measure;
  const told = await lastActAbout(tx, caseId, 'lift-refused', measureId);
  if ((told?.detail as { reason?: string } | undefined)?.reason === code) return;
  await stage(tx, {
    act: 'measure-lift-refused',
    object: `measure/${measureId}`,
    partyId,
    ...hand,
    detail: { case: `case/${caseId}`, kind: measure.kind, code },
  });
  await writeAct(tx, measure, {
    kind: 'lift-refused',
    ...hand,
    detail: { measure: measureId, reason: code },
  });
}

/**
 * Takes an ordered lifting back for a measure the caller holds: it counts as in force again. Where the provider may
 * have lifted already, the order itself goes out once more, and until it is done the watch says `not-in-force`.
 */
export async function takeLiftBack(
  tx: Tx,
  held: Measure,
  code: string,
  isPerhapsDone: boolean,
  hand: Hand,
): Promise<Measure> {
  const { partyId, measureId } = held;
  await tellLiftShut(tx, held, code, hand);
  if (isPerhapsDone)
    await postLetter(tx, { partyId, measureId, deed: 'apply', orderKey: randomId(), atMs: hand.atMs });
  return await moveMeasure(tx, held, 'effective', hand, { refused: code, orderedAgain: isPerhapsDone });
}
