import { brief } from '../../../kernel/brief.ts';
import { textOfCell } from '../../../kernel/csv-text.ts';
import { isRefusal, Refusal } from '../../../kernel/refusal.ts';
import { workbookAsCsv } from '../../../kernel/workbook/as-csv.ts';
import { peeked } from '../../../kernel/workbook/opening.ts';
import { workbookKind } from '../../../kernel/workbook/workbook.ts';
import type { FileReport, RecordFormat } from '../../../spine/observations/format.ts';
import type { Cut, Reading, TimeMark, Unread } from '../../../spine/observations/observation.ts';
import { DIGEST, RECORD_COLUMNS, textTold } from '../../../spine/observations/record-table.ts';
import { CARD_USAGE, cardUsage } from '../model.ts';
import { ByteFeed } from './byte-feed.ts';
import {
  BYTE_ORDER_MARK,
  cellAddress,
  dropByteOrderMark,
  type RawRow,
  RowCutter,
  rowDecoder,
  splitRow,
} from './csv-rows.ts';
import { CutCounter, withoutLineEnd } from './cuts.ts';

export type RecordTableCode = 'format-mismatch';

/** Columns without which a record cannot be told; the others say where it came from. */
const NEEDED = ['observed_at', 'time_mark', 'claim', 'kind', 'digest'] as const;
const MARKS: readonly string[] = ['stated', 'zone-declared', 'derived', 'receipt', 'implausible'];
/** The names that the readers of records of cards give. */
const CLAIM = /^((iccid|imsi|eid|msisdn):[0-9A-Za-z]{1,200}|sim:[A-Za-z0-9][A-Za-z0-9._-]{0,199})$/;
const DIGEST_TEXT = /^sha256:[0-9a-f]{64}$/;
/** Before what a workbook holds as a number where a text belongs: zeros before it and digits behind the fifteenth are gone. */
const ROUNDED = '\ue000';
/** What a spreadsheet makes of a long row of digits when it opens CSV. */
const EXPONENT = /^-?\d+([.,]\d+)?[eE][+-]?\d+$/;
/** Fields of digits alone, which a spreadsheet takes for numbers. */
const DIGITS: ReadonlySet<string> = new Set(['imei', 'tac', 'mcc', 'mnc', 'plmn', 'peer', 'imeisvSvn']);

/**
 * Records of cards as `thingward export records` writes them, as CSV or as a workbook, from this installation or
 * another, by whatever spreadsheet they were saved meanwhile: every record is what it was, its counter and the trust in
 * its time included (C-29). It is itself by its digest, so that a table read twice changes nothing (C-17).
 *
 * A cell in which a spreadsheet rounded an identifier sends its row to quarantine (CR-01).
 */
export const recordTable: RecordFormat = {
  name: 'record-table',
  yields: CARD_USAGE,
  isText: true,
  checkProfile: ({ unit }) => (unit === 'B' ? [] : ['Records are in bytes: unit must be "B".']),
  read: readTable,
};

async function* readTable(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Cut, FileReport> {
  const opened = await openedTable(bytes);
  const feed = new ByteFeed(opened.text);
  await dropByteOrderMark(feed);
  const decode = rowDecoder('utf-8');
  const rows = new RowCutter(feed, ',');
  const cuts = new CutCounter();
  let head: Head | null = null;
  for (let row = await rows.next(); row !== null; row = await rows.next()) {
    if (head === null) {
      head = headOf(row, decode);
      continue;
    }
    const line = { ...row, raw: withoutLineEnd(row.raw) };
    if (line.fault === null && line.raw.length === 0) continue;
    const outcome = outcomeOf(line, head, decode);
    yield 'reason' in outcome
      ? cuts.unread(line.raw, outcome.place, outcome.reason, outcome.detail, head.frame)
      : cuts.reading(line.raw, outcome, head.frame);
  }
  if (head === null) throw mismatch({ found: 'an empty file' });
  return {
    flags: cuts.count === 0 ? [{ code: 'no-rows', detail: {} }] : [],
    facts: { rows: cuts.count, isWorkbook: opened.isWorkbook },
  };
}

async function openedTable(
  bytes: AsyncIterable<Uint8Array>,
): Promise<{ text: AsyncIterable<Uint8Array>; isWorkbook: boolean }> {
  const { head, all } = await peeked(bytes, 4);
  if (workbookKind(head) === null) return { text: all, isWorkbook: false };
  const numberText = (text: string, _column: number, name: string): string =>
    cardUsage.fields[name] === 'int' ? text : `${ROUNDED}${text}`;
  const opened = await workbookAsCsv(all, { delimiter: ',', numberText }).catch((thrown: unknown) => {
    if (!isRefusal(thrown) || thrown.code !== 'workbook-unreadable') throw thrown;
    throw mismatch({ found: `a workbook that cannot be read: ${String(thrown.detail['reason'])}` });
  });
  return { text: opened.text, isWorkbook: true };
}

interface Head {
  readonly places: ReadonlyMap<string, number>;
  readonly frame: NonNullable<Cut['frame']>;
}

function headOf(row: RawRow, decode: (raw: Uint8Array) => string | null): Head {
  const text = row.fault === null && !row.raw.includes(0) ? decode(row.raw) : null;
  const split = text === null ? null : splitRow(text, ',');
  if (split === null || 'fault' in split) throw mismatch({ found: 'a header that cannot be read' });
  const names = split.cells.map(cell => cell.trim());
  const missing = NEEDED.filter(name => !names.includes(name));
  if (missing.length > 0)
    throw mismatch({ missing: missing.join(', '), header: names.join(', ').slice(0, 500) });
  const frame = { before: Buffer.concat([BYTE_ORDER_MARK, row.raw]), after: Buffer.alloc(0) };
  return { places: new Map(names.map((name, place) => [name, place])), frame };
}

function outcomeOf(row: RawRow, head: Head, decode: (raw: Uint8Array) => string | null): Reading | Unread {
  const place = `row ${row.rowNo}`;
  if (row.fault !== null) return { place, reason: row.fault, detail: { bytes: row.raw.length } };
  const text = decode(row.raw);
  if (text === null) return { place, reason: 'encoding', detail: { wanted: 'utf-8' } };
  const split = splitRow(text, ',');
  if ('fault' in split) return { place, reason: split.fault, detail: {} };
  return readingOf(new Row(split.cells, head, row.rowNo));
}

class Row {
  private readonly cells: readonly string[];
  private readonly head: Head;
  private readonly rowNo: number;

  constructor(cells: readonly string[], head: Head, rowNo: number) {
    this.cells = cells;
    this.head = head;
    this.rowNo = rowNo;
  }

  /** Empty where the cell is, or where there is none. */
  cell(name: string): string {
    const place = this.head.places.get(name);
    return place === undefined ? '' : textOfCell(this.cells[place] ?? '');
  }

  unread(name: string, reason: string): Unread {
    const column = this.head.places.get(name) ?? 0;
    const detail = { field: name, value: brief(this.cell(name).replace(ROUNDED, '')) };
    return { place: `cell ${cellAddress(column, this.rowNo)}`, reason, detail };
  }
}

function readingOf(row: Row): Reading | Unread {
  for (const name of RECORD_COLUMNS)
    if (row.cell(name).startsWith(ROUNDED)) return row.unread(name, 'damaged-number');
  if (row.cell('kind') !== CARD_USAGE) return row.unread('kind', 'kind-unknown');
  const claim = textTold(row.cell('claim'));
  if (claim === null || !CLAIM.test(claim)) return row.unread('claim', 'identifier-unreadable');
  const digest = row.cell('digest');
  if (!DIGEST_TEXT.test(digest)) return row.unread('digest', 'digest-unreadable');
  const atMs = instantIn(row.cell('observed_at'));
  if (atMs === null) return row.unread('observed_at', 'time-unreadable');
  const mark = row.cell('time_mark');
  if (!MARKS.includes(mark)) return row.unread('time_mark', 'time-unreadable');
  const series = textTold(row.cell('series'));
  if (series === null) return row.unread('series', 'text-unreadable');
  const body = bodyOf(row);
  if ('reason' in body) return body as Unread;
  return {
    kind: CARD_USAGE,
    claim,
    observedAtMs: atMs,
    timeMark: mark as TimeMark,
    ...(series === '' ? {} : { series }),
    body: body as Reading['body'],
    recordId: `record-table/${digest.slice(DIGEST.length)}`,
  };
}

function bodyOf(row: Row): Reading['body'] | Unread {
  const body: Record<string, string | number | boolean> = {};
  for (const [name, type] of Object.entries(cardUsage.fields)) {
    const cell = row.cell(name);
    if (cell === '') continue;
    if (cell.startsWith(ROUNDED) || (DIGITS.has(name) && EXPONENT.test(cell)))
      return row.unread(name, 'damaged-number');
    if (type === 'int') {
      const value = /^-?\d{1,16}$/.test(cell) ? Number(cell) : Number.NaN;
      if (!Number.isSafeInteger(value)) return row.unread(name, 'number-unreadable');
      body[name] = value;
      continue;
    }
    const text = textTold(cell);
    if (text === null) return row.unread(name, 'text-unreadable');
    body[name] = text;
  }
  return body;
}

/** As the export writes it: UTC with milliseconds. */
function instantIn(text: string): number | null {
  if (!/^[+-]?\d{4,6}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/.test(text)) return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}

function mismatch(detail: Record<string, string>): Refusal<RecordTableCode> {
  return new Refusal('format-mismatch', { detail: { format: 'record-table', ...detail } });
}
