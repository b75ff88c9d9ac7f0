import type { Window } from '../window.ts';
import type { Operator } from './operator.ts';
import { addToPane, openPaneSums, type PaneSums, sumOfWindow } from './pane-sums.ts';

/** `count`: how many records were taken in within the window, the judged one included. Writes `<name>`: int, 0 when there were none. */
export function openCount(name: string, window: Window): Operator {
  return {
    outputs: { [name]: 'int' },
    lookBackMs: window.reachMs,
    mostEntries: 2 * window.panes,
    open: openPaneSums,
    take: (state, atMs) => {
      addToPane(state as PaneSums, window, atMs, 1);
      return true;
    },
    show: (state, atMs, _taken, view) => {
      view[name] = sumOfWindow(state as PaneSums, window, atMs);
    },
  };
}
