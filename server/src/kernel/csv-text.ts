/**
 * What a spreadsheet takes for a formula when a cell begins with it: the four signs and their full-width forms, and
 * the white space it skips before one. After any number of apostrophes, for those mark text (CWE-1236).
 */
const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/;
const UNDONE = /^'+[=+\-@\t\r\n＝＋－＠]/;
/** A cell of nothing else needs no quotes under any delimiter that a reader may guess. */
const BARE = /^[\p{L}\p{N} ._:/-]*$/u;

/**
 * A text as one cell of a table for strangers' spreadsheets: none is taken for a formula, an apostrophe before it
 * says that it is text. `textOfCell` gives every text back as it was.
 */
export function csvCell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return BARE.test(safe) ? safe : `"${safe.replaceAll('"', '""')}"`;
}

/**
 * A text as a cell of a workbook, which is text whatever it begins with: only one that already looks as if `csvCell` had
 * written it gets an apostrophe, so that `textOfCell` gives it back from there and from CSV alike.
 */
export function textCell(text: string): string {
  return UNDONE.test(text) ? `'${text}` : text;
}

/** The text that `csvCell` wrote, once a reader has taken the quotes off. */
export function textOfCell(cell: string): string {
  return UNDONE.test(cell) ? cell.slice(1) : cell;
}

/** One row (RFC 4180): numbers as they are, texts by `csvCell`, nothing for what there is none of. */
export function csvRow(values: readonly (string | number | boolean | null | undefined)[]): string {
  const cells = values.map(value => (typeof value === 'string' ? csvCell(value) : (value ?? '').toString()));
  return `${cells.join(',')}\r\n`;
}
