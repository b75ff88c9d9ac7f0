import type { Terms } from '../rule.ts';
import { BoundLanes, type Stretch } from './bound-lanes.ts';
import { Rows } from './memory.ts';
import type { Texts } from './texts.ts';
import { type FieldValue, MOST_FIELDS, put, View } from './view.ts';

/** Sets of terms, and ends of them, that may be held before those out of use are forgotten. */
const MOST_TERMS = 65_536;

/** The terms in force for each subject, asked for again only when they may have changed. */
export class SubjectTerms {
  readonly lanes: BoundLanes;
  readonly #subjects: Texts;
  readonly #stretchAt: (subject: string, atMs: number) => Stretch;
  /** For each subject the number of the stretch its last record was judged in, 0 for none. */
  readonly #rows = new Rows(1);
  readonly #held = new HeldStretches();
  readonly #names: string[] = [];
  #views = new WeakMap<Terms, View>();

  constructor(subjects: Texts, texts: Texts, stretchAt: (subject: string, atMs: number) => Stretch) {
    this.#subjects = subjects;
    this.#stretchAt = stretchAt;
    this.lanes = new BoundLanes(texts);
  }

  /** The number a term has in views; gives it one when it is new. */
  numberOf(term: string): number {
    const known = this.#names.indexOf(term);
    if (known >= 0) return known;
    if (this.#names.length === MOST_FIELDS) throw new RangeError('rules read too many bound terms');
    this.#names.push(term);
    this.#views = new WeakMap();
    return this.#names.length - 1;
  }

  /**
   * Notes the number of the terms in force for each record. `slots` is its subject's slot, 0 where the record
   * is late for its subject; such a one may still come in order for a key that is a field, so its terms are
   * asked for as of its own moment, by its slot in `all`.
   */
  bind(slots: Int32Array, all: Int32Array, atMs: Float64Array, count: number): void {
    const { lanes } = this;
    const most = Math.max(lanes.size, this.#held.size);
    if (most > MOST_TERMS && most > 2 * this.#subjects.size) {
      lanes.clear();
      this.#held.clear();
      this.#rows.words.fill(0);
    }
    lanes.open(count);
    this.#rows.hold(this.#subjects.size);
    const { words } = this.#rows;
    const { untilMs, terms } = this.#held;
    for (let i = 0; i < count; i += 1) {
      const slot = slots[i] as number;
      if (slot === 0) lanes.numbers[i] = this.#ofLate(all[i] as number, atMs[i] as number);
      else if ((atMs[i] as number) < (untilMs[words[slot] as number] as number))
        lanes.numbers[i] = terms[words[slot] as number] as number;
      else lanes.numbers[i] = this.#ask(slot, atMs, i);
    }
  }

  /** To be told when what is in force for the subject may have changed. */
  forget(slot: number): void {
    if (slot < this.#rows.count) this.#rows.words[slot] = 0;
  }

  /** The terms of record `i` of the batch bound last, as conditions read them one at a time. */
  viewOf(i: number): View {
    return this.#viewOf(this.lanes.termsOf(this.lanes.numbers[i] as number));
  }

  viewAt(slot: number, atMs: number): View {
    return this.#viewOf(this.#stretchAt(this.#subjects.textOf(slot) as string, atMs).terms);
  }

  get sizeBytes(): number {
    return this.#rows.words.byteLength + this.#held.sizeBytes + this.lanes.sizeBytes;
  }

  #ofLate(slot: number, atMs: number): number {
    if (slot === 0) return 0;
    return this.lanes.numberOf(this.#stretchAt(this.#subjects.textOf(slot) as string, atMs).terms);
  }

  #ask(slot: number, atMs: Float64Array, i: number): number {
    const subject = this.#subjects.textOf(slot) as string;
    const { terms, untilMs } = this.#stretchAt(subject, atMs[i] as number);
    const number = this.lanes.numberOf(terms);
    this.#rows.words[slot] = this.#held.numberOf(number, untilMs);
    return number;
  }

  #viewOf(terms: Terms): View {
    let view = this.#views.get(terms);
    if (view === undefined) {
      view = new View();
      for (const [at, term] of this.#names.entries()) put(view, at, (terms[term] ?? undefined) as FieldValue);
      this.#views.set(terms, view);
    }
    return view;
  }
}

/** Terms with the moment they end, by number: the same terms mostly end at the same moment. */
class HeldStretches {
  /** By number: the moment before which they are in force. Nothing is in force under 0. */
  readonly untilMs: number[] = [Number.NEGATIVE_INFINITY];
  readonly terms: number[] = [0];
  readonly #numbers = new Map<number, Map<number, number>>();

  get size(): number {
    return this.terms.length - 1;
  }

  /** What the lists hold and, by an estimate, their index. */
  get sizeBytes(): number {
    return 64 * this.size;
  }

  numberOf(terms: number, untilMs: number): number {
    const ends = this.#numbers.get(terms) ?? new Map<number, number>();
    this.#numbers.set(terms, ends);
    let number = ends.get(untilMs);
    if (number === undefined) {
      number = this.terms.push(terms) - 1;
      this.untilMs.push(untilMs);
      ends.set(untilMs, number);
    }
    return number;
  }

  clear(): void {
    this.untilMs.length = 1;
    this.terms.length = 1;
    this.#numbers.clear();
  }
}
