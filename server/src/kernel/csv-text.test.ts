import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import { csvCell, csvRow, textOfCell } from './csv-text.ts';

const DANGEROUS = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
const TEXTS = [
  ...DANGEROUS.flatMap(sign => [sign, `${sign}1+1`, `'${sign}cmd`, `''${sign}x`, ` ${sign}x`, `"${sign}x`]),
  '=HYPERLINK("http://x","y")',
  '=1,=2;=3',
  "'",
  "''",
  "'plain",
  'plain',
  '89860000000000000017',
  '007',
  '上海;=1',
  'a"b\r\nc',
  '',
];

/** As RFC 4180 readers and spreadsheets of both delimiters take the quotes off. */
const cellsOf = (line: string, delimiter = ','): string[] =>
  (parse(line, { delimiter, relax_column_count: true, relax_quotes: true }) as string[][]).flat();

test('no cell begins with what a spreadsheet takes for a formula', () => {
  for (const text of TEXTS) {
    const [cell = ''] = cellsOf(csvRow([text, 'end']));
    expect(
      DANGEROUS.some(sign => cell.startsWith(sign)),
      JSON.stringify(text),
    ).toBe(false);
  }
});

test('every text comes back as it was, texts that look neutralised already among them', () => {
  for (const text of TEXTS) {
    const [cell, last] = cellsOf(csvRow([text, 'end']));
    expect([textOfCell(cell ?? ''), last]).toEqual([text, 'end']);
  }
});

test('a cell stays one cell for a reader that takes semicolons for delimiters', () => {
  for (const text of TEXTS.filter(each => each.includes(';'))) {
    const cells = cellsOf(csvRow([text]), ';').map(cell => cell.trim());
    expect(cells).toEqual([text.startsWith('=') ? `'${text}` : text]);
  }
});

test('numbers and identifiers are written digit for digit, a number below nothing too', () => {
  expect(csvRow(['89860000000000000017', '007', -5, 1.5, true, null, undefined])).toBe(
    '89860000000000000017,007,-5,1.5,true,,\r\n',
  );
  expect(csvCell('-5')).toBe('"\'-5"');
});
