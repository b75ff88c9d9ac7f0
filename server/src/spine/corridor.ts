import type { Database, Tx } from '../kernel/database/transaction.ts';
import type { Logger } from '../kernel/log.ts';
import { Refusal } from '../kernel/refusal.ts';
import type { Clock } from '../kernel/time.ts';
import { openFor, tellMoves } from './cases/open.ts';
import { type Contribution, worldOf } from './contribution.ts';
import { type Fed, sharedOut } from './fed.ts';
import { type ArmedRule, loadArmedRules } from './findings/armed/armed-rules.ts';
import { record } from './findings/findings.ts';
import {
  bareOf,
  before,
  judgementsOf,
  judgeSubject,
  type SubjectJudgement,
  type Touched,
} from './judging.ts';
import { isFieldKeyed } from './keys/field-keys.ts';
import { judgeKeys, type LeftOut } from './keys/judge-keys.ts';
import type { LiveMemory } from './live-memory.ts';
import { actByPolicy } from './measures/ladder/climb.ts';
import { climbFoundAgain } from './measures/ladder/found-again.ts';
import { proposeLifting } from './measures/lift.ts';
import type { MeasureDesk } from './measures/ports.ts';
import { wakeLooks } from './measures/store.ts';
import { fairShareOf } from './observations/reader/fair-share.ts';
import { freshRecordsOf } from './observations/reader/fresh-records.ts';
import { type Picked, pickChunks } from './observations/reader/next-chunks.ts';
import {
  type Fence,
  horizon,
  lockPosition,
  markAhead,
  movePosition,
  nextTicks,
  type Position,
} from './observations/reader/store.ts';
import { noteAside } from './observations/snapshots/store.ts';
import type { DeliveredObservation } from './observations/store.ts';
import type { Dossier } from './registry/dossier.ts';
import { deriveStated } from './registry/stated.ts';
import { compareObservations } from './rules/counters.ts';
import { reach } from './rules/judge-key.ts';
import { restsAfter } from './rules/rests-after.ts';
import type { Turn } from './taken-in.ts';
import { takeTouched } from './touched.ts';

/**
 * The corridor, read top to bottom: accepted observations are judged, findings are found, cases are opened,
 * measures are ordered, and the position moves, in one transaction (design, "Judging, exactly" 1).
 *
 * `accept` is the other commit: `observations/intake.ts`.
 */
export interface CorridorDoors {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly contributions: readonly Contribution[];
  readonly desk: MeasureDesk;
  /** What judging remembers between commits; without it every subject is judged from stored observations. */
  readonly memory?: LiveMemory;
  /** Told while judging of what was left out for a bound; only counts and logs. */
  onLeftOut?(leftOut: LeftOut): void;
  /** Told of records a rule could not be evaluated on; whether the commit comes to be or not. */
  onRuleErrors?(ruleId: string, records: number): void;
  /** Told of a thread of judging that was lost, by the name of its partition; only counts. */
  onThreadLost?(partition: string): void;
  /** Told after the commit; only announces. */
  onJudged?(news: readonly News[]): void;
}

/** What changed, for whom: enough to make a screen look again. */
export interface News {
  readonly partyId: number;
  readonly what: 'finding' | 'finding-withdrawn' | 'finding-reinstated' | 'case' | 'measure';
  readonly id: string;
}

/** Observations judged in one commit, at most about this many; and dirty marks, one for each so many of them. */
export const MOST_RECORDS_PER_COMMIT = 4_000;
const RECORDS_PER_DIRTY_MARK = 8;
const TICKS_PER_COMMIT = 1_000;

export type JudgeOutcome =
  | 'idle'
  | 'fenced'
  | {
      readonly records: number;
      readonly news: readonly News[];
      /** Subjects something was judged of. */
      readonly heardOf: readonly number[];
    };

/**
 * Judges what comes next after the position and moves it.
 *
 * After `fenced` another judge owns the partition and this one must stop. When this throws, nothing of the
 * step was written (or all of it was and the answer was lost); calling again is right in both cases, for the
 * position is read anew and findings, cases and orders have names of their own.
 */
export async function judgeNext(
  doors: CorridorDoors,
  fence: Fence,
  mostRecords = MOST_RECORDS_PER_COMMIT,
): Promise<JudgeOutcome> {
  const outcome = await remembering(doors.memory, () =>
    doors.database.corridor(tx => judgeInto(tx, doors, fence, mostRecords)),
  );
  if (typeof outcome !== 'object') return outcome;
  if (outcome.news.length > 0) doors.onJudged?.(outcome.news);
  await wakeMeasures(doors, outcome.heardOf);
  return outcome;
}

/**
 * Traffic after a block is to be seen as soon as it is judged. After the commit and by itself, for it waits for
 * measures that others hold; what a kill loses here is found at the measure's next look.
 */
async function wakeMeasures(doors: CorridorDoors, heardOf: readonly number[]): Promise<void> {
  if (heardOf.length === 0) return;
  try {
    await doors.database.corridor(tx => wakeLooks(tx, heardOf, doors.clock.now()));
  } catch (cause) {
    const error = cause instanceof Error ? cause.name : 'unknown';
    doors.log.warn({ error }, 'measures in force not looked at before their time');
  }
}

/** Memory is ahead of the database until the commit is known: whatever else became of it, it is dropped. */
async function remembering(
  memory: LiveMemory | undefined,
  commit: () => Promise<JudgeOutcome>,
): Promise<JudgeOutcome> {
  try {
    const outcome = await commit();
    if (outcome === 'fenced') await memory?.drop();
    return outcome;
  } catch (error) {
    await memory?.drop();
    throw error;
  }
}

async function judgeInto(
  tx: Tx,
  doors: CorridorDoors,
  fence: Fence,
  mostRecords: number,
): Promise<JudgeOutcome> {
  const position = await lockPosition(tx, fence);
  if (position === undefined) return 'fenced';
  const derived = await deriveStated(tx, doors.clock.now());
  const picked = await pickChunks(tx, fence.partition, position, mostRecords, fairShareOf(doors.database));
  const { chunks } = picked;
  const ticks = await nextTicks(tx, position, TICKS_PER_COMMIT);
  const rules = await loadArmedRules(tx, worldOf(doors.contributions), ruleId =>
    doors.log.error({ rule: ruleId }, 'an armed rule no longer reads and judges nothing'),
  );
  const shelf = freshRecordsOf(doors.database);
  const delivered = await shelf.recordsOf(
    tx,
    chunks.map(chunk => chunk.chunkId),
  );
  const records = delivered.sort(compareObservations);
  const mostDirty = Math.ceil(mostRecords / RECORDS_PER_DIRTY_MARK);
  const isKnown = (subjectId: number): boolean => doors.memory?.knows(subjectId) !== false;
  const touched = await takeTouched(tx, { records, ticks, rules, mostDirty, isKnown }, doors.memory?.shelf);
  if (derived + chunks.length + ticks.length + touched.length === 0 && picked.upTo === null) return 'idle';
  const turn = {
    xids: new Map(chunks.map(chunk => [chunk.chunkId, BigInt(chunk.xid)])),
    horizonXid: await horizon(tx),
    positionXid: BigInt(position.xid),
  };
  const news: News[] = [];
  for await (const { dossier, judgement } of judgeTouched(tx, doors, rules, { touched, records, turn }))
    news.push(...(await write(tx, doors, dossier, judgement)));
  for await (const { on, judgement } of judgeKeys(tx, doors, rules, { touched, records, turn }))
    news.push(...(await write(tx, doors, on, judgement)));
  const aside = touched.filter(each => !each.isOnlyFed).map(each => each.dossier.subjectId);
  await noteAside(tx, fence.partition, aside);
  const next = after(position, picked, ticks);
  await markAhead(tx, fence.partition, picked.ahead, next);
  if (!(await movePosition(tx, fence, next))) throw new Refusal('judge-fenced');
  const heardOf = touched.map(each => each.dossier.subjectId);
  return { records: chunks.reduce((sum, chunk) => sum + chunk.accepted, 0), news, heardOf };
}

/**
 * Subjects that memory knows and that only records came for are judged by those records; every other, and one
 * a record came too late for, is judged again from what is stored. A record that was read so before its turn is
 * judged already.
 */
async function* judgeTouched(
  tx: Tx,
  doors: CorridorDoors,
  armed: readonly ArmedRule[],
  next: {
    readonly touched: readonly Touched[];
    readonly records: readonly DeliveredObservation[];
    readonly turn: Turn;
  },
): AsyncGenerator<{ readonly dossier: Dossier; readonly judgement: SubjectJudgement }> {
  const { memory } = doors;
  await memory?.arm(armed);
  const rules = armed.filter(each => !isFieldKeyed(each));
  const listening = rules.filter(({ rule }) => rule.state.some(each => each.silenceMs !== null));
  const heardMs = Math.max(0, ...listening.map(({ rule }) => reach(rule)));
  const { fed, again } = sorted(memory, next);
  if (memory !== undefined && fed.length > 0) {
    const judged = await memory.judge(fed);
    for (const [ruleId, count] of await memory.takeErrors()) doors.onRuleErrors?.(ruleId, count);
    for (const { dossier, verdicts, lateMs } of judged) {
      if (lateMs !== null) again.push({ dossier, fromMs: lateMs, isOnlyFed: true });
      else
        for (const judgement of await judgementsOf(tx, doors, rules, dossier, verdicts))
          yield { dossier, judgement };
    }
  }
  const bare = await bareOf(tx, again);
  for (const each of again) {
    memory?.forget(each.dossier.subjectId);
    // A silence that fell due before the records came was met by no tick, where they came with it.
    const fromMs = each.isOnlyFed ? before(each.fromMs, heardMs) : each.fromMs;
    const isBare = bare.has(each.dossier.subjectId);
    const { judgements, states, errors } = await judgeSubject(tx, doors, rules, { ...each, fromMs }, isBare);
    for (const [ruleId, count] of errors) doors.onRuleErrors?.(ruleId, count);
    await memory?.remember(each.dossier, states);
    const read = { fromMs: fromMs + heardMs };
    memory?.takenIn.note(each.dossier.subjectId, read, !each.isOnlyFed, next.turn);
    for (const judgement of judgements) yield { dossier: each.dossier, judgement };
  }
}

/** The subjects to be judged by the records that came, and those to be judged again; the others were so before. */
function sorted(
  memory: LiveMemory | undefined,
  { touched, records, turn }: Parameters<typeof judgeTouched>[3],
): { readonly fed: readonly Fed[]; readonly again: Touched[] } {
  if (memory === undefined) return { fed: [], again: [...touched] };
  const onlyFed = touched.filter(each => each.isOnlyFed).map(each => each.dossier);
  const came = new Map(sharedOut(records, onlyFed).map(each => [each.dossier.subjectId, each]));
  const fed: Fed[] = [];
  const again: Touched[] = [];
  for (const each of touched) {
    const { subjectId } = each.dossier;
    const own = came.get(subjectId);
    const left = own?.records.filter(record => !memory.takenIn.holds(subjectId, record, turn)) ?? [];
    if (own !== undefined && own.records.length > 0 && left.length === 0) continue;
    if (own !== undefined && memory.knows(subjectId)) fed.push({ ...own, records: left });
    else again.push(each);
  }
  return { fed, again };
}

function after(
  position: Position,
  { upTo }: Picked,
  ticks: readonly { xid: string; tickId: number }[],
): Position {
  const tick = ticks.at(-1);
  return {
    xid: upTo?.xid ?? position.xid,
    chunk: upTo?.chunkId ?? position.chunk,
    tickXid: tick?.xid ?? position.tickXid,
    tick: tick?.tickId ?? position.tick,
  };
}

/** Findings first, then the cases they join, then what the party's policy lets the corridor order by itself. */
async function write(
  tx: Tx,
  doors: CorridorDoors,
  on: { readonly partyId: number; readonly kind: string },
  judgement: SubjectJudgement,
): Promise<News[]> {
  const occasion = { atMs: doors.clock.now(), actor: 'corridor', reason: 'judged-again' };
  const { rule } = judgement;
  const { partyId, kind: subjectKind } = on;
  const done = await record(tx, judgement.added, judgement.withdrawn, judgement.reinstated, occasion);
  const news: News[] = [];
  const tell = (what: News['what'], id: string) => news.push({ partyId, what, id });
  for (const finding of done.added) {
    tell('finding', finding.findingId);
    const opened = await openFor(tx, doors.desk, { ...finding, subjectKind }, occasion);
    if (opened === null) continue;
    tell('case', String(opened.case.caseId));
    const measure =
      (await actByPolicy(tx, doors.desk, opened.case, rule.suggests, occasion.atMs)) ??
      (await climbFoundAgain(tx, doors.desk, opened.case, {
        atMs: occasion.atMs,
        restsAfter: ms => restsAfter(rule, finding.observedAtMs, ms),
      }));
    if (measure !== null) tell('measure', String(measure.measureId));
  }
  for (const move of done.withdrawn) tell('finding-withdrawn', move.findingId);
  for (const move of done.reinstated) tell('finding-reinstated', move.findingId);
  const shaken = await tellMoves(tx, done.withdrawn, 'finding-withdrawn', occasion);
  await proposeLifting(tx, shaken, occasion);
  await tellMoves(tx, done.reinstated, 'finding-reinstated', occasion);
  return news;
}
