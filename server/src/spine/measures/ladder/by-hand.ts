import type { Tx } from '../../../kernel/database/transaction.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import type { Case } from '../../cases/case.ts';
import { type Hand, takeOpenCase } from '../../cases/work.ts';
import type { Measure, MeasureCode } from '../measure.ts';
import { orderMeasure } from '../order.ts';
import type { MeasureDesk } from '../ports.ts';
import { climbFrom, ladderNamed, step, taskNamed } from './climb.ts';
import type { Ladder } from './ladder.ts';
import { type LadderStep, lastLadderStep } from './store.ts';

export { type LadderStep, ladderStepsOf } from './store.ts';

export type LadderDeed = 'order' | 'done' | 'climb';

/**
 * What a person does with the ladder of an open case: order the measure of the rung that is proposed, say that its
 * task is done (unless something on the case has to show it), or go on to the next rung. The measure ordered now, or null. Two callers at once do it once: the
 * second meets the case where the first left it.
 *
 * Refuses `case-not-found`, `case-closed`, `ladder-not-stood-on`, `ladder-rung-not-proposed`,
 * `ladder-task-is-shown`, and whatever ordering does.
 */
export async function workLadder(
  tx: Tx,
  desk: MeasureDesk,
  caseId: number,
  asked: { readonly deed: LadderDeed; readonly reason: string },
  hand: Hand,
): Promise<Measure | null> {
  const found = await takeOpenCase(tx, caseId);
  const last = await lastLadderStep(tx, caseId);
  const ladder = last === undefined ? undefined : ladderNamed(desk, last.ladder);
  if (last === undefined || ladder === undefined)
    throw new Refusal<MeasureCode>('ladder-not-stood-on', { subject: `case/${caseId}` });
  if (asked.deed === 'climb') return await climbByHand(tx, desk, found, last, asked.reason, hand);
  const rung = ladder.rungs.findIndex(each => each.deed === last.deed);
  const isKind = desk.kinds.some(kind => kind.kind === last.deed);
  if (last.happened !== 'proposed' || rung < 0 || isKind !== (asked.deed === 'order'))
    throw notProposed(last);
  if (asked.deed === 'order') return await orderRung(tx, desk, found, ladder, rung, hand);
  const doneBy = taskNamed(desk, last.deed)?.doneBy ?? null;
  if (doneBy !== null)
    throw new Refusal<MeasureCode>('ladder-task-is-shown', {
      subject: `case/${caseId}`,
      detail: { event: doneBy },
    });
  const reason = asked.reason === '' ? 'said-so' : asked.reason;
  await step(tx, desk, found, ladder, { rung, happened: 'done', reason, measureId: null }, hand);
  return null;
}

async function climbByHand(
  tx: Tx,
  desk: MeasureDesk,
  found: Case,
  last: LadderStep,
  reason: string,
  hand: Hand,
): Promise<Measure | null> {
  if (last.happened === 'top') throw notProposed(last);
  return await climbFrom(tx, desk, found, last, reason === '' ? 'not-enough' : reason, hand);
}

async function orderRung(
  tx: Tx,
  desk: MeasureDesk,
  found: Case,
  ladder: Ladder,
  rung: number,
  hand: Hand,
): Promise<Measure> {
  const { deed, terms } = ladder.rungs[rung]!;
  const { measure } = await orderMeasure(tx, desk, found.caseId, { kind: deed, terms }, hand);
  const { measureId } = measure;
  await step(tx, desk, found, ladder, { rung, happened: 'ordered', reason: 'by-hand', measureId }, hand);
  return measure;
}

function notProposed({ caseId, happened }: LadderStep): Refusal<MeasureCode> {
  return new Refusal<MeasureCode>('ladder-rung-not-proposed', {
    subject: `case/${caseId}`,
    detail: { happened },
  });
}
