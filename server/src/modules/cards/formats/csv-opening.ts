import { isRefusal, Refusal } from '../../../kernel/refusal.ts';
import { workbookAsCsv } from '../../../kernel/workbook/as-csv.ts';
import { peeked } from '../../../kernel/workbook/opening.ts';
import { workbookKind } from '../../../kernel/workbook/workbook.ts';
import type { CsvField, CsvMapping } from './csv-mapping.ts';
import { BYTE_ORDER_MARK } from './csv-rows.ts';

/** A table to be read as CSV. */
export interface OpenedTable {
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly mapping: CsvMapping;
  /** Visible sheets of the workbook that it lay in; null where it is CSV itself. */
  readonly sheets: number | null;
}

const IDENTIFIERS: readonly CsvField[] = ['iccid', 'iccidAlias', 'imsi', 'eid', 'msisdn', 'imei'];

/**
 * A file of usage as CSV: as it is, or the first visible sheet of a workbook (.xlsx or .xls). A cell of a workbook that
 * holds an identifier as a number is told as a rounded one, whatever it shows, for zeros before it and digits behind
 * the fifteenth are gone (CR-01, C-28). Dates come without a zone and are read in the source's.
 *
 * Refuses one that cannot be read with `format-mismatch`.
 */
export async function openTable(bytes: AsyncIterable<Uint8Array>, mapping: CsvMapping): Promise<OpenedTable> {
  const { head, all } = await peeked(bytes, 4);
  const kind = workbookKind(head);
  // Dates of a workbook are told so, also when a row of it comes back from quarantine as text.
  const time = mapping.time.includes('iso') ? mapping.time : [...mapping.time, 'iso'];
  if (kind === null) return { bytes: all, mapping: { ...mapping, time }, sheets: null };
  const isIdentifier = identifierColumns(mapping);
  const opened = await workbookAsCsv(all, {
    delimiter: mapping.delimiter,
    numberText: (text, column, name) =>
      isIdentifier(column, name.toLowerCase()) ? Number(text).toExponential() : text,
  }).catch(retold);
  return { bytes: telling(opened.text), mapping: { ...mapping, time }, sheets: opened.sheets };
}

function identifierColumns({ columns, headerRows }: CsvMapping): (column: number, name: string) => boolean {
  const theirs = IDENTIFIERS.flatMap(field => columns[field] ?? []);
  const numbers = new Set(theirs.map(column => Number(column) - 1));
  const names = new Set(theirs.map(column => String(column).trim().toLowerCase()));
  return (column, name) => (headerRows === 0 ? numbers.has(column) : names.has(name));
}

/** The text with the mark that says it is UTF-8, whatever encoding the source's own tables have. */
async function* telling(text: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield BYTE_ORDER_MARK;
    yield* text;
  } catch (thrown) {
    retold(thrown);
  }
}

function retold(thrown: unknown): never {
  if (!isRefusal(thrown) || thrown.code !== 'workbook-unreadable') throw thrown;
  throw mismatch(`a workbook that cannot be read: ${String(thrown.detail['reason'])}`);
}

function mismatch(found: string): Refusal<'format-mismatch'> {
  return new Refusal('format-mismatch', { detail: { format: 'generic-csv', found } });
}
