import type { Tx } from '../../kernel/database/transaction.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { DAY_MS } from '../../kernel/time.ts';
import { takeCase } from '../../spine/cases/work.ts';
import { clocksOf } from '../../spine/clocks/case-clocks.ts';
import { stage } from '../../spine/ledger/stage.ts';
import { liftIfAllowed, noteOnCase } from '../../spine/measures/lift.ts';
import { stepsOf } from '../../spine/measures/move.ts';
import type { MeasureDesk } from '../../spine/measures/ports.ts';
import { measuresOfCase } from '../../spine/measures/store.ts';
import { isLiftable } from '../../spine/measures/transitions.ts';
import type { ModuleDoors } from '../../spine/module-route.ts';
import { codeDigest } from './codes.ts';
import type { Hand, PrivacyCode } from './model.ts';
import { newWriter } from './persons.ts';
import * as store from './remedies/store.ts';
import { sealValues, type Vault } from './vault.ts';

export type { Appeal } from './remedies/store.ts';

/** What somebody writes against a restriction; it goes into the vault. */
export interface AppealTold {
  readonly text: string;
  readonly contact?: string | undefined;
}

/** The clock that an appeal starts, by the catalogues that ship. */
const ANSWER_CLOCK = /appeal/;

/**
 * Takes an appeal in: words and contact sealed, the case's clock of answering it started, the ledger told. One appeal
 * of a case waits at a time. Refuses `case-not-found`, `appeal-running`.
 */
export async function receiveAppeal(
  tx: Tx,
  desk: MeasureDesk,
  vault: Vault,
  hand: Hand,
  caseId: number,
  via: 'code' | 'desk',
  told: AppealTold,
): Promise<store.Appeal> {
  const found = await takeCase(tx, caseId);
  const person = await newWriter(tx, hand, found.partyId);
  const appealId = await store.insertAppeal(tx, {
    partyId: found.partyId,
    caseId,
    personId: person.personId,
    via,
    receivedAtMs: hand.atMs,
    receivedBy: hand.actor,
  });
  if (appealId === undefined) throw new Refusal<PrivacyCode>('appeal-running', { subject: `case/${caseId}` });
  const values = { text: told.text, ...(told.contact === undefined ? {} : { contact: told.contact }) };
  await sealValues(tx, vault, person, 'remedy', values, hand.atMs);
  await stage(tx, {
    act: 'appeal-received',
    object: `appeal/${appealId}`,
    partyId: found.partyId,
    actor: hand.actor,
    atMs: hand.atMs,
    detail: { case: `case/${caseId}`, via },
  });
  await noteOnCase(tx, desk, caseId, { text: `appeal/${appealId}`, event: 'appeal-received' }, hand);
  await store.setAppealDue(tx, appealId, await dueOf(tx, caseId));
  return (await store.appealById(tx, appealId)) as store.Appeal;
}

async function dueOf(tx: Tx, caseId: number): Promise<number | null> {
  const clocks = await clocksOf(tx, caseId);
  return clocks.find(clock => ANSWER_CLOCK.test(clock.clockId) && clock.endedAtMs === null)?.dueAtMs ?? null;
}

/** The notice that a code opens; refuses `code-invalid`. */
export async function noticeOfCode(tx: Tx, vault: Vault, code: string): Promise<store.Notice> {
  const notice = await store.noticeByDigest(tx, await codeDigest(tx, vault, code));
  if (notice === undefined) throw new Refusal<PrivacyCode>('code-invalid');
  return notice;
}

/**
 * Answers an appeal. Upheld, it orders the lifting of every measure of the case itself, in the same transaction
 * (art. 32 ¶3, C-45). Who decided a measure of the case does not answer.
 * Refuses `appeal-unknown`, `appeal-answered`, `appeal-own-decision`.
 */
export async function answerAppeal(
  tx: Tx,
  desk: MeasureDesk,
  vault: Vault,
  hand: Hand,
  appealId: number,
  answer: { readonly outcome: 'upheld' | 'rejected'; readonly reason: string },
): Promise<void> {
  const seen = await store.appealById(tx, appealId);
  if (seen === undefined) throw new Refusal<PrivacyCode>('appeal-unknown', { subject: `appeal/${appealId}` });
  // The case is locked before what belongs to it, everywhere.
  await takeCase(tx, seen.caseId);
  const appeal = (await store.lockAppeal(tx, appealId)) as store.Appeal;
  if (appeal.state !== 'received')
    throw new Refusal<PrivacyCode>('appeal-answered', { subject: `appeal/${appealId}` });
  const measures = await measuresOfCase(tx, appeal.caseId);
  if (measures.some(measure => measure.decidedBy === hand.actor))
    throw new Refusal<PrivacyCode>('appeal-own-decision', { subject: `appeal/${appealId}` });
  await store.setAnswered(tx, appealId, { state: answer.outcome, atMs: hand.atMs, actor: hand.actor });
  await sealValues(
    tx,
    vault,
    { personId: appeal.personId, partyId: appeal.partyId },
    'remedy',
    { answer: answer.reason },
    hand.atMs,
  );
  await stage(tx, {
    act: `appeal-${answer.outcome}`,
    object: `appeal/${appealId}`,
    partyId: appeal.partyId,
    actor: hand.actor,
    atMs: hand.atMs,
    detail: { case: `case/${appeal.caseId}` },
  });
  const event = answer.outcome === 'upheld' ? 'appeal-upheld' : 'appeal-answered';
  await noteOnCase(tx, desk, appeal.caseId, { text: `appeal/${appealId}`, event }, hand);
}

/** For so long a restriction that was on its way when its appeal was upheld is waited for. */
const LATE_MS = 30 * DAY_MS;

/**
 * Orders the lifting of what could not be lifted when the appeal was upheld, for the provider had not taken the order
 * yet: no restriction outlives the verdict by having been slow.
 */
export async function liftUpheld(doors: ModuleDoors): Promise<boolean> {
  const nowMs = doors.clock.now();
  const upheld = await doors.database.corridor(tx => store.upheldSince(tx, nowMs - LATE_MS, 500));
  for (const appeal of upheld) {
    await doors.database.corridor(async tx => {
      await takeCase(tx, appeal.caseId);
      for (const measure of await measuresOfCase(tx, appeal.caseId)) {
        const isBefore = measure.decidedAtMs <= (appeal.answeredAtMs ?? 0);
        if (!isBefore || !isLiftable(measure.state) || (await wasLiftOrdered(tx, measure.measureId)))
          continue;
        const hand = { actor: `appeal/${appeal.appealId}`, atMs: nowMs };
        await liftIfAllowed(tx, doors.desk, measure, 'appeal-upheld', hand);
      }
    });
  }
  return false;
}

/** A lifting that the provider refused leaves the measure in force and escalates; it is people's to order again. */
async function wasLiftOrdered(tx: Tx, measureId: number): Promise<boolean> {
  return (await stepsOf(tx, measureId)).some(step => step.toState === 'lift-ordered');
}
