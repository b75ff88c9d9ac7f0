import { cellsOf } from './csv-cells.ts';

/** Names of columns that hold cards, the first that a table has is taken. */
const COLUMNS = ['iccid', 'card', 'reference', 'msisdn', 'imsi', 'eid', 'given', 'subject.reference'];

/** The names of cards in a list or table, or why there are none. */
export type CardList = { readonly cards: readonly string[] } | { readonly noColumn: string };

/**
 * Cards of a text with one on each line, or of a CSV table: out of the column named (by name, or number from 1), else out
 * of the first whose name is one of a card, else out of the first. Identifiers are text: what a spreadsheet puts before
 * one to keep it so is taken off.
 */
export function cardList(text: string, column: string | undefined): CardList {
  const rows = cellsOf(text.replace(/^\uFEFF/, ''));
  const first = (rows[0] ?? []).map(cell => cell.trim().toLowerCase());
  const at = placeOf(first, column);
  if (at === -1) return { noColumn: column ?? '' };
  // A heading has no digit in it; a card always has.
  const hasHeading = !/\d/.test(first[at] ?? '');
  const cells = rows.slice(hasHeading ? 1 : 0).map(row => bare(row[at] ?? ''));
  return { cards: cells.filter(cell => cell !== '') };
}

function placeOf(first: readonly string[], column: string | undefined): number {
  if (column !== undefined && /^[1-9]\d{0,3}$/.test(column)) return Number(column) - 1;
  if (column !== undefined) return first.indexOf(column.trim().toLowerCase());
  const known = COLUMNS.map(name => first.indexOf(name)).find(place => place >= 0);
  return known ?? 0;
}

/** Without the apostrophe that marks text, and without the `="…"` that some exports write. */
function bare(cell: string): string {
  const text = cell.trim().replace(/^="(.*)"$/, '$1');
  return text.replace(/^'+(?=[\d+])/, '').trim();
}
