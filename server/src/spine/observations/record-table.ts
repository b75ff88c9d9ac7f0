import type { StoredObservation } from './store.ts';

/**
 * The table of records: what an export of observations writes, and the format `record-table` reads again. One row for
 * each record: these columns, then one for each field of the kinds of observation. Everything is text for a
 * spreadsheet: a claim and a subject bear their kind before them, a digest its function, so that no program takes one
 * for a number (C-29, CR-01).
 */
export const RECORD_COLUMNS = [
  'observed_at',
  'time_mark',
  'received_at',
  'source',
  'subject',
  'claim',
  'kind',
  'series',
  'digest',
] as const;
export type RecordColumn = (typeof RECORD_COLUMNS)[number];

export type RecordCell = string | number | boolean;

/** One record as a row over `RECORD_COLUMNS` and `fields`; a field that the record does not state is an empty cell. */
export function recordCells(
  record: StoredObservation,
  fields: readonly string[],
  named: { readonly source: string; readonly subject: string },
): RecordCell[] {
  return [
    new Date(record.observedAtMs).toISOString(),
    record.timeMark,
    new Date(record.receivedAtMs).toISOString(),
    named.source,
    told(named.subject, true),
    told(record.claim),
    record.kind,
    told(record.series ?? '', true),
    `${DIGEST}${record.digest}`,
    ...fields.map(field => {
      const value = record.body[field] ?? null;
      return typeof value === 'string' ? told(value) : (value ?? '');
    }),
  ];
}

export const DIGEST = 'sha256:';
const MARKED = 'json:';
/** What a table would lose or change: nothing at all, white space at an edge, control characters, halves of characters. */
const UNSAFE = /^$|^\s|\s$|^json:|[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\ufeff\ufffe\uffff]/u;

/** A text as it can stand in a cell; one that a table would change stands there as a JSON string behind `json:`. */
function told(text: string, mayBeEmpty = false): string {
  if (!UNSAFE.test(text) || (mayBeEmpty && text === '')) return text;
  const escaped = JSON.stringify(text).replace(
    /[\p{Cc}\p{Zl}\p{Zp}\ufeff\ufffe\uffff]/gu,
    each => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `${MARKED}${escaped}`;
}

/** The text that a cell tells; null where it claims to be a JSON string and is none. */
export function textTold(cell: string): string | null {
  if (!cell.startsWith(MARKED)) return cell;
  try {
    const value: unknown = JSON.parse(cell.slice(MARKED.length));
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}
