import { HOUR_MS, MINUTE_MS } from '../../kernel/time.ts';
import type { Zone } from '../rules/zone-time.ts';
import type { Calendar, Length } from './clock.ts';

/** The last moment at which the duty is still done in time, and whether it lies beyond what the calendar knows. */
export interface Due {
  readonly dueAtMs: number;
  readonly isBeyondCalendar: boolean;
}

const DATE_MS = 86_400_000;

/**
 * When a clock that starts at `startMs` falls due.
 *
 * Minutes and hours are elapsed time from the minute of the event, whatever the zone's clocks do in between.
 * Days, working days and months don't count the day of the event and end with their last day in the zone, one
 * millisecond before the next. A month that has no such day ends with its last one. A working day is what
 * the calendar decrees; without a word of it, Monday to Friday (APL art. 85).
 */
export function dueAt(startMs: number, length: Length, zone: Zone, calendar: Calendar | null = null): Due {
  const startDay = zone.dayOf(startMs);
  switch (length.unit) {
    case 'minutes':
      return { dueAtMs: startMs + length.n * MINUTE_MS, isBeyondCalendar: false };
    case 'hours':
      return { dueAtMs: startMs + length.n * HOUR_MS, isBeyondCalendar: false };
    case 'days':
      return endOf(startDay + length.n, zone, null);
    case 'months':
      return endOf(sameDayLater(startDay, length.n, zone), zone, null);
    case 'working-days':
      return endOf(workingDayAfter(startDay, length.n, calendar), zone, calendar);
  }
}

/** The date of a day counted from 1970-01-01, as `YYYY-MM-DD`. */
export function dateOfDay(day: number): string {
  return new Date(day * DATE_MS).toISOString().slice(0, 10);
}

function endOf(day: number, zone: Zone, calendar: Calendar | null): Due {
  const date = dateOfDay(day);
  const isBeyondCalendar = calendar !== null && (date > calendar.loaded.to || date < calendar.loaded.from);
  return { dueAtMs: zone.dayStartMs(day + 1) - 1, isBeyondCalendar };
}

function sameDayLater(day: number, months: number, zone: Zone): number {
  const month = zone.monthOf(day);
  const first = zone.monthStartDay(month + months);
  const last = zone.monthStartDay(month + months + 1) - 1;
  return Math.min(first + (day - zone.monthStartDay(month)), last);
}

function workingDayAfter(startDay: number, count: number, calendar: Calendar | null): number {
  let day = startDay;
  for (let left = count; left > 0; ) {
    day += 1;
    if (isWorkingDay(day, calendar)) left -= 1;
  }
  return day;
}

function isWorkingDay(day: number, calendar: Calendar | null): boolean {
  const date = dateOfDay(day);
  if (calendar?.holidays.has(date) === true) return false;
  if (calendar?.workingWeekends.has(date) === true) return true;
  const weekday = (((day + 4) % 7) + 7) % 7;
  return weekday >= 1 && weekday <= 5;
}
