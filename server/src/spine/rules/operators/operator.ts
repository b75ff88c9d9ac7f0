import type { FieldType } from '../kind-schema.ts';

/** A value as conditions see it; undefined is "the record did not say". */
export type Value = string | number | boolean | undefined;

/** State is plain data: arrays, strings and integers, so that a snapshot is its canonical JSON. */
export type OperatorState = Record<string, number | string | boolean | null | (number | string)[]>;

/** Where an operator writes what conditions read as `state.<name>`. */
export type StateView = Record<string, string | number | boolean | undefined>;

/**
 * One of the eight operators, opened for one named state of one rule.
 *
 * Time is the time of observation, and records come in the order of judging, so none is out of order.
 * What `show` writes for a record depends only on the records of the key no older than `lookBackMs` before
 * it: this is what makes judging again from a later start exact. The first record of a key meets an
 * empty state. Reaching a cap shows as `<name>Full`.
 */
export interface Operator {
  /** What conditions may read, by field of `state`. */
  readonly outputs: Readonly<Record<string, FieldType>>;
  readonly lookBackMs: number;
  /** Most numbers and strings the state of one key can hold. */
  readonly mostEntries: number;
  open(): OperatorState;
  /** Takes one record in, its values in the order of `operatorTakes`; false when it had nothing to take. */
  take(state: OperatorState, atMs: number, args: readonly Value[]): boolean;
  /** Writes the outputs as of `atMs`; `taken` when the record at that instant was just taken in. */
  show(state: OperatorState, atMs: number, taken: boolean, view: StateView): void;
}

/** A sum or count that would leave the safe integers stays at their end, which shows as full. */
export function boundedSum(a: number, b: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, Math.max(Number.MIN_SAFE_INTEGER, a + b));
}
