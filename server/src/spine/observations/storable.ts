import { sha256 } from '../../kernel/bytes.ts';
import type { FileFlag, Reading, Unread } from './observation.ts';

/**
 * What a format hands on comes from strangers. The database holds neither NUL nor a lone surrogate in a text, and no
 * index a text of thousands of characters; one such record, or one such remark on a file, would otherwise take its
 * whole chunk down with it.
 */

/** Characters of a series up to which it is its own name; at most four bytes each, well below what an index holds. */
const LONGEST_SERIES = 500;

/** The name of the first text of a reading that the database cannot hold, or null. */
export function unstorableIn(reading: Reading): string | null {
  if (isBad(reading.claim) || reading.alsoClaims?.some(isBad) === true) return 'claim';
  if (isBad(reading.series)) return 'series';
  for (const field in reading.body) if (isBad(field) || isBad(reading.body[field])) return field;
  return null;
}

/** The reading with a series of bounded length: a long one goes by its digest, which is as good a name. */
export function seriesName(reading: Reading): Reading {
  const { series } = reading;
  if (series === undefined || series.length <= LONGEST_SERIES) return reading;
  return { ...reading, series: `sha256/${sha256(series).toString('hex')}` };
}

/** Why a record was not read, with U+FFFD in place of what cannot be stored. */
export function storableUnread({ place, reason, detail }: Unread): Unread {
  return { place: mended(place), reason, detail: storableDetail(detail) };
}

/** Remarks on a file, likewise. */
export function storableFlags(flags: readonly FileFlag[]): readonly FileFlag[] {
  return flags.map(({ code, detail }) => ({ code, detail: storableDetail(detail) }));
}

type Detail = Unread['detail'];

function storableDetail(detail: Detail): Detail {
  if (!Object.entries(detail).flat().some(isBad)) return detail;
  return Object.fromEntries(
    Object.entries(detail).map(([key, value]) => [
      mended(key),
      typeof value === 'string' ? mended(value) : value,
    ]),
  );
}

function mended(text: string): string {
  return isBad(text) ? text.toWellFormed().replaceAll('\0', '\ufffd') : text;
}

function isBad(value: unknown): boolean {
  return typeof value === 'string' && (value.includes('\0') || !value.isWellFormed());
}
