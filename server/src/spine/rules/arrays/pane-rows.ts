import type { OperatorState } from '../operators/operator.ts';
import type { PaneSums } from '../operators/pane-sums.ts';
import type { Window } from '../window.ts';
import type { Lane } from './lane.ts';
import type { KeptList, Pool, Rows } from './memory.ts';
import type { Run } from './run.ts';

/** Sums by pane for each slot of a row operator. */
export interface PaneRows {
  readonly lists: readonly KeptList[];
  /**
   * Adds to the pane of each record that is asked for and writes the sum over the window that ends with it.
   * `amounts` null adds 1; a NaN adds nothing.
   */
  move(run: Run, amounts: Lane | null, out: Lane): void;
  add(slot: number, pane: number, amount: number): void;
  /** The sum over the window that ends in the pane. */
  sum(slot: number, pane: number): number;
  freeze(slot: number): OperatorState & PaneSums;
  thaw(slot: number, state: PaneSums): void;
}

/** Sums of several operators of a rule that lie together. */
export interface SharedSums {
  /** Those of one operator more. */
  open(window: Window): PaneRows;
}

/** Where the sums of a window lie in the rows: its first single word, its first wide word. */
export interface PanePlace {
  readonly rows: Rows;
  readonly pool: Pool;
  readonly word: number;
  readonly wide: number;
  readonly sparse: SharedSums | null;
}
