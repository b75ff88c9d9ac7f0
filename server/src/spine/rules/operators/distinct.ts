import type { Window } from '../window.ts';
import type { Operator, OperatorState } from './operator.ts';

interface Seen extends OperatorState {
  values: string[];
  panes: number[];
}

/**
 * `distinct`: how many different values the records of the window had, the judged one included. Absent
 * values are none.
 *
 * The set keeps the `cap` + 1 values seen last, by last appearance, so that what it holds depends on the
 * window alone and not on what was forgotten earlier. Writes `<name>`: int, at most `cap`, and
 * `<name>Full`: true when the window held more.
 */
export function openDistinct(name: string, window: Window, cap: number): Operator {
  return {
    outputs: { [name]: 'int', [`${name}Full`]: 'bool' },
    lookBackMs: window.reachMs,
    mostEntries: 2 * (cap + 1),
    open: (): Seen => ({ values: [], panes: [] }),
    take: (state, atMs, [value]) => {
      if (value === undefined) return false;
      const seen = state as Seen;
      moveToEnd(seen, String(value), window.paneOf(atMs));
      if (seen.values.length > cap + 1) forgetFirst(seen, seen.values.length - cap - 1);
      return true;
    },
    show: (state, atMs, _taken, view) => {
      const seen = state as Seen;
      const oldest = window.oldestOf(window.paneOf(atMs));
      let gone = 0;
      while (gone < seen.panes.length && (seen.panes[gone] as number) < oldest) gone += 1;
      forgetFirst(seen, gone);
      view[name] = Math.min(cap, seen.values.length);
      view[`${name}Full`] = seen.values.length > cap;
    },
  };
}

function moveToEnd(seen: Seen, value: string, pane: number): void {
  const at = seen.values.lastIndexOf(value);
  if (at >= 0) {
    seen.values.splice(at, 1);
    seen.panes.splice(at, 1);
  }
  seen.values.push(value);
  seen.panes.push(pane);
}

function forgetFirst(seen: Seen, count: number): void {
  if (count === 0) return;
  seen.values.splice(0, count);
  seen.panes.splice(0, count);
}
