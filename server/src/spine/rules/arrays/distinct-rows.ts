import type { OperatorState } from '../operators/operator.ts';
import type { Window } from '../window.ts';
import { Lists } from './lists.ts';
import type { Place, RowOperator, TextNumbers } from './operator.ts';
import { paneUnit } from './pane-lists.ts';
import { put, type View } from './view.ts';

export class DistinctRows implements RowOperator {
  readonly #lists: Lists;
  readonly #texts: TextNumbers;
  readonly #window: Window;
  readonly #unit: number;
  readonly #cap: number;
  readonly #out: number;

  constructor(window: Window, cap: number, place: Place) {
    this.#lists = new Lists(place.rows, place.pool, place.word, 2);
    this.#texts = place.texts;
    this.#window = window;
    this.#unit = paneUnit(window);
    this.#cap = cap;
    this.#out = place.out;
  }
  take(slot: number, atMs: number, value: number): boolean {
    if (value === 0) return false;
    const pane = this.#window.paneOf(atMs) / this.#unit;
    const lists = this.#lists;
    const count = lists.count(slot);
    const first = lists.first(slot);
    const words = lists.pool.words;
    for (let i = count - 1; i >= 0; i -= 1) {
      if (words[first + 2 * i] !== value) continue;
      if (i === count - 1) {
        words[first + 2 * i + 1] = pane;
        return true;
      }
      lists.remove(slot, i, 1);
      break;
    }
    const at = lists.push(slot);
    lists.pool.words[at] = value;
    lists.pool.words[at + 1] = pane;
    if (lists.count(slot) > this.#cap + 1) lists.remove(slot, 0, 1);
    return true;
  }
  show(slot: number, atMs: number, _taken: boolean, view: View): void {
    const lists = this.#lists;
    let count = lists.count(slot);
    if (count > 0) {
      const oldest = this.#window.oldestOf(this.#window.paneOf(atMs)) / this.#unit;
      const first = lists.first(slot);
      let gone = 0;
      while (gone < count && (lists.pool.words[first + 2 * gone + 1] as number) < oldest) gone += 1;
      lists.remove(slot, 0, gone);
      count -= gone;
    }
    put(view, this.#out, Math.min(this.#cap, count));
    put(view, this.#out + 1, count > this.#cap);
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
}
