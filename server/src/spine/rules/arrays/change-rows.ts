import type { OperatorState } from '../operators/operator.ts';
import type { Window } from '../window.ts';
import type { Keeps } from './kept.ts';
import type { OwnLane } from './lane.ts';
import type { Rows } from './memory.ts';
import { outLane, type Place, type RowOperator } from './operator.ts';
import { openPanes, paneUnit } from './pane-lists.ts';
import type { PaneRows } from './pane-rows.ts';
import type { Run } from './run.ts';
import type { TextNumbers } from './texts.ts';

export class ChangeRows implements RowOperator {
  readonly window: Window;
  readonly keeps: Keeps;
  readonly #rows: Rows;
  readonly #panes: PaneRows;
  readonly #texts: TextNumbers;
  readonly #lookBackMs: number;
  readonly #word: number;
  readonly #wide: number;
  readonly #outs: readonly OwnLane[];

  constructor(window: Window, lookBackMs: number, place: Place) {
    this.window = window;
    this.#rows = place.rows;
    this.#panes = openPanes(window, false, { ...place, word: place.word + 1, wide: place.wide + 1 });
    this.keeps = { texts: [place.word], lists: this.#panes.lists };
    this.#texts = place.texts;
    this.#lookBackMs = lookBackMs;
    this.#word = place.word;
    this.#wide = place.wide;
    this.#outs = place.outs;
  }
  move({ from, to, slots, atMs, panes, asked, args }: Run): void {
    const { words, wides, stride } = this.#rows;
    const lookBackMs = this.#lookBackMs;
    const values = args[0];
    const isChanged = outLane(this.#outs, 0, to);
    const previous = outLane(this.#outs, 1, to);
    const counts = outLane(this.#outs, 2, to);
    for (let i = from; i < to; i += 1) {
      const slot = slots[i] as number;
      if (slot === 0) continue;
      const word = slot * stride + this.#word;
      const value = values[i] as number;
      let before = 0;
      let changed = 0;
      if (value > 0 && (asked === null || asked[i] === 1)) {
        const wide = slot * (stride >> 1) + this.#wide;
        const now = atMs[i] as number;
        const held = words[word] as number;
        if (held !== 0 && now - (wides[wide] as number) <= lookBackMs) before = held;
        if (before !== 0 && before !== value) {
          changed = 1;
          this.#panes.add(slot, panes[i] as number, 1);
        }
        words[word] = value;
        wides[wide] = now;
      }
      isChanged[i] = changed;
      previous[i] = before;
      counts[i] = this.#panes.sum(slot, panes[i] as number);
    }
  }
  show(slot: number, atMs: number): void {
    outLane(this.#outs, 0, 1)[0] = 0;
    outLane(this.#outs, 1, 1)[0] = 0;
    outLane(this.#outs, 2, 1)[0] = this.#panes.sum(slot, this.window.paneOf(atMs) / paneUnit(this.window));
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
