import type { Window } from '../window.ts';
import { boundedSum, type Operator } from './operator.ts';
import { addToPane, openPaneSums, type PaneSums, sumOfWindow } from './pane-sums.ts';

/**
 * `rate`: the amount over the window, scaled to the time `per` and rounded down: ⌊amount × per ÷ window⌋.
 * Without a value it is the number of records. The window's whole length counts, however young the key is:
 * a first record is no burst. Writes `<name>`: int, which stays at the end of the safe integers as a sum does.
 */
export function openRate(
  name: string,
  window: Window,
  lengthMs: number,
  perMs: number,
  hasValue: boolean,
): Operator {
  return {
    outputs: { [name]: 'int' },
    lookBackMs: window.reachMs,
    mostEntries: 2 * window.panes,
    open: openPaneSums,
    take: (state, atMs, [amount]) => {
      if (hasValue && typeof amount !== 'number') return false;
      addToPane(state as PaneSums, window, atMs, hasValue ? (amount as number) : 1);
      return true;
    },
    show: (state, atMs, _taken, view) => {
      view[name] = scaleDown(sumOfWindow(state as PaneSums, window, atMs), perMs, lengthMs);
    },
  };
}

/** ⌊amount × per ÷ length⌋ exactly, also where the product leaves the safe integers; bounded where the rate does. */
export function scaleDown(amount: number, perMs: number, lengthMs: number): number {
  const product = amount * perMs;
  if (Number.isSafeInteger(product)) return Math.floor(product / lengthMs);
  const exact = BigInt(amount) * BigInt(perMs);
  const length = BigInt(lengthMs);
  const quotient = exact / length - (exact % length < 0n ? 1n : 0n);
  return boundedSum(0, Number(quotient));
}
