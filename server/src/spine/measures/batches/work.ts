import type { Tx } from '../../../kernel/database/transaction.ts';
import { isRefusal } from '../../../kernel/refusal.ts';
import { MINUTE_MS, SECOND_MS } from '../../../kernel/time.ts';
import type { Case } from '../../cases/case.ts';
import { openForOrder } from '../../cases/open.ts';
import { lockNewestOpenCase } from '../../cases/store.ts';
import type { Hand } from '../../cases/work.ts';
import { stage } from '../../ledger/stage.ts';
import { subjectsById } from '../../registry/dossiers/store.ts';
import { tellRefused } from '../../registry/recorded.ts';
import { liftMeasure } from '../lift.ts';
import type { Measure } from '../measure.ts';
import { orderMeasure } from '../order.ts';
import type { MeasureWorks } from '../ports.ts';
import { withdrawProposal } from '../two-persons/decide.ts';
import { proposeMeasure } from '../two-persons/propose.ts';
import { type Batch, type Counts, endOf } from './batch.ts';
import { judgeMembers, type Verdict } from './judge.ts';
import * as store from './store.ts';

/**
 * Letters of a batch that may wait to be answered at once: the rest is ordered as they leave. So a provider's pace is a
 * batch's pace, its clocks begin when an order can leave, and cancelling still finds something to cancel.
 */
const MOST_UNSENT = 50;
/** Members of one batch before the next batch has its turn. */
const TURN = 25;
const AT_ONCE = 20;
const REST_MS = SECOND_MS / 4;

type Settled = store.Settled & { readonly measure: Measure | null };

/**
 * Goes on with every batch that is due, some members of each in turn; how many members were settled. Each member is
 * ordered and settled in one transaction, so that whoever is killed leaves none half done, and two processes at once order
 * none twice.
 */
export async function runBatchRound(works: MeasureWorks): Promise<number> {
  const due = await works.database.corridor(tx => store.dueBatches(tx, works.clock.now(), AT_ONCE));
  let settled = 0;
  await eachDespite(due, async batch => {
    settled += await workOn(works, batch);
  });
  return settled;
}

async function workOn(works: MeasureWorks, batch: Batch): Promise<number> {
  const { database, clock } = works;
  const { batchId } = batch;
  const room = MOST_UNSENT - (await database.corridor(tx => store.unsentLetters(tx, batchId)));
  const open = await database.corridor(tx =>
    store.openMembers(tx, batchId, Math.min(TURN, Math.max(room, 1))),
  );
  if (open.length === 0) return await conclude(works, batch);
  if (room <= 0) {
    await database.corridor(tx => store.setNext(tx, batchId, clock.now() + REST_MS));
    return 0;
  }
  await eachDespite(open, ({ place, subjectId }) => workOnMember(works, batch, place, subjectId));
  return open.length;
}

/** One that cannot go on holds up no other; it is tried again in the next round, and the loop is told. */
async function eachDespite<Each>(all: readonly Each[], work: (each: Each) => Promise<void>): Promise<void> {
  const faults: unknown[] = [];
  for (const each of all) await work(each).catch((cause: unknown) => faults.push(cause));
  if (faults.length > 0) throw faults[0];
}

/** One member, as its orderer would order it: behind the wall of their party and in their name. */
async function workOnMember(
  works: MeasureWorks,
  batch: Batch,
  place: number,
  subjectId: number,
): Promise<void> {
  const { database, clock } = works;
  const { batchId, partyId, orderedBy: actor } = batch;
  const act = batch.deed === 'lift' ? 'measure-lift' : 'measure-order';
  const attempt = { act, object: `subject/${subjectId}`, partyId, actor };
  const settle = (decide: (tx: Tx) => Promise<Settled>) =>
    database.door(partyId, async tx => {
      const held = await store.holdBatch(tx, batchId, 'share');
      if (held?.cancelledAtMs !== null) return null;
      if ((await store.holdMember(tx, batchId, place)) === undefined) return null;
      const settled = await decide(tx);
      const atMs = clock.now();
      await store.settleMember(tx, batchId, place, settled, atMs);
      if (settled.outcome === 'refused') await tellRefused(tx, attempt, settled.reason ?? 'refused', atMs);
      return settled;
    });
  let settled: Settled | null;
  try {
    settled = await settle(tx => order(tx, works, batch, subjectId, { actor, atMs: clock.now() }));
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
    settled = await settle(async () => unordered('refused', thrown.code));
  }
  if (settled?.measure) works.changed(settled.measure);
}

async function order(
  tx: Tx,
  works: MeasureWorks,
  batch: Batch,
  subjectId: number,
  hand: Hand,
): Promise<Settled> {
  await store.holdSubject(tx, subjectId);
  const [subject] = await subjectsById(tx, [subjectId]);
  if (subject === undefined) return unordered('refused', 'not-yours-or-unknown');
  const judged = async (): Promise<Verdict> => {
    const order = { ...batch, actor: hand.actor };
    return (await judgeMembers(tx, works, order, [subject])).get(subjectId) as Verdict;
  };
  if (batch.deed === 'lift') return await lift(tx, works, batch, await judged(), hand);
  const open = await lockNewestOpenCase(tx, subjectId, batch.ruleId);
  const verdict = await judged();
  if (verdict.outcome !== 'ordered' && verdict.outcome !== 'proposed') return { ...none, ...verdict };
  const why = { batch: batch.batchId, why: batch.why };
  const found = open ?? (await openForOrder(tx, works, subject, why, hand));
  return await put(tx, works, batch, found, verdict.outcome, hand);
}

async function put(
  tx: Tx,
  works: MeasureWorks,
  batch: Batch,
  { caseId }: Case,
  outcome: 'ordered' | 'proposed',
  hand: Hand,
): Promise<Settled> {
  const { kind, terms, why } = batch;
  const wanted = { kind, terms, providerId: batch.providerId ?? undefined };
  if (outcome === 'proposed') {
    const { proposal, isNew } = await proposeMeasure(tx, works, caseId, { ...wanted, why }, hand);
    const reason = isNew ? null : 'under-another-order';
    return { ...none, outcome, reason, proposalId: proposal.proposalId };
  }
  const { measure, isNew } = await orderMeasure(tx, works, caseId, { ...wanted, isInBatch: true }, hand);
  return { ...none, outcome: isNew ? 'ordered' : 'joined', measureId: measure.measureId, measure };
}

async function lift(
  tx: Tx,
  works: MeasureWorks,
  batch: Batch,
  verdict: Verdict,
  hand: Hand,
): Promise<Settled> {
  if (verdict.outcome !== 'ordered' || verdict.measureId === null) return { ...none, ...verdict };
  const { measure, isNew } = await liftMeasure(tx, works, verdict.measureId, batch.why, hand, true);
  return { ...none, outcome: isNew ? 'ordered' : 'joined', measureId: measure.measureId, measure };
}

const none = { reason: null, measureId: null, proposalId: null, measure: null };

function unordered(outcome: 'refused', reason: string): Settled {
  return { ...none, outcome, reason };
}

/** Ends a batch of which nothing more is to come; what waits for a second person in a cancelled one is taken back. */
async function conclude(works: MeasureWorks, batch: Batch): Promise<number> {
  const { database, clock } = works;
  const { batchId, partyId, cancelledBy } = batch;
  if (cancelledBy !== null) {
    const waiting = await database.corridor(tx => store.waitingProposals(tx, batchId, TURN));
    const hand = { actor: cancelledBy, atMs: clock.now() };
    for (const proposalId of waiting)
      await database.door(partyId, tx => withdrawProposal(tx, proposalId, batch.cancelReason ?? '', hand));
    if (waiting.length > 0) return waiting.length;
  }
  await database.corridor(tx => end(tx, batchId, clock.now()));
  return 0;
}

/** Held while it ends: whoever cancels comes before or after, and what ended cancelled says so. */
async function end(tx: Tx, batchId: number, atMs: number): Promise<void> {
  const batch = (await store.holdBatch(tx, batchId, 'update')) as Batch;
  const counts = await store.countsOf(tx, batchId);
  const state = endOf(counts, batch.cancelledAtMs !== null);
  if (state === null) return await store.setNext(tx, batchId, atMs + lookAgainMs(batch, atMs, counts));
  if (!(await store.setEnded(tx, batchId, state, atMs))) return;
  const object = `measure-batch/${batchId}`;
  const { partyId } = batch;
  const detail = { state, ...counts };
  await stage(tx, { act: 'measure-batch-ended', object, partyId, actor: 'corridor', atMs, detail });
}

/** The longer it has run, the rarer it is looked whether it has ended. */
function lookAgainMs({ orderedAtMs, cancelledAtMs }: Batch, nowMs: number, { waiting = 0 }: Counts): number {
  // It was cancelled just now: proposals are still to be taken back.
  if (cancelledAtMs !== null && waiting > 0) return 0;
  return Math.min(Math.max((nowMs - orderedAtMs) / 8, SECOND_MS), MINUTE_MS);
}
