import type { ByteFeed } from './byte-feed.ts';
import { nextLine } from './text-lines.ts';

/** Bounds of one row and of one field; a row beyond them is handed over in pieces. */
export const ROW_BYTES = 64 * 1024;
export const FIELD_CHARACTERS = 16 * 1024;
export const MOST_COLUMNS = 2_000;

export interface RawRow {
  readonly raw: Buffer;
  /** Row as a spreadsheet counts it, from 1. */
  readonly rowNo: number;
  readonly fault: 'row-too-long' | 'quote-unclosed' | null;
}

const LF = 0x0a;
const QUOTE = 0x22;

/**
 * Cuts a CSV stream into rows of raw bytes (RFC 4180: a quoted field may hold line ends). A quote that is
 * never closed costs only its own line: the rows behind it are cut as if it were a plain character.
 *
 * Safe for UTF-8 and GB18030: neither has the bytes of a quote, a line end, a comma, a semicolon or a tab
 * inside a longer character.
 */
export class RowCutter {
  private readonly feed: ByteFeed;
  private readonly delimiter: number;
  /** Number of the row that came last. */
  rowNo = 0;
  /** Whether what comes next is the rest of a row that is too long. */
  isInLongRow = false;

  constructor(feed: ByteFeed, delimiter: string) {
    this.feed = feed;
    this.delimiter = delimiter.charCodeAt(0);
  }

  /** The next row, or piece of a row that is too long; null at the end of the stream. */
  async next(): Promise<RawRow | null> {
    if (this.isInLongRow) {
      const piece = await nextLine(this.feed, ROW_BYTES);
      if (piece === null) return null;
      this.isInLongRow = !piece.isWhole;
      return { raw: piece.line, rowNo: this.rowNo, fault: 'row-too-long' };
    }
    const row = await scanRow(this.feed, this.delimiter);
    if (row === null) return null;
    this.rowNo += 1;
    this.isInLongRow = row.fault === 'row-too-long';
    return { raw: this.feed.take(row.bytes), rowNo: this.rowNo, fault: row.fault };
  }
}

/** Length of the row at hand, and what is wrong with it; null at the end of the stream. */
async function scanRow(
  feed: ByteFeed,
  delimiter: number,
): Promise<{ bytes: number; fault: RawRow['fault'] } | null> {
  let isInQuotes = false;
  let mayOpen = true;
  for (let at = 0; ; at++) {
    if (at >= ROW_BYTES) return unfinished(feed.view(), isInQuotes, ROW_BYTES);
    if (at >= feed.available && (await feed.ensure(at + 1)) <= at) {
      if (at === 0) return null;
      return isInQuotes ? unfinished(feed.view(), true, at) : { bytes: at, fault: null };
    }
    const byte = feed.byteAt(at);
    if (byte === QUOTE && (isInQuotes || mayOpen)) {
      // A closing quote directly followed by another is an escaped one and opens again.
      isInQuotes = !isInQuotes;
      mayOpen = !isInQuotes;
    } else if (!isInQuotes) {
      if (byte === LF) return { bytes: at + 1, fault: null };
      mayOpen = byte === delimiter;
    }
  }
}

function unfinished(
  view: Buffer,
  isInQuotes: boolean,
  scanned: number,
): { bytes: number; fault: RawRow['fault'] } {
  const lineEnd = view.indexOf(LF);
  if (isInQuotes && lineEnd >= 0 && lineEnd < scanned) return { bytes: lineEnd + 1, fault: 'quote-unclosed' };
  if (isInQuotes && scanned < ROW_BYTES) return { bytes: scanned, fault: 'quote-unclosed' };
  return { bytes: ROW_BYTES, fault: 'row-too-long' };
}

export type CellFault = 'quote-misplaced' | 'field-too-long' | 'too-many-columns';

/** Cells of one row, without its line end. A quoted cell must end where its field ends. */
export function splitRow(
  row: string,
  delimiter: string,
): { readonly cells: string[] } | { readonly fault: CellFault } {
  const text = row.replace(/\r?\n$/, '');
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    let cell: string;
    if (text.charAt(at) === '"') {
      const end = closingQuote(text, at + 1);
      if (end < 0) return { fault: 'quote-misplaced' };
      cell = text.slice(at + 1, end).replaceAll('""', '"');
      at = end + 1;
      if (at < text.length && text.charAt(at) !== delimiter) return { fault: 'quote-misplaced' };
    } else {
      const end = text.indexOf(delimiter, at);
      cell = text.slice(at, end < 0 ? text.length : end);
      at = end < 0 ? text.length : end;
    }
    if (cell.length > FIELD_CHARACTERS) return { fault: 'field-too-long' };
    if (cells.push(cell) > MOST_COLUMNS) return { fault: 'too-many-columns' };
    if (at >= text.length) return { cells };
    at += 1;
  }
}

function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2)) {
    if (text.charAt(at + 1) !== '"') return at;
  }
  return -1;
}

/** A spreadsheet's name for a cell: column 3 of row 5 is `D5`, counting columns from 0. */
export function cellAddress(column: number, rowNo: number): string {
  let letters = '';
  for (let rest = column + 1; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    letters = String.fromCharCode(65 + ((rest - 1) % 26)) + letters;
  }
  return `${letters}${rowNo}`;
}

/** Decodes the bytes of a row, or null when they are not in the encoding declared. */
export function rowDecoder(encoding: 'utf-8' | 'gb18030'): (raw: Uint8Array) => string | null {
  const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  return raw => {
    try {
      return decoder.decode(raw);
    } catch {
      return null;
    }
  };
}

/** What a text in UTF-8 may begin with. */
export const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** Drops a UTF-8 byte order mark (CR-23); tells whether there was one. */
export async function dropByteOrderMark(feed: ByteFeed): Promise<boolean> {
  await feed.ensure(3);
  const hasMark = feed.available >= 3 && feed.view().subarray(0, 3).equals(BYTE_ORDER_MARK);
  if (hasMark) feed.take(3);
  return hasMark;
}
