import type { Lane } from './lane.ts';

/** A stretch of a batch, in the order of judging. */
export interface Run {
  readonly from: number;
  readonly to: number;
  /** The slot of each record's key; 0 where the rule does not judge the record. */
  readonly slots: Int32Array;
  readonly atMs: Lane;
  /** The pane of each record in the operator's window, divided by the window's unit. */
  readonly panes: Int32Array;
  /** 1 where the operator is to take the record in; null: everywhere. */
  readonly asked: Lane | null;
  /**
   * Arguments: an int as it is, NaN when absent; anything compared as text by its number in the judge's
   * texts, below 1 or NaN when absent.
   */
  readonly args: readonly [Lane, Lane, Lane];
}
