import type { TimeMark } from '../../../spine/observations/observation.ts';
import { atOffset, inZone, type Moment, offsetMinutes, wallClock } from './zone-time.ts';

export type ReadTime = (Moment & { readonly mark: TimeMark }) | null;

/**
 * Reads times by the patterns a source declares, tried in order: `iso` (RFC 3339, zone optional, `T` or a
 * blank), `epoch-s`, `epoch-ms`, `epoch-us`, or letters `YYYY MM M DD D HH H mm ss SSS Z` with anything else
 * literal. A time without a zone is read in `zone` and marked `zone-declared`; finer than a millisecond is cut.
 */
export function timeReader(patterns: readonly string[], zone: string): (text: string) => ReadTime {
  const readers = patterns.map(pattern => compile(pattern, zone));
  return text => {
    for (const read of readers) {
      const moment = read(text);
      if (moment !== null) return moment;
    }
    return null;
  };
}

/** Why a pattern cannot be used, or null. */
export function patternFault(pattern: string): string | null {
  if (Object.hasOwn(FIXED, pattern)) return null;
  return /YYYY/.test(pattern) && /MM?/.test(pattern) && /DD?/.test(pattern)
    ? null
    : `the time pattern "${pattern}" has no YYYY, MM and DD`;
}

const EPOCH_DIVISORS = { 'epoch-s': 1_000n, 'epoch-ms': 1n, 'epoch-us': 1n } as const;
const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s?(Z|UTC|[+-]\d{2}:?(?:\d{2})?)?$/i;
const FIXED: Readonly<Record<string, true>> = {
  iso: true,
  'epoch-s': true,
  'epoch-ms': true,
  'epoch-us': true,
};

function compile(pattern: string, zone: string): (text: string) => ReadTime {
  if (pattern === 'iso') return text => readIso(text, zone);
  if (Object.hasOwn(EPOCH_DIVISORS, pattern))
    return text => readEpoch(text, pattern as keyof typeof EPOCH_DIVISORS);
  return byLetters(pattern, zone);
}

function readIso(text: string, zone: string): ReadTime {
  const found = ISO.exec(text.trim());
  if (found === null) return null;
  const parts = [1, 2, 3, 4, 5, 6].map(group => Number(found[group] ?? '0'));
  const wall = wallClock([...parts, milliseconds(found[7])]);
  return wall === null ? null : zoned(wall, found[8], zone);
}

function milliseconds(fraction: string | undefined): number {
  return Number((fraction ?? '').padEnd(3, '0').slice(0, 3));
}

function zoned(wall: number, stated: string | undefined, zone: string): ReadTime {
  if (stated !== undefined) {
    const offset = offsetMinutes(stated);
    return offset === null ? null : { ...atOffset(wall, offset), mark: 'stated' };
  }
  const moment = inZone(wall, zone);
  return moment === null ? null : { ...moment, mark: 'zone-declared' };
}

function readEpoch(text: string, unit: keyof typeof EPOCH_DIVISORS): ReadTime {
  const found = /^(-?\d{1,19})(?:\.(\d{1,9}))?$/.exec(text.trim());
  if (found === null) return null;
  const whole = BigInt(found[1] as string);
  const raw = unit === 'epoch-us' ? whole / 1_000n : whole * EPOCH_DIVISORS[unit];
  const ms = Number(raw) + (unit === 'epoch-s' ? milliseconds(found[2]) : 0);
  return Number.isSafeInteger(ms) && Math.abs(ms) <= 8.6e15 ? { ms, offsetMin: 0, mark: 'stated' } : null;
}

const LETTERS: Readonly<Record<string, string>> = {
  YYYY: '(?<YYYY>\\d{4})',
  MM: '(?<MM>\\d{2})',
  M: '(?<MM>\\d{1,2})',
  DD: '(?<DD>\\d{2})',
  D: '(?<DD>\\d{1,2})',
  HH: '(?<HH>\\d{2})',
  H: '(?<HH>\\d{1,2})',
  mm: '(?<mm>\\d{2})',
  ss: '(?<ss>\\d{2})',
  SSS: '(?<SSS>\\d{1,9})',
  Z: '(?<Z>Z|UTC|[+-]\\d{2}:?(?:\\d{2})?)',
};

function byLetters(pattern: string, zone: string): (text: string) => ReadTime {
  const seen = new Set<string>();
  const source = pattern.replace(/YYYY|MM|M|DD|D|HH|H|mm|ss|SSS|Z|[\s\S]/g, token => {
    const letters = LETTERS[token];
    if (letters === undefined || seen.has(token.charAt(0) + token.length)) return escapeLiteral(token);
    seen.add(token.charAt(0) + token.length);
    return letters;
  });
  let matcher: RegExp;
  try {
    matcher = new RegExp(`^${source}$`, 'i');
  } catch {
    return () => null;
  }
  return text => {
    const groups = matcher.exec(text.trim())?.groups;
    if (groups === undefined) return null;
    const parts = ['YYYY', 'MM', 'DD', 'HH', 'mm', 'ss'].map(name => Number(groups[name] ?? '0'));
    const wall = wallClock([...parts, milliseconds(groups.SSS)]);
    return wall === null ? null : zoned(wall, groups.Z, zone);
  };
}

function escapeLiteral(token: string): string {
  return token.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
