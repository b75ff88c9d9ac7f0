import type { Tx } from '../../kernel/database/transaction.ts';
import { randomId } from '../../kernel/ids.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { tellClocks } from '../cases/events.ts';
import type { Shaken } from '../cases/open.ts';
import { writeAct } from '../cases/time-line.ts';
import { closeTakenCase, type Hand, type NotedEvent, noteOn, takeCase, takeOpenCase } from '../cases/work.ts';
import { tellTask } from './ladder/tasks.ts';
import type { Measure, MeasureCode } from './measure.ts';
import { moveMeasure } from './move.ts';
import { postLetter } from './outbox/store.ts';
import type { MeasureDesk } from './ports.ts';
import { providerById } from './providers/store.ts';
import { tellLiftShut, whyNotLifted } from './shut.ts';
import { lockMeasure, measureById, measuresOfCase, setDue } from './store.ts';
import { isLiftable, isMoving } from './transitions.ts';

/**
 * Orders the lifting of a measure; ordered again while it is under way or done, it changes nothing.
 * Refuses `measure-not-found`, `measure-not-liftable` for one that never reached the provider or failed, and whatever
 * the kind of measure names as the reason why its subject may not come back.
 */
export async function liftMeasure(
  tx: Tx,
  desk: MeasureDesk,
  measureId: number,
  reason: string,
  hand: Hand,
  isInBatch = false,
): Promise<{ readonly measure: Measure; readonly isNew: boolean }> {
  const seen = await measureById(tx, measureId);
  if (seen === undefined)
    throw new Refusal<MeasureCode>('measure-not-found', { subject: `measure/${measureId}` });
  // The case is locked before its measures, everywhere, so that two callers can't wait for each other.
  const found = await takeCase(tx, seen.caseId);
  const held = (await lockMeasure(tx, measureId)) as Measure;
  if (['lift-ordered', 'lift-accepted', 'lifted'].includes(held.state))
    return { measure: held, isNew: false };
  if (!isLiftable(held.state)) {
    throw new Refusal<MeasureCode>('measure-not-liftable', {
      subject: `measure/${measureId}`,
      detail: { state: held.state },
    });
  }
  const shut = await whyNotLifted(tx, desk, held);
  if (shut !== null) throw shut;
  const { partyId, providerId } = held;
  const letter = { partyId, measureId, deed: 'lift', orderKey: randomId(), atMs: hand.atMs } as const;
  await postLetter(tx, { ...letter, isInBatch });
  const provider = await providerById(tx, providerId);
  const dueAtMs = hand.atMs + (provider?.settings.dueMs ?? 0);
  await setDue(tx, measureId, dueAtMs);
  const measure = await moveMeasure(tx, held, 'lift-ordered', hand, { reason, dueAtMs });
  await tellClocks(tx, desk, found, 'lift-ordered', hand.atMs, hand.actor);
  return { measure, isNew: true };
}

/**
 * Orders a lifting that nobody waits for an answer of: one that is not allowed is told on the case and in the ledger
 * instead, once for each reason, and the caller's transaction goes on. Whether it was ordered.
 */
export async function liftIfAllowed(
  tx: Tx,
  desk: MeasureDesk,
  measure: Measure,
  reason: string,
  hand: Hand,
): Promise<boolean> {
  await takeCase(tx, measure.caseId);
  const shut = await whyNotLifted(tx, desk, measure);
  if (shut !== null) await tellLiftShut(tx, measure, shut.code, hand);
  else await liftMeasure(tx, desk, measure.measureId, reason, hand);
  return shut === null;
}

/** Proposes on the time line the lifting of every measure that bites in a case of which no finding stands. */
export async function proposeLifting(tx: Tx, shaken: readonly Shaken[], hand: Hand): Promise<number> {
  let count = 0;
  for (const { case: found, standing } of shaken) {
    if (standing > 0) continue;
    for (const measure of await measuresOfCase(tx, found.caseId)) {
      if (!isLiftable(measure.state) && measure.state !== 'ordered') continue;
      const detail = { measure: measure.measureId, kind: measure.kind, reason: 'no-finding-stands' };
      await writeAct(tx, found, { kind: 'lift-proposed', ...hand, detail });
      count += 1;
    }
  }
  return count;
}

/**
 * Notes something on a case; the task of its ladder that it shows the doing of is done. An upheld appeal orders the lifting of every measure that can be lifted, in the
 * same transaction (anti-fraud law art. 32 ¶3: lifted at once; C-45). What may not come back stays, told on the case.
 */
export async function noteOnCase(
  tx: Tx,
  desk: MeasureDesk,
  caseId: number,
  note: { readonly text: string; readonly event?: NotedEvent | undefined },
  hand: Hand,
): Promise<number> {
  const actId = await noteOn(tx, desk, caseId, note, hand);
  if (note.event !== undefined) await tellTask(tx, desk, await takeCase(tx, caseId), note.event, hand);
  if (note.event !== 'appeal-upheld') return actId;
  for (const measure of await measuresOfCase(tx, caseId)) {
    if (isLiftable(measure.state)) await liftIfAllowed(tx, desk, measure, 'appeal-upheld', hand);
  }
  return actId;
}

/**
 * Closes a case, and with it the measures that are verified, or in force where their kind leaves traffic and nothing would
 * verify them: they stay in force and nothing remains to be done.
 * Refuses `case-not-found`, `case-closed`, `case-reason-missing`, and `measure-still-moving` while one is under way.
 */
export async function closeCase(
  tx: Tx,
  desk: MeasureDesk,
  caseId: number,
  reason: string,
  hand: Hand,
): Promise<void> {
  const found = await takeOpenCase(tx, caseId);
  const measures = await measuresOfCase(tx, caseId);
  const isSettled = ({ state, kind }: Measure): boolean =>
    state === 'effective' && desk.kinds.find(each => each.kind === kind)?.leavesTraffic === true;
  const moving = measures.find(measure => isMoving(measure.state) && !isSettled(measure));
  if (moving !== undefined) {
    throw new Refusal<MeasureCode>('measure-still-moving', {
      subject: `measure/${moving.measureId}`,
      detail: { state: moving.state },
    });
  }
  for (const measure of measures) {
    if (measure.state === 'verified' || isSettled(measure))
      await moveMeasure(tx, measure, 'closed', hand, { reason: 'case-closed' });
  }
  await closeTakenCase(tx, desk, found, reason, hand);
}
