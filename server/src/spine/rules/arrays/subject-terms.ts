import type { Terms } from '../rule.ts';
import { BoundLanes, type Stretch } from './bound-lanes.ts';
import { Rows } from './memory.ts';
import type { Texts } from './texts.ts';
import { type FieldValue, MOST_FIELDS, put, View } from './view.ts';

/** Words of a row: until when the terms are in force, and their number. */
const WORDS = 4;
/** Sets of terms that may be held before those out of use are forgotten. */
const MOST_TERMS = 65_536;

/** The terms in force for each subject, asked for again only when they may have changed. */
export class SubjectTerms {
  readonly lanes: BoundLanes;
  readonly #subjects: Texts;
  readonly #stretchAt: (subject: string, atMs: number) => Stretch;
  /** For each subject the terms its last record was judged under. */
  readonly #rows = new Rows(WORDS);
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
    if (lanes.size > MOST_TERMS && lanes.size > 2 * this.#subjects.size) {
      lanes.clear();
      this.#rows.wides.fill(0);
    }
    lanes.open(count);
    this.#rows.hold(this.#subjects.size);
    const { words, wides } = this.#rows;
    for (let i = 0; i < count; i += 1) {
      const slot = slots[i] as number;
      if (slot === 0) lanes.numbers[i] = this.#ofLate(all[i] as number, atMs[i] as number);
      else if ((atMs[i] as number) < (wides[slot * (WORDS / 2)] as number))
        lanes.numbers[i] = words[slot * WORDS + 2] as number;
      else lanes.numbers[i] = this.#ask(slot, atMs, i);
    }
  }

  /** To be told when what is in force for the subject may have changed. */
  forget(slot: number): void {
    if (slot < this.#rows.count) this.#rows.wides[slot * (WORDS / 2)] = 0;
  }

  /** The terms of record `i` of the batch bound last, as conditions read them one at a time. */
  viewOf(i: number): View {
    return this.#viewOf(this.lanes.termsOf(this.lanes.numbers[i] as number));
  }

  viewAt(slot: number, atMs: number): View {
    return this.#viewOf(this.#stretchAt(this.#subjects.textOf(slot) as string, atMs).terms);
  }

  get sizeBytes(): number {
    return this.#rows.words.byteLength + this.lanes.sizeBytes;
  }

  #ofLate(slot: number, atMs: number): number {
    if (slot === 0) return 0;
    return this.lanes.numberOf(this.#stretchAt(this.#subjects.textOf(slot) as string, atMs).terms);
  }

  #ask(slot: number, atMs: Float64Array, i: number): number {
    const subject = this.#subjects.textOf(slot) as string;
    const { terms, untilMs } = this.#stretchAt(subject, atMs[i] as number);
    const number = this.lanes.numberOf(terms);
    this.#rows.wides[slot * (WORDS / 2)] = untilMs;
    this.#rows.words[slot * WORDS + 2] = number;
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
