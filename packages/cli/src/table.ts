/** One column of a table: its heading, and the text of a cell. Cells are text always; an identifier is never a number. */
export interface Column<Row> {
  readonly heading: string;
  cell(row: Row): string;
}

/** Rows as lines of aligned text; wide characters count two places. Ends with a newline. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = [
    columns.map(column => column.heading),
    ...rows.map(row => columns.map(column => plain(column.cell(row)))),
  ];
  const widths = columns.map((_, i) => Math.max(...cells.map(line => widthOf(line[i] ?? ''))));
  return cells
    .map(
      line =>
        `${line
          .map((cell, i) => pad(cell, widths[i] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

/** Pairs of name and value, one a line. */
export function pairs(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(0, ...rows.map(([name]) => widthOf(name)));
  return rows.map(([name, value]) => `${pad(name, width)}  ${plain(value)}`.trimEnd().concat('\n')).join('');
}

/**
 * Text from the server made safe for a terminal: control characters, and those that turn the writing
 * direction, are shown by their number instead of obeyed.
 */
export function plain(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point.
    /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    character => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += WIDE.test(character) ? 2 : 1;
  return width;
}

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/;
