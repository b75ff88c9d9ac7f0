import type { OperatorState } from '../operators/operator.ts';
import type { Window } from '../window.ts';
import type { Keeps } from './kept.ts';
import type { OwnLane } from './lane.ts';
import { Lists } from './lists.ts';
import { outLane, type Place, type RowOperator } from './operator.ts';
import { paneSpan, paneUnit } from './pane-lists.ts';
import type { Run } from './run.ts';
import type { TextNumbers } from './texts.ts';

export class DistinctRows implements RowOperator {
  readonly window: Window;
  readonly keeps: Keeps;
  readonly #lists: Lists;
  readonly #texts: TextNumbers;
  readonly #unit: number;
  readonly #span: number;
  readonly #cap: number;
  readonly #outs: readonly OwnLane[];

  constructor(window: Window, cap: number, place: Place) {
    this.#lists = new Lists(place.rows, place.pool, place.word, 2);
    this.#texts = place.texts;
    this.keeps = { texts: [], lists: [{ at: place.word, size: 2, isOfTexts: true }] };
    this.window = window;
    this.#unit = paneUnit(window);
    this.#span = paneSpan(window);
    this.#cap = cap;
    this.#outs = place.outs;
  }
  move({ from, to, slots, panes, asked, args }: Run): void {
    const values = args[0];
    const counts = outLane(this.#outs, 0, to);
    const full = outLane(this.#outs, 1, to);
    for (let i = from; i < to; i += 1) {
      const slot = slots[i] as number;
      if (slot === 0) continue;
      // A whole number is handed on as it is, where a float would be wrapped.
      const value = (values[i] as number) | 0;
      const pane = panes[i] as number;
      if (value > 0 && (asked === null || asked[i] === 1)) this.#take(slot, value, pane);
      const count = this.#forget(slot, pane);
      counts[i] = Math.min(this.#cap, count);
      full[i] = count > this.#cap ? 1 : 0;
    }
  }
  show(slot: number, atMs: number): void {
    const count = this.#forget(slot, this.window.paneOf(atMs) / this.#unit);
    outLane(this.#outs, 0, 1)[0] = Math.min(this.#cap, count);
    outLane(this.#outs, 1, 1)[0] = count > this.#cap ? 1 : 0;
  }
  freeze(slot: number): OperatorState {
    const values: string[] = [];
    const panes: number[] = [];
    const words = this.#lists.pool.words;
    for (let i = 0, at = this.#lists.first(slot); i < this.#lists.count(slot); i += 1, at += 2) {
      values.push(this.#texts.textOf(words[at] as number) as string);
      panes.push((words[at + 1] as number) * this.#unit);
    }
    return { values, panes };
  }
  thaw(slot: number, state: OperatorState): void {
    this.#lists.clear(slot);
    const panes = state['panes'] as number[];
    for (const [i, value] of (state['values'] as string[]).entries()) {
      const id = this.#texts.idOf(value);
      const at = this.#lists.push(slot);
      this.#lists.pool.words[at] = id;
      this.#lists.pool.words[at + 1] = (panes[i] as number) / this.#unit;
    }
  }

  #take(slot: number, value: number, pane: number): void {
    const lists = this.#lists;
    const count = lists.count(slot);
    const first = lists.first(slot);
    const words = lists.pool.words;
    for (let i = count - 1; i >= 0; i -= 1) {
      if (words[first + 2 * i] !== value) continue;
      // The value heard last stands at the end.
      for (let at = first + 2 * i; at < first + 2 * (count - 1); at += 1) words[at] = words[at + 2] as number;
      words[first + 2 * (count - 1)] = value;
      words[first + 2 * (count - 1) + 1] = pane;
      return;
    }
    const at = lists.push(slot);
    lists.pool.words[at] = value;
    lists.pool.words[at + 1] = pane;
    if (count + 1 > this.#cap + 1) lists.remove(slot, 0, 1);
  }

  /** Forgets what was heard before the window that ends in the pane; how many are left. */
  #forget(slot: number, pane: number): number {
    const lists = this.#lists;
    const count = lists.count(slot);
    if (count === 0) return 0;
    const oldest = pane - this.#span;
    const first = lists.first(slot);
    let gone = 0;
    while (gone < count && (lists.pool.words[first + 2 * gone + 1] as number) < oldest) gone += 1;
    lists.remove(slot, 0, gone);
    return count - gone;
  }
}
