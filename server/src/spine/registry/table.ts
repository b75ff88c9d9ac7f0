import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { textOfCell } from '../../kernel/csv-text.ts';
import { isRefusal, Refusal } from '../../kernel/refusal.ts';
import { workbookAsCsv } from '../../kernel/workbook/as-csv.ts';
import { peeked } from '../../kernel/workbook/opening.ts';
import { workbookKind } from '../../kernel/workbook/workbook.ts';
import { type ColumnMapping, type Header, readHeader, type TableEncoding } from './column-mapping.ts';
import type { Row } from './register/plan.ts';
import type { TableKind } from './registration.ts';
import type { RegistryCode } from './registry-code.ts';
import { inUtf8 } from './table-encoding.ts';

const LONGEST_ROW_BYTES = 64 << 10;

/**
 * Reads a table of registrations (RFC 4180, UTF-8 with or without a byte order mark or GB18030 where `mapping`
 * says so, names of columns in the first line, ours or those `mapping` tells) row by row in bounded memory. Every row is yielded, a row that says nothing useful as refused.
 *
 * A workbook (.xlsx or .xls) is read by its first visible sheet, as if it were saved as such a table.
 *
 * Refuses `import-columns` when the first column is missing or one is unknown and not said to be ignored, so that no misspelt column is
 * dropped silently (C-22), and `import-not-a-table` when the file cannot be read on.
 */
export async function* readTable(
  kind: TableKind,
  mapping: ColumnMapping,
  bytes: Readable,
): AsyncGenerator<Row> {
  const text = await tableAsText(bytes, mapping.encoding);
  const parser = text.pipe(
    parse({
      bom: true,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: LONGEST_ROW_BYTES,
      info: true,
    }),
  );
  text.once('error', error => parser.destroy(error));
  let columns: Header['columns'] | null = null;
  let place = 'line 1';
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: string[];
      info: { lines: number };
    }>) {
      place = `line ${info.lines}`;
      if (columns === null) columns = columnsOf(kind, mapping, record);
      else yield { place, asks: asksOf(kind, columns, record, place) };
    }
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const { code, lines } = cause as CsvError & { readonly lines?: number };
    const at = lines === undefined ? place : `line ${lines}`;
    throw new Refusal<RegistryCode>('import-not-a-table', { detail: { place: at, reason: code }, cause });
  } finally {
    parser.destroy();
    text.destroy();
  }
  if (columns === null) columnsOf(kind, mapping, []);
}

/** Digits of a number from which on it is no quantity but an identifier that a spreadsheet took for one. */
const DIGITS_OF_IDENTIFIERS = 12;

/** A table as text in UTF-8, refused as above. An identifier that a workbook holds as a number is told as a rounded one, and then refused by whoever reads it (CR-01, C-28). */
export async function tableAsText(
  bytes: AsyncIterable<Uint8Array>,
  encoding: TableEncoding,
): Promise<Readable> {
  const { head, all } = await peeked(bytes, 512);
  const kind = workbookKind(head);
  if (kind === null && head.includes(0)) throw notText('binary or UTF-16, not CSV in UTF-8');
  if (kind === null) return Readable.from(inUtf8(all, encoding), { objectMode: false });
  const numberText = (text: string): string =>
    /^-?\d+$/.test(text) && text.length >= DIGITS_OF_IDENTIFIERS ? Number(text).toExponential() : text;
  const { text } = await workbookAsCsv(all, { delimiter: ',', numberText }).catch(retold);
  return Readable.from(telling(text), { objectMode: false });
}

async function* telling(text: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* text;
  } catch (thrown) {
    retold(thrown);
  }
}

function retold(thrown: unknown): never {
  if (!isRefusal(thrown) || thrown.code !== 'workbook-unreadable') throw thrown;
  throw notText(`a workbook that cannot be read: ${String(thrown.detail['reason'])}`);
}

function notText(reason: string): Refusal<RegistryCode> {
  return new Refusal('import-not-a-table', { detail: { place: 'line 1', reason } });
}

function columnsOf(kind: TableKind, mapping: ColumnMapping, names: readonly string[]): Header['columns'] {
  const trimmed = names.map(name => name.trim());
  const { columns, missing, unknown } = readHeader(kind.columns, mapping, trimmed);
  if (unknown.length + missing.length === 0) return columns;
  throw new Refusal<RegistryCode>('import-columns', {
    subject: `import/${kind.name}`,
    detail: {
      missing: missing.join(', ').slice(0, 500) || '-',
      unknown: unknown.join(', ').slice(0, 500) || '-',
      expected: kind.columns.join(', '),
    },
  });
}

function asksOf(
  kind: TableKind,
  columns: Header['columns'],
  cells: readonly string[],
  place: string,
): Row['asks'] {
  if (cells.slice(columns.length).some(cell => cell.trim() !== ''))
    return { refused: 'more-cells-than-columns' };
  const row: Record<string, string> = {};
  for (const name of kind.columns) row[name] = '';
  for (const [i, name] of columns.entries())
    if (name !== null) row[name] = textOfCell((cells[i] ?? '').trim()).trim();
  return kind.row(row, place);
}
