import { boundedSum, type OperatorState } from '../operators/operator.ts';
import type { PaneSums } from '../operators/pane-sums.ts';
import type { Lane } from './lane.ts';
import type { Rows } from './memory.ts';
import type { PanePlace, PaneRows } from './pane-rows.ts';
import type { Run } from './run.ts';

const MOST = Number.MAX_SAFE_INTEGER;

/** One pane with a count, in two words of the row: the pane with 1 added, 0 for none, and the count. */
export class NarrowPane implements PaneRows {
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
export class WidePane implements PaneRows {
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
