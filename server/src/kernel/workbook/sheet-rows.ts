import { unreadable } from './fault.ts';
import { dateOfSerial } from './serial-date.ts';
import { attributeOf, xmlEvents } from './xml-events.ts';

export interface SheetCell {
  readonly text: string;
  /** The sheet holds it as a number, of which a spreadsheet keeps fifteen digits and no leading zero. */
  readonly isNumber: boolean;
}

export interface SheetRow {
  /** From 1, as the spreadsheet counts. */
  readonly rowNo: number;
  readonly cells: readonly SheetCell[];
}

/** What the sheet's cells refer to. */
export interface SheetWords {
  readonly shared: readonly string[];
  readonly isDate: readonly boolean[];
  readonly is1904: boolean;
}

/** Bounds of a sheet (Excel's own), and of the characters of a row. */
const MOST_ROWS = 1_048_576;
const MOST_COLUMNS = 16_384;
export const MOST_ROW_CHARACTERS = 128 << 10;
const EMPTY: SheetCell = { text: '', isNumber: false };

interface Open {
  column: number;
  type: string;
  isDate: boolean;
  value: string;
}

/**
 * Rows of a sheet in the order they lie in it; a row that says nothing is not told, nor is a cell outside of rows. Cells stand in their columns,
 * those before them that are not there are empty. A row longer than `MOST_ROW_CHARACTERS` ends there.
 */
export async function* sheetRows(
  bytes: AsyncIterable<Uint8Array>,
  words: SheetWords,
): AsyncGenerator<SheetRow> {
  let rowNo = 0;
  let cells: SheetCell[] = [];
  let characters = 0;
  let open: Open | null = null;
  let isInRow = false;
  let isInValue = false;
  for await (const event of xmlEvents(bytes)) {
    if ('text' in event) {
      if (isInValue && open !== null && open.value.length < MOST_ROW_CHARACTERS) open.value += event.text;
    } else if ('open' in event) {
      if (event.open === 'row') {
        if (isInRow) throw unreadable('its rows are out of order');
        isInRow = true;
        rowNo = nextRow(rowNo, attributeOf(event.attributes, 'r'));
        cells = [];
        characters = 0;
      } else if (event.open === 'c' && isInRow) open = cellAt(event.attributes, cells.length, words);
      isInValue = event.open === 'v' || event.open === 't';
    } else {
      isInValue = false;
      if (event.close === 'c' && open !== null) {
        characters += put(cells, open, words, characters);
        open = null;
      } else if (event.close === 'row') {
        // Only the row that is open ends, and with it a cell that was left open: no row is told twice.
        if (isInRow && cells.length > 0) yield { rowNo, cells };
        cells = [];
        open = null;
        isInRow = false;
      }
    }
  }
}

function nextRow(before: number, stated: string | undefined): number {
  const rowNo = stated === undefined ? before + 1 : Number(stated);
  if (!Number.isInteger(rowNo) || rowNo <= before || rowNo > MOST_ROWS)
    throw unreadable('its rows are out of order');
  return rowNo;
}

function cellAt(attributes: string, next: number, words: SheetWords): Open {
  const reference = attributeOf(attributes, 'r');
  const column = reference === undefined ? next : columnOf(reference);
  if (column < next || column >= MOST_COLUMNS) throw unreadable('its cells are out of order');
  const style = Number(attributeOf(attributes, 's') ?? '0');
  return {
    column,
    type: attributeOf(attributes, 't') ?? 'n',
    isDate: words.isDate[style] === true,
    value: '',
  };
}

/** `A` is 0; -1 for what is no reference. */
function columnOf(reference: string): number {
  const letters = /^([A-Z]{1,3})\d{1,7}$/.exec(reference)?.[1] ?? '';
  let column = 0;
  for (const letter of letters) column = column * 26 + letter.charCodeAt(0) - 64;
  return column - 1;
}

/** Puts the cell into its column and says how many characters came to the row. */
function put(cells: SheetCell[], open: Open, words: SheetWords, characters: number): number {
  const cell = cellOf(open, words);
  const room = MOST_ROW_CHARACTERS - characters - open.column;
  if (room <= 0) return 0;
  while (cells.length < open.column) cells.push(EMPTY);
  cells.push(cell.text.length > room ? { ...cell, text: cell.text.slice(0, room) } : cell);
  return Math.min(cell.text.length, room);
}

function cellOf({ type, isDate, value }: Open, words: SheetWords): SheetCell {
  switch (type) {
    case 's': {
      const text = /^\d{1,8}$/.test(value.trim()) ? words.shared[Number(value)] : undefined;
      if (text === undefined) throw unreadable('a cell names a text that is not there');
      return { text: unescaped(text), isNumber: false };
    }
    case 'n':
      return numberCell(value.trim(), isDate, words.is1904);
    case 'b':
      return { text: value.trim() === '1' ? 'true' : 'false', isNumber: false };
    default:
      // Texts in the cell itself, results of formulas, dates as text and errors are what they say.
      return { text: unescaped(value), isNumber: false };
  }
}

function numberCell(value: string, isDate: boolean, is1904: boolean): SheetCell {
  if (value === '') return EMPTY;
  const date = isDate ? dateOfSerial(Number(value), is1904) : null;
  if (date !== null) return { text: date, isNumber: false };
  return { text: decimal(value), isNumber: true };
}

/** A number without its exponent where nothing is lost by that: `1.5E3` is 1500, and 15 digits stay exact. */
function decimal(value: string): string {
  if (!/[eE]/.test(value)) return value;
  const number = Number(value);
  return Number.isFinite(number) && Math.abs(number) < 1e15 && Math.abs(number) >= 1e-6
    ? String(number)
    : value;
}

/** `_x000D_` stands for a character that XML has no place for (22.9.2.19). */
function unescaped(text: string): string {
  if (!text.includes('_x')) return text;
  return text
    .replace(/_x([0-9A-Fa-f]{4})_/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .toWellFormed();
}
