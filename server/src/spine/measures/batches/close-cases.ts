import type { Tx } from '../../../kernel/database/transaction.ts';
import { isRefusal, Refusal } from '../../../kernel/refusal.ts';
import { findingIdsOf } from '../../cases/store.ts';
import { type Hand, takeCase } from '../../cases/work.ts';
import { clockRule } from '../../clocks/arm.ts';
import { clocksOf } from '../../clocks/case-clocks.ts';
import { countStanding } from '../../findings/store.ts';
import { stage } from '../../ledger/stage.ts';
import { closeCase } from '../lift.ts';
import type { MeasureDesk } from '../ports.ts';
import { type BatchCode, EFFECTIVE, RESULTS } from './batch.ts';
import { notFound } from './order-batch.ts';
import { countsOf, holdBatch, membersOf } from './store.ts';

/** Members looked at in one transaction, where nobody says otherwise. */
const USUAL_PAGE = 100;

/** Why a case stays open: a finding stands, a duty is not done, or a measure of it is not verified yet. */
export type LeftFor = 'finding-stands' | 'clock-running' | 'measure-still-moving';

export interface ClosedCases {
  readonly closed: readonly number[];
  readonly left: readonly { readonly caseId: number; readonly why: LeftFor }[];
  /** The place to go on after; null when the batch is through. */
  readonly next: number | null;
}

/**
 * Closes cases of a batch together, for one reason, a page of its members at a time (C-43): those on which nothing
 * stands. A case with a finding that stands, with a duty that closing does not meet, or with a measure that is not
 * verified yet, stays open and is told with why. Done again it closes what can be closed by then, and nothing twice.
 *
 * Refuses `measure-batch-not-found`; `measure-batch-not-effective` until every order of the batch has taken effect; and
 * `case-reason-missing`.
 */
export async function closeCasesOf(
  tx: Tx,
  desk: MeasureDesk,
  batchId: number,
  asked: { readonly reason: string; readonly afterPlace: number; readonly most?: number },
  hand: Hand,
): Promise<ClosedCases> {
  const batch = await holdBatch(tx, batchId, 'share');
  if (batch === undefined) throw notFound(batchId);
  const object = `measure-batch/${batchId}`;
  const { most = USUAL_PAGE } = asked;
  const counts = await countsOf(tx, batchId);
  const open = RESULTS.filter(result => !EFFECTIVE.includes(result));
  const count = open.reduce((sum, result) => sum + (counts[result] ?? 0), 0);
  if (count > 0)
    throw new Refusal<BatchCode>('measure-batch-not-effective', { subject: object, detail: { count } });
  const rows = await membersOf(tx, batchId, null, asked.afterPlace, most + 1);
  const page = rows.slice(0, most);
  const closed: number[] = [];
  const left: { caseId: number; why: LeftFor }[] = [];
  for (const caseId of casesOf(page)) {
    const why = await closeOne(tx, desk, caseId, asked.reason, hand);
    if (why === null) closed.push(caseId);
    else if (why !== 'closed-before') left.push({ caseId, why });
  }
  const { partyId } = batch;
  const detail = { closed: closed.length, left: left.length };
  if (closed.length > 0)
    await stage(tx, { act: 'measure-batch-cases-closed', object, partyId, ...hand, detail });
  return { closed, left, next: rows.length > most ? (page.at(-1)?.place ?? null) : null };
}

/** In the order of their numbers, so that two callers cannot wait for each other. */
function casesOf(members: readonly { readonly caseId: number | null }[]): number[] {
  const ids = new Set(members.flatMap(({ caseId }) => (caseId === null ? [] : [caseId])));
  return [...ids].sort((a, b) => a - b);
}

async function closeOne(
  tx: Tx,
  desk: MeasureDesk,
  caseId: number,
  reason: string,
  hand: Hand,
): Promise<LeftFor | 'closed-before' | null> {
  const found = await takeCase(tx, caseId);
  if (found.state === 'closed') return 'closed-before';
  if ((await countStanding(tx, await findingIdsOf(tx, caseId))) > 0) return 'finding-stands';
  const isOwed = (clockId: string): boolean =>
    clockRule(desk.catalogues, clockId)?.meets.includes('case-closed') !== true;
  const clocks = await clocksOf(tx, caseId);
  if (
    clocks.some(
      ({ state, endedAtMs, clockId }) => state !== 'stopped' && endedAtMs === null && isOwed(clockId),
    )
  )
    return 'clock-running';
  try {
    await closeCase(tx, desk, caseId, reason, hand);
    return null;
  } catch (cause) {
    if (isRefusal(cause) && cause.code === 'measure-still-moving') return 'measure-still-moving';
    throw cause;
  }
}
