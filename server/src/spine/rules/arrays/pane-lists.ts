import { boundedSum, type OperatorState } from '../operators/operator.ts';
import type { PaneSums } from '../operators/pane-sums.ts';
import type { Window } from '../window.ts';
import { type Pool, putWide, type Rows, wideAt } from './memory.ts';

const MINUTE_MS = 60_000;

/** Words of a row that the sums of a window take. */
export function paneWords(window: Window, isWide: boolean): number {
  if (window.panes > 1) return 2;
  return isWide ? 3 : 2;
}

/** What a pane's number is divided by to lie in a word: civil days and months are counted, not timed. */
export function paneUnit(window: Window): number {
  return window.text === 'day' || window.text === 'month' || window.text.endsWith('d') ? 1 : MINUTE_MS;
}

/**
 * Sums by pane for each slot, oldest first. One pane lies in the row itself; more lie in a block of the pool,
 * named in the row with their number.
 *
 * Panes shorter than a day are numbered by their first instant, kept here in minutes: since 2000, before
 * which nothing is observed, clocks of all zones differ from UTC by whole minutes.
 */
export class PaneLists {
  readonly #window: Window;
  readonly #rows: Rows;
  readonly #pool: Pool;
  readonly #at: number;
  readonly #isSingle: boolean;
  readonly #isWide: boolean;
  readonly #size: number;
  readonly #unit: number;

  /** `isWide` when a sum may leave 31 bits; `at` is the first of its `paneWords` words in the row. */
  constructor(window: Window, isWide: boolean, rows: Rows, pool: Pool, at: number) {
    this.#window = window;
    this.#rows = rows;
    this.#pool = pool;
    this.#at = at;
    this.#isSingle = window.panes === 1;
    this.#isWide = isWide;
    this.#size = isWide ? 3 : 2;
    this.#unit = paneUnit(window);
  }

  add(slot: number, atMs: number, amount: number): void {
    const pane = this.#paneOf(atMs);
    const row = slot * this.#rows.stride + this.#at;
    const words = this.#rows.words;
    if (this.#isSingle) {
      const isSame = words[row] === pane + 1 && words[row] !== 0;
      this.#put(words, row + 1, isSame ? boundedSum(this.#get(words, row + 1), amount) : amount);
      words[row] = pane + 1;
      return;
    }
    const count = words[row + 1] as number;
    if (count > 0) {
      const last = (words[row] as number) + (count - 1) * this.#size;
      const held = this.#pool.words;
      if (held[last] === pane) {
        this.#put(held, last + 1, boundedSum(this.#get(held, last + 1), amount));
        return;
      }
    }
    this.#forget(row, pane);
    this.#push(row, pane, amount);
  }

  /** The sum over the window that ends at the instant. */
  sum(slot: number, atMs: number): number {
    const row = slot * this.#rows.stride + this.#at;
    const words = this.#rows.words;
    if (this.#isSingle) {
      const held = words[row] as number;
      if (held === 0) return 0;
      if (held === this.#paneOf(atMs) + 1) return this.#get(words, row + 1);
      words[row] = 0;
      return 0;
    }
    if (words[row + 1] === 0) return 0;
    this.#forget(row, this.#paneOf(atMs));
    const count = words[row + 1] as number;
    const held = this.#pool.words;
    let total = 0;
    for (let i = 0, at = words[row] as number; i < count; i += 1, at += this.#size)
      total = boundedSum(total, this.#get(held, at + 1));
    return total;
  }

  freeze(slot: number): OperatorState & PaneSums {
    const panes: number[] = [];
    const sums: number[] = [];
    const row = slot * this.#rows.stride + this.#at;
    const words = this.#rows.words;
    if (this.#isSingle) {
      if (words[row] !== 0) {
        panes.push((words[row] as number) - 1);
        sums.push(this.#get(words, row + 1));
      }
      return { panes, sums };
    }
    for (let i = 0, at = words[row] as number; i < (words[row + 1] as number); i += 1, at += this.#size) {
      panes.push((this.#pool.words[at] as number) * this.#unit);
      sums.push(this.#get(this.#pool.words, at + 1));
    }
    return { panes, sums };
  }

  thaw(slot: number, state: PaneSums): void {
    const row = slot * this.#rows.stride + this.#at;
    if (this.#isSingle) {
      const pane = state.panes.at(-1);
      this.#rows.words[row] = pane === undefined ? 0 : pane + 1;
      this.#put(this.#rows.words, row + 1, state.sums.at(-1) ?? 0);
      return;
    }
    this.#pool.free(this.#rows.words[row] as number);
    this.#rows.words[row] = 0;
    this.#rows.words[row + 1] = 0;
    for (const [i, pane] of state.panes.entries())
      this.#push(row, pane / this.#unit, state.sums[i] as number);
  }

  #paneOf(atMs: number): number {
    const pane = this.#window.paneOf(atMs);
    return this.#unit === 1 ? pane : pane / this.#unit;
  }

  #forget(row: number, pane: number): void {
    const words = this.#rows.words;
    const count = words[row + 1] as number;
    if (count === 0) return;
    const oldest = this.#window.oldestOf(pane * this.#unit) / this.#unit;
    const block = words[row] as number;
    const held = this.#pool.words;
    if ((held[block] as number) >= oldest) return;
    let gone = 1;
    while (gone < count && (held[block + gone * this.#size] as number) < oldest) gone += 1;
    words[row + 1] = count - gone;
    if (gone === count) {
      this.#pool.free(block);
      words[row] = 0;
      return;
    }
    const from = block + gone * this.#size;
    for (let i = 0; i < (count - gone) * this.#size; i += 1) held[block + i] = held[from + i] as number;
  }

  #push(row: number, pane: number, amount: number): void {
    const words = this.#rows.words;
    const count = words[row + 1] as number;
    const needed = (count + 1) * this.#size;
    if (needed > this.#pool.capacity(words[row] as number))
      words[row] = this.#pool.resize(words[row] as number, needed);
    const at = (words[row] as number) + count * this.#size;
    this.#pool.words[at] = pane;
    this.#put(this.#pool.words, at + 1, amount);
    words[row + 1] = count + 1;
  }

  #get(words: Int32Array, at: number): number {
    return this.#isWide ? wideAt(words, at) : (words[at] as number);
  }

  #put(words: Int32Array, at: number, value: number): void {
    if (this.#isWide) putWide(words, at, value);
    else words[at] = Math.min(value, 0x7fff_ffff);
  }
}
