import type { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { isRefusal, Refusal } from '../../../kernel/refusal.ts';
import type { TableEncoding } from '../../registry/column-mapping.ts';
import { tableAsText } from '../../registry/table.ts';
import { type BatchCode, MOST_MEMBERS } from './batch.ts';

const LONGEST_ROW_BYTES = 64 << 10;
const MOST_LIST_BYTES = 32 << 20;
/** Names of columns that hold cards, the first that a table has is taken. */
const COLUMNS = ['iccid', 'card', 'reference', 'msisdn', 'imsi', 'eid', 'given', 'subject.reference'];
/** What stands in no list that people or programs write. */
const CONTROL = /\p{Cc}/u;

export interface ListManner {
  /** By its name, or its number from 1. */
  readonly column?: string | undefined;
  readonly encoding: TableEncoding;
}

/**
 * The names of cards in a list with one on each line, or in a table: CSV, or the first visible sheet of a workbook (.xlsx or
 * .xls). They stand in the column asked for, else in the first whose name is one of a card, else in the first. What
 * a spreadsheet puts before an identifier to keep it text is taken off; one that it holds as a number is told as a
 * rounded one, which names no card (CR-01, C-28).
 *
 * Refuses `measure-list-unreadable` with the place for what is no text, no table or no workbook, so that bytes of anything
 * are never taken for names; `measure-list-column`; `measure-batch-empty`, `measure-batch-too-large`.
 */
export async function namesListed(bytes: Readable, { column, encoding }: ListManner): Promise<string[]> {
  const names: string[] = [];
  let at: number | null = null;
  let count = 0;
  for await (const { cells, place } of rowsOf(bounded(bytes), encoding)) {
    const isFirst = at === null;
    at ??= placeOf(cells, column);
    const name = bare(cells[at] ?? '');
    // A heading has no digit in it; a card always has.
    if (name === '' || (isFirst && !/\d/.test(name))) continue;
    if (CONTROL.test(name)) throw unreadable(place, 'characters that no list has');
    count += 1;
    if (count <= MOST_MEMBERS) names.push(name);
  }
  if (count === 0) throw new Refusal<BatchCode>('measure-batch-empty');
  if (count > MOST_MEMBERS)
    throw new Refusal<BatchCode>('measure-batch-too-large', { detail: { count, most: MOST_MEMBERS } });
  return names;
}

async function* rowsOf(
  bytes: AsyncIterable<Uint8Array>,
  encoding: TableEncoding,
): AsyncGenerator<{ readonly cells: readonly string[]; readonly place: string }> {
  let place = 'line 1';
  try {
    const text = await tableAsText(bytes, encoding);
    const parser = text.pipe(
      parse({
        bom: true,
        delimiter: [',', ';', '\t'],
        relax_column_count: true,
        relax_quotes: true,
        skip_empty_lines: true,
        max_record_size: LONGEST_ROW_BYTES,
        info: true,
      }),
    );
    text.once('error', error => parser.destroy(error));
    for await (const { record, info } of parser as AsyncIterable<{
      record: string[];
      info: { lines: number };
    }>) {
      place = `line ${info.lines}`;
      yield { cells: record, place };
    }
  } catch (thrown) {
    if (thrown instanceof CsvError) throw unreadable(place, thrown.code);
    if (!isRefusal(thrown) || thrown.code !== 'import-not-a-table') throw thrown;
    throw unreadable(String(thrown.detail['place']), String(thrown.detail['reason']));
  }
}

async function* bounded(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0;
  for await (const part of bytes) {
    sizeBytes += part.length;
    if (sizeBytes > MOST_LIST_BYTES) throw unreadable('line 1', `larger than ${MOST_LIST_BYTES >> 20} MiB`);
    yield part;
  }
}

function placeOf(cells: readonly string[], column: string | undefined): number {
  const names = cells.map(cell => cell.trim().toLowerCase());
  if (column !== undefined && /^[1-9]\d{0,3}$/.test(column)) return Number(column) - 1;
  if (column === undefined) return COLUMNS.map(name => names.indexOf(name)).find(place => place >= 0) ?? 0;
  const place = names.indexOf(column.trim().toLowerCase());
  if (place === -1) throw new Refusal<BatchCode>('measure-list-column', { detail: { column } });
  return place;
}

/** Without the apostrophe that marks text, and without the `="…"` that some exports write. */
function bare(cell: string): string {
  const text = cell.trim().replace(/^="(.*)"$/, '$1');
  return text.replace(/^'+(?=[\d+])/, '').trim();
}

function unreadable(place: string, reason: string): Refusal<BatchCode> {
  return new Refusal('measure-list-unreadable', { detail: { place, reason } });
}
