import type { OperatorState } from '../operators/operator.ts';
import { scaleDown } from '../operators/rate.ts';
import type { OperatorShape } from '../rule.ts';
import type { Window } from '../window.ts';
import type { Keeps } from './kept.ts';
import type { OwnLane } from './lane.ts';
import { outLane, type Place, type RowOperator } from './operator.ts';
import { openPanes, paneUnit } from './pane-lists.ts';
import type { PaneRows } from './pane-rows.ts';
import type { Run } from './run.ts';

const MOST = Number.MAX_SAFE_INTEGER;

/** What the operators over pane sums share: where the sums lie and how they are kept. */
abstract class OverPanes implements RowOperator {
  readonly window: Window;
  readonly keeps: Keeps;
  protected readonly panes: PaneRows;
  protected readonly outs: readonly OwnLane[];

  constructor(window: Window, isWide: boolean, place: Place) {
    this.window = window;
    this.panes = openPanes(window, isWide, place);
    this.outs = place.outs;
    this.keeps = { texts: [], lists: this.panes.lists };
  }
  abstract move(run: Run): void;
  show(slot: number, atMs: number): void {
    outLane(this.outs, 0, 1)[0] = this.panes.sum(slot, this.window.paneOf(atMs) / paneUnit(this.window));
    this.finish(0, 1);
  }
  /** Makes the outputs of the sums that lie in the first lane. */
  protected abstract finish(from: number, to: number): void;
  freeze(slot: number): OperatorState {
    return this.panes.freeze(slot);
  }
  thaw(slot: number, state: OperatorState): void {
    this.panes.thaw(slot, state as never);
  }
}

export class CountRows extends OverPanes {
  constructor(window: Window, place: Place) {
    super(window, false, place);
  }
  move(run: Run): void {
    this.panes.move(run, null, outLane(this.outs, 0, run.to));
  }
  protected finish(): void {}
}

export class SumRows extends OverPanes {
  constructor(window: Window, place: Place) {
    super(window, true, place);
  }
  move(run: Run): void {
    this.panes.move(run, run.args[0], outLane(this.outs, 0, run.to));
    this.finish(run.from, run.to);
  }
  protected finish(from: number, to: number): void {
    const totals = outLane(this.outs, 0, to);
    const full = outLane(this.outs, 1, to);
    for (let i = from; i < to; i += 1) full[i] = Math.abs(totals[i] as number) >= MOST ? 1 : 0;
  }
}

export class RateRows extends OverPanes {
  readonly #hasValue: boolean;
  readonly #perMs: number;
  readonly #lengthMs: number;

  constructor(shape: Extract<OperatorShape, { operator: 'rate' }>, place: Place) {
    super(shape.window, shape.hasValue, place);
    this.#hasValue = shape.hasValue;
    this.#perMs = shape.perMs;
    this.#lengthMs = shape.lengthMs;
  }
  move(run: Run): void {
    this.panes.move(run, this.#hasValue ? run.args[0] : null, outLane(this.outs, 0, run.to));
    this.finish(run.from, run.to);
  }
  protected finish(from: number, to: number): void {
    const lane = outLane(this.outs, 0, to);
    for (let i = from; i < to; i += 1) lane[i] = scaleDown(lane[i] as number, this.#perMs, this.#lengthMs);
  }
}
