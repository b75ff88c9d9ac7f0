import type { Window } from '../window.ts';
import { boundedSum, type OperatorState } from './operator.ts';

/** Sums by pane, oldest first: the state `count`, `sum`, `rate` and the changes of `change` share. */
export interface PaneSums extends OperatorState {
  panes: number[];
  sums: number[];
}

export function openPaneSums(): PaneSums {
  return { panes: [], sums: [] };
}

/** Adds to the pane of the instant; records come in order, so that pane is the last one or a new one. */
export function addToPane(state: PaneSums, window: Window, atMs: number, amount: number): void {
  const pane = window.paneOf(atMs);
  const last = state.panes.length - 1;
  if (last >= 0 && state.panes[last] === pane) {
    state.sums[last] = boundedSum(state.sums[last] ?? 0, amount);
    return;
  }
  forgetOldPanes(state, window, pane);
  state.panes.push(pane);
  state.sums.push(amount);
}

/** The sum over the window that ends at the instant. */
export function sumOfWindow(state: PaneSums, window: Window, atMs: number): number {
  if (state.panes.length === 0) return 0;
  const pane = window.paneOf(atMs);
  forgetOldPanes(state, window, pane);
  let total = 0;
  for (const sum of state.sums) total = boundedSum(total, sum);
  return total;
}

function forgetOldPanes(state: PaneSums, window: Window, pane: number): void {
  const oldest = window.oldestOf(pane);
  let gone = 0;
  while (gone < state.panes.length && (state.panes[gone] as number) < oldest) gone += 1;
  if (gone === 0) return;
  state.panes.splice(0, gone);
  state.sums.splice(0, gone);
}
