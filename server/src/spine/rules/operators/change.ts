import type { Window } from '../window.ts';
import type { Operator } from './operator.ts';
import { addToPane, type PaneSums, sumOfWindow } from './pane-sums.ts';

interface Changes extends PaneSums {
  value: string | null;
  valueAtMs: number;
  before: string | null;
  changed: boolean;
}

/**
 * `change`: whether the record's value differs from the one before it.
 *
 * Compared as text with the value of the last record that had one, no older than the look-back (an older one
 * is forgotten, and the record is a first one). A first record is no change; a record without the value is
 * none, and leaves the memory as it is. Writes `<name>`: bool, `<name>Before`: string, absent for a first
 * record and one without the value, and `<name>Count`: int, the changes within the window, the judged one included.
 */
export function openChange(name: string, window: Window, lookBackMs: number): Operator {
  const before = `${name}Before`;
  const count = `${name}Count`;
  return {
    outputs: { [name]: 'bool', [before]: 'string', [count]: 'int' },
    lookBackMs: window.reachMs + lookBackMs,
    mostEntries: 2 * window.panes + 4,
    open: (): Changes => ({ panes: [], sums: [], value: null, valueAtMs: 0, before: null, changed: false }),
    take: (state, atMs, [value]) => {
      const changes = state as Changes;
      if (value === undefined) return false;
      const known = changes.value !== null && atMs - changes.valueAtMs <= lookBackMs ? changes.value : null;
      const text = String(value);
      changes.before = known;
      changes.changed = known !== null && known !== text;
      changes.value = text;
      changes.valueAtMs = atMs;
      if (changes.changed) addToPane(changes, window, atMs, 1);
      return true;
    },
    show: (state, atMs, taken, view) => {
      const changes = state as Changes;
      view[name] = taken && changes.changed;
      view[before] = taken && changes.before !== null ? changes.before : undefined;
      view[count] = sumOfWindow(changes, window, atMs);
    },
  };
}
