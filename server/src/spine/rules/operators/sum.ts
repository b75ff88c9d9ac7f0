import type { Window } from '../window.ts';
import type { Operator } from './operator.ts';
import { addToPane, openPaneSums, type PaneSums, sumOfWindow } from './pane-sums.ts';

/**
 * `sum`: the sum of an integer over the records of the window, the judged one included. A record without
 * the value adds nothing (missing is not zero, but it is no volume either). Writes `<name>`: int, 0 when nothing was added, and
 * `<name>Full`: true when the sum has left the safe integers and stands still.
 */
export function openSum(name: string, window: Window): Operator {
  return {
    outputs: { [name]: 'int', [`${name}Full`]: 'bool' },
    lookBackMs: window.reachMs,
    mostEntries: 2 * window.panes,
    open: openPaneSums,
    take: (state, atMs, [amount]) => {
      if (typeof amount !== 'number') return false;
      addToPane(state as PaneSums, window, atMs, amount);
      return true;
    },
    show: (state, atMs, _taken, view) => {
      const total = sumOfWindow(state as PaneSums, window, atMs);
      view[name] = total;
      view[`${name}Full`] = Math.abs(total) === Number.MAX_SAFE_INTEGER;
    },
  };
}
