import { unreadable } from './fault.ts';
import { openOldWorkbook } from './old-workbook.ts';
import type { SheetCell, SheetRow } from './sheet-rows.ts';
import { MOST_WORKBOOK_BYTES, openWorkbook, workbookKind } from './workbook.ts';

/** What all rows of a sheet may come to as text, for cells that share one text repeat it. */
const MOST_TEXT_BYTES = 1 << 30;
const PIECE_CHARACTERS = 1 << 16;

/** How a sheet's cells become cells of a table. */
export interface TableManner {
  readonly delimiter: string;
  /** The text of a cell that holds a number, in a column by its number from 0 and its name in the first row. */
  numberText(text: string, column: number, name: string): string;
}

/** A sheet as a table of text. */
export interface SheetText {
  readonly sheets: number;
  readonly text: AsyncGenerator<Buffer>;
}

/**
 * The first visible sheet of a workbook as CSV in UTF-8 (RFC 4180), each row on the line of its number, so that
 * whoever reads the table tells a cell by the address it has in the workbook. Line ends within a cell become blanks.
 * Memory holds the file and its shared texts.
 */
export async function workbookAsCsv(
  bytes: AsyncIterable<Uint8Array>,
  manner: TableManner,
): Promise<SheetText> {
  const file = await whole(bytes);
  const workbook = workbookKind(file) === 'xls' ? openOldWorkbook(file) : await openWorkbook(file);
  return { sheets: workbook.sheets, text: pieces(workbook.rows(), manner) };
}

async function whole(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const part of bytes) {
    sizeBytes += part.length;
    if (sizeBytes > MOST_WORKBOOK_BYTES)
      throw unreadable(`it is larger than ${MOST_WORKBOOK_BYTES >> 20} MiB; save it as CSV`);
    parts.push(part);
  }
  return Buffer.concat(parts, sizeBytes);
}

async function* pieces(rows: AsyncIterable<SheetRow>, manner: TableManner): AsyncGenerator<Buffer> {
  let names: readonly string[] | null = null;
  let line = 1;
  let piece = '';
  let textBytes = 0;
  for await (const { rowNo, cells } of rows) {
    names ??= cells.map(cell => cell.text.trim());
    const known = names;
    piece += '\n'.repeat(rowNo - line);
    const isBlank = cells.every(cell => cell.text.trim() === '');
    piece += isBlank
      ? '\n'
      : `${cells.map((cell, i) => field(cell, i, known[i] ?? '', manner)).join(manner.delimiter)}\n`;
    line = rowNo + 1;
    if (piece.length < PIECE_CHARACTERS) continue;
    const bytes = Buffer.from(piece);
    textBytes += bytes.length;
    if (textBytes > MOST_TEXT_BYTES) throw unreadable('it grows beyond a gibibyte');
    yield bytes;
    piece = '';
  }
  if (piece !== '') yield Buffer.from(piece);
}

function field({ text, isNumber }: SheetCell, column: number, name: string, manner: TableManner): string {
  const told = isNumber ? manner.numberText(text, column, name) : text.replace(/[\r\n]+/g, ' ');
  if (!told.includes('"') && !told.includes(manner.delimiter)) return told;
  return `"${told.replaceAll('"', '""')}"`;
}
