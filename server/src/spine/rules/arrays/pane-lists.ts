import { boundedSum, type OperatorState } from '../operators/operator.ts';
import type { PaneSums } from '../operators/pane-sums.ts';
import type { Window } from '../window.ts';
import type { Lane } from './lanes.ts';
import { type Pool, putWide, type Rows, wideAt } from './memory.ts';
import type { Run } from './operator.ts';

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

/** How far the oldest pane of a window lies before its last, in units. */
export function paneSpan(window: Window): number {
  const unit = paneUnit(window);
  const pane = 1_000_000 * unit;
  return (pane - window.oldestOf(pane)) / unit;
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
  readonly #span: number;

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
    this.#span = paneSpan(window);
  }

  /**
   * Adds to the pane of each record that is asked for and writes the sum over the window that ends with it.
   * `amounts` null adds 1; a NaN adds nothing.
   */
  move({ from, to, slots, panes, asked }: Run, amounts: Lane | null, out: Lane): void {
    for (let i = from; i < to; i += 1) {
      const slot = slots[i] as number;
      if (slot === 0) continue;
      const pane = panes[i] as number;
      const amount = amounts === null ? 1 : (amounts[i] as number);
      const isTaken = (asked === null || asked[i] === 1) && !Number.isNaN(amount);
      if (this.#isSingle) out[i] = this.#moveSingle(slot, pane, isTaken ? amount : 0, isTaken);
      else {
        if (isTaken) this.#addTo(slot, pane, amount);
        out[i] = this.sum(slot, pane);
      }
    }
  }

  add(slot: number, pane: number, amount: number): void {
    if (this.#isSingle) this.#moveSingle(slot, pane, amount, true);
    else this.#addTo(slot, pane, amount);
  }

  /** The sum over the window that ends in the pane. */
  sum(slot: number, pane: number): number {
    if (this.#isSingle) return this.#moveSingle(slot, pane, 0, false);
    const row = slot * this.#rows.stride + this.#at;
    const words = this.#rows.words;
    if (words[row + 1] === 0) return 0;
    this.#forget(row, pane);
    const count = words[row + 1] as number;
    const held = this.#pool.words;
    let total = 0;
    for (let i = 0, at = words[row] as number; i < count; i += 1, at += this.#size)
      total = boundedSum(total, this.#get(held, at + 1));
    return total;
  }

  paneOf(atMs: number): number {
    return this.#window.paneOf(atMs) / this.#unit;
  }

  #moveSingle(slot: number, pane: number, amount: number, isTaken: boolean): number {
    const row = slot * this.#rows.stride + this.#at;
    const words = this.#rows.words;
    const isSame = words[row] === pane + 1;
    if (!isTaken) {
      if (isSame) return this.#get(words, row + 1);
      words[row] = 0;
      return 0;
    }
    const sum = isSame ? boundedSum(this.#get(words, row + 1), amount) : amount;
    this.#put(words, row + 1, sum);
    words[row] = pane + 1;
    return sum;
  }

  #addTo(slot: number, pane: number, amount: number): void {
    const row = slot * this.#rows.stride + this.#at;
    const words = this.#rows.words;
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

  #forget(row: number, pane: number): void {
    const words = this.#rows.words;
    const count = words[row + 1] as number;
    if (count === 0) return;
    const oldest = pane - this.#span;
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
