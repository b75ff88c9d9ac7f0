import type { Use } from './model.ts';

export type Piece = string | Uint8Array;

/** One record; of a list each piece is a record of its own. */
export type Told = Piece | readonly Piece[];

/** A file of usage while it is written: what comes first, what tells each use, and what comes last. */
export interface UsageFile {
  head(): Piece;
  record(use: Use): Told;
  /** What ends the file, or, as a list, the records that were still to be told. */
  tail(): Told;
}

/** A file of records under one head, with nothing after them. */
export function plainFile(head: string, record: (use: Use) => Told): UsageFile {
  return { head: () => head, record, tail: () => '' };
}

export function isPiece(told: Told): told is Piece {
  return typeof told === 'string' || told instanceof Uint8Array;
}

/** One JSON object on a line of its own. */
export const line = (value: unknown): string => `${JSON.stringify(value)}\n`;
