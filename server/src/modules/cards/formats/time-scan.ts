import { DAY_MS, MINUTE_MS } from '../../../kernel/time.ts';
import type { ReadTime } from './time-pattern.ts';
import { atOffset, inZone, offsetMinutes } from './zone-time.ts';

/** Reads a time from bytes `[start, end)`; null where they do not have the plain shape of the pattern: then the text decides. */
export type ScanTime = (bytes: Uint8Array, start: number, end: number) => ReadTime;

/**
 * The accelerator of `timeReader` for the first of its patterns: `iso` down to the second, the epochs as bare
 * digits, and letters of fixed width. What it answers is what `timeReader` answers; a leap second, a fraction
 * finer than a millisecond, a year before 1970 and everything unusual it leaves alone.
 */
export function timeScanner(patterns: readonly string[], zone: string): ScanTime {
  const [pattern = ''] = patterns;
  if (pattern === 'iso') return isoScanner(zone);
  if (pattern === 'epoch-s') return epochScanner(1_000, 11);
  if (pattern === 'epoch-ms') return epochScanner(1, 15);
  return letterScanner(pattern, zone);
}

function epochScanner(factor: number, mostDigits: number): ScanTime {
  return (bytes, start, end) => {
    if (end - start > mostDigits || end === start) return null;
    const value = digitsOf(bytes, start, end);
    return value < 0 ? null : { ms: value * factor, offsetMin: 0, mark: 'stated' };
  };
}

const DASH = 0x2d;
const COLON = 0x3a;
const Z = 0x5a;

function isoScanner(zone: string): ScanTime {
  const ofZone = zoneScanner(zone);
  return (bytes, start, end) => {
    const length = end - start;
    if (length < 19 || bytes[start + 4] !== DASH || bytes[start + 7] !== DASH) return null;
    const between = bytes[start + 10];
    if (between !== 0x54 && between !== 0x20) return null;
    if (bytes[start + 13] !== COLON || bytes[start + 16] !== COLON) return null;
    let wall = wallOf(
      digitsOf(bytes, start, start + 4),
      digitsOf(bytes, start + 5, start + 7),
      digitsOf(bytes, start + 8, start + 10),
      digitsOf(bytes, start + 11, start + 13),
      digitsOf(bytes, start + 14, start + 16),
      digitsOf(bytes, start + 17, start + 19),
    );
    if (wall < 0) return null;
    let at = start + 19;
    if (at < end && bytes[at] === 0x2e) {
      const thousandths = at + 4 <= end ? digitsOf(bytes, at + 1, at + 4) : -1;
      if (thousandths < 0) return null;
      wall += thousandths;
      at += 4;
    }
    if (at === end) return ofZone(wall);
    if (bytes[at] === Z) return at + 1 === end ? { ms: wall, offsetMin: 0, mark: 'stated' } : null;
    return statedOffset(bytes, at, end, wall);
  };
}

/** `+08:00` or `-0530` behind the time. */
function statedOffset(bytes: Uint8Array, at: number, end: number, wall: number): ReadTime {
  const sign = bytes[at] === 0x2b ? 1 : bytes[at] === DASH ? -1 : 0;
  const hasColon = end - at === 6 && bytes[at + 3] === COLON;
  if (sign === 0 || (end - at !== 5 && !hasColon)) return null;
  const hours = digitsOf(bytes, at + 1, at + 3);
  const minutes = digitsOf(bytes, end - 2, end);
  if (hours < 0 || hours > 13 || minutes < 0 || minutes > 59) return null;
  const offsetMin = sign * (hours * 60 + minutes);
  // RFC 3339 §4.3 gives -00:00 a meaning of its own.
  if (offsetMin === 0 && sign < 0) return null;
  return { ...atOffset(wall, offsetMin), mark: 'stated' };
}

type Part = 'YYYY' | 'MM' | 'DD' | 'HH' | 'mm' | 'ss';

function letterScanner(pattern: string, zone: string): ScanTime {
  const places: Record<Part, number> = { YYYY: -1, MM: -1, DD: -1, HH: -1, mm: -1, ss: -1 };
  const literals: Array<readonly [number, number]> = [];
  let length = 0;
  for (const token of pattern.match(/YYYY|MM|M|DD|D|HH|H|mm|ss|SSS|Z|[\s\S]/g) ?? []) {
    if (token in places) {
      if (places[token as Part] >= 0) return () => null;
      places[token as Part] = length;
    } else if (/^[-/.: ,_T]$/.test(token)) literals.push([length, token.charCodeAt(0)]);
    else return () => null;
    length += token.length;
  }
  if (places.YYYY < 0 || places.MM < 0 || places.DD < 0) return () => null;
  const ofZone = zoneScanner(zone);
  const two = (bytes: Uint8Array, start: number, place: number): number =>
    place < 0 ? 0 : digitsOf(bytes, start + place, start + place + 2);
  return (bytes, start, end) => {
    if (end - start !== length) return null;
    for (const [place, byte] of literals) if (bytes[start + place] !== byte) return null;
    const wall = wallOf(
      digitsOf(bytes, start + places.YYYY, start + places.YYYY + 4),
      two(bytes, start, places.MM),
      two(bytes, start, places.DD),
      two(bytes, start, places.HH),
      two(bytes, start, places.mm),
      two(bytes, start, places.ss),
    );
    return wall < 0 ? null : ofZone(wall);
  };
}

/** Offsets of one zone are remembered by the minute of the wall clock, the finest step at which they change. */
const REMEMBERED = 4_096;

function zoneScanner(zone: string): (wall: number) => ReadTime {
  const fixed = offsetMinutes(zone);
  if (fixed !== null) return wall => ({ ...atOffset(wall, fixed), mark: 'zone-declared' });
  const minutes = new Float64Array(REMEMBERED).fill(-1);
  const offsets = new Int32Array(REMEMBERED);
  return wall => {
    const minute = Math.floor(wall / MINUTE_MS);
    const slot = minute % REMEMBERED;
    if (minutes[slot] !== minute) {
      const moment = inZone(minute * MINUTE_MS, zone);
      if (moment === null) return null;
      minutes[slot] = minute;
      offsets[slot] = moment.offsetMin;
    }
    const offsetMin = offsets[slot] as number;
    return { ms: wall - offsetMin * MINUTE_MS, offsetMin, mark: 'zone-declared' };
  };
}

/** The value of the digits in `[start, end)`, or a negative number when another byte is among them. */
export function digitsOf(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] as number) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

const DAYS_BEFORE = [0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const DAYS_IN = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Milliseconds of a wall clock from 1970 on (Gregorian calendar); negative when there is no such day or time, or before it. */
function wallOf(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number {
  if (year < 1970 || month < 1 || month > 12 || day < 1) return -1;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return -1;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (day > (DAYS_IN[month] as number) + (isLeap && month === 2 ? 1 : 0)) return -1;
  const past = year - 1;
  const leapDays = Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400) - 477;
  const inYear = (DAYS_BEFORE[month] as number) + (isLeap && month > 2 ? 1 : 0) + day - 1;
  const days = (year - 1970) * 365 + leapDays + inYear;
  return days * DAY_MS + hour * 3_600_000 + minute * MINUTE_MS + second * 1_000;
}
