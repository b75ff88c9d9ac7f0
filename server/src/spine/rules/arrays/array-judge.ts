import type { Canonical } from '../../../kernel/canonical-json.ts';
import { type CopyFor, sharedClosures } from '../cel/index.ts';
import { sumWithin, type TotalPlaces, totalPlaces } from '../counters.ts';
import { fieldOfKey } from '../field-key.ts';
import type { Digest } from '../finding-id.ts';
import type { KeyState, Verdict } from '../judge-key.ts';
import type { KindSchema } from '../kind-schema.ts';
import type { Rule } from '../rule.ts';
import { ArrayRule, type Surroundings } from './array-rule.ts';
import type { Stretch } from './bound-lanes.ts';
import { Batch, KindFields } from './columns.ts';
import { CounterRows } from './counter-rows.ts';
import { imageOf, type JudgeParts, type Loaded, loadInto } from './image.ts';
import type { Checksum, Piece } from './image-words.ts';
import type { Lane } from './lane.ts';
import { counterMarkNumber, Lanes } from './lanes.ts';
import { Rows } from './memory.ts';
import { SubjectTerms } from './subject-terms.ts';
import { Texts } from './texts.ts';
import { NO_PARTY, ValueKeys } from './value-keys.ts';

/** What a judge asks of the registry, and what it tells. */
export interface JudgeDoors {
  readonly digest: Digest;
  /** Terms in force for the subject at the moment, and until when; the same object while they are the same. */
  stretchAt(subject: string, atMs: number): Stretch;
  classOf(subject: string): string;
  /** The party whose subjects the subject meets under a field's keys; without it all meet. */
  partyOf?(subject: string): number;
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
  readonly keys: ValueKeys | null;
  readonly keyColumn: number;
  /** The key's slot of each record of the batch in hand. */
  slots: Int32Array;
  readonly judgedTo: Rows;
}

interface Kind {
  readonly fields: KindFields;
  readonly lanes: Lanes;
  readonly counters: CounterRows;
  readonly armed: Armed[];
  /** The moment each subject was judged to by the rules keyed by it, with 1 added; 0 is never. */
  readonly judgedTo: Rows;
}

const OWN = counterMarkNumber('own');
const NEGATIVE = counterMarkNumber('negative');
const PARTIAL = counterMarkNumber('partial');
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
  readonly #around: Surroundings;
  readonly #terms: SubjectTerms;
  /** The slot of each record of the batch in hand, 0 where it is late. */
  #slots = new Int32Array(0);
  #deltas = new Float64Array(0);
  /** Counts what may change anything remembered. */
  #changes = 0;

  /** `seed` makes hash tables unforeseeable to senders of texts. */
  constructor(doors: JudgeDoors, seed = 0) {
    this.#doors = doors;
    this.#seed = seed;
    this.texts = new Texts(seed);
    this.subjects = new Texts(seed);
    this.#terms = new SubjectTerms(this.subjects, this.texts, doors.stretchAt.bind(doors));
    this.#around = this.#surroundings();
  }

  get rules(): readonly Rule[] {
    return [...this.#rules.values()].map(armed => armed.array.rule);
  }

  /** Arms a rule with empty state; to warm it, judge stored records with it or `replace` key by key. */
  arm(rule: Rule, copyFor: CopyFor = () => sharedClosures): ArrayRule {
    const kind = this.#kindOf(rule.schema);
    const boundNumber = (term: string): number => this.#terms.numberOf(term);
    const world = { lanes: kind.lanes, bound: this.#terms.lanes, texts: this.texts, boundNumber };
    const array = new ArrayRule(rule, world, copyFor);
    const field = fieldOfKey(rule.key);
    const keys = field === null ? null : new ValueKeys(field, this.texts);
    const keyColumn = field === null ? -1 : kind.fields.column(field);
    const armed: Armed = { array, kind, keys, keyColumn, slots: new Int32Array(0), judgedTo: new Rows(2) };
    this.#changes += 1;
    kind.armed.push(armed);
    this.#rules.set(rule.id, armed);
    return array;
  }

  disarm(ruleId: string): void {
    const armed = this.#rules.get(ruleId);
    if (armed === undefined) return;
    this.#changes += 1;
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
    this.#changes += 1;
    const kind = this.#kinds.get(batch.fields.schema.kind);
    const late = { subjects: new Map<string, number>(), fieldKeys: new Map<string, Map<string, number>>() };
    if (kind === undefined) return late;
    const most = this.#findLate(batch, kind.judgedTo, late.subjects);
    if (kind.fields.usesCounters) this.#takeDeltas(batch, kind);
    kind.lanes.open(batch);
    if (kind.armed.some(armed => armed.array.usesBound))
      this.#terms.bind(this.#slots, batch.slots, batch.atMs, batch.count);
    for (const armed of kind.armed) {
      if (armed.keys === null) armed.array.judge(this.#slots, most, this.#around);
      else this.#judgeFieldKeys(batch, armed, armed.keys, late.fieldKeys);
    }
    return late;
  }

  /** Judges every silence that has fallen due by the watermark for the subjects named, or for all. */
  tick(watermarkMs: number, subjects?: readonly string[]): void {
    this.#changes += 1;
    for (const armed of this.#rules.values()) {
      if (armed.keys !== null || !armed.array.watchesSilence) continue;
      const around = this.#around;
      const judge = (slot: number): void => {
        const dueMs = armed.array.tick(slot, watermarkMs, around);
        if (dueMs !== null) this.#raise(armed.kind.judgedTo, slot, dueMs);
      };
      if (subjects === undefined)
        for (let slot = 1; slot < armed.array.layout.rows.count; slot += 1) judge(slot);
      else for (const subject of subjects) judge(this.slotOf(subject));
    }
  }

  /** The moment the rule has judged the key to; null before a first record. */
  judgedToMs(ruleId: string, key: string): number | null {
    const armed = this.#rules.get(ruleId);
    if (armed === undefined) return null;
    if (armed.keys === null) return this.#read(armed.kind.judgedTo, this.slotOf(key));
    return this.#read(armed.judgedTo, this.#slotUnder(armed.keys, key));
  }

  /** Puts the state the reference came to in the place of a key's. */
  replace(ruleId: string, key: string, state: KeyState): void {
    const armed = this.#rules.get(ruleId);
    if (armed === undefined) return;
    this.#changes += 1;
    const slot = armed.keys === null ? this.slotOf(key) : this.#slotUnder(armed.keys, key);
    armed.array.thaw(slot, state);
    if (state.judgedToMs !== null)
      this.#raise(armed.keys === null ? armed.kind.judgedTo : armed.judgedTo, slot, state.judgedToMs);
    if (armed.keys === null) this.forgetTerms(key);
    if (armed.array.rule.usesCounters) armed.kind.counters.thaw(slot, state.counters);
  }

  /** To be told when what is in force for the subject may have changed: it is asked for anew. */
  forgetTerms(subject: string): void {
    this.#terms.forget(this.slotOf(subject));
  }

  /**
   * All that is remembered, in pieces, as of a stop the caller names: the position it includes. The pieces
   * must be taken before the judge goes on; a change between two of them is a `RangeError`. Subjects that
   * `keep` does not want are left out of it.
   */
  *image(
    stop: string,
    checksum: Checksum,
    keep: (subject: string) => boolean = () => true,
  ): Generator<Piece> {
    const before = this.#changes;
    for (const piece of imageOf(this.#parts(), stop, checksum, keep)) {
      if (this.#changes !== before) throw new RangeError('image: the judge went on before it was whole');
      yield piece;
    }
  }

  /**
   * Takes over the state of every rule armed here that the image has in the same version; the other armed
   * rules are named as cold and are to be warmed. The rules must be armed before, and no subject met yet.
   */
  load(pieces: Iterable<Piece>, checksum: Checksum): Loaded {
    this.#changes += 1;
    return loadInto(this.#parts(), pieces, checksum);
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
    for (let slot = 1; slot <= armed.keys.size; slot += 1) {
      const key = armed.keys.textOf(slot);
      yield [key, { state: armed.array.freeze(slot), judgedToMs: this.#read(armed.judgedTo, slot) }];
    }
  }

  get sizeBytes(): number {
    let bytes = this.texts.sizeBytes + this.subjects.sizeBytes;
    bytes += this.#terms.sizeBytes;
    for (const { array, keys, judgedTo } of this.#rules.values())
      bytes += array.sizeBytes + (keys?.sizeBytes ?? 0) + judgedTo.words.byteLength;
    for (const { counters, judgedTo } of this.#kinds.values())
      bytes += counters.sizeBytes + judgedTo.words.byteLength;
    return bytes;
  }

  #parts(): JudgeParts {
    const { texts, subjects } = this;
    return { seed: this.#seed, texts, subjects, kinds: this.#kinds, rules: this.#rules };
  }

  #kindOf(schema: KindSchema): Kind {
    let kind = this.#kinds.get(schema.kind);
    if (kind === undefined) {
      const fields = new KindFields(schema);
      kind = {
        fields,
        lanes: new Lanes(fields, this.texts),
        counters: new CounterRows(schema.counters.length, totalPlaces(schema), this.#seed),
        armed: [],
        judgedTo: new Rows(2),
      };
      this.#kinds.set(schema.kind, kind);
    }
    return kind;
  }

  /** Names the late records' subjects, and notes how far the others' are judged; the highest slot. */
  #findLate(batch: Batch, judgedTo: Rows, late: Map<string, number>): number {
    const { slots, atMs, count } = batch;
    if (this.#slots.length < count) this.#slots = new Int32Array(batch.capacity);
    let most = 0;
    for (let i = 0; i < count; i += 1) most = Math.max(most, slots[i] as number);
    judgedTo.hold(most);
    // Records that share a moment are judged together or not at all.
    const { wides } = judgedTo;
    for (let i = 0; i < count; i += 1) {
      const slot = slots[i] as number;
      this.#slots[i] = (atMs[i] as number) < (wides[slot] as number) ? 0 : slot;
    }
    for (let i = 0; i < count; i += 1) {
      const slot = slots[i] as number;
      const ms = atMs[i] as number;
      if (this.#slots[i] !== 0) wides[slot] = ms + 1;
      else if (slot !== 0) {
        const subject = this.subjects.textOf(slot) as string;
        if (!late.has(subject)) late.set(subject, ms);
      }
    }
    return most;
  }

  /** Running totals in the columns become what they add. */
  #takeDeltas(batch: Batch, kind: Kind): void {
    const counters = kind.fields.schema.counters.map(field => batch.columns[kind.fields.column(field)]);
    if (this.#deltas.length !== counters.length) this.#deltas = new Float64Array(counters.length);
    const values = this.#deltas;
    const { schema } = kind.fields;
    const totals = totalPlaces(schema);
    const ends =
      schema.seriesEnds === undefined ? null : batch.columns[kind.fields.column(schema.seriesEnds.field)];
    const end = schema.seriesEnds === undefined ? 0 : this.texts.idOf(schema.seriesEnds.value);
    for (let i = 0; i < batch.count; i += 1) {
      if (this.#slots[i] === 0) continue;
      const series = batch.series[i] ?? null;
      let isNegative = false;
      for (let c = 0; c < counters.length; c += 1) {
        const value = (counters[c] as Float64Array)[i] as number;
        values[c] = value;
        if (value < 0) isNegative = true;
      }
      if (series === null) {
        const isPartial = addUnstated(values, totals);
        batch.counterMarks[i] = isNegative ? NEGATIVE : isPartial ? PARTIAL : OWN;
        if (!isNegative && !isPartial) continue;
        for (let c = 0; c < counters.length; c += 1)
          (counters[c] as Float64Array)[i] = (values[c] as number) < 0 ? Number.NaN : (values[c] as number);
        continue;
      }
      const name = `${batch.sources[i]}/${series}`;
      batch.counterMarks[i] = counterMarkNumber(
        kind.counters.take(
          batch.slots[i] as number,
          batch.atMs[i] as number,
          name,
          values,
          ends?.[i] === end,
        ),
      );
      for (let c = 0; c < counters.length; c += 1) (counters[c] as Float64Array)[i] = values[c] as number;
    }
  }

  #slotUnder(keys: ValueKeys, key: string): number {
    return keys.idOf(key, this.#doors.partyOf !== undefined);
  }

  #judgeFieldKeys(batch: Batch, armed: Armed, keys: ValueKeys, late: Map<string, Map<string, number>>): void {
    const column = batch.columns[armed.keyColumn] as Lane;
    if (armed.slots.length < batch.count) armed.slots = new Int32Array(batch.capacity);
    const { slots, judgedTo } = armed;
    for (let i = 0; i < batch.count; i += 1) {
      const value = (column[i] as number) | 0;
      slots[i] = value > 0 ? keys.idOfValue(value, this.#partyOf(batch.slots[i] as number)) : 0;
    }
    for (let i = 0; i < batch.count; i += 1) {
      const slot = slots[i] as number;
      const atMs = batch.atMs[i] as number;
      if (slot === 0) continue;
      if (slot < judgedTo.count && atMs < (judgedTo.wides[slot] as number)) {
        const key = keys.textOf(slot);
        const known = late.get(armed.array.rule.id) ?? new Map<string, number>();
        if (!known.has(key)) known.set(key, atMs);
        late.set(armed.array.rule.id, known);
        slots[i] = 0;
      }
    }
    armed.array.judge(slots, keys.size, { ...this.#around, keyOf: slot => keys.textOf(slot) });
    for (let i = 0; i < batch.count; i += 1)
      if (slots[i] !== 0) this.#raise(judgedTo, slots[i] as number, batch.atMs[i] as number);
  }

  #partyOf(slot: number): number {
    return this.#doors.partyOf?.(this.subjects.textOf(slot) as string) ?? NO_PARTY;
  }

  #raise(rows: Rows, slot: number, ms: number): void {
    rows.hold(slot);
    if ((rows.wides[slot] as number) < ms + 1) rows.wides[slot] = ms + 1;
  }

  #read(rows: Rows, slot: number): number | null {
    const held = slot < rows.count ? (rows.wides[slot] as number) : 0;
    return held === 0 ? null : held - 1;
  }

  #surroundings(): Surroundings {
    const doors = this.#doors;
    const subject = { id: '', class: '' };
    return {
      digest: doors.digest,
      boundAt: (slot, atMs) => this.#terms.viewAt(slot, atMs),
      boundOf: i => this.#terms.viewOf(i),
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

/** Puts what a record's own share is at least where it states parts of a total alone; whether there was any. */
function addUnstated(values: Float64Array, totals: readonly TotalPlaces[]): boolean {
  let isPartial = false;
  for (const { total, parts } of totals) {
    if (!Number.isNaN(values[total])) continue;
    const stated = parts.map(part => values[part] as number).filter(value => value >= 0);
    if (stated.length === 0) continue;
    values[total] = sumWithin(stated);
    isPartial = true;
  }
  return isPartial;
}
