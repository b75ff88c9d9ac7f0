const DAY_MS = 86_400_000;

/** Formats of SpreadsheetML that show a date or a time without being written down (ECMA-376 part 1, 18.8.30). */
const DATE_FORMATS: readonly (readonly [number, number])[] = [
  [14, 22],
  [27, 36],
  [45, 47],
  [50, 58],
];

/** Whether a number format shows a date or time; `code` is its own text, where it is written down. */
export function showsDate(id: number, code: string | undefined): boolean {
  if (code === undefined) return DATE_FORMATS.some(([from, to]) => id >= from && id <= to);
  // Quoted texts, escaped characters and conditions or colours in brackets are no letters of the format; `[h]` is.
  const letters = code.replace(/"[^"]*"|\\.|_.|\[(?!h+\]|m+\]|s+\])[^\]]*\]/gi, '');
  return /[ymdhs]/i.test(letters.replace(/general/gi, ''));
}

/**
 * A serial number as the date or time that a spreadsheet shows: `2026-03-01`, `2026-03-01 10:00:00`, or `10:00:00`
 * below one. It has no zone. Day 60 of the system of 1900 is the 29th of February that never was, so smaller numbers
 * lie a day later (ECMA-376 part 1, 18.17.4). Null for what is no date.
 */
export function dateOfSerial(serial: number, is1904: boolean): string | null {
  if (!Number.isFinite(serial) || serial < 0 || serial >= 2_958_466) return null;
  const milliseconds = Math.round(serial * DAY_MS);
  if (milliseconds < DAY_MS) return clock(milliseconds);
  const first = is1904 ? Date.UTC(1904, 0, 1) : Date.UTC(1899, 11, serial < 60 ? 31 : 30);
  const [date = ''] = new Date(first + milliseconds).toISOString().split('T');
  const ofDay = milliseconds % DAY_MS;
  return ofDay === 0 ? date : `${date} ${clock(ofDay)}`;
}

function clock(ofDayMs: number): string {
  const text = new Date(ofDayMs).toISOString().slice(11, 23);
  return text.endsWith('.000') ? text.slice(0, 8) : text;
}
