import type { OperatorState } from '../operators/operator.ts';
import type { Window } from '../window.ts';
import type { Keeps } from './kept.ts';
import type { Lane, OwnLane } from './lane.ts';
import type { Pool, Rows } from './memory.ts';
import type { SharedSums } from './pane-rows.ts';
import type { Run } from './run.ts';
import type { TextNumbers } from './texts.ts';

/**
 * An operator over rows: what `operators/operator.ts` defines, with its state in the words of a row and in
 * blocks of the rule's pool. Records must come in the order of judging, as there.
 */
export interface RowOperator {
  /** The window whose panes it reads; null for none. */
  readonly window: Window | null;
  /** Which words of its state name texts or blocks. */
  readonly keeps: Keeps;
  /** Takes in the records of a stretch one after the other and writes what the operator shows as of each. */
  move(run: Run): void;
  /** Writes the outputs as of `atMs`, with nothing taken in, at the beginning of the output lanes. */
  show(slot: number, atMs: number): void;
  /** The state as the reference operator would hold it, without what only the last `show` needed. */
  freeze(slot: number): OperatorState;
  /** Replaces the state by one the reference operator held. */
  thaw(slot: number, state: OperatorState): void;
}

/** Where an operator's state lies, and where its outputs go, in the order the reference operator names them. */
export interface Place {
  readonly rows: Rows;
  readonly pool: Pool;
  readonly texts: TextNumbers;
  /** First wide word, counted in wide words. */
  readonly wide: number;
  /** First single word, counted in words from the beginning of the row. */
  readonly word: number;
  readonly outs: readonly OwnLane[];
  /** Where the operator's sums lie when most keys have none; null when they have words of their own. */
  readonly sparse: SharedSums | null;
}

/** The output lane `n` of a place, long enough for `length` records. */
export function outLane(outs: readonly OwnLane[], n: number, length: number): Lane {
  return (outs[n] as OwnLane).to(length);
}
