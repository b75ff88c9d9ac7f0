import type { OperatorState } from '../operators/operator.ts';
import type { Pool, Rows } from './memory.ts';
import type { View } from './view.ts';

/**
 * An operator over rows: what `operators/operator.ts` defines, with its state in the words of a row and in
 * blocks of the rule's pool. Records must come in the order of judging, as there.
 *
 * Arguments are numbers: an int as it is, NaN when absent; anything compared as text by its number in the
 * judge's texts, 0 when absent.
 */
export interface RowOperator {
  /** Takes one record in; false when it had nothing to take. */
  take(slot: number, atMs: number, a: number, b: number, c: number): boolean;
  /** Writes the outputs as of `atMs`, in the order the reference operator names them, from field `out` on. */
  show(slot: number, atMs: number, taken: boolean, view: View): void;
  /** The state as the reference operator would hold it, without what only the last `show` needed. */
  freeze(slot: number): OperatorState;
  /** Replaces the state by one the reference operator held. */
  thaw(slot: number, state: OperatorState): void;
}

/** Reads and writes texts by number. */
export interface TextNumbers {
  idOf(text: string): number;
  textOf(id: number): string | undefined;
}

/** Where an operator's state lies, and where its outputs go. */
export interface Place {
  readonly rows: Rows;
  readonly pool: Pool;
  readonly texts: TextNumbers;
  /** First wide word, counted in wide words. */
  readonly wide: number;
  /** First single word, counted in words from the beginning of the row. */
  readonly word: number;
  /** Number of the first field of the view its outputs go to. */
  readonly out: number;
}
