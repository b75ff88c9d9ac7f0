import type { KeptList, Pool, Rows } from './memory.ts';
import type { MetPanes } from './met-panes.ts';

/** Where an operator's state is more than plain words: what must be followed or numbered anew when it moves. */
export interface Keeps {
  /** Words of the row that hold a text's number, 0 for none. */
  readonly texts: readonly number[];
  readonly lists: readonly KeptList[];
}

/** What is kept for each slot, as data: enough to write it down and to read it back. */
export interface Kept extends Keeps {
  readonly rows: Rows;
  /** Null where there are no lists. */
  readonly pool: Pool | null;
  /** Wide words that each row begins with; safe integers all. */
  readonly wides: number;
  /** Null where nothing is kept of what was met. */
  readonly met: MetPanes | null;
}

export const PLAIN: Keeps = { texts: [], lists: [] };
