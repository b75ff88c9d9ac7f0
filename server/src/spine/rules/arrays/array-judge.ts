import type { Canonical } from '../../../kernel/canonical-json.ts';
import { type CopyFor, sharedClosures } from '../cel/index.ts';
import { fieldOfKey } from '../field-key.ts';
import type { Digest } from '../finding-id.ts';
import type { KeyState, Verdict } from '../judge-key.ts';
import type { KindSchema } from '../kind-schema.ts';
import type { Rule, Terms } from '../rule.ts';
import { ArrayRule, type Surroundings } from './array-rule.ts';
import { Batch, KindFields } from './columns.ts';
import { CounterRows } from './counter-rows.ts';
import { Rows } from './memory.ts';
import { Texts } from './texts.ts';
import { type FieldValue, MOST_FIELDS, put, View } from './view.ts';

/** What a judge asks of the registry, and what it tells. */
export interface JudgeDoors {
  readonly digest: Digest;
  /** Terms in force for the subject at the moment; the same object while they are the same. */
  boundAt(subject: string, atMs: number): Terms;
  classOf(subject: string): string;
  found(verdict: Verdict): void;
}

/** Keys that a batch came too late for, each with its earliest record: to be judged again by the reference. */
export interface Late {
  /** Subjects by key, from when; every rule keyed by the subject. */
  readonly subjects: ReadonlyMap<string, number>;
  /** Keys of rules keyed by a field, by rule id. */
  readonly fieldKeys: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** A rule with the keys it is judged under, and how far each was judged. */
interface Armed {
  readonly array: ArrayRule;
  readonly kind: Kind;
  /** Of a rule keyed by a field: its own slots; null where the subject's slot is the key's. */
  readonly keys: Texts | null;
  readonly judgedTo: Rows;
}

interface Kind {
  readonly fields: KindFields;
  readonly counters: CounterRows;
  readonly armed: Armed[];
  /** The moment each subject was judged to by the rules keyed by it, with 1 added; 0 is never. */
  readonly judgedTo: Rows;
}

/**
 * Judges batches of records under every armed rule, with its state in arrays by slot.
 *
 * For records that come in order its verdicts are those of `judgeKey`, record for record. A record that is
 * not later than what its key was judged to is not judged here: its key is named as late, and the caller
 * judges it again from stored records and puts the state it came to in place (`replace`).
 */
export class ArrayJudge {
  readonly texts: Texts;
  /** Subjects by slot; slot 0 is nobody. */
  readonly subjects: Texts;
  readonly #doors: JudgeDoors;
  readonly #seed: number;
  readonly #kinds = new Map<string, Kind>();
  readonly #rules = new Map<string, Armed>();
  readonly #boundTerms: string[] = [];
  #boundViews = new WeakMap<Terms, View>();
  #bounds: View[] = [];
  #isLate = new Uint8Array(0);
  #deltas = new Float64Array(0);

  /** `seed` makes hash tables unforeseeable to senders of texts. */
  constructor(doors: JudgeDoors, seed = 0) {
    this.#doors = doors;
    this.#seed = seed;
    this.texts = new Texts(seed);
    this.subjects = new Texts(seed);
  }

  get rules(): readonly Rule[] {
    return [...this.#rules.values()].map(armed => armed.array.rule);
  }

  /** Arms a rule with empty state; to warm it, judge stored records with it or `replace` key by key. */
  arm(rule: Rule, copyFor: CopyFor = () => sharedClosures): ArrayRule {
    const kind = this.#kindOf(rule.schema);
    const array = new ArrayRule(rule, kind.fields, term => this.#boundNumber(term), this.texts, copyFor);
    const keys = fieldOfKey(rule.key) === null ? null : new Texts(this.#seed);
    const armed: Armed = { array, kind, keys, judgedTo: new Rows(2) };
    this.#boundViews = new WeakMap();
    kind.armed.push(armed);
    this.#rules.set(rule.id, armed);
    return array;
  }

  disarm(ruleId: string): void {
    const armed = this.#rules.get(ruleId);
    if (armed === undefined) return;
    this.#rules.delete(ruleId);
    armed.kind.armed.splice(armed.kind.armed.indexOf(armed), 1);
  }

  arrayOf(ruleId: string): ArrayRule | undefined {
    return this.#rules.get(ruleId)?.array;
  }

  /** An empty batch with a column for every field the armed rules read. */
  openBatch(kind: string, capacity: number): Batch | null {
    const known = this.#kinds.get(kind);
    return known === undefined ? null : new Batch(known.fields, capacity);
  }

  slotOf(subject: string): number {
    return this.subjects.idOf(subject);
  }

  /** Judges a batch; its records must be in the order of judging. */
  judge(batch: Batch): Late {
    const kind = this.#kinds.get(batch.fields.schema.kind);
    const late = { subjects: new Map<string, number>(), fieldKeys: new Map<string, Map<string, number>>() };
    if (kind === undefined) return late;
    this.#findLate(batch, kind.judgedTo, late.subjects);
    if (kind.fields.usesCounters) this.#takeDeltas(batch, kind);
    if (kind.armed.some(armed => armed.array.usesBound)) this.#bindTerms(batch);
    for (const armed of kind.armed) {
      if (armed.keys === null) this.#judgeSubjects(batch, armed);
      else this.#judgeFieldKeys(batch, armed, armed.keys, late.fieldKeys);
    }
    this.#noteJudged(batch, kind.judgedTo);
    return late;
  }

  /** Judges every silence that has fallen due by the watermark for the subjects named, or for all. */
  tick(watermarkMs: number, subjects?: readonly string[]): void {
    for (const armed of this.#rules.values()) {
      if (armed.keys !== null || !armed.array.watchesSilence) continue;
      const around = this.#aroundSubjects();
      const judge = (slot: number): void => {
        const dueMs = armed.array.tick(slot, watermarkMs, around);
        if (dueMs !== null) this.#raise(armed.kind.judgedTo, slot, dueMs);
      };
      if (subjects === undefined) for (let slot = 1; slot < armed.array.rows.count; slot += 1) judge(slot);
      else for (const subject of subjects) judge(this.slotOf(subject));
    }
  }

  /** The moment the rule has judged the key to; null before a first record. */
  judgedToMs(ruleId: string, key: string): number | null {
    const armed = this.#rules.get(ruleId);
    if (armed === undefined) return null;
    if (armed.keys === null) return this.#read(armed.kind.judgedTo, this.slotOf(key));
    return this.#read(armed.judgedTo, armed.keys.idOf(key));
  }

  /** Puts the state the reference came to in the place of a key's. */
  replace(ruleId: string, key: string, state: KeyState): void {
    const armed = this.#rules.get(ruleId);
    if (armed === undefined) return;
    const slot = (armed.keys ?? this.subjects).idOf(key);
    armed.array.thaw(slot, state);
    if (state.judgedToMs !== null)
      this.#raise(armed.keys === null ? armed.kind.judgedTo : armed.judgedTo, slot, state.judgedToMs);
    if (armed.array.rule.usesCounters) armed.kind.counters.thaw(slot, state.counters);
  }

  /** Everything kept of a subject, as canonical data: by rule, by kind, and how far it was judged. */
  freeze(subject: string): Canonical {
    const slot = this.slotOf(subject);
    const rules: Record<string, Canonical> = {};
    for (const [id, { array, keys }] of this.#rules) if (keys === null) rules[id] = array.freeze(slot);
    const kinds: Record<string, Canonical> = {};
    for (const [kind, { fields, counters, judgedTo }] of this.#kinds) {
      const totals = fields.usesCounters ? (counters.freeze(slot) as unknown as Canonical) : null;
      kinds[kind] = { totals, judgedToMs: this.#read(judgedTo, slot) };
    }
    return { rules, kinds };
  }

  /** The keys of a rule keyed by a field, and what is kept of each. */
  *freezeFieldKeys(ruleId: string): Generator<[string, Canonical]> {
    const armed = this.#rules.get(ruleId);
    if (armed?.keys === null || armed === undefined) return;
    let slot = 0;
    for (const key of armed.keys) {
      slot += 1;
      yield [key, { state: armed.array.freeze(slot), judgedToMs: this.#read(armed.judgedTo, slot) }];
    }
  }

  get sizeBytes(): number {
    let bytes = this.texts.sizeBytes + this.subjects.sizeBytes;
    for (const { array, keys, judgedTo } of this.#rules.values())
      bytes += array.sizeBytes + (keys?.sizeBytes ?? 0) + judgedTo.words.byteLength;
    for (const { counters, judgedTo } of this.#kinds.values())
      bytes += counters.sizeBytes + judgedTo.words.byteLength;
    return bytes;
  }

  #kindOf(schema: KindSchema): Kind {
    let kind = this.#kinds.get(schema.kind);
    if (kind === undefined) {
      kind = {
        fields: new KindFields(schema),
        counters: new CounterRows(schema.counters.length, this.#seed),
        armed: [],
        judgedTo: new Rows(2),
      };
      this.#kinds.set(schema.kind, kind);
    }
    return kind;
  }

  #boundNumber(term: string): number {
    const known = this.#boundTerms.indexOf(term);
    if (known >= 0) return known;
    if (this.#boundTerms.length === MOST_FIELDS) throw new RangeError('rules read too many bound terms');
    this.#boundTerms.push(term);
    return this.#boundTerms.length - 1;
  }

  #findLate(batch: Batch, judgedTo: Rows, late: Map<string, number>): void {
    if (this.#isLate.length < batch.count) this.#isLate = new Uint8Array(batch.capacity);
    for (let i = 0; i < batch.count; i += 1) {
      const slot = batch.slots[i] as number;
      const isLate = slot < judgedTo.count && (batch.atMs[i] as number) < (judgedTo.wides[slot] as number);
      this.#isLate[i] = isLate ? 1 : 0;
      if (!isLate) continue;
      const subject = this.subjects.textOf(slot) as string;
      if (!late.has(subject)) late.set(subject, batch.atMs[i] as number);
    }
  }

  /** Running totals in the columns become what they add. */
  #takeDeltas(batch: Batch, kind: Kind): void {
    const counters = kind.fields.schema.counters.map(field => batch.columns[kind.fields.column(field)]);
    if (this.#deltas.length !== counters.length) this.#deltas = new Float64Array(counters.length);
    const values = this.#deltas;
    for (let i = 0; i < batch.count; i += 1) {
      if (this.#isLate[i] === 1) continue;
      const series = batch.series[i] ?? null;
      let isNegative = false;
      for (let c = 0; c < counters.length; c += 1) {
        const value = (counters[c] as Float64Array)[i] as number;
        values[c] = value;
        if (value < 0) isNegative = true;
      }
      if (series === null && !isNegative) {
        batch.counterMarks[i] = 'own';
        continue;
      }
      if (series === null) {
        batch.counterMarks[i] = 'negative';
        for (let c = 0; c < counters.length; c += 1)
          if ((values[c] as number) < 0) (counters[c] as Float64Array)[i] = Number.NaN;
        continue;
      }
      const name = `${batch.sources[i]}/${series}`;
      batch.counterMarks[i] = kind.counters.take(
        batch.slots[i] as number,
        batch.atMs[i] as number,
        name,
        values,
      );
      for (let c = 0; c < counters.length; c += 1) (counters[c] as Float64Array)[i] = values[c] as number;
    }
  }

  #bindTerms(batch: Batch): void {
    const bounds = this.#bounds;
    for (let i = 0; i < batch.count; i += 1)
      bounds[i] = this.#boundView(batch.slots[i] as number, batch.atMs[i] as number);
  }

  #boundView(slot: number, atMs: number): View {
    const terms = this.#doors.boundAt(this.subjects.textOf(slot) as string, atMs);
    let view = this.#boundViews.get(terms);
    if (view === undefined) {
      view = new View();
      for (const [at, term] of this.#boundTerms.entries())
        put(view, at, (terms[term] ?? undefined) as FieldValue);
      this.#boundViews.set(terms, view);
    }
    return view;
  }

  #judgeSubjects(batch: Batch, armed: Armed): void {
    const around = this.#aroundSubjects();
    const { array } = armed;
    for (let i = 0; i < batch.count; i += 1) {
      if (this.#isLate[i] === 1) continue;
      const slot = batch.slots[i] as number;
      array.step(batch, i, slot, slot, this.#bounds[i] as View, around);
    }
  }

  #judgeFieldKeys(batch: Batch, armed: Armed, keys: Texts, late: Map<string, Map<string, number>>): void {
    const around = { ...this.#aroundSubjects(), keyOf: (slot: number) => keys.textOf(slot) as string };
    const column = batch.columns[armed.array.keyColumn] as Int32Array;
    const field = fieldOfKey(armed.array.rule.key);
    for (let i = 0; i < batch.count; i += 1) {
      const value = column[i] as number;
      if (value === 0) continue;
      const slot = keys.idOf(`${field}/${this.texts.textOf(value)}`);
      const atMs = batch.atMs[i] as number;
      if (slot < armed.judgedTo.count && atMs < (armed.judgedTo.wides[slot] as number)) {
        const key = keys.textOf(slot) as string;
        const known = late.get(armed.array.rule.id) ?? new Map<string, number>();
        if (!known.has(key)) known.set(key, atMs);
        late.set(armed.array.rule.id, known);
        continue;
      }
      armed.array.step(batch, i, slot, batch.slots[i] as number, this.#bounds[i] as View, around);
    }
    for (let i = 0; i < batch.count; i += 1) {
      const value = column[i] as number;
      if (value !== 0)
        this.#raise(
          armed.judgedTo,
          keys.idOf(`${field}/${this.texts.textOf(value)}`),
          batch.atMs[i] as number,
        );
    }
  }

  #noteJudged(batch: Batch, judgedTo: Rows): void {
    for (let i = 0; i < batch.count; i += 1)
      if (this.#isLate[i] === 0) this.#raise(judgedTo, batch.slots[i] as number, batch.atMs[i] as number);
  }

  #raise(rows: Rows, slot: number, ms: number): void {
    rows.hold(slot);
    if ((rows.wides[slot] as number) < ms + 1) rows.wides[slot] = ms + 1;
  }

  #read(rows: Rows, slot: number): number | null {
    const held = slot < rows.count ? (rows.wides[slot] as number) : 0;
    return held === 0 ? null : held - 1;
  }

  #aroundSubjects(): Surroundings {
    const doors = this.#doors;
    const subject = { id: '', class: '' };
    return {
      digest: doors.digest,
      boundAt: (slot, atMs) => this.#boundView(slot, atMs),
      subjectOf: slot => {
        subject.id = this.subjects.textOf(slot) as string;
        subject.class = doors.classOf(subject.id);
        return subject;
      },
      keyOf: slot => this.subjects.textOf(slot) as string,
      found: (_slot, verdict) => doors.found(verdict),
    };
  }
}
