import type { Zone } from './zone-time.ts';

/**
 * A window is a run of panes aligned in the rule's zone, and ends at the record that is judged, which it
 * includes.
 *
 * `day` and `month`: the one civil day or month that holds the record.
 * `10m`, `24h`, `30d`: the pane that holds the record and those before it that make up the length. Panes of
 * a window in minutes are a minute long, under ten hours five minutes, in hours an hour, in days a civil
 * day. Panes shorter than a day count from the civil day's beginning. So a window of length W with panes of
 * length P reaches between W − P and W back from the record; the pane's beginning belongs to it, its end
 * does not.
 */
export interface Window {
  readonly text: string;
  /** Windows of one zone and one pane name number their panes alike. */
  readonly paneName: string;
  /** Number of the pane that holds the instant; grows with time. */
  paneOf(atMs: number): number;
  /** A later instant before which the pane is the same. */
  sameUntil(atMs: number): number;
  /** The oldest pane that a window ending in `pane` still holds. */
  oldestOf(pane: number): number;
  /** No record older than this before the judged one is in the window; clock changes are allowed for. */
  readonly reachMs: number;
  /** Most panes one window can hold. */
  readonly panes: number;
}

const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
/** Clock changes lengthen a civil day by at most this in the zone data since 1970, crossings of the date line apart, which take a whole day. */
const CLOCK_CHANGE = DAY;
export const MOST_PANES = 120;

/** The length in milliseconds of `10m`, `24h`, `30d`, or null. */
export function readDuration(text: string): number | null {
  const match = /^([1-9]\d{0,3})([mhd])$/.exec(text);
  if (match === null) return null;
  return Number(match[1]) * (match[2] === 'm' ? MINUTE : match[2] === 'h' ? HOUR : DAY);
}

/** The window of that name in the zone, or null when it is no window or needs more than `MOST_PANES` panes. */
export function openWindow(text: string, zone: Zone): Window | null {
  if (text === 'day') return civilDays('day', 1, zone);
  if (text === 'month') return civilMonth(zone);
  const lengthMs = readDuration(text);
  if (lengthMs === null) return null;
  const unit = text.at(-1);
  if (unit === 'd') return lengthMs / DAY <= MOST_PANES ? civilDays(text, lengthMs / DAY, zone) : null;
  const paneMs = unit === 'm' ? MINUTE : lengthMs < 10 * HOUR ? 5 * MINUTE : HOUR;
  return lengthMs / paneMs <= MOST_PANES ? shortPanes(text, lengthMs, paneMs, zone) : null;
}

/** The civil day of an instant; the last one is remembered, for records come in the order of time. */
function dayFinder(zone: Zone): (atMs: number) => Day {
  let held: Day = { day: 0, startMs: 0, endMs: 0 };
  return atMs => {
    if (atMs >= held.startMs && atMs < held.endMs) return held;
    const day = zone.dayOf(atMs);
    held = { day, startMs: zone.dayStartMs(day), endMs: zone.dayStartMs(day + 1) };
    return held;
  };
}

interface Day {
  readonly day: number;
  readonly startMs: number;
  readonly endMs: number;
}

function civilDays(text: string, days: number, zone: Zone): Window {
  const dayOf = dayFinder(zone);
  return {
    text,
    paneName: 'day',
    paneOf: atMs => dayOf(atMs).day,
    sameUntil: atMs => dayOf(atMs).endMs,
    oldestOf: pane => pane - days + 1,
    reachMs: days * DAY + CLOCK_CHANGE,
    panes: days,
  };
}

function civilMonth(zone: Zone): Window {
  const dayOf = dayFinder(zone);
  return {
    text: 'month',
    paneName: 'month',
    paneOf: atMs => zone.monthOf(dayOf(atMs).day),
    sameUntil: atMs => dayOf(atMs).endMs,
    oldestOf: pane => pane,
    reachMs: 31 * DAY + CLOCK_CHANGE,
    panes: 1,
  };
}

/** The number of a pane shorter than a day is its first instant. */
function shortPanes(text: string, lengthMs: number, paneMs: number, zone: Zone): Window {
  const dayOf = dayFinder(zone);
  return {
    text,
    paneName: `${paneMs / MINUTE}m`,
    paneOf: atMs => {
      const { startMs } = dayOf(atMs);
      return startMs + Math.floor((atMs - startMs) / paneMs) * paneMs;
    },
    sameUntil: atMs => {
      const { startMs, endMs } = dayOf(atMs);
      return Math.min(endMs, startMs + (Math.floor((atMs - startMs) / paneMs) + 1) * paneMs);
    },
    oldestOf: pane => pane - lengthMs + paneMs,
    reachMs: lengthMs,
    panes: lengthMs / paneMs + 2,
  };
}
