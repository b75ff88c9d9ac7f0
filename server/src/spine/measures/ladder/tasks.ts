import type { Tx } from '../../../kernel/database/transaction.ts';
import type { Case } from '../../cases/case.ts';
import { markMissedClock } from '../../cases/events.ts';
import { type Hand, type NotedEvent, takeCase } from '../../cases/work.ts';
import { type CaseClock, overrunClocks } from '../../clocks/store.ts';
import type { MeasureDesk, MeasureWorks } from '../ports.ts';
import { climbFrom, failAndClimb, ladderNamed, step, taskNamed } from './climb.ts';
import { type LadderStep, lastLadderStep, type ProposedTask, proposedTasks } from './store.ts';

export type { ProposedTask } from './store.ts';

const PAGE = 200;
/** Of one round: the other work of the round is not to wait for a flood of clocks. */
const MOST_CLOCKS = 2_000;

/** What happened on a case shows that the task it stands on is done; the caller holds the case. */
export async function tellTask(
  tx: Tx,
  desk: MeasureDesk,
  found: Case,
  event: NotedEvent,
  hand: Hand,
): Promise<void> {
  const last = await standsOnTask(tx, desk, found, event);
  const ladder = last === undefined ? undefined : ladderNamed(desk, last.ladder);
  if (last === undefined || ladder === undefined) return;
  const rung = ladder.rungs.findIndex(each => each.deed === last.deed);
  if (rung < 0) return;
  await step(tx, desk, found, ladder, { rung, happened: 'done', reason: event, measureId: null }, hand);
}

/** What the task was to bring about came to nothing: its rung failed, and the next one is taken. */
export async function failTask(
  tx: Tx,
  desk: MeasureDesk,
  caseId: number,
  awaited: NotedEvent,
  reason: string,
  hand: Hand,
): Promise<void> {
  const found = await takeCase(tx, caseId);
  const last = await standsOnTask(tx, desk, found, awaited);
  if (last !== undefined) await failAndClimb(tx, desk, found, last, null, reason, hand);
}

/** Tasks that cases stand on and the event shows the doing of, the newest first, before a number; null ends it. */
export async function tasksAwaiting(
  tx: Tx,
  desk: MeasureDesk,
  event: NotedEvent,
  before: number | null,
  limit: number,
): Promise<ProposedTask[]> {
  const deeds = (desk.ladders ?? []).flatMap(({ tasks }) =>
    [...tasks].filter(([, task]) => task.doneBy === event).map(([id]) => id),
  );
  return deeds.length === 0 ? [] : await proposedTasks(tx, deeds, before, limit);
}

async function standsOnTask(
  tx: Tx,
  desk: MeasureDesk,
  found: Case,
  event: NotedEvent,
): Promise<LadderStep | undefined> {
  if (found.state === 'closed') return undefined;
  const last = await lastLadderStep(tx, found.caseId);
  if (last?.happened !== 'proposed' || taskNamed(desk, last.deed)?.doneBy !== event) return undefined;
  return last;
}

/**
 * Marks clocks past their last moment as missed; how many. A task that nobody did in time escalates: its case goes on
 * to the next rung (C-40). Each in a transaction of its own, the case first; one that throws waits for the next round
 * and holds up no other.
 */
export async function markMissedClocks(works: MeasureWorks): Promise<number> {
  const { database, clock, log } = works;
  const nowMs = clock.now();
  let missed = 0;
  let last: CaseClock | null = null;
  for (let seen = 0; seen < MOST_CLOCKS; seen += PAGE) {
    const after: CaseClock | null = last;
    const page: readonly CaseClock[] = await database.corridor(tx => overrunClocks(tx, nowMs, after, PAGE));
    for (const over of page) {
      try {
        if (await database.corridor(tx => markOne(tx, works, over, nowMs))) missed += 1;
      } catch (cause) {
        const error = cause instanceof Error ? cause.name : 'unknown';
        log.warn({ case: over.caseId, clock: over.clockId, error }, 'clock not marked as missed');
      }
    }
    last = page.at(-1) ?? null;
    if (page.length < PAGE) break;
  }
  return missed;
}

async function markOne(tx: Tx, desk: MeasureDesk, over: CaseClock, nowMs: number): Promise<boolean> {
  const found = await takeCase(tx, over.caseId);
  const rule = await markMissedClock(tx, desk, over, nowMs);
  if (rule === undefined) return false;
  const last = rule?.task ? await lastLadderStep(tx, found.caseId) : undefined;
  const isStoodOn = last?.happened === 'proposed' && last.deed === rule?.task && found.state === 'open';
  if (last !== undefined && isStoodOn)
    await climbFrom(tx, desk, found, last, 'overdue', { actor: 'corridor', atMs: nowMs });
  return true;
}
