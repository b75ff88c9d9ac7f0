import type { Tx } from '../../../kernel/database/transaction.ts';
import { isRefusal } from '../../../kernel/refusal.ts';
import { lockOpenCase } from '../../../spine/cases/store.ts';
import { stage } from '../../../spine/ledger/stage.ts';
import { liftIfAllowed } from '../../../spine/measures/lift.ts';
import { orderMeasure } from '../../../spine/measures/order.ts';
import type { MeasureDesk } from '../../../spine/measures/ports.ts';
import { measureById } from '../../../spine/measures/store.ts';
import { isLiftable } from '../../../spine/measures/transitions.ts';
import type { ModuleDoors, ModuleRound } from '../../../spine/module-route.ts';
import { tellChecks } from '../../../spine/own-checks.ts';
import { cardsByReference } from '../../../spine/views/registered.ts';
import { DUTY_CHECK } from '../duties/duties.ts';
import * as store from './store.ts';

/** The rule that makes findings, and so cases, of lapses. */
export const LAPSE_RULE = 'inspection-lapsed';

const CARD = 'card';
const TWO_PERSONS = 'measure-needs-two-persons';
const MOST = 500;

/**
 * What follows from an inspection that lapsed or was failed (C-49): it is told on the corridor, where a rule opens a
 * case of the card and the party's policy and ladder take their course; the measure that the inspection itself names is
 * ordered on that case; and what it ordered is lifted when the card passes late. True when there may be more.
 */
export async function followLapses(doors: ModuleDoors): Promise<boolean> {
  const told = await tellLapses(doors);
  await orderLapses(doors);
  await liftPassed(doors);
  return told >= MOST;
}

export const lapseRound: ModuleRound = { name: 'measures of lapses', restMs: 2_000, step: followLapses };

/** Told first and marked after: a lapse that is told twice is the same observation. */
async function tellLapses({ database, intake, clock }: ModuleDoors): Promise<number> {
  const untold = await database.corridor(tx => store.untoldLapses(tx, MOST));
  for (const partyId of new Set(untold.map(each => each.partyId))) {
    const mine = untold.filter(each => each.partyId === partyId);
    const checks = mine.map(({ sampleId, campaignId, card, state, lapsedAtMs }) => ({
      id: `inspection-sample/${sampleId}/${lapsedAtMs}`,
      claim: `iccid:${card}`,
      atMs: lapsedAtMs as number,
      body: {
        what: state === 'failed' ? 'inspection-failed' : 'inspection-lapsed',
        duty: String(campaignId),
      },
    }));
    await tellChecks(intake, partyId, DUTY_CHECK, checks);
    await database.corridor(tx => store.setLapsesTold(tx, mine, clock.now()));
  }
  return untold.length;
}

/** Each in a transaction of its own: one that cannot be ordered yet holds no other up. */
async function orderLapses({ database, clock, desk }: ModuleDoors): Promise<void> {
  for (let after = 0; ; ) {
    const from = after;
    const due = await database.corridor(tx => store.unorderedLapses(tx, from, MOST));
    for (const each of due) await database.corridor(tx => orderOne(tx, desk, each, clock.now()));
    if (due.length < MOST) return;
    after = due.at(-1)?.sampleId ?? after;
  }
}

/**
 * Orders the measure on the card's open case. The case is locked before the sample; who passed meanwhile is left alone.
 * A live measure of the kind is taken as it is and is not lifted for the inspection's sake unless it was ordered for it.
 */
async function orderOne(tx: Tx, desk: MeasureDesk, due: store.Unordered, nowMs: number): Promise<void> {
  const [subjectId] = await cardsByReference(tx, due.partyId, CARD, [due.card]);
  const found = subjectId === undefined ? undefined : await lockOpenCase(tx, subjectId, LAPSE_RULE);
  // The judge has not opened it yet, or a person closed it: then it is theirs to open again.
  if (found === undefined) return;
  const held = await store.lockSample(tx, due.sampleId);
  if (held === undefined || held.lapsedAtMs === null || held.measureId !== null) return;
  const hand = { actor: `inspection-sample/${due.sampleId}`, atMs: nowMs };
  try {
    const { measure } = await orderMeasure(tx, desk, found.caseId, { kind: due.onLapse }, hand);
    // One that waited for two persons (C-44) is its own, whoever they were: why it waited stays as the mark of that.
    const waited = held.notOrdered === TWO_PERSONS ? TWO_PERSONS : null;
    await store.setOrdered(tx, due.sampleId, measure.measureId, waited);
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
    if (held.notOrdered === thrown.code) return;
    await store.setOrdered(tx, due.sampleId, null, thrown.code);
    await stage(tx, {
      act: 'inspection-measure-not-ordered',
      object: hand.actor,
      partyId: due.partyId,
      ...hand,
      detail: { case: `case/${found.caseId}`, kind: due.onLapse, code: thrown.code },
    });
  }
}

/** As soon as the provider has taken the order; what failed or was lifted otherwise has nothing left to lift. */
async function liftPassed({ database, clock, desk }: ModuleDoors): Promise<void> {
  for (let after = 0; ; ) {
    const from = after;
    const passed = await database.corridor(tx => store.unliftedSamples(tx, from, MOST));
    for (const { sampleId, measureId, notOrdered } of passed)
      await database.corridor(async tx => {
        const measure = await measureById(tx, measureId as number);
        if (measure === undefined) return;
        const hand = { actor: `inspection-sample/${sampleId}`, atMs: clock.now() };
        const isOver = ['failed', 'lifted', 'lift-ordered', 'lift-accepted'].includes(measure.state);
        const isIts = measure.decidedBy === hand.actor || notOrdered === TWO_PERSONS;
        if (!isOver && isIts && !isLiftable(measure.state)) return;
        if (!isOver && isIts && !(await liftIfAllowed(tx, desk, measure, 'inspection-passed', hand))) return;
        await store.setLifted(tx, sampleId, clock.now());
      });
    if (passed.length < MOST) return;
    after = passed.at(-1)?.sampleId ?? after;
  }
}
