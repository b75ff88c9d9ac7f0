import { boundedSum, type OperatorState } from '../operators/operator.ts';
import type { PaneSums } from '../operators/pane-sums.ts';
import type { Window } from '../window.ts';
import type { Lane } from './lane.ts';
import { Lists } from './lists.ts';
import type { KeptList } from './memory.ts';
import { type Pool, putWide, type Rows, wideAt } from './memory.ts';
import { paneSpan, paneUnit } from './pane-lists.ts';
import type { PaneRows, SharedSums } from './pane-rows.ts';
import type { Run } from './run.ts';

/** Words of an entry: the number of the sum, the pane, and the amount in two words. */
const SIZE = 4;

/**
 * Sums that most keys have nothing in, such as of the records an assumption was made for: all those of a rule
 * share one list for each slot, in the order of sums and panes.
 */
export class SparseSums implements SharedSums {
  readonly kept: readonly KeptList[];
  readonly #lists: Lists;
  #opened = 0;

  /** `at` is its word in the row. */
  constructor(rows: Rows, pool: Pool, at: number) {
    this.#lists = new Lists(rows, pool, at, SIZE);
    this.kept = [{ at, size: SIZE, isOfTexts: false }];
  }

  /** The sums of one operator more; the first one keeps the list of all. */
  open(window: Window): PaneRows {
    const number = this.#opened++;
    return new SparsePanes(this.#lists, number, window, number === 0 ? this.kept : []);
  }
}

class SparsePanes implements PaneRows {
  readonly lists: readonly KeptList[];
  readonly #lists: Lists;
  readonly #number: number;
  readonly #unit: number;
  readonly #span: number;

  constructor(lists: Lists, number: number, window: Window, kept: readonly KeptList[]) {
    this.lists = kept;
    this.#lists = lists;
    this.#number = number;
    this.#unit = paneUnit(window);
    this.#span = paneSpan(window);
  }
  move({ from, to, slots, panes, asked }: Run, amounts: Lane | null, out: Lane): void {
    for (let i = from; i < to; i += 1) {
      const slot = slots[i] as number;
      if (slot === 0) continue;
      const amount = amounts === null ? 1 : (amounts[i] as number);
      if ((asked === null || asked[i] === 1) && !Number.isNaN(amount))
        this.add(slot, panes[i] as number, amount);
      out[i] = this.#lists.first(slot) === 0 ? 0 : this.sum(slot, panes[i] as number);
    }
  }
  add(slot: number, pane: number, amount: number): void {
    this.#forget(slot, pane);
    const lists = this.#lists;
    const end = this.#first(slot, this.#number + 1);
    const words = lists.pool.words;
    const last = lists.first(slot) + (end - 1) * SIZE;
    if (end > 0 && words[last] === this.#number && words[last + 1] === pane) {
      putWide(words, last + 2, boundedSum(wideAt(words, last + 2), amount));
      return;
    }
    this.#insert(slot, end, pane, amount);
  }
  sum(slot: number, pane: number): number {
    this.#forget(slot, pane);
    const lists = this.#lists;
    const words = lists.pool.words;
    const first = lists.first(slot);
    const count = lists.count(slot);
    let total = 0;
    for (let i = this.#first(slot, this.#number); i < count; i += 1) {
      const at = first + i * SIZE;
      if (words[at] !== this.#number) break;
      total = boundedSum(total, wideAt(words, at + 2));
    }
    return total;
  }
  freeze(slot: number): OperatorState & PaneSums {
    const panes: number[] = [];
    const sums: number[] = [];
    const words = this.#lists.pool.words;
    for (let i = this.#first(slot, this.#number); i < this.#first(slot, this.#number + 1); i += 1) {
      const at = this.#lists.first(slot) + i * SIZE;
      panes.push((words[at + 1] as number) * this.#unit);
      sums.push(wideAt(words, at + 2));
    }
    return { panes, sums };
  }
  thaw(slot: number, state: PaneSums): void {
    const first = this.#first(slot, this.#number);
    this.#lists.remove(slot, first, this.#first(slot, this.#number + 1) - first);
    for (const [i, pane] of state.panes.entries())
      this.#insert(slot, first + i, pane / this.#unit, state.sums[i] as number);
  }

  /** The place of the first entry of the sum or of a later one. */
  #first(slot: number, number: number): number {
    const words = this.#lists.pool.words;
    const first = this.#lists.first(slot);
    const count = this.#lists.count(slot);
    let i = 0;
    while (i < count && (words[first + i * SIZE] as number) < number) i += 1;
    return i;
  }

  #insert(slot: number, place: number, pane: number, amount: number): void {
    const lists = this.#lists;
    const pushed = lists.push(slot);
    const words = lists.pool.words;
    const at = lists.first(slot) + place * SIZE;
    words.copyWithin(at + SIZE, at, pushed);
    words[at] = this.#number;
    words[at + 1] = pane;
    putWide(words, at + 2, amount);
  }

  #forget(slot: number, pane: number): void {
    const lists = this.#lists;
    const count = lists.count(slot);
    if (count === 0) return;
    const from = this.#first(slot, this.#number);
    const first = lists.first(slot);
    const words = lists.pool.words;
    const oldest = pane - this.#span;
    let gone = 0;
    while (from + gone < count) {
      const at = first + (from + gone) * SIZE;
      if (words[at] !== this.#number || (words[at + 1] as number) >= oldest) break;
      gone += 1;
    }
    lists.remove(slot, from, gone);
  }
}
