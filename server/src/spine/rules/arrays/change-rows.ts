import type { OperatorState } from '../operators/operator.ts';
import type { Window } from '../window.ts';
import type { Rows } from './memory.ts';
import type { Place, RowOperator, TextNumbers } from './operator.ts';
import { PaneLists } from './pane-lists.ts';
import { put, type View } from './view.ts';

export class ChangeRows implements RowOperator {
  readonly #rows: Rows;
  readonly #panes: PaneLists;
  readonly #texts: TextNumbers;
  readonly #lookBackMs: number;
  readonly #word: number;
  readonly #wide: number;
  readonly #out: number;
  #before = 0;
  #isChanged = false;

  constructor(window: Window, lookBackMs: number, place: Place) {
    this.#rows = place.rows;
    this.#panes = new PaneLists(window, false, place.rows, place.pool, place.word + 1);
    this.#texts = place.texts;
    this.#lookBackMs = lookBackMs;
    this.#word = place.word;
    this.#wide = place.wide;
    this.#out = place.out;
  }
  take(slot: number, atMs: number, value: number): boolean {
    if (value === 0) return false;
    const { words, wides, stride } = this.#rows;
    const word = slot * stride + this.#word;
    const wide = slot * (stride >> 1) + this.#wide;
    const held = words[word] as number;
    this.#before = held !== 0 && atMs - (wides[wide] as number) <= this.#lookBackMs ? held : 0;
    this.#isChanged = this.#before !== 0 && this.#before !== value;
    words[word] = value;
    wides[wide] = atMs;
    if (this.#isChanged) this.#panes.add(slot, atMs, 1);
    return true;
  }
  show(slot: number, atMs: number, taken: boolean, view: View): void {
    put(view, this.#out, taken && this.#isChanged);
    put(view, this.#out + 1, taken ? this.#texts.textOf(this.#before) : undefined);
    put(view, this.#out + 2, this.#panes.sum(slot, atMs));
  }
  freeze(slot: number): OperatorState {
    const { words, wides, stride } = this.#rows;
    const value = this.#texts.textOf(words[slot * stride + this.#word] as number) ?? null;
    const valueAtMs = value === null ? 0 : (wides[slot * (stride >> 1) + this.#wide] as number);
    return { ...this.#panes.freeze(slot), value, valueAtMs };
  }
  thaw(slot: number, state: OperatorState): void {
    const { stride } = this.#rows;
    const value = state['value'] as string | null;
    this.#rows.words[slot * stride + this.#word] = value === null ? 0 : this.#texts.idOf(value);
    this.#rows.wides[slot * (stride >> 1) + this.#wide] = state['valueAtMs'] as number;
    this.#panes.thaw(slot, state as never);
  }
}
