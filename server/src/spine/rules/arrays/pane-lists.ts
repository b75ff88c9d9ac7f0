import { boundedSum, type OperatorState } from '../operators/operator.ts';
import type { PaneSums } from '../operators/pane-sums.ts';
import type { Window } from '../window.ts';
import type { Lane } from './lane.ts';
import { Lists } from './lists.ts';
import type { KeptList } from './memory.ts';
import { type Pool, putWide, type Rows, wideAt } from './memory.ts';
import type { PaneRows, SharedSums } from './pane-rows.ts';
import type { Run } from './run.ts';

const MINUTE_MS = 60_000;
const MOST = Number.MAX_SAFE_INTEGER;

/** What the sums of a window take of a row. */
export function paneRoom(
  window: Window,
  isWide: boolean,
): { readonly words: number; readonly wides: number } {
  if (window.panes > 1) return { words: 1, wides: 0 };
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
 * Sums by pane for each slot, oldest first, in a list of the pool.
 *
 * Panes shorter than a day are numbered by their first instant, kept here in minutes: since 2000, before
 * which nothing is observed, clocks of all zones differ from UTC by whole minutes.
 */
class PaneLists implements PaneRows {
  readonly lists: readonly KeptList[];
  readonly #lists: Lists;
  readonly #isWide: boolean;
  readonly #size: number;
  readonly #unit: number;
  readonly #span: number;

  /** `at` is its word in the row. */
  constructor(window: Window, isWide: boolean, rows: Rows, pool: Pool, at: number) {
    this.#isWide = isWide;
    this.#size = isWide ? 3 : 2;
    this.#lists = new Lists(rows, pool, at, this.#size);
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
      const isTold = (asked === null || asked[i] === 1) && !Number.isNaN(amount);
      out[i] = isTold && this.#isAdded(slot, pane, amount) ? amount : this.sum(slot, pane);
    }
  }

  add(slot: number, pane: number, amount: number): void {
    this.#isAdded(slot, pane, amount);
  }

  /** Whether what was added is all that the window has. */
  #isAdded(slot: number, pane: number, amount: number): boolean {
    const lists = this.#lists;
    const block = lists.first(slot);
    if (block !== 0) {
      const words = lists.pool.words;
      const last = block + (lists.pool.count(block) - 1) * this.#size;
      if (words[last] === pane) {
        this.#put(words, last + 1, boundedSum(this.#get(words, last + 1), amount));
        return false;
      }
      // All are too old: the first one's place is taken.
      if ((words[last] as number) < pane - this.#span) {
        lists.pool.setCount(block, 1);
        words[block] = pane;
        this.#put(words, block + 1, amount);
        return true;
      }
      this.#forget(slot, block, pane);
    }
    this.#push(slot, pane, amount);
    return false;
  }

  sum(slot: number, pane: number): number {
    const lists = this.#lists;
    const block = lists.first(slot);
    if (block === 0) return 0;
    const count = this.#forget(slot, block, pane);
    const words = lists.pool.words;
    let total = 0;
    for (let i = 0, at = block; i < count; i += 1, at += this.#size)
      total = boundedSum(total, this.#get(words, at + 1));
    return total;
  }

  freeze(slot: number): OperatorState & PaneSums {
    const panes: number[] = [];
    const sums: number[] = [];
    const { words } = this.#lists.pool;
    const first = this.#lists.first(slot);
    for (let i = 0, at = first; i < this.#lists.count(slot); i += 1, at += this.#size) {
      panes.push((words[at] as number) * this.#unit);
      sums.push(this.#get(words, at + 1));
    }
    return { panes, sums };
  }

  thaw(slot: number, state: PaneSums): void {
    this.#lists.clear(slot);
    for (const [i, pane] of state.panes.entries())
      this.#push(slot, pane / this.#unit, state.sums[i] as number);
  }

  /** Forgets the panes before the window that ends in the pane; how many are left. */
  #forget(slot: number, block: number, pane: number): number {
    const { pool } = this.#lists;
    const count = pool.count(block);
    const oldest = pane - this.#span;
    const { words } = pool;
    if ((words[block] as number) >= oldest) return count;
    let gone = 1;
    while (gone < count && (words[block + gone * this.#size] as number) < oldest) gone += 1;
    this.#lists.remove(slot, 0, gone);
    return count - gone;
  }

  #push(slot: number, pane: number, amount: number): void {
    const at = this.#lists.push(slot);
    this.#lists.pool.words[at] = pane;
    this.#put(this.#lists.pool.words, at + 1, amount);
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
    const place = { words, wides, stride, word: this.#at, wide: this.#wide };
    if (amounts !== null && asked === null) sumAll(place, slots, panes, amounts, out, [from, to]);
    else
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

/**
 * Every record taken in, its amount absent or not. The loop leaves nothing out and calls nothing, so that the engine
 * checks each array once before it and not at every record: what has no slot goes to row 0, which is emptied after.
 */
function sumAll(
  place: { words: Int32Array; wides: Lane; stride: number; word: number; wide: number },
  slots: Int32Array,
  panes: Int32Array,
  amounts: Lane,
  out: Lane,
  [from, to]: readonly [number, number],
): void {
  const { words, wides } = place;
  if (words.length === 0) return;
  const stride = place.stride | 0;
  const word = place.word | 0;
  const wide = place.wide | 0;
  const end = to | 0;
  for (let i = from | 0; i < end; i = (i + 1) | 0) {
    const row = Math.imul(slots[i] as number, stride);
    const pane = ((panes[i] as number) + 1) | 0;
    const atWord = (row + word) | 0;
    const atWide = ((row >> 1) + wide) | 0;
    const amount = amounts[i] as number;
    const isSame = words[atWord] === pane;
    const before = isSame ? (wides[atWide] as number) : 0;
    const isTold = !Number.isNaN(amount);
    const sum = isTold ? Math.max(-MOST, Math.min(before + amount, MOST)) : before;
    words[atWord] = isTold || isSame ? pane : 0;
    wides[atWide] = sum;
    out[i] = sum;
  }
  words[word] = 0;
  wides[wide] = 0;
}
