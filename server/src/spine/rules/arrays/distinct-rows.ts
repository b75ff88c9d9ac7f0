import type { OperatorState } from '../operators/operator.ts';
import type { Window } from '../window.ts';
import type { Keeps } from './kept.ts';
import type { Lane, OwnLane } from './lane.ts';
import { Lists } from './lists.ts';
import type { Rows } from './memory.ts';
import { outLane, type Place, type RowOperator } from './operator.ts';
import { paneSpan, paneUnit } from './pane-lists.ts';
import type { Run } from './run.ts';
import type { TextNumbers } from './texts.ts';

/**
 * A key mostly says one value: its number and pane lie in the row's two words. More lie in a list of the pool,
 * the value heard last at the end; then the first word is 0 and the second the list's block.
 */
export class DistinctRows implements RowOperator {
  readonly window: Window;
  readonly keeps: Keeps;
  readonly #rows: Rows;
  readonly #word: number;
  readonly #lists: Lists;
  readonly #texts: TextNumbers;
  readonly #unit: number;
  readonly #span: number;
  readonly #cap: number;
  readonly #outs: readonly OwnLane[];

  constructor(window: Window, cap: number, place: Place) {
    this.#rows = place.rows;
    this.#word = place.word;
    this.#lists = new Lists(place.rows, place.pool, place.word + 1, 2);
    this.#texts = place.texts;
    this.keeps = { texts: [], lists: [{ at: place.word, size: 2, isOfTexts: true, holdsOne: true }] };
    this.window = window;
    this.#unit = paneUnit(window);
    this.#span = paneSpan(window);
    this.#cap = cap;
    this.#outs = place.outs;
  }
  move(run: Run): void {
    const { from, to, slots, asked } = run;
    const isPlain = asked === null && this.#rows.words.length > 0;
    const outs = { counts: outLane(this.#outs, 0, to), full: outLane(this.#outs, 1, to) };
    outs.counts.fill(1, from, to);
    outs.full.fill(0, from, to);
    for (let i = isPlain ? this.#say(run, from) : from; i < to; ) {
      if (slots[i] !== 0) this.#moveOne(run, outs, i);
      i = isPlain ? this.#say(run, i + 1) : i + 1;
    }
    // What has no slot went to row 0.
    if (isPlain) this.#rows.words.fill(0, this.#word, this.#word + 2);
  }

  /** Takes in the values that are the only ones to count; the first record that is not of these. */
  #say({ to, slots, panes, args }: Run, from: number): number {
    const { words, stride } = this.#rows;
    return sayUntil({ words, stride, word: this.#word }, this.#span, slots, panes, args[0], [from, to]);
  }

  #moveOne({ slots, panes, asked, args }: Run, outs: { counts: Lane; full: Lane }, i: number): void {
    const slot = slots[i] as number;
    // A whole number is handed on as it is, where a float would be wrapped.
    const value = (args[0][i] as number) | 0;
    const pane = panes[i] as number;
    if (value > 0 && (asked === null || asked[i] === 1)) {
      if (this.#isReplaced(slot, value, pane)) return;
      this.#take(slot, value, pane);
    }
    const count = this.#forget(slot, pane);
    outs.counts[i] = Math.min(count, this.#cap);
    outs.full[i] = count > this.#cap ? 1 : 0;
  }

  /** Whether the value took the place of one that is too old. */
  #isReplaced(slot: number, value: number, pane: number): boolean {
    const { words } = this.#rows;
    const row = this.#rowOf(slot);
    if (words[row] === 0 || (words[row + 1] as number) >= pane - this.#span) return false;
    words[row] = value;
    words[row + 1] = pane;
    return true;
  }

  show(slot: number, atMs: number): void {
    const count = this.#forget(slot, this.window.paneOf(atMs) / this.#unit);
    outLane(this.#outs, 0, 1)[0] = Math.min(this.#cap, count);
    outLane(this.#outs, 1, 1)[0] = count > this.#cap ? 1 : 0;
  }
  freeze(slot: number): OperatorState {
    const values: string[] = [];
    const panes: number[] = [];
    const row = this.#rowOf(slot);
    const { words } = this.#rows;
    const held = this.#lists.pool.words;
    const put = (value: number, pane: number): void => {
      values.push(this.#texts.textOf(value) as string);
      panes.push(pane * this.#unit);
    };
    if (words[row] !== 0) put(words[row] as number, words[row + 1] as number);
    else
      for (let i = 0, at = this.#lists.first(slot); i < this.#lists.count(slot); i += 1, at += 2)
        put(held[at] as number, held[at + 1] as number);
    return { values, panes };
  }
  thaw(slot: number, state: OperatorState): void {
    this.#clear(slot);
    const panes = state['panes'] as number[];
    for (const [i, value] of (state['values'] as string[]).entries())
      this.#take(slot, this.#texts.idOf(value), (panes[i] as number) / this.#unit);
  }

  /** The value, heard in the pane, stands at the end. */
  #take(slot: number, value: number, pane: number): void {
    const lists = this.#lists;
    const row = this.#rowOf(slot);
    const { words } = this.#rows;
    const single = words[row] as number;
    if (single === value || (single === 0 && words[row + 1] === 0)) {
      words[row] = value;
      words[row + 1] = pane;
      return;
    }
    if (single !== 0) this.#moveOut(slot, row);
    const count = lists.count(slot);
    const first = lists.first(slot);
    const held = lists.pool.words;
    for (let i = count - 1; i >= 0; i -= 1) {
      if (held[first + 2 * i] !== value) continue;
      for (let at = first + 2 * i; at < first + 2 * (count - 1); at += 1) held[at] = held[at + 2] as number;
      held[first + 2 * (count - 1)] = value;
      held[first + 2 * (count - 1) + 1] = pane;
      return;
    }
    this.#push(slot, value, pane);
    if (count + 1 > this.#cap + 1) lists.remove(slot, 0, 1);
  }

  /** Forgets what was heard before the window that ends in the pane; how many are left. */
  #forget(slot: number, pane: number): number {
    const oldest = pane - this.#span;
    const row = this.#rowOf(slot);
    const { words } = this.#rows;
    if (words[row] !== 0) {
      if ((words[row + 1] as number) >= oldest) return 1;
      words[row] = 0;
      words[row + 1] = 0;
      return 0;
    }
    const lists = this.#lists;
    const count = lists.count(slot);
    if (count === 0) return 0;
    const first = lists.first(slot);
    const held = lists.pool.words;
    let gone = 0;
    while (gone < count && (held[first + 2 * gone + 1] as number) < oldest) gone += 1;
    lists.remove(slot, 0, gone);
    if (count - gone === 1) this.#moveIn(slot, row);
    return count - gone;
  }

  #push(slot: number, value: number, pane: number): void {
    const at = this.#lists.push(slot);
    this.#lists.pool.words[at] = value;
    this.#lists.pool.words[at + 1] = pane;
  }

  /** From the row into a list. */
  #moveOut(slot: number, row: number): void {
    const { words } = this.#rows;
    const [value, pane] = [words[row] as number, words[row + 1] as number];
    words[row] = 0;
    words[row + 1] = 0;
    this.#push(slot, value, pane);
  }

  /** The last one that is left, from its list into the row. */
  #moveIn(slot: number, row: number): void {
    const first = this.#lists.first(slot);
    const held = this.#lists.pool.words;
    const [value, pane] = [held[first] as number, held[first + 1] as number];
    this.#lists.clear(slot);
    this.#rows.words[row] = value;
    this.#rows.words[row + 1] = pane;
  }

  #clear(slot: number): void {
    const row = this.#rowOf(slot);
    if (this.#rows.words[row] === 0) this.#lists.clear(slot);
    this.#rows.words[row] = 0;
    this.#rows.words[row + 1] = 0;
  }

  #rowOf(slot: number): number {
    return slot * this.#rows.stride + this.#word;
  }
}

/**
 * Takes in values from the first record on, up to one that is absent or not the only one to count, and says which that
 * is. A value is the only one when it is the one held, or the one held is too old, or none is. Nothing in the loop calls
 * or is left out, so that the engine checks each array once before it.
 */
function sayUntil(
  state: { words: Int32Array; stride: number; word: number },
  span: number,
  slots: Int32Array,
  panes: Int32Array,
  values: Lane,
  [from, to]: readonly [number, number],
): number {
  const { words } = state;
  const stride = state.stride | 0;
  const word = state.word | 0;
  const reach = span | 0;
  const end = to | 0;
  let i = from | 0;
  for (; i < end; i = (i + 1) | 0) {
    const row = (Math.imul(slots[i] as number, stride) + word) | 0;
    const value = (values[i] as number) | 0;
    const pane = panes[i] as number;
    const held = words[row] as number;
    const beside = words[(row + 1) | 0] as number;
    if (value <= 0 || (held !== value && (held === 0 ? beside !== 0 : beside >= pane - reach))) break;
    words[row] = value;
    words[(row + 1) | 0] = pane;
  }
  return i;
}
