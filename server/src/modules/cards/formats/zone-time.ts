import { MINUTE_MS } from '../../../kernel/time.ts';

/** A moment and the offset from UTC that was applied to find it. */
export interface Moment {
  readonly ms: number;
  readonly offsetMin: number;
}

/** Wall-clock parts as milliseconds of a clock that ignores zones; null when there is no such day or hour. */
export function wallClock(parts: readonly number[]): number | null {
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0, ms = 0] = parts;
  if (hour > 23 || minute > 59 || second > 60 || month < 1 || month > 12 || day < 1) return null;
  const wall = Date.UTC(year, month - 1, day, hour, minute, second, ms);
  const back = new Date(wall - (second === 60 ? 1_000 : 0));
  const isThatDay =
    back.getUTCFullYear() === year && back.getUTCMonth() === month - 1 && back.getUTCDate() === day;
  return isThatDay ? wall : null;
}

/** `+0200`, `-05:30`, `Z`, `+08` in minutes; null for anything else. */
export function offsetMinutes(text: string): number | null {
  if (/^(Z|UTC|GMT)$/i.test(text)) return 0;
  const found = /^([+-])(\d{2}):?(\d{2})?$/.exec(text);
  if (found === null) return null;
  const minutes = Number(found[2]) * 60 + Number(found[3] ?? '0');
  if (minutes > 14 * 60 || Number(found[3] ?? '0') > 59) return null;
  return found[1] === '-' ? -minutes : minutes;
}

/** A wall clock at a fixed offset. */
export function atOffset(wallMs: number, offsetMin: number): Moment {
  return { ms: wallMs - offsetMin * MINUTE_MS, offsetMin };
}

const clocks = new Map<string, Intl.DateTimeFormat | null>();

function clockOf(zone: string): Intl.DateTimeFormat | null {
  const known = clocks.get(zone);
  if (known !== undefined) return known;
  let made: Intl.DateTimeFormat | null = null;
  try {
    made = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
      era: 'short',
    });
  } catch {
    // An unknown zone is answered by `isZone`; here it means that no time can be read.
  }
  if (clocks.size < 1_000) clocks.set(zone, made);
  return made;
}

/** Whether the name is an IANA zone this system knows, or a fixed offset. */
export function isZone(zone: string): boolean {
  return offsetMinutes(zone) !== null || clockOf(zone) !== null;
}

/** Offsets change on quarter hours only; those asked for last are remembered for each clock. */
const QUARTER_MS = 15 * MINUTE_MS;
const remembered = new WeakMap<Intl.DateTimeFormat, Map<number, number>>();

function offsetAt(utcMs: number, clock: Intl.DateTimeFormat): number {
  const quarter = Math.floor(utcMs / QUARTER_MS);
  let offsets = remembered.get(clock);
  if (offsets === undefined || offsets.size > 20_000) {
    offsets = new Map();
    remembered.set(clock, offsets);
  }
  let offset = offsets.get(quarter);
  if (offset === undefined) {
    offset = computedOffset(quarter * QUARTER_MS, clock);
    offsets.set(quarter, offset);
  }
  return offset;
}

function computedOffset(utcMs: number, clock: Intl.DateTimeFormat): number {
  const parts: Record<string, number> = {};
  for (const { type, value } of clock.formatToParts(utcMs)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  const wall = Date.UTC(year, month - 1, day, hour, minute, second);
  return Math.round((wall - Math.floor(utcMs / 1_000) * 1_000) / MINUTE_MS);
}

/**
 * A wall clock in a zone. Where clocks go back and an hour comes twice, the first of the two is meant; where
 * they go forward, a time that never was is read with the offset before the step. Null for an unknown zone.
 */
export function inZone(wallMs: number, zone: string): Moment | null {
  const fixed = offsetMinutes(zone);
  if (fixed !== null) return atOffset(wallMs, fixed);
  const clock = clockOf(zone);
  if (clock === null || Math.abs(wallMs) > 8.6e15 - 2e8) return null;
  const before = offsetAt(wallMs - 24 * 60 * MINUTE_MS, clock);
  const candidate = atOffset(wallMs, before);
  if (offsetAt(candidate.ms, clock) === before) return candidate;
  const after = atOffset(wallMs, offsetAt(candidate.ms, clock));
  return offsetAt(after.ms, clock) === after.offsetMin ? after : candidate;
}

/** The calendar month, `2026-11`, that a moment lies in by the clocks of a zone; null for an unknown zone. */
export function monthIn(ms: number, zone: string): string | null {
  const fixed = offsetMinutes(zone);
  const clock = fixed === null ? clockOf(zone) : null;
  if ((fixed === null && clock === null) || Math.abs(ms) > 8.6e15 - 2e8) return null;
  const offset = fixed ?? offsetAt(ms, clock as Intl.DateTimeFormat);
  return new Date(ms + offset * MINUTE_MS).toISOString().slice(0, 7);
}
