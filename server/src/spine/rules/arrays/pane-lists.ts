import { boundedSum, type OperatorState } from '../operators/operator.ts';
import type { PaneSums } from '../operators/pane-sums.ts';
import type { Window } from '../window.ts';
import type { KeptList } from './kept.ts';
import type { Lane } from './lane.ts';
import { type Pool, putWide, type Rows, wideAt } from './memory.ts';
import type { PaneRows, SharedSums } from './pane-rows.ts';
import type { Run } from './run.ts';

const MINUTE_MS = 60_000;

/** What the sums of a window take of a row. */
export function paneRoom(
  window: Window,
  isWide: boolean,
): { readonly words: number; readonly wides: number } {
  if (window.panes > 1) return { words: 2, wides: 0 };
  return isWide ? { words: 1, wides: 1 } : { words: 2, wides: 0 };
}

/** Where the sums of a window lie in the rows: its first single word, its first wide word. */
export interface PanePlace {
  readonly rows: Rows;
  readonly pool: Pool;
  readonly word: number;
  readonly wide: number;
  readonly sparse: SharedSums | null;
}

/** `isWide` when a sum may leave 31 bits. */
export function openPanes(window: Window, isWide: boolean, place: PanePlace): PaneRows {
  if (place.sparse !== null) return place.sparse.open(window);
  if (window.panes > 1) return new PaneLists(window, isWide, place.rows, place.pool, place.word);
  return isWide ? new WidePane(place) : new NarrowPane(place);
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
 * Sums by pane for each slot, oldest first, in a block of the pool that the row names with their number.
 *
 * Panes shorter than a day are numbered by their first instant, kept here in minutes: since 2000, before
 * which nothing is observed, clocks of all zones differ from UTC by whole minutes.
 */
class PaneLists implements PaneRows {
  readonly lists: readonly KeptList[];
  readonly #rows: Rows;
  readonly #pool: Pool;
  readonly #at: number;
  readonly #isWide: boolean;
  readonly #size: number;
  readonly #unit: number;
  readonly #span: number;

  /** `at` is the first of its two words in the row. */
  constructor(window: Window, isWide: boolean, rows: Rows, pool: Pool, at: number) {
    this.#rows = rows;
    this.#pool = pool;
    this.#at = at;
    this.#isWide = isWide;
    this.#size = isWide ? 3 : 2;
    this.#unit = paneUnit(window);
    this.#span = paneSpan(window);
    this.lists = [{ at, size: this.#size, isOfTexts: false }];
  }

  move({ from, to, slots, panes, asked }: Run, amounts: Lane | null, out: Lane): void {
    for (let i = from; i < to; i += 1) {
      const slot = slots[i] as number;
      if (slot === 0) continue;
      const pane = panes[i] as number;
      const amount = amounts === null ? 1 : (amounts[i] as number);
      if ((asked === null || asked[i] === 1) && !Number.isNaN(amount)) this.add(slot, pane, amount);
      out[i] = this.sum(slot, pane);
    }
  }

  add(slot: number, pane: number, amount: number): void {
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

  sum(slot: number, pane: number): number {
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

  freeze(slot: number): OperatorState & PaneSums {
    const panes: number[] = [];
    const sums: number[] = [];
    const row = slot * this.#rows.stride + this.#at;
    const words = this.#rows.words;
    for (let i = 0, at = words[row] as number; i < (words[row + 1] as number); i += 1, at += this.#size) {
      panes.push((this.#pool.words[at] as number) * this.#unit);
      sums.push(this.#get(this.#pool.words, at + 1));
    }
    return { panes, sums };
  }

  thaw(slot: number, state: PaneSums): void {
    const row = slot * this.#rows.stride + this.#at;
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

/** One pane with a count, in two words of the row: the pane with 1 added, 0 for none, and the count. */
class NarrowPane implements PaneRows {
  readonly lists = [];
  readonly #rows: Rows;
  readonly #at: number;

  constructor({ rows, word }: PanePlace) {
    this.#rows = rows;
    this.#at = word;
  }
  move({ from, to, slots, panes, asked }: Run, amounts: Lane | null, out: Lane): void {
    for (let i = from; i < to; i += 1) {
      const slot = slots[i] as number;
      if (slot === 0) continue;
      const amount = amounts === null ? 1 : (amounts[i] as number);
      if ((asked === null || asked[i] === 1) && !Number.isNaN(amount))
        this.add(slot, panes[i] as number, amount);
      out[i] = this.sum(slot, panes[i] as number);
    }
  }
  add(slot: number, pane: number, amount: number): void {
    const { words, stride } = this.#rows;
    const row = slot * stride + this.#at;
    const sum = words[row] === pane + 1 ? (words[row + 1] as number) + amount : amount;
    words[row] = pane + 1;
    words[row + 1] = Math.min(sum, 0x7fff_ffff);
  }
  sum(slot: number, pane: number): number {
    const { words, stride } = this.#rows;
    const row = slot * stride + this.#at;
    if (words[row] === pane + 1) return words[row + 1] as number;
    words[row] = 0;
    return 0;
  }
  freeze(slot: number): OperatorState & PaneSums {
    const { words, stride } = this.#rows;
    const row = slot * stride + this.#at;
    if (words[row] === 0) return { panes: [], sums: [] };
    return { panes: [(words[row] as number) - 1], sums: [words[row + 1] as number] };
  }
  thaw(slot: number, state: PaneSums): void {
    const { words, stride } = this.#rows;
    const row = slot * stride + this.#at;
    words[row] = (state.panes.at(-1) ?? -1) + 1;
    words[row + 1] = state.sums.at(-1) ?? 0;
  }
}

/** One pane with a sum: the pane with 1 added in a word of the row, the sum in a wide word. */
class WidePane implements PaneRows {
  readonly lists = [];
  readonly #rows: Rows;
  readonly #at: number;
  readonly #wide: number;

  constructor({ rows, word, wide }: PanePlace) {
    this.#rows = rows;
    this.#at = word;
    this.#wide = wide;
  }
  move({ from, to, slots, panes, asked }: Run, amounts: Lane | null, out: Lane): void {
    const { words, wides, stride } = this.#rows;
    for (let i = from; i < to; i += 1) {
      const slot = slots[i] as number;
      if (slot === 0) continue;
      const row = slot * stride + this.#at;
      const wide = slot * (stride >> 1) + this.#wide;
      const pane = (panes[i] as number) + 1;
      const amount = amounts === null ? 1 : (amounts[i] as number);
      let sum = words[row] === pane ? (wides[wide] as number) : 0;
      if ((asked === null || asked[i] === 1) && !Number.isNaN(amount)) {
        sum = boundedSum(sum, amount);
        words[row] = pane;
        wides[wide] = sum;
      } else if (words[row] !== pane) words[row] = 0;
      out[i] = sum;
    }
  }
  add(slot: number, pane: number, amount: number): void {
    const { words, wides, stride } = this.#rows;
    const sum = boundedSum(this.sum(slot, pane), amount);
    words[slot * stride + this.#at] = pane + 1;
    wides[slot * (stride >> 1) + this.#wide] = sum;
  }
  sum(slot: number, pane: number): number {
    const { words, wides, stride } = this.#rows;
    const row = slot * stride + this.#at;
    if (words[row] === pane + 1) return wides[slot * (stride >> 1) + this.#wide] as number;
    words[row] = 0;
    return 0;
  }
  freeze(slot: number): OperatorState & PaneSums {
    const { words, wides, stride } = this.#rows;
    const pane = words[slot * stride + this.#at] as number;
    if (pane === 0) return { panes: [], sums: [] };
    return { panes: [pane - 1], sums: [wides[slot * (stride >> 1) + this.#wide] as number] };
  }
  thaw(slot: number, state: PaneSums): void {
    const { words, wides, stride } = this.#rows;
    words[slot * stride + this.#at] = (state.panes.at(-1) ?? -1) + 1;
    wides[slot * (stride >> 1) + this.#wide] = state.sums.at(-1) ?? 0;
  }
}
