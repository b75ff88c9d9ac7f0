import type { OperatorState } from '../operators/operator.ts';
import { scaleDown } from '../operators/rate.ts';
import type { OperatorShape } from '../rule.ts';
import type { Window } from '../window.ts';
import type { Place, RowOperator } from './operator.ts';
import { PaneLists } from './pane-lists.ts';
import { put, type View } from './view.ts';

/** What the operators over pane sums share: where the sums lie and how they are kept. */
abstract class PaneRows implements RowOperator {
  protected readonly panes: PaneLists;
  protected readonly out: number;

  constructor(window: Window, isWide: boolean, place: Place) {
    this.panes = new PaneLists(window, isWide, place.rows, place.pool, place.word);
    this.out = place.out;
  }
  abstract take(slot: number, atMs: number, amount: number): boolean;
  abstract show(slot: number, atMs: number, taken: boolean, view: View): void;
  freeze(slot: number): OperatorState {
    return this.panes.freeze(slot);
  }
  thaw(slot: number, state: OperatorState): void {
    this.panes.thaw(slot, state as never);
  }
}

export class CountRows extends PaneRows {
  constructor(window: Window, place: Place) {
    super(window, false, place);
  }
  take(slot: number, atMs: number): boolean {
    this.panes.add(slot, atMs, 1);
    return true;
  }
  show(slot: number, atMs: number, _taken: boolean, view: View): void {
    put(view, this.out, this.panes.sum(slot, atMs));
  }
}

export class SumRows extends PaneRows {
  constructor(window: Window, place: Place) {
    super(window, true, place);
  }
  take(slot: number, atMs: number, amount: number): boolean {
    if (Number.isNaN(amount)) return false;
    this.panes.add(slot, atMs, amount);
    return true;
  }
  show(slot: number, atMs: number, _taken: boolean, view: View): void {
    const total = this.panes.sum(slot, atMs);
    put(view, this.out, total);
    put(view, this.out + 1, Math.abs(total) === Number.MAX_SAFE_INTEGER);
  }
}

export class RateRows extends PaneRows {
  readonly #hasValue: boolean;
  readonly #perMs: number;
  readonly #lengthMs: number;

  constructor(shape: Extract<OperatorShape, { operator: 'rate' }>, place: Place) {
    super(shape.window, shape.hasValue, place);
    this.#hasValue = shape.hasValue;
    this.#perMs = shape.perMs;
    this.#lengthMs = shape.lengthMs;
  }
  take(slot: number, atMs: number, amount: number): boolean {
    if (!this.#hasValue) this.panes.add(slot, atMs, 1);
    else if (Number.isNaN(amount)) return false;
    else this.panes.add(slot, atMs, amount);
    return true;
  }
  show(slot: number, atMs: number, _taken: boolean, view: View): void {
    put(view, this.out, scaleDown(this.panes.sum(slot, atMs), this.#perMs, this.#lengthMs));
  }
}
