import type { Tx } from '../../../kernel/database/transaction.ts';
import { isRefusal } from '../../../kernel/refusal.ts';
import type { ActKind, Case } from '../../cases/case.ts';
import { tellClocks } from '../../cases/events.ts';
import { hasAct } from '../../cases/store.ts';
import { writeAct } from '../../cases/time-line.ts';
import type { Hand } from '../../cases/work.ts';
import type { CaseEvent } from '../../clocks/clock.ts';
import { loadDossiers } from '../../registry/dossier.ts';
import type { Measure } from '../measure.ts';
import { orderByPolicy, orderMeasure } from '../order.ts';
import type { MeasureDesk } from '../ports.ts';
import { policyFor, providersOf } from '../providers/store.ts';
import { isPaused } from '../storm.ts';
import { type Ladder, ladderFor, type Task } from './ladder.ts';
import { type Happened, insertLadderStep, type LadderStep, lastLadderStep } from './store.ts';

const ACTS: Readonly<Record<Happened, ActKind>> = {
  proposed: 'rung-proposed',
  ordered: 'rung-ordered',
  done: 'rung-done',
  failed: 'rung-failed',
  top: 'ladder-at-top',
};

const TASK_EVENTS: Readonly<Partial<Record<Happened, CaseEvent>>> = {
  proposed: 'task-proposed',
  done: 'task-done',
  failed: 'task-left',
};

/**
 * What a finding leads to: what the party's policy orders, and the case's place on the ladder of its rule and class.
 * With the policy `climb` the first rung is taken; otherwise what was ordered, or a proposal, is where it stands.
 * The measure ordered now, or null.
 */
export async function actByPolicy(
  tx: Tx,
  desk: MeasureDesk,
  found: Case,
  suggests: string | null,
  atMs: number,
): Promise<Measure | null> {
  if (suggests === null || found.state === 'closed') return null;
  const policy = await policyFor(tx, found.partyId, found.ruleId);
  const isOrdering = policy?.mode === 'order' && (await isProviderPaused(tx, found, atMs));
  if (isOrdering) await tellPaused(tx, found, atMs);
  const isLeft = isOrdering || policy?.mode === 'climb';
  const measure = isLeft ? null : await orderByPolicy(tx, desk, found, suggests, atMs);
  if ((desk.ladders ?? []).length === 0) return measure;
  if ((await lastLadderStep(tx, found.caseId)) !== undefined) return measure;
  const ladder = await ladderOf(tx, desk, found);
  if (ladder === undefined) return measure;
  const hand = { actor: `policy/${found.ruleId}`, atMs };
  const rung = ladder.rungs.findIndex(each => each.deed === measure?.kind);
  if (measure === null || rung < 0) return await takeRung(tx, desk, found, ladder, 0, 'finding', hand);
  await step(
    tx,
    desk,
    found,
    ladder,
    { rung, happened: 'ordered', reason: 'policy', measureId: measure.measureId },
    hand,
  );
  return measure;
}

/**
 * Goes on to the next rung when the measure the case stands on was late, was refused or did not end the traffic
 * (C-40). A provider's no is for good: the rung failed then. The caller holds the case. Where the case stands elsewhere by now, nothing is done: telling it twice
 * climbs once. The measure ordered now, or null.
 */
export async function climbPast(
  tx: Tx,
  desk: MeasureDesk,
  found: Case,
  measure: Measure,
  reason: 'overdue' | 'refused' | 'traffic-goes-on',
  hand: Hand,
): Promise<Measure | null> {
  const last = await lastLadderStep(tx, found.caseId);
  if (last === undefined || !isOn(last, measure) || found.state === 'closed') return null;
  if (reason === 'refused') return await failAndClimb(tx, desk, found, last, measure.measureId, reason, hand);
  return await climbFrom(tx, desk, found, last, reason, hand);
}

/** The rung that the case stands on came to nothing: the case says so, and the next one is taken. */
export async function failAndClimb(
  tx: Tx,
  desk: MeasureDesk,
  found: Case,
  last: LadderStep,
  measureId: number | null,
  reason: string,
  hand: Hand,
): Promise<Measure | null> {
  const ladder = ladderNamed(desk, last.ladder);
  // A ladder that the catalogue names no more leads nowhere.
  if (ladder === undefined) return null;
  const rung = ladder.rungs.findIndex(each => each.deed === last.deed);
  if (rung >= 0) await step(tx, desk, found, ladder, { rung, happened: 'failed', reason, measureId }, hand);
  return await climbFrom(tx, desk, found, { ...last, happened: 'failed' }, reason, hand);
}

/** The last step of a case on a ladder, and the ladder while the catalogue names it. */
async function standsOn(
  tx: Tx,
  desk: MeasureDesk,
  { caseId }: Case,
): Promise<{ last: LadderStep | undefined; ladder: Ladder | undefined }> {
  const last = await lastLadderStep(tx, caseId);
  return { last, ladder: last === undefined ? undefined : ladderNamed(desk, last.ladder) };
}

/** What two persons approved while its rung was proposed was ordered from the ladder (C-44). */
export async function tellRungOrdered(
  tx: Tx,
  desk: MeasureDesk,
  found: Case,
  measure: Measure,
  hand: Hand,
): Promise<void> {
  const { last, ladder } = await standsOn(tx, desk, found);
  if (last?.happened !== 'proposed' || last.deed !== measure.kind || ladder === undefined) return;
  const rung = ladder.rungs.findIndex(each => each.deed === last.deed);
  const { measureId } = measure;
  if (rung < 0) return;
  await step(tx, desk, found, ladder, { rung, happened: 'ordered', reason: 'two-persons', measureId }, hand);
}

/** The next rung after where a case stands; past the last one it is told once that nothing is left. */
export async function climbFrom(
  tx: Tx,
  desk: MeasureDesk,
  found: Case,
  last: LadderStep,
  reason: string,
  hand: Hand,
): Promise<Measure | null> {
  if (last.happened === 'top') return null;
  const ladder = ladderNamed(desk, last.ladder);
  if (ladder === undefined) return null;
  if (last.happened === 'proposed' && reason !== 'overdue' && taskNamed(desk, last.deed) !== undefined)
    await tellClocks(tx, desk, found, 'task-left', hand.atMs, hand.actor, last.deed);
  // A catalogue may have changed under the case: it goes on after the deed it stands on, where that still is.
  const at = ladder.rungs.findIndex(rung => rung.deed === last.deed);
  const next = (at < 0 ? last.rung : at) + 1;
  if (next < ladder.rungs.length) return await takeRung(tx, desk, found, ladder, next, reason, hand);
  const { rung, measureId } = last;
  await step(
    tx,
    desk,
    found,
    ladder,
    { rung: Math.min(rung, next - 1), happened: 'top', reason, measureId },
    hand,
  );
  return null;
}

/** The measure of a case has ceased its traffic: the rung is done. */
export async function tellRungDone(
  tx: Tx,
  desk: MeasureDesk,
  found: Case,
  measure: Measure,
  hand: Hand,
): Promise<void> {
  const { last, ladder } = await standsOn(tx, desk, found);
  if (last === undefined || ladder === undefined || !isOn(last, measure)) return;
  const { measureId } = measure;
  await step(
    tx,
    desk,
    found,
    ladder,
    { rung: last.rung, happened: 'done', reason: 'traffic-ceased', measureId },
    hand,
  );
}

/** Whether the case stands on the measure: it was ordered from the rung, or beside the ladder while the rung proposed it. */
export function isOn(last: LadderStep, { measureId, kind }: Measure): boolean {
  if (last.happened === 'ordered') return last.measureId === measureId;
  return last.happened === 'proposed' && last.deed === kind;
}

export function taskNamed(desk: MeasureDesk, id: string): Task | undefined {
  return desk.ladders?.map(each => each.tasks.get(id)).find(each => each !== undefined);
}

export function ladderNamed(desk: MeasureDesk, id: string): Ladder | undefined {
  return (desk.ladders ?? []).flatMap(each => each.ladders).find(each => each.id === id);
}

/** Orders the rung where the policy lets it, and otherwise proposes it with the reason why it was not ordered. */
async function takeRung(
  tx: Tx,
  desk: MeasureDesk,
  found: Case,
  ladder: Ladder,
  rung: number,
  reason: string,
  hand: Hand,
): Promise<Measure | null> {
  const { deed, terms } = ladder.rungs[rung]!;
  let told = reason;
  const isByItself = await isOrderedByItself(tx, desk, found, ladder, rung);
  const isHeldBack = isByItself && (await isProviderPaused(tx, found, hand.atMs));
  if (isHeldBack) told = 'provider-paused';
  else if (isByItself) {
    const byPolicy = { actor: `policy/${found.ruleId}`, atMs: hand.atMs };
    try {
      const { measure } = await orderMeasure(tx, desk, found.caseId, { kind: deed, terms }, byPolicy);
      await step(
        tx,
        desk,
        found,
        ladder,
        { rung, happened: 'ordered', reason, measureId: measure.measureId },
        byPolicy,
      );
      return measure;
    } catch (cause) {
      if (!isRefusal(cause)) throw cause;
      told = cause.code;
    }
  }
  await step(tx, desk, found, ladder, { rung, happened: 'proposed', reason: told, measureId: null }, hand);
  return null;
}

/** Policies order from the party's first provider. */
async function isProviderPaused(tx: Tx, found: Case, nowMs: number): Promise<boolean> {
  const [first] = await providersOf(tx, found.partyId);
  return first !== undefined && isPaused(first, nowMs);
}

async function tellPaused(tx: Tx, found: Case, atMs: number): Promise<void> {
  if (await hasAct(tx, found.caseId, 'measure-not-ordered')) return;
  const hand = { actor: `policy/${found.ruleId}`, atMs };
  await writeAct(tx, found, { kind: 'measure-not-ordered', ...hand, detail: { reason: 'provider-paused' } });
}

async function isOrderedByItself(
  tx: Tx,
  desk: MeasureDesk,
  found: Case,
  ladder: Ladder,
  rung: number,
): Promise<boolean> {
  const policy = await policyFor(tx, found.partyId, found.ruleId);
  if (policy?.mode !== 'climb') return false;
  const highest = ladder.rungs.findIndex(each => each.deed === policy.measure);
  return rung <= highest && desk.kinds.some(kind => kind.kind === ladder.rungs[rung]!.deed);
}

async function ladderOf(tx: Tx, desk: MeasureDesk, found: Case): Promise<Ladder | undefined> {
  const [dossier] = await loadDossiers(tx, { claims: [], subjectIds: [found.subjectId] });
  return ladderFor(desk.ladders ?? [], found.ruleId, dossier?.class ?? null);
}

/** Writes where the case stands now, with everything that tells of it; a task's clock starts and ends with it. */
export async function step(
  tx: Tx,
  desk: MeasureDesk,
  found: Case,
  ladder: Ladder,
  to: Pick<LadderStep, 'rung' | 'happened' | 'reason' | 'measureId'>,
  hand: Hand,
): Promise<void> {
  const { partyId, caseId } = found;
  const { id, version, digest } = ladder;
  const { deed } = ladder.rungs[to.rung]!;
  await insertLadderStep(tx, { partyId, caseId, ladder: id, version, digest, deed, ...to, ...hand });
  const { rung, reason, measureId } = to;
  const detail = { ladder: id, version, digest, rung: rung + 1, deed, reason, measure: measureId };
  await writeAct(tx, found, { kind: ACTS[to.happened], ...hand, detail });
  const event = TASK_EVENTS[to.happened];
  if (event !== undefined && taskNamed(desk, deed) !== undefined)
    await tellClocks(tx, desk, found, event, hand.atMs, hand.actor, deed);
}
