import { type BiffRecord, recordsFrom, TextPieces } from './biff-records.ts';
import { streamOf } from './compound.ts';
import { unreadable } from './fault.ts';
import { dateOfSerial, showsDate } from './serial-date.ts';
import { MOST_ROW_CHARACTERS, type SheetCell, type SheetRow } from './sheet-rows.ts';
import type { Workbook } from './workbook.ts';

/** Types of records (MS-XLS §2.3). */
const T = {
  formula: 0x06,
  eof: 0x0a,
  dateMode: 0x22,
  filePass: 0x2f,
  boundSheet: 0x85,
  multiRk: 0xbd,
  richString: 0xd6,
  xf: 0xe0,
  sharedTexts: 0xfc,
  labelShared: 0xfd,
  number: 0x203,
  label: 0x204,
  boolOrError: 0x205,
  string: 0x207,
  rk: 0x27e,
  format: 0x41e,
  begin: 0x809,
} as const;
const BIFF8 = 0x600;
const MOST_SHARED_CHARACTERS = 64 << 20;
const MOST_COLUMNS = 256;
const EMPTY: SheetCell = { text: '', isNumber: false };
const ERRORS: Readonly<Record<number, string>> = {
  0: '#NULL!',
  7: '#DIV/0!',
  15: '#VALUE!',
  23: '#REF!',
  29: '#NAME?',
  36: '#NUM!',
  42: '#N/A',
};

interface Globals {
  readonly sheets: readonly number[];
  readonly shared: readonly string[];
  readonly isDate: readonly boolean[];
  readonly is1904: boolean;
}

/**
 * Opens a workbook of the older kind (.xls, Excel 97 to 2003, MS-XLS). As with the newer kind, formulas are not worked
 * out, and macros, drawings and charts are never opened.
 *
 * Refuses `workbook-unreadable` what is damaged, encrypted or older than that.
 */
export function openOldWorkbook(bytes: Buffer): Workbook {
  const stream = streamOf(bytes, 'Workbook');
  if (stream === null) {
    const isOlder = streamOf(bytes, 'Book') !== null;
    throw unreadable(isOlder ? 'it is older than Excel 97' : 'it is encrypted or no workbook');
  }
  const globals = readGlobals(stream);
  const [first] = globals.sheets;
  if (first === undefined) throw unreadable('it has no visible sheet');
  return { sheets: globals.sheets.length, rows: () => sheetRows(stream, first, globals) };
}

function readGlobals(stream: Buffer): Globals {
  const sheets: number[] = [];
  const codes = new Map<number, string>();
  const formats: number[] = [];
  let shared: readonly string[] = [];
  let is1904 = false;
  let isBegun = false;
  for (const record of recordsFrom(stream, 0)) {
    const { type, data } = record;
    if (!isBegun) {
      if (type !== T.begin || data.length < 4) throw unreadable('it does not begin as a workbook does');
      if (data.readUInt16LE(0) !== BIFF8) throw unreadable('it is older than Excel 97');
      isBegun = true;
    } else if (type === T.filePass) throw unreadable('it is encrypted');
    else if (type === T.dateMode && data.length >= 2) is1904 = data.readUInt16LE(0) === 1;
    else if (type === T.boundSheet && data.length >= 8 && data[4] === 0 && data[5] === 0)
      sheets.push(data.readUInt32LE(0));
    else if (type === T.format && data.length >= 5 && codes.size < 10_000)
      codes.set(data.readUInt16LE(0), new TextPieces(record, 2).text().slice(0, 1_000));
    else if (type === T.xf && data.length >= 4) formats.push(data.readUInt16LE(2));
    else if (type === T.sharedTexts) shared = sharedTexts(record);
    else if (type === T.eof) break;
  }
  if (!isBegun) throw unreadable('it is empty');
  return { sheets, shared, isDate: formats.map(id => showsDate(id, codes.get(id))), is1904 };
}

function sharedTexts(record: BiffRecord): readonly string[] {
  if (record.data.length < 8) throw unreadable('its texts are cut off');
  const count = record.data.readUInt32LE(4);
  const pieces = new TextPieces(record, 8);
  const texts: string[] = [];
  let characters = 0;
  while (texts.length < count && !pieces.isAtEnd) {
    const text = pieces.text();
    characters += text.length;
    if (characters > MOST_SHARED_CHARACTERS) throw unreadable('its texts are too long');
    texts.push(text);
  }
  return texts;
}

/** Rows of the sheet that begins at `start`, in the order they lie in it; a row that says nothing is not told. */
async function* sheetRows(stream: Buffer, start: number, globals: Globals): AsyncGenerator<SheetRow> {
  let row = -1;
  let cells: SheetCell[] = [];
  let characters = 0;
  let awaits: number | null = null;
  let depth = 0;
  for (const record of recordsFrom(stream, start)) {
    if (record.type === T.begin) depth += 1;
    if (record.type === T.eof) depth -= 1;
    if (depth === 0) break;
    // A chart within the sheet is a sheet of its own.
    if (depth > 1) continue;
    if (record.type === T.string && awaits !== null) {
      const text = new TextPieces(record, 0).text();
      characters += put(cells, awaits, { text, isNumber: false }, characters);
      awaits = null;
    }
    const found = cellsOf(record, globals);
    if (found === null) continue;
    if (found.row < row) throw unreadable('its rows are out of order');
    if (found.row > row) {
      if (cells.length > 0) yield { rowNo: row + 1, cells };
      row = found.row;
      cells = [];
      characters = 0;
    }
    for (const [i, cell] of found.cells.entries())
      characters += put(cells, found.column + i, cell, characters);
    awaits = found.awaitsText ? found.column : null;
  }
  if (cells.length > 0) yield { rowNo: row + 1, cells };
}

function put(cells: SheetCell[], column: number, cell: SheetCell, characters: number): number {
  if (column >= MOST_COLUMNS) throw unreadable('its cells are out of order');
  const room = MOST_ROW_CHARACTERS - characters;
  if (room <= 0) return 0;
  while (cells.length <= column) cells.push(EMPTY);
  const text = cell.text.slice(0, room);
  cells[column] = { ...cell, text };
  return text.length;
}

interface Found {
  readonly row: number;
  readonly column: number;
  readonly cells: readonly SheetCell[];
  /** The text of a formula comes in the record behind it. */
  readonly awaitsText: boolean;
}

/** Octets of a record of cells at the least: row, column and style, and what the cell holds. */
const LEAST: Readonly<Record<number, number>> = {
  [T.labelShared]: 10,
  [T.number]: 14,
  [T.rk]: 10,
  [T.multiRk]: 6,
  [T.label]: 9,
  [T.richString]: 9,
  [T.boolOrError]: 8,
  [T.formula]: 14,
};

function cellsOf(record: BiffRecord, globals: Globals): Found | null {
  const { type, data } = record;
  const least = LEAST[type];
  if (least === undefined) return null;
  if (data.length < least) throw unreadable('a cell is cut off');
  const found = (cells: readonly SheetCell[], awaitsText = false): Found => ({
    row: data.readUInt16LE(0),
    column: data.readUInt16LE(2),
    cells,
    awaitsText,
  });
  const style = data.readUInt16LE(4);
  switch (type) {
    case T.labelShared: {
      const text = globals.shared[data.readUInt32LE(6)];
      if (text === undefined) throw unreadable('a cell names a text that is not there');
      return found([{ text, isNumber: false }]);
    }
    case T.number:
      return found([numberCell(data.readDoubleLE(6), style, globals)]);
    case T.rk:
      return found([numberCell(rkNumber(data.readInt32LE(6)), style, globals)]);
    case T.multiRk:
      return found(multiRk(data, globals));
    case T.boolOrError:
      return found([truthOrError(data[6] as number, data[7] === 1)]);
    case T.formula:
      return formula(data, style, globals, found);
    default:
      return found([{ text: new TextPieces(record, 6).text(), isNumber: false }]);
  }
}

function multiRk(data: Buffer, globals: Globals): SheetCell[] {
  const cells: SheetCell[] = [];
  for (let at = 4; at + 8 <= data.length; at += 6)
    cells.push(numberCell(rkNumber(data.readInt32LE(at + 2)), data.readUInt16LE(at), globals));
  return cells;
}

function formula(
  data: Buffer,
  style: number,
  globals: Globals,
  found: (cells: readonly SheetCell[], awaitsText?: boolean) => Found,
): Found {
  if (data.readUInt16LE(12) !== 0xffff) return found([numberCell(data.readDoubleLE(6), style, globals)]);
  const kind = data[6];
  if (kind === 0) return found([], true);
  return found([kind === 3 ? EMPTY : truthOrError(data[8] as number, kind === 2)]);
}

function truthOrError(value: number, isError: boolean): SheetCell {
  const text = isError ? (ERRORS[value] ?? '#N/A') : value === 1 ? 'true' : 'false';
  return { text, isNumber: false };
}

/** A number packed into 30 bits: whole or the upper half of a double, and perhaps a hundredfold (MS-XLS §2.5.217). */
function rkNumber(rk: number): number {
  let value: number;
  if (rk & 2) value = rk >> 2;
  else {
    const double = Buffer.alloc(8);
    double.writeInt32LE(rk & ~3, 4);
    value = double.readDoubleLE(0);
  }
  return rk & 1 ? value / 100 : value;
}

function numberCell(value: number, style: number, { isDate, is1904 }: Globals): SheetCell {
  const date = isDate[style] === true ? dateOfSerial(value, is1904) : null;
  if (date !== null) return { text: date, isNumber: false };
  return { text: Number.isFinite(value) ? String(value) : '', isNumber: true };
}
