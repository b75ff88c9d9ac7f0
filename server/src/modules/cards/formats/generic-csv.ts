import { Refusal } from '../../../kernel/refusal.ts';
import type { FileReport, RecordFormat } from '../../../spine/observations/format.ts';
import type { Cut, FileFlag } from '../../../spine/observations/observation.ts';
import type { SourceProfile } from '../../../spine/observations/source-profile.ts';
import { CARD_USAGE } from '../model.ts';
import { ByteFeed } from './byte-feed.ts';
import { noPlaces, type Places, TextCells } from './csv-cells.ts';
import { type CsvField, type CsvMapping, parseMapping } from './csv-mapping.ts';
import { type OpenedTable, openTable } from './csv-opening.ts';
import {
  BYTE_ORDER_MARK,
  cellAddress,
  dropByteOrderMark,
  type RawRow,
  RowCutter,
  rowDecoder,
  splitRow,
} from './csv-rows.ts';
import { PlainRow, SCAN_BYTES } from './csv-scanner.ts';
import { type ReadUsage, type RowFault, usageReader } from './csv-usage.ts';
import { CutCounter, withoutLineEnd } from './cuts.ts';
import { timeScanner } from './time-scan.ts';
import { isZone } from './zone-time.ts';

export type CsvCode = 'format-mismatch' | 'mapping-faulty';

/**
 * Usage tables of any provider, read by the mapping in the source's profile (see `csv-mapping.ts`).
 *
 * A file that lacks a mapped column is of another kind and is refused with the names of what is missing;
 * columns nobody mapped are reported, never guessed at (CR-23). A row that cannot be read goes to quarantine
 * with the address of its cell, and takes nothing with it. A workbook (.xlsx) is read by its first visible sheet.
 */
export const genericCsv: RecordFormat = {
  name: 'generic-csv',
  yields: CARD_USAGE,
  isText: true,
  checkProfile: profileFaults,
  read: (bytes, profile) => readTable(bytes, profile, true),
};

/** The same format by its complete parser alone: what the byte scanner must equal, record for record (E-07). */
export const genericCsvUnscanned: RecordFormat = {
  ...genericCsv,
  read: (bytes, profile) => readTable(bytes, profile, false),
};

function profileFaults(profile: SourceProfile): string[] {
  const { mapping, faults } = parseMapping(profile.mapping);
  const all = [...faults];
  if (!isZone(profile.zone)) all.push(`zone "${profile.zone}" is not known.`);
  if (profile.counter === 'per-series' && !('session' in mapping.columns)) {
    all.push('counter "per-series" needs a column for session.');
  }
  if (profile.counter === 'per-cycle' && !('time' in mapping.columns) && !('date' in mapping.columns)) {
    all.push('counter "per-cycle" needs a column for time or date.');
  }
  return all;
}

async function* readTable(
  bytes: AsyncIterable<Uint8Array>,
  profile: SourceProfile,
  mayScan: boolean,
): AsyncGenerator<Cut, FileReport> {
  const { mapping, faults } = parseMapping(profile.mapping);
  if (faults.length > 0)
    throw new Refusal<CsvCode>('mapping-faulty', { detail: { faults: faults.join(' ') } });
  const table = await openTable(bytes, mapping);
  const { flags, facts } = yield* new CsvReader(table, profile, mayScan).run();
  if (table.sheets === null) return { flags, facts };
  const more = table.sheets - 1;
  const passedOver = more > 0 ? [{ code: 'sheets-passed-over', detail: { sheets: more } }] : [];
  return { flags: [...flags, ...passedOver], facts: { ...facts, isWorkbook: true } };
}

class CsvReader {
  private readonly feed: ByteFeed;
  private readonly mapping: CsvMapping;
  private readonly profile: SourceProfile;
  private readonly cuts = new CutCounter();
  private decode: (raw: Uint8Array) => string | null;
  private readonly readUsage: ReadUsage;
  private readonly cells: TextCells;
  private readonly mayScan: boolean;
  private readonly places: Places = noPlaces();
  private readonly flags: FileFlag[] = [];
  private frame: NonNullable<Cut['frame']> = { before: Buffer.alloc(0), after: Buffer.alloc(0) };
  private width = 0;
  private raggedRows = 0;

  constructor({ bytes, mapping }: OpenedTable, profile: SourceProfile, mayScan: boolean) {
    this.feed = new ByteFeed(bytes);
    this.mapping = mapping;
    this.profile = profile;
    this.decode = rowDecoder(mapping.encoding);
    this.readUsage = usageReader(mapping, profile);
    this.cells = new TextCells(mapping.nulls);
    this.mayScan = mayScan;
  }

  async *run(): AsyncGenerator<Cut, FileReport> {
    await this.refuseOtherEncoding();
    const hadMark = await dropByteOrderMark(this.feed);
    if (hadMark) this.readAsUtf8();
    if (this.mapping.headerRows === 0) this.placeByNumber();
    const rows = new RowCutter(this.feed, this.mapping.delimiter);
    let scanner: PlainRow | null = null;
    for (;;) {
      if (scanner !== null) {
        const scanned = this.scanRow(scanner, rows);
        const cut = scanned instanceof Promise ? await scanned : scanned;
        if (cut !== null) {
          yield cut;
          continue;
        }
      }
      const row = await rows.next();
      if (row === null) break;
      if (row.rowNo <= this.mapping.headerRows) this.takeHeader(row);
      else if (row.fault !== null || !isBlank(row.raw))
        yield this.cutRow({ ...row, raw: withoutLineEnd(row.raw) });
      if (this.mayScan && scanner === null && row.rowNo >= this.mapping.headerRows) scanner = this.scanner();
    }
    if (this.cuts.count === 0) this.flags.push({ code: 'no-rows', detail: {} });
    if (this.raggedRows > 0) this.flags.push({ code: 'rows-ragged', detail: { rows: this.raggedRows } });
    return {
      flags: this.flags,
      facts: { rows: this.cuts.count, columns: this.width, hadByteOrderMark: hadMark },
    };
  }

  /** A text that says it is UTF-8 is read so, and each of its records says so too when it comes back alone. */
  private readAsUtf8(): void {
    if (this.mapping.encoding === 'utf-8') return;
    this.decode = rowDecoder('utf-8');
    this.frame = { before: BYTE_ORDER_MARK, after: Buffer.alloc(0) };
  }

  private scanner(): PlainRow {
    const { delimiter, nulls, headerRows, time, zone } = this.mapping;
    return new PlainRow(this.feed, {
      delimiter,
      nulls,
      width: this.width,
      isAtLeast: headerRows === 0,
      scanTime: timeScanner(time, zone ?? this.profile.zone),
    });
  }

  /** The next row by the byte scanner; null, with nothing consumed, when the complete parser must have it. */
  private scanRow(scanner: PlainRow, rows: RowCutter): Cut | null | Promise<Cut | null> {
    if (rows.isInLongRow) return null;
    const found = scanner.next();
    if (found === 'short') return this.scanMore(scanner, rows);
    if (found === 'other') return null;
    const usage = this.readUsage(scanner, this.places);
    // The complete parser words every fault, and says which cell it lies in.
    if ('reason' in usage) return null;
    rows.rowNo += 1;
    return this.cuts.reading(scanner.take(), usage, this.frame);
  }

  private async scanMore(scanner: PlainRow, rows: RowCutter): Promise<Cut | null> {
    const { available } = this.feed;
    if (available >= SCAN_BYTES || (await this.feed.ensure(available + 1)) <= available) return null;
    return this.scanRow(scanner, rows);
  }

  private async refuseOtherEncoding(): Promise<void> {
    await this.feed.ensure(512);
    const start = this.feed.view().subarray(0, 512);
    if (start.includes(0)) throw this.mismatch({ found: 'binary or UTF-16 file' });
  }

  private takeHeader(row: RawRow): void {
    this.frame = { before: Buffer.concat([this.frame.before, row.raw]), after: Buffer.alloc(0) };
    if (row.rowNo > 1) return;
    const text = row.fault === null ? this.decode(row.raw) : null;
    const split = text === null ? null : splitRow(text, this.mapping.delimiter);
    if (split === null || 'fault' in split) throw this.mismatch({ found: 'a header that cannot be read' });
    this.placeByName(split.cells.map(cell => cell.trim()));
  }

  private placeByName(names: readonly string[]): void {
    this.width = names.length;
    const missing: string[] = [];
    const known = new Set(this.mapping.ignored.map(name => name.toLowerCase()));
    for (const [field, column] of Object.entries(this.mapping.columns)) {
      const wanted = String(column).trim().toLowerCase();
      const found = names.findIndex(name => name.toLowerCase() === wanted);
      known.add(wanted);
      if (names.filter(name => name.toLowerCase() === wanted).length > 1) missing.push(`${column} (twice)`);
      if (found >= 0) this.places[field as CsvField] = found;
      else if (!this.mapping.optional.includes(field as CsvField)) missing.push(String(column));
    }
    if (missing.length > 0) {
      throw this.mismatch({ missing: missing.join(', '), header: names.join(', ').slice(0, 500) });
    }
    this.placeRecordId(names);
    const recordId = this.profile.recordId?.toLowerCase();
    const unknown = names.filter(name => !known.has(name.toLowerCase()) && name.toLowerCase() !== recordId);
    if (unknown.length > 0) {
      this.flags.push({ code: 'columns-unknown', detail: { columns: unknown.join(', ').slice(0, 500) } });
    }
  }

  /** The profile may name the provider's record id by its column; without it two records could not be told apart. */
  private placeRecordId(names: readonly string[]): void {
    if (this.profile.recordId === null || this.places.recordId >= 0) return;
    const found = names.findIndex(name => name.toLowerCase() === this.profile.recordId?.toLowerCase());
    if (found < 0) throw this.mismatch({ missing: this.profile.recordId });
    this.places.recordId = found;
  }

  private placeByNumber(): void {
    for (const [field, column] of Object.entries(this.mapping.columns)) {
      this.places[field as CsvField] = Number(column) - 1;
      this.width = Math.max(this.width, Number(column));
    }
  }

  private cutRow(row: RawRow): Cut {
    const { frame } = this;
    const place = `row ${row.rowNo}`;
    if (row.fault !== null)
      return this.cuts.unread(row.raw, place, row.fault, { bytes: row.raw.length }, frame);
    const text = this.decode(row.raw);
    if (text === null) {
      return this.cuts.unread(row.raw, place, 'encoding', { wanted: this.mapping.encoding }, frame);
    }
    const split = splitRow(text, this.mapping.delimiter);
    if ('fault' in split) return this.cuts.unread(row.raw, place, split.fault, {}, frame);
    const isRagged = this.mapping.headerRows > 0 && split.cells.length !== this.width;
    if (isRagged) this.raggedRows += 1;
    const usage = this.readUsage(this.cells.of(split.cells), this.places);
    if ('reason' in usage)
      return this.cuts.unread(row.raw, this.placeOf(row, usage), usage.reason, this.detailOf(usage), frame);
    const flags = isRagged ? { flags: [...(usage.flags ?? []), 'row-ragged'] } : {};
    return this.cuts.reading(row.raw, { ...usage, ...flags }, frame);
  }

  private placeOf(row: RawRow, fault: RowFault): string {
    const column = fault.field === null ? -1 : this.places[fault.field];
    return column < 0 ? `row ${row.rowNo}` : `cell ${cellAddress(column, row.rowNo)}`;
  }

  private detailOf(fault: RowFault): RowFault['detail'] {
    if (fault.field === null) return fault.detail;
    const column = this.mapping.columns[fault.field];
    return { field: fault.field, ...(column === undefined ? {} : { column }), ...fault.detail };
  }

  private mismatch(detail: Record<string, string>): Refusal<CsvCode> {
    return new Refusal('format-mismatch', { detail: { format: 'generic-csv', ...detail } });
  }
}

function isBlank(raw: Buffer): boolean {
  return raw.length <= 8 && raw.toString('latin1').trim() === '';
}
