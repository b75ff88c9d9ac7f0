import type { Tx } from '../../kernel/database/transaction.ts';
import { isRefusal, Refusal } from '../../kernel/refusal.ts';
import { DAY_MS } from '../../kernel/time.ts';
import { takeCase, takeOpenCase } from '../../spine/cases/work.ts';
import { clocksStarting } from '../../spine/clocks/arm.ts';
import { stage } from '../../spine/ledger/stage.ts';
import { failTask } from '../../spine/measures/ladder/tasks.ts';
import { liftIfAllowed, noteOnCase } from '../../spine/measures/lift.ts';
import type { MeasureCode } from '../../spine/measures/measure.ts';
import { stepsOf } from '../../spine/measures/move.ts';
import { orderMeasure } from '../../spine/measures/order.ts';
import type { MeasureDesk } from '../../spine/measures/ports.ts';
import { measureById } from '../../spine/measures/store.ts';
import { isLiftable } from '../../spine/measures/transitions.ts';
import type { ModuleDoors } from '../../spine/module-route.ts';
import type { Hand, PrivacyCode } from './model.ts';
import { verificationsOf } from './persons/store.ts';
import { personSeen } from './persons.ts';
import * as store from './re-verify/store.ts';

export type { ReVerification } from './re-verify/store.ts';

const ASKED = 're-verification-notice';

/**
 * Asks that identity and scenario of a case's subject be verified again (art. 11, 12 ¶3; C-46), by the moment that
 * the catalogue of clocks says. A subject is verified again once at a time.
 * Refuses `case-not-found`, `case-closed`, `measure-kind-unknown`, `re-verification-clock-missing`,
 * `re-verification-running`.
 */
export async function askReVerification(
  tx: Tx,
  desk: MeasureDesk,
  hand: Hand,
  caseId: number,
  asked: { readonly reason: string; readonly onLapse: string },
): Promise<store.ReVerification> {
  const found = await takeOpenCase(tx, caseId);
  if (!desk.kinds.some(each => each.kind === asked.onLapse))
    throw new Refusal<MeasureCode>('measure-kind-unknown', { detail: { kind: asked.onLapse } });
  const [clock] = [...clocksStarting(desk.catalogues, ASKED, found.subjectKind, hand.atMs)].sort(
    (a, b) => a.dueAtMs - b.dueAtMs,
  );
  if (clock === undefined) throw new Refusal<PrivacyCode>('re-verification-clock-missing');
  const { partyId, subjectId } = found;
  const id = await store.insertReVerification(tx, {
    partyId,
    caseId,
    subjectId,
    ...asked,
    clockId: clock.rule.id,
    catalogue: clock.catalogue,
    askedAtMs: hand.atMs,
    askedBy: hand.actor,
    dueAtMs: clock.dueAtMs,
  });
  if (id === undefined)
    throw new Refusal<PrivacyCode>('re-verification-running', { subject: `subject/${subjectId}` });
  await tell(tx, 're-verification-asked', { reVerificationId: id, partyId, caseId }, hand, {
    clock: clock.rule.id,
    catalogue: clock.catalogue,
    dueAtMs: clock.dueAtMs,
    onLapse: asked.onLapse,
  });
  await noteOnCase(tx, desk, caseId, { text: `re-verification/${id}`, event: ASKED }, hand);
  return (await store.reVerificationById(tx, id)) as store.ReVerification;
}

/**
 * Counts the identity as verified again: by a verification of that person since it was asked for.
 * Refuses `re-verification-unknown`, `re-verification-over`, `person-unknown`, `verification-missing`.
 */
export async function identityVerifiedAgain(
  tx: Tx,
  desk: MeasureDesk,
  hand: Hand,
  id: number,
  handle: string,
): Promise<store.ReVerification> {
  const held = await take(tx, id);
  const person = await personSeen(tx, handle);
  const [last] = await verificationsOf(tx, person.personId, 1);
  const isFresh =
    last?.outcome === 'verified' && last.verifiedAtMs >= held.askedAtMs && last.validToMs > hand.atMs;
  if (!isFresh || person.partyId !== held.partyId)
    throw new Refusal<PrivacyCode>('verification-missing', { subject: `holder/${handle}` });
  await store.setIdentity(tx, id, hand.actor, hand.atMs);
  const detail = { holder: `holder/${handle}`, verification: `identity-verification/${last.verificationId}` };
  await tell(tx, 're-verification-identity', held, hand, detail);
  return settle(tx, desk, hand, id);
}

/** Counts the scenario as verified again, with the digest of what shows it. */
export async function scenarioVerifiedAgain(
  tx: Tx,
  desk: MeasureDesk,
  hand: Hand,
  id: number,
  evidenceSha256: string | undefined,
): Promise<store.ReVerification> {
  const held = await take(tx, id);
  await store.setScenario(tx, id, hand.actor, evidenceSha256 ?? null, hand.atMs);
  await tell(tx, 're-verification-scenario', held, hand, { evidenceSha256: evidenceSha256 ?? null });
  return settle(tx, desk, hand, id);
}

/** Ends it as failed: the measure is ordered at once, not at the end of the clock. */
export async function reVerificationFailed(
  tx: Tx,
  desk: MeasureDesk,
  hand: Hand,
  id: number,
  reason: string,
): Promise<store.ReVerification> {
  const held = await take(tx, id);
  await store.setState(tx, id, 'failed', hand.atMs);
  await tell(tx, 're-verification-failed', held, hand, { reason });
  if (held.measureId === null) await orderIts(tx, desk, held, hand);
  await failTask(tx, desk, held.caseId, 're-verified', 're-verification-failed', hand);
  return (await store.reVerificationById(tx, id)) as store.ReVerification;
}

/**
 * Background work: what nobody verified in time lapses and its measure is ordered (L-53); an order that could not be
 * given is tried again; what was passed late is lifted as soon as the provider has taken the order.
 */
export async function lapseReVerifications(doors: ModuleDoors): Promise<boolean> {
  const { database, clock, desk } = doors;
  const due = await database.corridor(tx => store.dueForLapse(tx, clock.now(), 200));
  for (const id of due) await database.corridor(tx => lapse(tx, desk, id, clock.now()));
  const late = await database.corridor(tx => store.passedLateSince(tx, clock.now() - 30 * DAY_MS, 500));
  for (const each of late)
    await database.corridor(async tx => {
      await takeCase(tx, each.caseId);
      await liftIts(tx, desk, each, {
        partyId: each.partyId,
        actor: `re-verification/${each.reVerificationId}`,
        atMs: clock.now(),
      });
    });
  return false;
}

async function lapse(tx: Tx, desk: MeasureDesk, id: number, nowMs: number): Promise<void> {
  const seen = await store.reVerificationById(tx, id);
  if (seen === undefined) return;
  await takeCase(tx, seen.caseId);
  const held = (await store.lockReVerification(tx, id)) as store.ReVerification;
  const hand = { partyId: held.partyId, actor: `re-verification/${id}`, atMs: nowMs };
  if (held.state === 'running' && held.dueAtMs < nowMs) {
    await store.setState(tx, id, 'lapsed', null);
    await tell(tx, 're-verification-lapsed', held, hand, { dueAtMs: held.dueAtMs });
    await orderIts(tx, desk, held, hand);
    await failTask(tx, desk, held.caseId, 're-verified', 're-verification-lapsed', hand);
  } else if (held.measureId === null && held.notOrdered !== null) await orderIts(tx, desk, held, hand);
}

/** Orders the measure of a lapse or failure; what keeps it from being ordered is kept with it, told once. */
async function orderIts(tx: Tx, desk: MeasureDesk, held: store.ReVerification, hand: Hand): Promise<void> {
  try {
    const { measure, isNew } = await orderMeasure(tx, desk, held.caseId, { kind: held.onLapse }, hand);
    // A measure that stood before for another reason stays, whatever comes of this; one that waited for two persons
    // (C-44) is its own.
    const isIts = isNew || held.notOrdered === 'measure-needs-two-persons';
    await store.setMeasure(tx, held.reVerificationId, isIts ? measure.measureId : null, null);
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
    await store.setMeasure(tx, held.reVerificationId, null, thrown.code);
    if (held.notOrdered === thrown.code) return;
    await tell(tx, 're-verification-measure-not-ordered', held, hand, { code: thrown.code });
  }
}

/** Both verified: passed, and what a lapse ordered is lifted at once. */
async function settle(tx: Tx, desk: MeasureDesk, hand: Hand, id: number): Promise<store.ReVerification> {
  const held = (await store.reVerificationById(tx, id)) as store.ReVerification;
  if (held.identityAtMs === null || held.scenarioAtMs === null) return held;
  const state = held.state === 'lapsed' ? 'passed-late' : 'passed';
  await store.setState(tx, id, state, hand.atMs);
  await tell(tx, `re-verification-${state}`, held, hand, {});
  await noteOnCase(tx, desk, held.caseId, { text: `re-verification/${id}`, event: 're-verified' }, hand);
  await liftIts(tx, desk, held, hand);
  return (await store.reVerificationById(tx, id)) as store.ReVerification;
}

async function liftIts(tx: Tx, desk: MeasureDesk, held: store.ReVerification, hand: Hand): Promise<void> {
  if (held.measureId === null) return;
  const measure = await measureById(tx, held.measureId);
  if (measure === undefined || !isLiftable(measure.state)) return;
  const steps = await stepsOf(tx, held.measureId);
  if (steps.some(step => step.toState === 'lift-ordered')) return;
  await liftIfAllowed(tx, desk, measure, 're-verified', hand);
}

/** The case is locked before what belongs to it, everywhere. */
async function take(tx: Tx, id: number): Promise<store.ReVerification> {
  const seen = await store.reVerificationById(tx, id);
  if (seen === undefined)
    throw new Refusal<PrivacyCode>('re-verification-unknown', { subject: `re-verification/${id}` });
  await takeCase(tx, seen.caseId);
  const held = (await store.lockReVerification(tx, id)) as store.ReVerification;
  if (held.state !== 'running' && held.state !== 'lapsed') {
    const detail = { state: held.state };
    throw new Refusal<PrivacyCode>('re-verification-over', { subject: `re-verification/${id}`, detail });
  }
  return held;
}

async function tell(
  tx: Tx,
  act: string,
  of: Pick<store.ReVerification, 'reVerificationId' | 'partyId' | 'caseId'>,
  hand: Hand,
  detail: Record<string, string | number | null>,
): Promise<void> {
  await stage(tx, {
    act,
    object: `re-verification/${of.reVerificationId}`,
    partyId: of.partyId,
    actor: hand.actor,
    atMs: hand.atMs,
    detail: { case: `case/${of.caseId}`, ...detail },
  });
}
