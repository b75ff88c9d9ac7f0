import type { Canonical } from '../../../kernel/canonical-json.ts';
import type { CopyFor } from '../cel/index.ts';
import { keyInId } from '../field-key.ts';
import { type Digest, findingId } from '../finding-id.ts';
import type { KeyState, Verdict } from '../judge-key.ts';
import type { Rule } from '../rule.ts';
import type { Arguments } from './arguments.ts';
import { DIGEST_WORDS, digestAt, putDigest } from './columns.ts';
import type { Kept } from './kept.ts';
import type { Lane } from './lane.ts';
import type { Lanes } from './lanes.ts';
import {
  type Edge,
  layOut,
  type Moved,
  type RuleLayout,
  type RuleSurface,
  type Watched,
} from './rule-layout.ts';
import type { Around } from './rule-views.ts';

/** What a rule's judging asks of its surroundings. */
export interface Surroundings extends Around {
  keyOf(slot: number): string;
  readonly digest: Digest;
  found(slot: number, verdict: Verdict): void;
}

/** Counted since the rule was opened. */
export interface ArrayTally {
  judged: number;
  met: number;
  passedOver: number;
  errors: Map<string, number>;
  silenced: Map<string, number>;
}

/** When and by what a rule is decided on one record or silence. */
interface Moment {
  readonly slot: number;
  readonly subject: number;
  readonly atMs: number;
  readonly completedBy: string;
  readonly dueMs: number | null;
  readonly silentSinceMs: number | null;
}

/**
 * One armed rule version with its state for every slot: `step` and `tick` of the reference over rows.
 *
 * A batch is judged operator by operator and expression by expression, each in one loop; only a record that
 * meets the condition is looked at by itself, for its guards and its evidence. What the rule finds, passes
 * over, silences and fails at is what the reference does, record for record.
 */
export class ArrayRule {
  readonly rule: Rule;
  readonly layout: RuleLayout;
  readonly kept: Kept;
  readonly tally: ArrayTally = { judged: 0, met: 0, passedOver: 0, errors: new Map(), silenced: new Map() };
  readonly #lanes: Lanes;
  /** Only so that no engine leaves out the reading of rows ahead of their use. */
  ahead = 0;
  /** For each record of the batch the number of the operator that failed first, from 1. */
  #failed = new Uint8Array(0);

  constructor(rule: Rule, surface: RuleSurface, copyFor: CopyFor) {
    this.rule = rule;
    this.#lanes = surface.lanes;
    this.layout = layOut(rule, surface, copyFor);
    const { rows, pool, wides, moved, edge } = this.layout;
    const keeps = moved.map(({ operator }) => operator.keeps);
    this.kept = {
      rows,
      pool,
      wides,
      met: edge?.met ?? null,
      texts: keeps.flatMap(each => each.texts),
      lists: keeps.flatMap(each => each.lists),
    };
  }

  get usesBound(): boolean {
    return this.layout.views.usesBound;
  }

  /**
   * Judges the batch that the lanes hold, each record under the slot of its key, 0 for none and `most` the highest. Silences that
   * fell due before a record come first.
   */
  judge(slots: Int32Array, most: number, around: Surroundings): void {
    const { count } = this.#lanes.batch;
    if (this.#failed.length < count) this.#failed = new Uint8Array(this.#lanes.batch.capacity);
    if (most === 0) return;
    this.layout.rows.hold(most);
    this.layout.edge?.met.hold(most);
    this.layout.pool.squeeze(this.kept.rows, this.kept.lists);
    this.layout.views.open(around);
    const { watched } = this.layout;
    if (watched === null) {
      this.#judge(slots, 0, count, around);
      return;
    }
    this.#judgeBetweenSilences(watched, slots, count, around);
  }

  /**
   * Judges in stretches that end before each record a silence fell due ahead of, as far as the rows tell; what
   * they cannot tell is a record taken in within the stretch, so none is longer than the silence.
   */
  #judgeBetweenSilences(watched: Watched, slots: Int32Array, count: number, around: Surroundings): void {
    const { operator, silenceMs, dueWide } = watched;
    const { atMs } = this.#lanes.batch;
    const { wides, stride } = this.layout.rows;
    let from = 0;
    for (let i = 0; i < count; i += 1) {
      const slot = slots[i] as number;
      if (slot === 0) continue;
      const now = atMs[i] as number;
      const lastMs = operator.lastMs(slot);
      const isDue = lastMs >= 0 && lastMs + silenceMs < now;
      const isNew = isDue && wides[slot * (stride >> 1) + dueWide] !== lastMs + silenceMs + 1;
      if (!isNew && now - (atMs[from] as number) <= silenceMs) continue;
      this.#judge(slots, from, i, around);
      this.tick(slot, now - 1, around);
      from = i;
    }
    this.#judge(slots, from, count, around);
  }

  /** Judges the silence of the slot that has fallen due by the watermark, once. */
  tick(slot: number, watermarkMs: number, around: Surroundings): number | null {
    const { watched, rows, moved, views } = this.layout;
    if (watched === null || slot >= rows.count) return null;
    const lastMs = watched.operator.lastMs(slot);
    const dueMs = lastMs + watched.silenceMs;
    if (lastMs < 0 || dueMs > watermarkMs) return null;
    const at = slot * (rows.stride >> 1) + watched.dueWide;
    if (rows.wides[at] === dueMs + 1) return null;
    rows.wides[at] = dueMs + 1;
    try {
      for (const { operator } of moved) operator.show(slot, dueMs);
      views.seeSilence(slot, dueMs, around);
      this.#decideSilence(slot, lastMs, dueMs, around);
    } catch (error) {
      this.#fail(`judging: ${error instanceof Error ? error.name : 'unknown'}`);
    }
    return dueMs;
  }

  get watchesSilence(): boolean {
    return this.layout.watched !== null;
  }

  get sizeBytes(): number {
    const { rows, pool, edge } = this.layout;
    return rows.words.byteLength + pool.words.byteLength + (edge?.met.sizeBytes ?? 0);
  }

  /** The slot's state as canonical data, in the form the reference's state has. */
  freeze(slot: number): Canonical {
    const { rows, edge, watched, moved } = this.layout;
    rows.hold(slot);
    const metPane = edge?.met.paneOf(slot) ?? -1;
    const silence =
      watched === null ? 0 : (rows.wides[slot * (rows.stride >> 1) + watched.dueWide] as number);
    const lastMs = watched?.operator.lastMs(slot) ?? -1;
    return {
      operators: moved.map(each => each.operator.freeze(slot)),
      metPane: edge === null || metPane < 0 ? null : metPane * edge.unit,
      last: watched === null || lastMs < 0 ? null : { atMs: lastMs, digest: this.#digestOf(slot, watched) },
      silenceMs: silence === 0 ? null : silence - 1,
    } as unknown as Canonical;
  }

  /** Replaces the slot's state by one the reference came to. */
  thaw(slot: number, state: KeyState): void {
    const { rows, edge, watched, moved } = this.layout;
    rows.hold(slot);
    for (const [i, each] of moved.entries())
      each.operator.thaw(slot, state.operators[i] as NonNullable<(typeof state.operators)[number]>);
    if (edge !== null) {
      if (state.metPane === null) edge.met.clear(slot);
      else edge.met.set(slot, state.metPane / edge.unit);
    }
    if (watched === null) return;
    rows.wides[slot * (rows.stride >> 1) + watched.dueWide] =
      state.silenceMs === null ? 0 : state.silenceMs + 1;
    if (state.last !== null)
      putDigest(rows.words, slot * rows.stride + watched.lastDigest, state.last.digest);
  }

  #judge(slots: Int32Array, from: number, to: number, around: Surroundings): void {
    try {
      this.ahead = readAhead(this.layout.rows, slots, from, to);
      this.#move(slots, from, to);
      const { given, where } = this.layout;
      this.#decide(slots, from, to, given?.run(from, to) ?? null, where.run(from, to), around);
    } catch (error) {
      // One that throws on a batch is judged no further on it: its other rules and other records go on.
      const at = `judging: ${error instanceof Error ? error.name : 'unknown'}`;
      let failed = 0;
      for (let i = from; i < to; i += 1) if (slots[i] !== 0) failed += 1;
      this.tally.judged += failed;
      this.#count(this.tally.errors, at, failed);
    }
  }

  /** Every operator takes every record in, even when another failed on it. */
  #move(slots: Int32Array, from: number, to: number): void {
    const { moved, watched } = this.layout;
    const { atMs } = this.#lanes.batch;
    this.#failed.fill(0, from, to);
    for (let n = 0; n < moved.length; n += 1) {
      const { operator, when, args, panes } = moved[n] as Moved;
      const asked = when?.run(from, to) ?? null;
      const lanes = args.lanes(from, to);
      if (asked !== null || args.mayFail) this.#noteFailed(n, asked, args, from, to);
      operator.move({ from, to, slots, atMs, panes: panes?.() ?? slots, asked, args: lanes });
      if (operator === watched?.operator) this.#noteLast(watched, slots, asked, from, to);
    }
  }

  #noteFailed(n: number, asked: Lane | null, args: Arguments, from: number, to: number): void {
    const failed = this.#failed;
    if (asked !== null) {
      for (let i = from; i < to; i += 1)
        if (failed[i] === 0 && Number.isNaN(asked[i] as number)) failed[i] = n + 1;
    }
    args.noteFailed(n + 1, asked, failed, from, to);
  }

  #noteLast(watched: Watched, slots: Int32Array, asked: Lane | null, from: number, to: number): void {
    const { digests } = this.#lanes.batch;
    const { words, stride } = this.layout.rows;
    for (let i = from; i < to; i += 1) {
      const slot = slots[i] as number;
      if (slot === 0 || (asked !== null && asked[i] !== 1)) continue;
      const at = slot * stride + watched.lastDigest;
      for (let n = 0; n < DIGEST_WORDS; n += 1) words[at + n] = digests[i * DIGEST_WORDS + n] as number;
    }
  }

  /** Given, where, guards, edge: in this order, and the first that says no ends it. */
  #decide(
    slots: Int32Array,
    from: number,
    to: number,
    given: Lane | null,
    where: Lane,
    around: Surroundings,
  ): void {
    const failed = this.#failed;
    const { edge, moved } = this.layout;
    const panes = edge?.panes() ?? null;
    const met = edge?.met ?? null;
    const told = { slots, given, where, failed, met: met?.bits ?? null };
    let late = 0;
    let passedOver = 0;
    for (let i = nextTold(told, from, to); i < to; i = nextTold(told, i + 1, to)) {
      const slot = slots[i] as number;
      if (slot === 0) {
        late += 1;
        continue;
      }
      const asked = given === null ? 1 : (given[i] as number);
      const isMet = where[i] as number;
      if (failed[i] !== 0) this.#count(this.tally.errors, `state.${moved[(failed[i] as number) - 1]?.name}`);
      else if (asked !== 1) {
        if (asked === 0) passedOver += 1;
        else this.#count(this.tally.errors, 'given');
      } else if (isMet === 1) this.#decideMet(slot, i, panes, around);
      else if (isMet === 0) met?.clear(slot);
      else this.#count(this.tally.errors, 'where');
    }
    this.tally.judged += to - from - late;
    this.tally.passedOver += passedOver;
  }

  #decideMet(slot: number, i: number, panes: Int32Array | null, around: Surroundings): void {
    const { batch } = this.#lanes;
    const subject = batch.slots[i] as number;
    const { guards, views } = this.layout;
    if (guards.length > 0) views.see(i);
    const isMet = this.#passesGuards();
    if (isMet === null || this.#isHeld(slot, panes === null ? null : (panes[i] as number), isMet)) return;
    if (guards.length === 0) views.see(i);
    const completedBy = digestAt(batch.digests, i * DIGEST_WORDS);
    const moment = { slot, subject, atMs: batch.atMs[i] as number, completedBy };
    around.found(subject, this.#verdict({ ...moment, dueMs: null, silentSinceMs: null }, around));
  }

  #decideSilence(slot: number, lastMs: number, dueMs: number, around: Surroundings): void {
    const { given, where, edge, watched, views } = this.layout;
    const scope = views.scope as never;
    this.tally.judged += 1;
    const asked = given === null ? true : given.cel.evaluate(scope);
    if (asked !== true) {
      if (asked === false) this.tally.passedOver += 1;
      else this.#count(this.tally.errors, 'given');
      return;
    }
    const met = where.cel.evaluate(scope);
    if (met !== true && met !== false) {
      this.#count(this.tally.errors, 'where');
      return;
    }
    const isMet = met ? this.#passesGuards() : false;
    const { rearm } = this.rule;
    const pane = rearm === null || edge === null ? null : rearm.paneOf(dueMs) / edge.unit;
    if (isMet === null || this.#isHeld(slot, pane, isMet) || !isMet) return;
    const moment = {
      slot,
      subject: slot,
      atMs: dueMs,
      completedBy: this.#digestOf(slot, watched as Watched),
    };
    around.found(slot, this.#verdict({ ...moment, dueMs, silentSinceMs: lastMs }, around));
  }

  /** False when a guard is true, null when one cannot be evaluated; counts both. */
  #passesGuards(): boolean | null {
    let silencedBy: string[] | null = null;
    for (const guard of this.layout.guards) {
      const value = guard.cel.evaluate(this.layout.views.scope as never);
      if (value === true) {
        silencedBy ??= [];
        silencedBy.push(guard.name);
      } else if (value !== false) {
        this.#count(this.tally.errors, `guards.${guard.name}`);
        return null;
      }
    }
    if (silencedBy === null) return true;
    for (const name of silencedBy) this.#count(this.tally.silenced, name);
    return false;
  }

  /** Moves the edge; true when nothing is to be found, for the rule is not met or was met before in the pane. */
  #isHeld(slot: number, pane: number | null, isMet: boolean): boolean {
    if (isMet) this.tally.met += 1;
    if (pane === null) return !isMet;
    const { met } = this.layout.edge as Edge;
    const before = met.paneOf(slot);
    if (isMet) met.set(slot, pane);
    else met.clear(slot);
    return !isMet || before === pane;
  }

  #verdict(moment: Moment, around: Surroundings): Verdict {
    const { rule } = this;
    const { completedBy, dueMs, silentSinceMs } = moment;
    const key = around.keyOf(moment.slot);
    const subjectId = around.subjectOf(moment.subject).id;
    const name = {
      ruleId: rule.id,
      ruleVersion: rule.version,
      key: keyInId(rule, key, subjectId),
      completedBy,
      dueMs,
    };
    return {
      findingId: findingId(name, around.digest),
      ruleId: rule.id,
      ruleVersion: rule.version,
      key,
      subjectId,
      completedBy,
      observedAtMs: moment.atMs,
      severity: rule.severity,
      evidence: this.layout.views.evidence(silentSinceMs),
    };
  }

  #fail(at: string): void {
    this.tally.judged += 1;
    this.#count(this.tally.errors, at);
  }

  #count(counts: Map<string, number>, name: string, more = 1): void {
    counts.set(name, (counts.get(name) ?? 0) + more);
  }

  #digestOf(slot: number, { lastDigest }: Watched): string {
    const { words, stride } = this.layout.rows;
    return digestAt(words, slot * stride + lastDigest);
  }
}

/**
 * Reads a word of every row the records want, in a loop whose reads wait for nothing: the memory brings many
 * rows at once, where the loops after it would wait for each.
 */
function readAhead(
  { words, stride }: { words: Int32Array; stride: number },
  slots: Int32Array,
  from: number,
  to: number,
): number {
  let sum = 0;
  if (stride === 0) return sum;
  for (let i = from; i < to; i += 1) sum ^= words[(slots[i] as number) * stride] as number;
  return sum;
}

/** What a stretch of records is decided by. */
interface Told {
  readonly slots: Int32Array;
  readonly given: Lane | null;
  readonly where: Lane;
  readonly failed: Uint8Array;
  /** A bit for each slot whose last record met the rule; null where none is kept. */
  readonly met: Int32Array | null;
}

/**
 * The first record at or after `from` of which anything is to be done: any but one that is asked, does not meet the
 * rule, and did not before. Nothing in these loops calls, so the engine keeps what does not change in registers.
 */
function nextTold({ slots, given, where, failed, met }: Told, from: number, to: number): number {
  const asked = given ?? where;
  const plain = given === null ? 0 : 1;
  const bits = met ?? slots;
  for (let i = from; i < to; i += 1) {
    const slot = slots[i] as number;
    if (where[i] !== 0 || asked[i] !== plain || failed[i] !== 0 || slot === 0) return i;
    if (met !== null && ((bits[slot >> 5] as number) & (1 << (slot & 31))) !== 0) return i;
  }
  return to;
}
