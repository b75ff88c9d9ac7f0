import { setTimeout as delay } from 'node:timers/promises';
import { type Loop, startLoop } from '../kernel/loop.ts';
import { isRefusal, type Refusal } from '../kernel/refusal.ts';
import { type CorridorDoors, judgeNext, MOST_RECORDS_PER_COMMIT } from './corridor.ts';
import { keepMemory, recallMemory } from './memory-keeping.ts';
import { type Fence, LEASE_MS, renewLease, takeOver } from './observations/reader/store.ts';

export interface Judge extends Loop {
  /** Whether this process owns the partition at the moment. */
  isOwner(): boolean;
}

const PARTITION = 0;

const LEAST_RECORDS = 125;
const SHORT_MS = 300;
const LONG_MS = 1_000;

/**
 * How many records the next commit may take after one of `records` took so long: judging moves in steps of about
 * a second. What is killed begins its step anew, so a long step would get nowhere where kills come often, and
 * would hold the rows of its cases meanwhile.
 */
export function shareAfter(records: number, tookMs: number): number {
  if (tookMs < SHORT_MS) return Math.min(records * 2, MOST_RECORDS_PER_COMMIT);
  return tookMs > LONG_MS ? Math.max(Math.floor(records / 2), LEAST_RECORDS) : records;
}
/**
 * After a step that took all there was and fewer records than this, judging waits for more: a step costs more than the
 * few records in it. It waits so many times as long as the step took, within these bounds, so that records that come
 * one by one cost judging a fifth of the time at most, and are judged a quarter of a second later at most.
 */
const FEW_RECORDS = 2_000;
const GATHER_SHARE = 4;
const LEAST_GATHER_MS = 40;
const MOST_GATHER_MS = 250;

/** How long judging waits for more records after a step that took all there was. */
export function gatherAfter(records: number, tookMs: number): number {
  if (records === 0 || records >= FEW_RECORDS) return 0;
  return Math.min(Math.max(tookMs * GATHER_SHARE, LEAST_GATHER_MS), MOST_GATHER_MS);
}
/** After so many losses of a thread without a step between, the next is judged without memory. */
const MOST_LOST = 3;
/** What is remembered is kept after so many records, or so long, and when judging stops. */
const KEEP_RECORDS = 500_000;
const KEEP_MS = 15 * 60_000;

/**
 * Judges as long as the process lives. One owner at a time: another process on the same database waits
 * until the lease has run out, and an owner that was fenced off stops writing and waits in its turn.
 *
 * `owner` names this installation, the same after a restart, so that a restarted server goes on at once.
 */
export function startJudge(doors: CorridorDoors, owner: string): Judge {
  let fence: Fence | undefined;
  let renewedAtMs = 0;
  let share = LEAST_RECORDS;
  let judgedSince = 0;
  let lostInARow = 0;
  let keptAtMs = doors.clock.now();

  async function step(): Promise<boolean> {
    if (fence === undefined) {
      fence = await doors.database.corridor(tx => takeOver(tx, PARTITION, owner));
      if (fence === undefined) return false;
      doors.log.info({ partition: PARTITION, epoch: fence.epoch }, 'this process judges the partition');
      await recall(fence);
    }
    if (doors.clock.now() - renewedAtMs > LEASE_MS / 3 || doors.clock.now() < renewedAtMs) await renew(fence);
    const asked = share;
    const beganMs = performance.now();
    const outcome = await judgeOrLose(fence);
    const tookMs = performance.now() - beganMs;
    if (outcome === 'fenced') {
      doors.log.warn({ partition: PARTITION }, 'another process has taken the partition over');
      fence = undefined;
      return false;
    }
    if (outcome === 'idle') return false;
    judgedSince += outcome.records;
    const gatherMs = outcome.records < asked ? gatherAfter(outcome.records, tookMs) : 0;
    if (gatherMs > 0) await delay(gatherMs);
    if (judgedSince >= KEEP_RECORDS || doors.clock.now() - keptAtMs > KEEP_MS) await keep(fence);
    return true;
  }

  /** Memory is only an accelerator: when it cannot be recalled, judging goes on from what is stored. */
  async function recall(held: Fence): Promise<void> {
    if (doors.memory === undefined) return;
    try {
      await recallMemory(doors, held, doors.memory);
    } catch (error) {
      await doors.memory.drop();
      doors.log.error({ error: String(error) }, 'what judging remembered could not be recalled');
    }
  }

  async function keep(held: Fence): Promise<void> {
    if (doors.memory === undefined || judgedSince === 0) return;
    judgedSince = 0;
    keptAtMs = doors.clock.now();
    try {
      if (!(await keepMemory(doors, held, doors.memory))) fence = undefined;
    } catch (error) {
      doors.log.error({ error: String(error) }, 'what judging remembers could not be kept');
    }
  }

  async function renew(held: Fence): Promise<void> {
    const isOurs = await doors.database.corridor(tx => renewLease(tx, held));
    if (!isOurs) fence = undefined;
    renewedAtMs = doors.clock.now();
  }

  async function judgeOrLose(held: Fence): ReturnType<typeof judgeNext> {
    const beganMs = doors.clock.now();
    try {
      const outcome = await judgeNext(lostInARow < MOST_LOST ? doors : withoutMemory(doors), held, share);
      lostInARow = 0;
      if (outcome !== 'idle') share = shareAfter(share, doors.clock.now() - beganMs);
      return outcome;
    } catch (error) {
      share = LEAST_RECORDS;
      if (isRefusal(error) && error.code === 'judge-fenced') return 'fenced';
      if (!isRefusal(error) || error.code !== 'partition-lost') throw error;
      lostInARow += 1;
      await afterLoss(held, error);
      return { records: 0, news: [], heardOf: [] };
    }
  }

  /**
   * A thread of judging was lost, and with it the step: nothing of it was written. What is remembered comes anew
   * from snapshot and replay, in new threads. A step that loses its thread again and again is judged from what is
   * stored alone.
   */
  async function afterLoss(held: Fence, error: Refusal): Promise<void> {
    doors.onThreadLost?.(error.subject ?? '');
    const told = { partition: error.subject, inARow: lostInARow, cause: String(error.cause) };
    doors.log.error(told, 'a thread of judging was lost; its step is judged again');
    if (lostInARow < MOST_LOST) await recall(held);
  }

  const loop = startLoop({ name: 'judge', log: doors.log, restMs: 1_000, step });
  const stop = async (): Promise<void> => {
    await loop.stop();
    if (fence !== undefined) await keep(fence);
    judgedSince = 0;
    await doors.memory?.drop();
  };
  return { ...loop, stop, isOwner: () => fence !== undefined };
}

function withoutMemory({ memory: _memory, ...doors }: CorridorDoors): CorridorDoors {
  return doors;
}
