import { Refusal } from '../../../kernel/refusal.ts';
import type { FileReport, RecordFormat } from '../../../spine/observations/format.ts';
import type { Cut, FileFlag } from '../../../spine/observations/observation.ts';
import type { SourceProfile } from '../../../spine/observations/source-profile.ts';
import { CARD_USAGE } from '../model.ts';
import { ByteFeed } from './byte-feed.ts';
import { type CsvField, type CsvMapping, parseMapping } from './csv-mapping.ts';
import { cellAddress, dropByteOrderMark, type RawRow, rawRows, rowDecoder, splitRow } from './csv-rows.ts';
import { type RowFault, usageReader } from './csv-usage.ts';
import { CutCounter, withoutLineEnd } from './cuts.ts';
import { isZone } from './zone-time.ts';

export type CsvCode = 'format-mismatch' | 'mapping-faulty';

/**
 * Usage tables of any provider, read by the mapping in the source's profile (see `csv-mapping.ts`).
 *
 * A file that lacks a mapped column is of another kind and is refused with the names of what is missing;
 * columns nobody mapped are reported, never guessed at (CR-23). A row that cannot be read goes to quarantine
 * with the address of its cell, and takes nothing with it.
 */
export const genericCsv: RecordFormat = {
  name: 'generic-csv',
  yields: CARD_USAGE,
  isText: true,
  checkProfile: profileFaults,
  read: (bytes, profile) => new CsvReader(bytes, profile).run(),
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

class CsvReader {
  private readonly feed: ByteFeed;
  private readonly mapping: CsvMapping;
  private readonly profile: SourceProfile;
  private readonly cuts = new CutCounter();
  private readonly decode: (raw: Uint8Array) => string | null;
  private readonly places = new Map<CsvField, number>();
  private readonly flags: FileFlag[] = [];
  private frame: NonNullable<Cut['frame']> = { before: Buffer.alloc(0), after: Buffer.alloc(0) };
  private width = 0;
  private raggedRows = 0;

  constructor(bytes: AsyncIterable<Uint8Array>, profile: SourceProfile) {
    const { mapping, faults } = parseMapping(profile.mapping);
    if (faults.length > 0)
      throw new Refusal<CsvCode>('mapping-faulty', { detail: { faults: faults.join(' ') } });
    this.feed = new ByteFeed(bytes);
    this.mapping = mapping;
    this.profile = profile;
    this.decode = rowDecoder(mapping.encoding);
  }

  async *run(): AsyncGenerator<Cut, FileReport> {
    await this.refuseOtherEncoding();
    const hadMark = await dropByteOrderMark(this.feed);
    const readUsage = usageReader(this.mapping, this.profile);
    if (this.mapping.headerRows === 0) this.placeByNumber();
    for await (const row of rawRows(this.feed, this.mapping.delimiter)) {
      if (row.rowNo <= this.mapping.headerRows) this.takeHeader(row);
      else if (row.fault !== null || !isBlank(row.raw))
        yield this.cutRow({ ...row, raw: withoutLineEnd(row.raw) }, readUsage);
    }
    if (this.cuts.count === 0) this.flags.push({ code: 'no-rows', detail: {} });
    if (this.raggedRows > 0) this.flags.push({ code: 'rows-ragged', detail: { rows: this.raggedRows } });
    return {
      flags: this.flags,
      facts: { rows: this.cuts.count, columns: this.width, hadByteOrderMark: hadMark },
    };
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
      if (found >= 0) this.places.set(field as CsvField, found);
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
    if (this.profile.recordId === null || this.places.has('recordId')) return;
    const found = names.findIndex(name => name.toLowerCase() === this.profile.recordId?.toLowerCase());
    if (found < 0) throw this.mismatch({ missing: this.profile.recordId });
    this.places.set('recordId', found);
  }

  private placeByNumber(): void {
    for (const [field, column] of Object.entries(this.mapping.columns)) {
      this.places.set(field as CsvField, Number(column) - 1);
      this.width = Math.max(this.width, Number(column));
    }
  }

  private cutRow(row: RawRow, readUsage: ReturnType<typeof usageReader>): Cut {
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
    const usage = readUsage(field => this.cell(split.cells, field));
    if ('reason' in usage)
      return this.cuts.unread(row.raw, this.placeOf(row, usage), usage.reason, this.detailOf(usage), frame);
    const flags = isRagged ? { flags: [...(usage.flags ?? []), 'row-ragged'] } : {};
    return this.cuts.reading(row.raw, { ...usage, ...flags }, frame);
  }

  private cell(cells: readonly string[], field: CsvField): string | null {
    const column = this.places.get(field);
    const text = column === undefined ? undefined : cells[column]?.trim();
    return text === undefined || this.mapping.nulls.includes(text) ? null : text;
  }

  private placeOf(row: RawRow, fault: RowFault): string {
    const column = fault.field === null ? undefined : this.places.get(fault.field);
    return column === undefined ? `row ${row.rowNo}` : `cell ${cellAddress(column, row.rowNo)}`;
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
