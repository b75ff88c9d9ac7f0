import type { Terms, TermValue } from '../rule.ts';
import { type Lane, NONE, OwnLane } from './lane.ts';
import { longer, type TextNumbers } from './texts.ts';

/** The terms in force for a subject, and the first moment they may no longer be. */
export interface Stretch {
  readonly terms: Terms;
  readonly untilMs: number;
}

/** One term of all sets of terms, by the set's number. */
interface Table {
  readonly term: string;
  readonly isList: boolean;
  values: Float64Array;
  readonly lists: (Int32Array | null)[];
  readonly lane: OwnLane;
  stamp: number;
}

/**
 * Terms as lanes. Each set of terms met has a number; what expressions read of it lies in one table for each
 * term, so that a lane is gathered by number. Sets no longer met are forgotten by `clear`.
 */
export class BoundLanes {
  /** The number of the terms in force for each record of the batch in hand. */
  numbers = new Int32Array(0);
  count = 0;
  #stamp = 0;
  #known = new WeakMap<Terms, number>();
  #sets: Terms[] = [];
  readonly #tables: Table[] = [];
  readonly #texts: TextNumbers;

  constructor(texts: TextNumbers) {
    this.#texts = texts;
  }

  get size(): number {
    return this.#sets.length;
  }

  get sizeBytes(): number {
    return this.#tables.reduce((sum, { values }) => sum + values.byteLength, this.numbers.byteLength);
  }

  numberOf(terms: Terms): number {
    let number = this.#known.get(terms);
    if (number === undefined) {
      number = this.#sets.length;
      this.#known.set(terms, number);
      this.#sets.push(terms);
      for (const table of this.#tables) this.#fill(table, number);
    }
    return number;
  }

  termsOf(number: number): Terms {
    return this.#sets[number] as Terms;
  }

  /** Forgets every number. */
  clear(): void {
    this.#known = new WeakMap();
    this.#sets = [];
    for (const table of this.#tables) table.lists.length = 0;
  }

  /** Makes room for a batch; its numbers are then written into `numbers`. */
  open(count: number): void {
    this.count = count;
    this.#stamp += 1;
    if (this.numbers.length < count) this.numbers = new Int32Array(count);
  }

  /** The lane of a term that is no list; of a list, 1 where it is in force. */
  lane(term: string, isList = false): () => Lane {
    const table = this.#table(term, isList);
    return () => {
      const lane = table.lane.to(this.numbers.length);
      if (table.stamp === this.#stamp) return lane;
      const { numbers } = this;
      const { values } = table;
      for (let i = 0; i < this.count; i += 1) lane[i] = values[numbers[i] as number] as number;
      table.stamp = this.#stamp;
      return lane;
    };
  }

  /** Whether a text is in the list in force; an error where either is absent. */
  textIn(term: string): (item: Lane, out: Lane, from: number, to: number) => void {
    const { lists } = this.#table(term, true);
    return (item, out, from, to) => {
      const { numbers } = this;
      for (let i = from; i < to; i += 1) {
        const text = item[i] as number;
        const list = lists[numbers[i] as number] as Int32Array | null;
        out[i] = list === null || !(text > 0) ? NONE : isAmong(list, text) ? 1 : 0;
      }
    };
  }

  #table(term: string, isList: boolean): Table {
    const known = this.#tables.find(table => table.term === term && table.isList === isList);
    if (known !== undefined) return known;
    const values = new Float64Array(64);
    const table: Table = { term, isList, values, lists: [], lane: new OwnLane(), stamp: 0 };
    this.#tables.push(table);
    for (let number = 0; number < this.#sets.length; number += 1) this.#fill(table, number);
    return table;
  }

  #fill(table: Table, number: number): void {
    if (number >= table.values.length) table.values = longer(table.values, Float64Array, number + 1);
    const value = this.#sets[number]?.[table.term] ?? null;
    table.values[number] = this.#numberOf(value);
    if (table.isList)
      table.lists[number] = isList(value)
        ? Int32Array.from(value, text => this.#texts.idOf(text)).sort()
        : null;
  }

  #numberOf(value: TermValue): number {
    if (typeof value === 'string') return this.#texts.idOf(value);
    if (value === null) return NONE;
    return isList(value) ? 1 : Number(value);
  }
}

function isList(value: TermValue): value is readonly string[] {
  return Array.isArray(value);
}

/** Sorted, so that a long list is halved; a short one is walked. */
function isAmong(list: Int32Array, text: number): boolean {
  let low = 0;
  let high = list.length;
  while (high - low > 8) {
    const middle = (low + high) >> 1;
    if ((list[middle] as number) <= text) low = middle;
    else high = middle;
  }
  for (let at = low; at < high; at += 1) if (list[at] === text) return true;
  return false;
}
