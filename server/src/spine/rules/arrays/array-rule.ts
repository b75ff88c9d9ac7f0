import type { Canonical } from '../../../kernel/canonical-json.ts';
import { type CelPlan, type CelProgram, type CopyFor, planOf } from '../cel/index.ts';
import { fieldOfKey } from '../field-key.ts';
import { type Digest, findingId } from '../finding-id.ts';
import type { KeyState, Verdict } from '../judge-key.ts';
import type { Rule } from '../rule.ts';
import { AbsenceRows } from './absence-rows.ts';
import { Arguments } from './arguments.ts';
import type { BoundLanes } from './bound-lanes.ts';
import { DIGEST_WORDS, digestAt, putDigest } from './columns.ts';
import type { LaneSource } from './kernel-tree.ts';
import { LaneProgram } from './lane-program.ts';
import { type Lane, type Lanes, OwnLane } from './lanes.ts';
import { Pool, Rows } from './memory.ts';
import type { RowOperator, TextNumbers } from './operator.ts';
import { paneUnit } from './pane-lists.ts';
import { planOperator } from './plan-operator.ts';
import { type Filled, fieldType, fill, NOBODY, pick, usesOf } from './rule-reading.ts';
import { fieldName, View } from './view.ts';

/** What a rule's judging asks of its surroundings. */
export interface Surroundings {
  /** Terms in force for the subject at the moment, in the view the rules were built for. */
  boundAt(slot: number, atMs: number): View;
  /** The view of the terms of record `i` of the batch in hand. */
  boundOf(i: number): View;
  subjectOf(slot: number): { readonly id: string; readonly class: string };
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

/** What an armed rule is built over: the lanes of its kind, the terms, and the texts both are numbered by. */
export interface RuleWorldOfLanes {
  readonly lanes: Lanes;
  readonly bound: BoundLanes;
  readonly texts: TextNumbers;
  /** The number a bound term has in the views of `Surroundings`. */
  boundNumber(term: string): number;
}

const NOTHING = new View();

interface Moved {
  readonly operator: RowOperator;
  readonly name: string;
  readonly when: LaneProgram | null;
  readonly args: Arguments;
  readonly panes: (() => Int32Array) | null;
}

/** The absence whose silences are judged. */
interface Watched {
  readonly operator: AbsenceRows;
  readonly silenceMs: number;
}

interface Scope {
  observation: View;
  bound: View;
  subject: { readonly id: string; readonly class: string };
  state: View;
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
  readonly rows: Rows;
  readonly pool = new Pool();
  readonly tally: ArrayTally = { judged: 0, met: 0, passedOver: 0, errors: new Map(), silenced: new Map() };
  readonly usesBound: boolean;
  readonly #lanes: Lanes;
  readonly #texts: TextNumbers;
  readonly #moved: Moved[] = [];
  readonly #given: LaneProgram | null;
  readonly #where: LaneProgram;
  readonly #guards: { readonly name: string; readonly cel: CelProgram }[];
  readonly #shown: { observation: [string, number][]; bound: [string, number][]; state: [string, number][] };
  readonly #usesSubject: boolean;
  readonly #observationFilled: Filled[];
  readonly #stateFilled: Filled[];
  readonly #scope: Scope = {
    observation: new View(),
    bound: NOTHING,
    subject: NOBODY,
    state: new View(),
  };
  readonly #observation = this.#scope.observation;
  readonly #edge: number;
  readonly #rearmUnit: number;
  readonly #rearmPanes: (() => Int32Array) | null;
  readonly #silence: number;
  readonly #lastDigest: number;
  readonly #absence: Watched | null;
  /** For each record of the batch the number of the operator that failed first, from 1. */
  #failed = new Uint8Array(0);
  #around: Surroundings | null = null;

  constructor(rule: Rule, world: RuleWorldOfLanes, copyFor: CopyFor) {
    const { lanes, texts } = world;
    const { fields } = lanes;
    this.rule = rule;
    this.#lanes = lanes;
    this.#texts = texts;
    if (rule.usesCounters) fields.useCounters();
    const keyField = fieldOfKey(rule.key);
    if (keyField !== null) fields.column(keyField);
    const plans = rule.state.map(declaration => planOperator(declaration.shape));
    const hasAbsence = rule.state.some(declaration => declaration.silenceMs !== null);
    const wides = plans.reduce((sum, plan) => sum + plan.wides, hasAbsence ? 1 : 0);
    let words = 2 * wides;
    this.#edge = words;
    this.#rearmUnit = rule.rearm === null ? 1 : paneUnit(rule.rearm);
    this.#rearmPanes = rule.rearm === null ? null : lanes.panes(rule.rearm, rule.zone);
    if (rule.rearm !== null) words += 1;
    this.#lastDigest = words;
    if (hasAbsence) words += DIGEST_WORDS;
    const stride = plans.reduce((sum, plan) => sum + plan.words, words);
    this.rows = new Rows((stride + 1) & ~1);
    this.#silence = 0;

    const outs = new Map<string, { readonly at: number; readonly type: string; readonly lane: OwnLane }>();
    for (const declaration of rule.state)
      for (const [output, type] of Object.entries(declaration.operator.outputs))
        outs.set(output, { at: outs.size, type, lane: new OwnLane() });
    const out = (field: string) => outs.get(field) as { at: number; type: string; lane: OwnLane };
    const cel = (plan: CelPlan): CelProgram =>
      plan
        .renamed((variable, field) => {
          if (variable === 'observation') return fieldName(fields.viewNumber(field));
          if (variable === 'bound') return fieldName(world.boundNumber(field));
          return variable === 'state' ? fieldName(out(field).at) : field;
        })
        .build(copyFor);
    const program = (plan: CelPlan, isText = false): LaneProgram => {
      const made: LaneProgram = new LaneProgram(
        plan,
        cel(plan),
        { ...world, state: field => () => out(field).lane.to(0) },
        node => this.#apart(cel(planOf(node)), value => made.numberOf(value)),
        i => this.#see(i),
        isText,
      );
      return made;
    };

    let wide = hasAbsence ? 1 : 0;
    let word = words;
    const lanesOut = [...outs.values()].map(({ lane }) => lane);
    let absence: Watched | null = null;
    for (const [i, declaration] of rule.state.entries()) {
      const plan = plans[i] as (typeof plans)[number];
      const own = lanesOut.splice(0, plan.outputs);
      const operator = plan.open({ rows: this.rows, pool: this.pool, texts, wide, word, outs: own });
      wide += plan.wides;
      word += plan.words;
      if (operator instanceof AbsenceRows && declaration.silenceMs !== null)
        absence = { operator, silenceMs: declaration.silenceMs };
      this.#moved.push({
        operator,
        name: declaration.name,
        when: declaration.when === null ? null : program(declaration.when.plan),
        args: new Arguments(declaration, lanes, texts, (taker, isText) =>
          program(taker.program.plan, isText),
        ),
        panes: operator.window === null ? null : lanes.panes(operator.window, rule.zone),
      });
    }
    this.#absence = absence;
    this.#given = rule.given === null ? null : program(rule.given.plan);
    this.#where = program(rule.where.plan);
    this.#guards = rule.guards.map(guard => ({ name: guard.name, cel: cel(guard.plan) }));
    this.#shown = {
      observation: rule.shown.observation.map(name => [name, fields.viewNumber(name)]),
      bound: rule.shown.bound.map(name => [name, world.boundNumber(name)]),
      state: rule.shown.state.map(name => [name, out(name).at]),
    };
    const uses = usesOf(rule);
    this.usesBound = uses.has('bound');
    this.#usesSubject = uses.has('subject');
    const added = ['timeMark', 'counterMark'].filter(field => uses.has(`observation.${field}`));
    this.#observationFilled = [...new Set([...rule.observationFields, ...added, 'atMs'])].map(name => ({
      at: fields.viewNumber(name),
      type: fieldType(name, fields),
      lane: lanes.field(name),
    }));
    this.#stateFilled = [...outs.values()].map(({ at, type, lane }) => ({
      at,
      type,
      lane: () => lane.to(0),
    }));
  }

  /**
   * Judges the batch that the lanes hold, each record under the slot of its key, 0 for none. Silences that
   * fell due before a record come first.
   */
  judge(slots: Int32Array, around: Surroundings): void {
    const { count } = this.#lanes.batch;
    if (this.#failed.length < count) this.#failed = new Uint8Array(this.#lanes.batch.capacity);
    let most = 0;
    for (let i = 0; i < count; i += 1) most = Math.max(most, slots[i] as number);
    if (most === 0) return;
    this.rows.hold(most);
    this.#around = around;
    if (this.#absence === null) {
      this.#judge(slots, 0, count, around);
      return;
    }
    this.#judgeBetweenSilences(slots, count, around);
  }

  /**
   * Judges in stretches that end before each record a silence fell due ahead of, as far as the rows tell; what
   * they cannot tell is a record taken in within the stretch, so none is longer than the silence.
   */
  #judgeBetweenSilences(slots: Int32Array, count: number, around: Surroundings): void {
    const { operator, silenceMs } = this.#absence as Watched;
    const { atMs } = this.#lanes.batch;
    const { wides, stride } = this.rows;
    let from = 0;
    for (let i = 0; i < count; i += 1) {
      const slot = slots[i] as number;
      if (slot === 0) continue;
      const now = atMs[i] as number;
      const lastMs = operator.lastMs(slot);
      const isDue = lastMs >= 0 && lastMs + silenceMs < now;
      const isNew = isDue && wides[slot * (stride >> 1) + this.#silence] !== lastMs + silenceMs + 1;
      if (!isNew && now - (atMs[from] as number) <= silenceMs) continue;
      this.#judge(slots, from, i, around);
      this.tick(slot, now - 1, around);
      from = i;
    }
    this.#judge(slots, from, count, around);
  }

  /** Judges the silence of the slot that has fallen due by the watermark, once. */
  tick(slot: number, watermarkMs: number, around: Surroundings): number | null {
    const absence = this.#absence;
    if (absence === null || slot >= this.rows.count) return null;
    const lastMs = absence.operator.lastMs(slot);
    const dueMs = lastMs + absence.silenceMs;
    if (lastMs < 0 || dueMs > watermarkMs) return null;
    const at = slot * (this.rows.stride >> 1) + this.#silence;
    if (this.rows.wides[at] === dueMs + 1) return null;
    this.rows.wides[at] = dueMs + 1;
    try {
      const scope = this.#scope;
      scope.observation = NOTHING;
      scope.bound = this.usesBound ? around.boundAt(slot, dueMs) : NOTHING;
      if (this.#usesSubject) scope.subject = around.subjectOf(slot);
      for (const { operator } of this.#moved) operator.show(slot, dueMs);
      fill(scope.state, this.#stateFilled, 0, this.#texts);
      this.#decideSilence(slot, lastMs, dueMs, around);
    } catch (error) {
      this.#fail(`judging: ${error instanceof Error ? error.name : 'unknown'}`);
    }
    return dueMs;
  }

  get watchesSilence(): boolean {
    return this.#absence !== null;
  }

  get sizeBytes(): number {
    return this.rows.words.byteLength + this.pool.words.byteLength;
  }

  /** The slot's state as canonical data, in the form the reference's state has. */
  freeze(slot: number): Canonical {
    if (slot >= this.rows.count) return null;
    const { words, wides, stride } = this.rows;
    const edge = this.rule.rearm === null ? 0 : (words[slot * stride + this.#edge] as number);
    const silence = this.#absence === null ? 0 : (wides[slot * (stride >> 1) + this.#silence] as number);
    const lastMs = this.#absence?.operator.lastMs(slot) ?? -1;
    return {
      operators: this.#moved.map(each => each.operator.freeze(slot)),
      edge:
        edge === 0
          ? null
          : { pane: Math.floor((edge - 1) / 2) * this.#rearmUnit, isMet: (edge - 1) % 2 !== 0 },
      last: lastMs < 0 ? null : { atMs: lastMs, digest: this.#digestAt(slot) },
      silenceMs: silence === 0 ? null : silence - 1,
    } as unknown as Canonical;
  }

  /** Replaces the slot's state by one the reference came to. */
  thaw(slot: number, state: KeyState): void {
    this.rows.hold(slot);
    const { stride } = this.rows;
    for (const [i, each] of this.#moved.entries())
      each.operator.thaw(slot, state.operators[i] as NonNullable<(typeof state.operators)[number]>);
    if (this.rule.rearm !== null) {
      const edge = state.edge;
      this.rows.words[slot * stride + this.#edge] =
        edge === null ? 0 : (edge.pane / this.#rearmUnit) * 2 + (edge.isMet ? 1 : 0) + 1;
    }
    if (this.#absence !== null) {
      this.rows.wides[slot * (stride >> 1) + this.#silence] =
        state.silenceMs === null ? 0 : state.silenceMs + 1;
      if (state.last !== null)
        putDigest(this.rows.words, slot * stride + this.#lastDigest, state.last.digest);
    }
  }

  #judge(slots: Int32Array, from: number, to: number, around: Surroundings): void {
    try {
      this.#move(slots, from, to);
      const given = this.#given?.run(from, to) ?? null;
      this.#decide(slots, from, to, given, this.#where.run(from, to), around);
    } catch (error) {
      // One that throws on a batch is judged no further on it: its other rules and other records go on.
      const at = `judging: ${error instanceof Error ? error.name : 'unknown'}`;
      for (let i = from; i < to; i += 1) if (slots[i] !== 0) this.#fail(at);
    }
  }

  /** Every operator takes every record in, even when another failed on it. */
  #move(slots: Int32Array, from: number, to: number): void {
    const { atMs } = this.#lanes.batch;
    this.#failed.fill(0, from, to);
    for (let n = 0; n < this.#moved.length; n += 1) {
      const { operator, when, args, panes } = this.#moved[n] as Moved;
      const asked = when?.run(from, to) ?? null;
      const lanes = args.lanes(from, to);
      if (asked !== null || args.mayFail) this.#noteFailed(n, asked, args, from, to);
      operator.move({ from, to, slots, atMs, panes: panes?.() ?? slots, asked, args: lanes });
      if (operator === this.#absence?.operator) this.#noteLast(slots, asked, from, to);
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

  #noteLast(slots: Int32Array, asked: Lane | null, from: number, to: number): void {
    const { digests } = this.#lanes.batch;
    for (let i = from; i < to; i += 1) {
      const slot = slots[i] as number;
      if (slot === 0 || (asked !== null && asked[i] !== 1)) continue;
      const at = slot * this.rows.stride + this.#lastDigest;
      for (let n = 0; n < DIGEST_WORDS; n += 1)
        this.rows.words[at + n] = digests[i * DIGEST_WORDS + n] as number;
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
    const panes = this.#rearmPanes?.() ?? null;
    const { words, stride } = this.rows;
    let judged = 0;
    let passedOver = 0;
    for (let i = from; i < to; i += 1) {
      const slot = slots[i] as number;
      if (slot === 0) continue;
      judged += 1;
      const asked = given === null ? 1 : (given[i] as number);
      const met = where[i] as number;
      if (failed[i] !== 0)
        this.#count(this.tally.errors, `state.${this.#moved[(failed[i] as number) - 1]?.name}`);
      else if (asked !== 1) {
        if (asked === 0) passedOver += 1;
        else this.#count(this.tally.errors, 'given');
      } else if (met === 1) this.#decideMet(slot, i, panes, around);
      else if (met === 0) {
        if (panes !== null) words[slot * stride + this.#edge] = (panes[i] as number) * 2 + 1;
      } else this.#count(this.tally.errors, 'where');
    }
    this.tally.judged += judged;
    this.tally.passedOver += passedOver;
  }

  #decideMet(slot: number, i: number, panes: Int32Array | null, around: Surroundings): void {
    const { batch } = this.#lanes;
    const subject = batch.slots[i] as number;
    if (this.#guards.length > 0) this.#see(i);
    const isMet = this.#passesGuards();
    if (isMet === null || this.#isHeld(slot, panes === null ? null : (panes[i] as number), isMet)) return;
    if (this.#guards.length === 0) this.#see(i);
    const completedBy = digestAt(batch.digests, i * DIGEST_WORDS);
    const moment = { slot, subject, atMs: batch.atMs[i] as number, completedBy };
    around.found(subject, this.#verdict({ ...moment, dueMs: null, silentSinceMs: null }, around));
  }

  #decideSilence(slot: number, lastMs: number, dueMs: number, around: Surroundings): void {
    const scope = this.#scope as never;
    this.tally.judged += 1;
    const given = this.#given === null ? true : this.#given.cel.evaluate(scope);
    if (given !== true) {
      if (given === false) this.tally.passedOver += 1;
      else this.#count(this.tally.errors, 'given');
      return;
    }
    const met = this.#where.cel.evaluate(scope);
    if (met !== true && met !== false) {
      this.#count(this.tally.errors, 'where');
      return;
    }
    const isMet = met ? this.#passesGuards() : false;
    const { rearm } = this.rule;
    const pane = rearm === null ? null : rearm.paneOf(dueMs) / this.#rearmUnit;
    if (isMet === null || this.#isHeld(slot, pane, isMet) || !isMet) return;
    const moment = { slot, subject: slot, atMs: dueMs, completedBy: this.#digestAt(slot) };
    around.found(slot, this.#verdict({ ...moment, dueMs, silentSinceMs: lastMs }, around));
  }

  /** False when a guard is true, null when one cannot be evaluated; counts both. */
  #passesGuards(): boolean | null {
    let silencedBy: string[] | null = null;
    for (const guard of this.#guards) {
      const value = guard.cel.evaluate(this.#scope as never);
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
    const at = slot * this.rows.stride + this.#edge;
    const before = this.rows.words[at] as number;
    this.rows.words[at] = pane * 2 + (isMet ? 1 : 0) + 1;
    return !isMet || before === pane * 2 + 2;
  }

  /** Fills the views from record `i` of the batch, as far as its lanes are worked out. */
  #see(i: number): Scope {
    const scope = this.#scope;
    const around = this.#around as Surroundings;
    scope.observation = this.#observation;
    fill(scope.observation, this.#observationFilled, i, this.#texts);
    fill(scope.state, this.#stateFilled, i, this.#texts);
    if (this.usesBound) scope.bound = around.boundOf(i);
    if (this.#usesSubject) scope.subject = around.subjectOf(this.#lanes.batch.slots[i] as number);
    return scope;
  }

  /** An expression evaluated record by record. */
  #apart(cel: CelProgram, numberOf: (value: unknown) => number): LaneSource {
    const own = new OwnLane();
    return (from, to) => {
      const out = own.to(to);
      for (let i = from; i < to; i += 1) out[i] = numberOf(cel.evaluate(this.#see(i) as never));
      return out;
    };
  }

  #verdict(moment: Moment, around: Surroundings): Verdict {
    const { rule } = this;
    const { completedBy, dueMs, silentSinceMs } = moment;
    const key = around.keyOf(moment.slot);
    const name = { ruleId: rule.id, ruleVersion: rule.version, key, completedBy, dueMs };
    return {
      findingId: findingId(name, around.digest),
      ruleId: rule.id,
      ruleVersion: rule.version,
      key,
      subjectId: around.subjectOf(moment.subject).id,
      completedBy,
      observedAtMs: moment.atMs,
      severity: rule.severity,
      evidence: {
        strength: rule.evidence.strength,
        observation: pick(this.#scope.observation, this.#shown.observation),
        bound: pick(this.#scope.bound, this.#shown.bound),
        state: pick(this.#scope.state, this.#shown.state),
        guards: rule.guards.map(guard => guard.name),
        silentSinceMs,
      },
    };
  }

  #fail(at: string): void {
    this.tally.judged += 1;
    this.#count(this.tally.errors, at);
  }

  #count(counts: Map<string, number>, name: string): void {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }

  #digestAt(slot: number): string {
    return digestAt(this.rows.words, slot * this.rows.stride + this.#lastDigest);
  }
}
