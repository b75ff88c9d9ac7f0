import type { Canonical } from '../../../kernel/canonical-json.ts';
import type { CelPlan, CelProgram, CopyFor } from '../cel/index.ts';
import { fieldOfKey } from '../field-key.ts';
import { type Digest, findingId } from '../finding-id.ts';
import type { KeyState, Verdict } from '../judge-key.ts';
import { type Rule, timeMarks } from '../rule.ts';
import { AbsenceRows } from './absence-rows.ts';
import { Arguments } from './arguments.ts';
import {
  AT_MS,
  type Batch,
  COUNTER_MARK,
  type Column,
  DIGEST_WORDS,
  digestAt,
  type KindFields,
  putDigest,
  TIME_MARK,
} from './columns.ts';
import { Pool, Rows } from './memory.ts';
import type { RowOperator, TextNumbers } from './operator.ts';
import { paneUnit } from './pane-lists.ts';
import { planOperator } from './plan-operator.ts';
import { INT, NOBODY, pick, TEXT, typeNumber, usesOf } from './rule-reading.ts';
import { fieldName, put, View } from './view.ts';

/** What a rule's judging asks of its surroundings. */
export interface Surroundings {
  /** Terms in force for the subject at the moment, in the view the rules were built for. */
  boundAt(slot: number, atMs: number): View;
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

const NOTHING = new View();

interface Moved {
  readonly operator: RowOperator;
  readonly name: string;
  readonly when: CelProgram | null;
  readonly args: Arguments;
  readonly silenceMs: number | null;
}

/**
 * One armed rule version with its state for every slot: `step` and `tick` of the reference over rows.
 *
 * It keeps what the reference keeps and nothing of the records; what it finds, passes over, silences and
 * fails at is what the reference does, record for record.
 */
export class ArrayRule {
  readonly rule: Rule;
  readonly rows: Rows;
  readonly pool = new Pool();
  readonly tally: ArrayTally = { judged: 0, met: 0, passedOver: 0, errors: new Map(), silenced: new Map() };
  /** The column of the field a rule keyed by a field is keyed by; -1 for one keyed by the subject. */
  readonly keyColumn: number;
  readonly usesBound: boolean;
  readonly #usesSubject: boolean;
  readonly #texts: TextNumbers;
  readonly #moved: Moved[] = [];
  readonly #given: CelProgram | null;
  readonly #where: CelProgram;
  readonly #guards: { readonly name: string; readonly cel: CelProgram }[];
  readonly #shown: { observation: [string, number][]; bound: [string, number][]; state: [string, number][] };
  readonly #filled: { readonly at: number; readonly column: number; readonly type: number }[];
  readonly #fillsAtMs: boolean;
  readonly #fillsTimeMark: boolean;
  readonly #fillsCounterMark: boolean;
  readonly #observation = new View();
  readonly #state = new View();
  readonly #scope: {
    observation: View;
    bound: View;
    subject: { readonly id: string; readonly class: string };
    state: View;
  };
  readonly #edge: number;
  readonly #rearmUnit: number;
  readonly #silence: number;
  readonly #lastDigest: number;
  readonly #absence: { readonly operator: AbsenceRows; readonly silenceMs: number } | null;

  /** `boundNumber` gives the number a bound term has in the views of `Surroundings`. */
  constructor(
    rule: Rule,
    fields: KindFields,
    boundNumber: (term: string) => number,
    texts: TextNumbers,
    copyFor: CopyFor,
  ) {
    this.rule = rule;
    this.#texts = texts;
    if (rule.usesCounters) fields.useCounters();
    const keyField = fieldOfKey(rule.key);
    this.keyColumn = keyField === null ? -1 : fields.column(keyField);
    const plans = rule.state.map(declaration => planOperator(declaration.shape));
    const hasAbsence = rule.state.some(declaration => declaration.silenceMs !== null);
    const wides = plans.reduce((sum, plan) => sum + plan.wides, hasAbsence ? 1 : 0);
    let words = 2 * wides;
    this.#edge = words;
    this.#rearmUnit = rule.rearm === null ? 1 : paneUnit(rule.rearm);
    if (rule.rearm !== null) words += 1;
    this.#lastDigest = words;
    if (hasAbsence) words += DIGEST_WORDS;
    const stride = plans.reduce((sum, plan) => sum + plan.words, words);
    this.rows = new Rows((stride + 1) & ~1);
    this.#silence = 0;

    const stateNumber = new Map<string, number>();
    for (const declaration of rule.state)
      for (const output of Object.keys(declaration.operator.outputs))
        stateNumber.set(output, stateNumber.size);
    const program = (plan: CelPlan): CelProgram =>
      plan
        .renamed((variable, field) => {
          if (variable === 'observation') return fieldName(fields.viewNumber(field));
          if (variable === 'bound') return fieldName(boundNumber(field));
          if (variable === 'state') return fieldName(stateNumber.get(field) as number);
          return field;
        })
        .build(copyFor);

    let wide = hasAbsence ? 1 : 0;
    let word = words;
    let out = 0;
    let absence: { operator: AbsenceRows; silenceMs: number } | null = null;
    for (const [i, declaration] of rule.state.entries()) {
      const plan = plans[i] as (typeof plans)[number];
      const operator = plan.open({ rows: this.rows, pool: this.pool, texts, wide, word, out });
      wide += plan.wides;
      word += plan.words;
      out += plan.outputs;
      if (operator instanceof AbsenceRows && declaration.silenceMs !== null)
        absence = { operator, silenceMs: declaration.silenceMs };
      this.#moved.push({
        operator,
        name: declaration.name,
        when: declaration.when === null ? null : program(declaration.when.plan),
        args: new Arguments(declaration, fields, texts, program),
        silenceMs: declaration.silenceMs,
      });
    }
    this.#absence = absence;
    this.#given = rule.given === null ? null : program(rule.given.plan);
    this.#where = program(rule.where.plan);
    this.#guards = rule.guards.map(guard => ({ name: guard.name, cel: program(guard.plan) }));
    this.#shown = {
      observation: rule.shown.observation.map(name => [name, fields.viewNumber(name)]),
      bound: rule.shown.bound.map(name => [name, boundNumber(name)]),
      state: rule.shown.state.map(name => [name, stateNumber.get(name) as number]),
    };
    const uses = usesOf(rule);
    this.usesBound = uses.has('bound');
    this.#usesSubject = uses.has('subject');
    this.#filled = rule.observationFields.map(name => {
      const column = fields.column(name);
      return { at: fields.viewNumber(name), column, type: typeNumber(fields.types[column] ?? 'string') };
    });
    this.#fillsAtMs = uses.has('observation.atMs');
    this.#fillsTimeMark = uses.has('observation.timeMark');
    this.#fillsCounterMark = uses.has('observation.counterMark');
    this.#scope = { observation: this.#observation, bound: NOTHING, subject: NOBODY, state: this.#state };
  }

  /** Judges record `i` of a batch under the slot; silences that fell due before it come first. */
  step(batch: Batch, i: number, slot: number, subject: number, bound: View, around: Surroundings): void {
    const atMs = batch.atMs[i] as number;
    this.rows.hold(slot);
    if (this.#absence !== null) this.tick(slot, atMs - 1, around);
    try {
      this.#fill(batch, i, atMs);
      const scope = this.#scope;
      scope.observation = this.#observation;
      scope.bound = bound;
      if (this.#usesSubject) scope.subject = around.subjectOf(subject);
      const failedAt = this.#move(batch, i, slot, atMs);
      if (failedAt !== null) this.#fail(failedAt);
      else this.#decide(slot, subject, atMs, batch.digests, i * DIGEST_WORDS, null, null, around);
    } catch (error) {
      this.#fail(`judging: ${error instanceof Error ? error.name : 'unknown'}`);
    }
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
      for (const { operator } of this.#moved) operator.show(slot, dueMs, false, this.#state);
      const at = slot * this.rows.stride + this.#lastDigest;
      this.#decide(slot, slot, dueMs, this.rows.words, at, dueMs, lastMs, around);
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

  #fill(batch: Batch, i: number, atMs: number): void {
    const view = this.#observation;
    for (let n = 0; n < this.#filled.length; n += 1) {
      const { at, column, type } = this.#filled[n] as { at: number; column: number; type: number };
      const value = (batch.columns[column] as Column)[i] as number;
      if (type === TEXT) put(view, at, this.#texts.textOf(value));
      else if (type === INT) put(view, at, Number.isNaN(value) ? undefined : value);
      else put(view, at, value === 0 ? undefined : value === 2);
    }
    if (this.#fillsAtMs) put(view, AT_MS, atMs);
    if (this.#fillsTimeMark) put(view, TIME_MARK, timeMarks[batch.timeMarks[i] as number]);
    if (this.#fillsCounterMark) put(view, COUNTER_MARK, batch.counterMarks[i]);
  }

  /** Every operator takes the record in, even when another failed; says where the first failed. */
  #move(batch: Batch, i: number, slot: number, atMs: number): string | null {
    let failedAt: string | null = null;
    for (let n = 0; n < this.#moved.length; n += 1) {
      const each = this.#moved[n] as Moved;
      let isTaken = false;
      const asked = each.when === null ? true : each.when.evaluate(this.#scope as never);
      if (asked === true) {
        if (each.args.read(batch, i, this.#scope as never)) {
          const args = each.args.values;
          isTaken = each.operator.take(slot, atMs, args[0] as number, args[1] as number, args[2] as number);
        } else failedAt ??= `state.${each.name}`;
      } else if (asked !== false) failedAt ??= `state.${each.name}`;
      each.operator.show(slot, atMs, isTaken, this.#state);
      if (isTaken && each.silenceMs !== null) this.#noteLast(slot, batch, i);
    }
    return failedAt;
  }

  #decide(
    slot: number,
    subject: number,
    atMs: number,
    digests: Int32Array,
    digest: number,
    dueMs: number | null,
    silentSinceMs: number | null,
    around: Surroundings,
  ): void {
    const tally = this.tally;
    const scope = this.#scope as never;
    tally.judged += 1;
    if (this.#given !== null) {
      const given = this.#given.evaluate(scope);
      if (given !== true) {
        if (given === false) tally.passedOver += 1;
        else this.#count(tally.errors, 'given');
        return;
      }
    }
    const met = this.#where.evaluate(scope);
    if (met !== true && met !== false) {
      this.#count(tally.errors, 'where');
      return;
    }
    let silencedBy: string[] | null = null;
    if (met) {
      for (const guard of this.#guards) {
        const value = guard.cel.evaluate(scope);
        if (value === true) {
          silencedBy ??= [];
          silencedBy.push(guard.name);
        } else if (value !== false) {
          this.#count(tally.errors, `guards.${guard.name}`);
          return;
        }
      }
    }
    const isMet = met && silencedBy === null;
    const isHeld = this.#moveEdge(slot, atMs, isMet);
    if (silencedBy !== null) for (const name of silencedBy) this.#count(tally.silenced, name);
    if (!isMet) return;
    tally.met += 1;
    if (isHeld) return;
    const completedBy = digestAt(digests, digest);
    around.found(subject, this.#verdict(slot, subject, atMs, completedBy, dueMs, silentSinceMs, around));
  }

  /** Notes whether the record met the rule; true when the one before it in the same pane did. */
  #moveEdge(slot: number, atMs: number, isMet: boolean): boolean {
    const { rearm } = this.rule;
    if (rearm === null) return false;
    const at = slot * this.rows.stride + this.#edge;
    const pane = rearm.paneOf(atMs) / this.#rearmUnit;
    const before = this.rows.words[at] as number;
    this.rows.words[at] = pane * 2 + (isMet ? 1 : 0) + 1;
    return before === pane * 2 + 2;
  }

  #verdict(
    slot: number,
    subject: number,
    atMs: number,
    completedBy: string,
    dueMs: number | null,
    silentSinceMs: number | null,
    around: Surroundings,
  ): Verdict {
    const { rule } = this;
    const key = around.keyOf(slot);
    if (dueMs === null) put(this.#observation, AT_MS, atMs);
    return {
      findingId: findingId(
        { ruleId: rule.id, ruleVersion: rule.version, key, completedBy, dueMs },
        around.digest,
      ),
      ruleId: rule.id,
      ruleVersion: rule.version,
      key,
      subjectId: around.subjectOf(subject).id,
      completedBy,
      observedAtMs: atMs,
      severity: rule.severity,
      evidence: {
        strength: rule.evidence.strength,
        observation: pick(this.#scope.observation, this.#shown.observation),
        bound: pick(this.#scope.bound, this.#shown.bound),
        state: pick(this.#state, this.#shown.state),
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

  #noteLast(slot: number, batch: Batch, i: number): void {
    const to = slot * this.rows.stride + this.#lastDigest;
    const from = i * DIGEST_WORDS;
    for (let n = 0; n < DIGEST_WORDS; n += 1) this.rows.words[to + n] = batch.digests[from + n] as number;
  }
}
