import type { ClaimKind, ClaimReading } from '../identifiers/claims.ts';
import { CSV_FIELDS, type CsvField } from './csv-mapping.ts';
import type { ReadTime } from './time-pattern.ts';

/** Column of each field in this file, from 0; -1 when it has none. */
export type Places = { [field in CsvField]: number };

export function noPlaces(): Places {
  return Object.fromEntries(CSV_FIELDS.map(field => [field, -1])) as Places;
}

/**
 * The cells of one row, trimmed, by column. Whatever the text of a cell says is what it means: the quick
 * answers are the same meaning taken from the bytes where these have the plain shape, and no answer otherwise.
 */
export interface Cells {
  /** Null when the cell is not there, empty or a null token; so for column -1. */
  text(column: number): string | null;
  /** A whole number times a factor, when that is exact; NaN: ask the text. */
  quickAmount(column: number, factor: number): number;
  /** Null: ask the text. */
  quickClaim(kind: ClaimKind, column: number): ClaimReading | null;
  /** The digits of an IMEI of 14, an IMEI of 15 that needs no flag, or an IMEISV of 16; null: ask the text. */
  quickImei(column: number): string | null;
  /** Null: ask the text. */
  quickTime(column: number): ReadTime;
}

/** Cells of a row that the complete parser split: every answer is in the text. */
export class TextCells implements Cells {
  private readonly nulls: ReadonlySet<string>;
  private cells: readonly string[] = [];

  constructor(nulls: readonly string[]) {
    this.nulls = new Set(nulls);
  }

  of(cells: readonly string[]): this {
    this.cells = cells;
    return this;
  }

  text(column: number): string | null {
    const text = this.cells[column]?.trim();
    return text === undefined || this.nulls.has(text) ? null : text;
  }

  quickAmount(): number {
    return Number.NaN;
  }

  quickClaim(): null {
    return null;
  }

  quickImei(): null {
    return null;
  }

  quickTime(): null {
    return null;
  }
}
