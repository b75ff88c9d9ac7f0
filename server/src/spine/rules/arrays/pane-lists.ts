import { boundedSum, type OperatorState } from '../operators/operator.ts';
import type { PaneSums } from '../operators/pane-sums.ts';
import type { Window } from '../window.ts';
import type { Lane } from './lane.ts';
import { Lists } from './lists.ts';
import type { KeptList } from './memory.ts';
import { CLASS, CLASS_BITS, type Pool, putWide, type Rows, wideAt } from './memory.ts';
import { NarrowPane, WidePane } from './one-pane.ts';
import type { PanePlace, PaneRows } from './pane-rows.ts';
import type { Run } from './run.ts';

const MINUTE_MS = 60_000;

/** What the sums of a window take of a row. */
export function paneRoom(
  window: Window,
  isWide: boolean,
): { readonly words: number; readonly wides: number } {
  if (window.panes > 1) return { words: 1, wides: 0 };
  return isWide ? { words: 1, wides: 1 } : { words: 2, wides: 0 };
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

  move(run: Run, amounts: Lane | null, out: Lane): void {
    const { from, to, slots, panes, asked } = run;
    const isCount = amounts === null && asked === null && !this.#isWide;
    for (let i = isCount ? this.#begin(run, out, from) : from; i < to; ) {
      const slot = slots[i] as number;
      const pane = panes[i] as number;
      const amount = amounts === null ? 1 : (amounts[i] as number);
      const isTold = (asked === null || asked[i] === 1) && !Number.isNaN(amount);
      if (slot !== 0) out[i] = isTold && this.#isAdded(slot, pane, amount) ? amount : this.sum(slot, pane);
      i = isCount ? this.#begin(run, out, i + 1) : i + 1;
    }
  }

  /** Counts records whose window begins anew with them; the first one that is not of these. */
  #begin({ to, slots, panes }: Run, out: Lane, from: number): number {
    const { rows, pool, at, size } = this.#lists;
    const lists = { rows: rows.words, pool: pool.words, stride: rows.stride, at, size };
    return beginUntil(lists, this.#span, slots, panes, out, [from, to]);
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

/**
 * Counts records from the first on, up to one whose window holds more than itself, and says which that is. What comes
 * seldom is the most of what there is: all panes of its list are too old, and the first one's place is taken. Nothing
 * in the loop calls or is left out, so that the engine checks each array once before it.
 */
function beginUntil(
  lists: { rows: Int32Array; pool: Int32Array; stride: number; at: number; size: number },
  span: number,
  slots: Int32Array,
  panes: Int32Array,
  out: Lane,
  [from, to]: readonly [number, number],
): number {
  const { rows, pool } = lists;
  const stride = lists.stride | 0;
  const at = lists.at | 0;
  const size = lists.size | 0;
  const reach = span | 0;
  const [bits, mask, one] = [CLASS_BITS, CLASS, 1 << CLASS_BITS];
  const end = to | 0;
  let i = from | 0;
  for (; i < end; i = (i + 1) | 0) {
    const block = rows[(Math.imul(slots[i] as number, stride) + at) | 0] as number;
    const pane = panes[i] as number;
    if (block === 0) break;
    const head = pool[(block - 1) | 0] as number;
    const last = (block + Math.imul(((head >> bits) - 1) | 0, size)) | 0;
    if ((pool[last] as number) >= pane - reach) break;
    pool[(block - 1) | 0] = (head & mask) | one;
    pool[block] = pane;
    pool[(block + 1) | 0] = 1;
    out[i] = 1;
  }
  return i;
}
