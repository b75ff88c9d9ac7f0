import type { OperatorState } from '../operators/operator.ts';
import { scaleDown } from '../operators/rate.ts';
import type { OperatorShape } from '../rule.ts';
import type { Window } from '../window.ts';
import type { Place, RowOperator } from './operator.ts';
import { PaneLists } from './pane-lists.ts';
import { put, type View } from './view.ts';

export class CountRows implements RowOperator {
  readonly #panes: PaneLists;
  readonly #out: number;

  constructor(window: Window, place: Place) {
    this.#panes = new PaneLists(window, false, place.rows, place.pool, place.word);
    this.#out = place.out;
  }
  take(slot: number, atMs: number): boolean {
    this.#panes.add(slot, atMs, 1);
    return true;
  }
  show(slot: number, atMs: number, _taken: boolean, view: View): void {
    put(view, this.#out, this.#panes.sum(slot, atMs));
  }
  freeze(slot: number): OperatorState {
    return this.#panes.freeze(slot);
  }
  thaw(slot: number, state: OperatorState): void {
    this.#panes.thaw(slot, state as never);
  }
}

export class SumRows implements RowOperator {
  readonly #panes: PaneLists;
  readonly #out: number;

  constructor(window: Window, place: Place) {
    this.#panes = new PaneLists(window, true, place.rows, place.pool, place.word);
    this.#out = place.out;
  }
  take(slot: number, atMs: number, amount: number): boolean {
    if (Number.isNaN(amount)) return false;
    this.#panes.add(slot, atMs, amount);
    return true;
  }
  show(slot: number, atMs: number, _taken: boolean, view: View): void {
    const total = this.#panes.sum(slot, atMs);
    put(view, this.#out, total);
    put(view, this.#out + 1, Math.abs(total) === Number.MAX_SAFE_INTEGER);
  }
  freeze(slot: number): OperatorState {
    return this.#panes.freeze(slot);
  }
  thaw(slot: number, state: OperatorState): void {
    this.#panes.thaw(slot, state as never);
  }
}

export class RateRows implements RowOperator {
  readonly #panes: PaneLists;
  readonly #out: number;
  readonly #hasValue: boolean;
  readonly #perMs: number;
  readonly #lengthMs: number;

  constructor(shape: Extract<OperatorShape, { operator: 'rate' }>, place: Place) {
    this.#panes = new PaneLists(shape.window, shape.hasValue, place.rows, place.pool, place.word);
    this.#out = place.out;
    this.#hasValue = shape.hasValue;
    this.#perMs = shape.perMs;
    this.#lengthMs = shape.lengthMs;
  }
  take(slot: number, atMs: number, amount: number): boolean {
    if (!this.#hasValue) this.#panes.add(slot, atMs, 1);
    else if (Number.isNaN(amount)) return false;
    else this.#panes.add(slot, atMs, amount);
    return true;
  }
  show(slot: number, atMs: number, _taken: boolean, view: View): void {
    put(view, this.#out, scaleDown(this.#panes.sum(slot, atMs), this.#perMs, this.#lengthMs));
  }
  freeze(slot: number): OperatorState {
    return this.#panes.freeze(slot);
  }
  thaw(slot: number, state: OperatorState): void {
    this.#panes.thaw(slot, state as never);
  }
}
