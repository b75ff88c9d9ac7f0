import { DAY_MS } from '../../../kernel/time.ts';
import type { CountedDay } from '../../../spine/measures/ports.ts';

/** Whole UTC days, `2026-11-25`, both ends included. */
export interface Days {
  readonly first: string;
  readonly last: string;
}

/** What a provider counts for a day and a source did not bring, in bytes. */
export interface Shortfall {
  readonly day: string;
  readonly counted: number;
  readonly received: number;
}

export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
export const startOf = (day: string): number => Date.parse(`${day}T00:00:00Z`);
export const dayAfter = (day: string): string => dayOf(startOf(day) + DAY_MS);
export const dayBefore = (day: string): string => dayOf(startOf(day) - DAY_MS);

/** The last `dayCount` days that ended `graceMs` ago or earlier, none of them before `sinceDay`; null when there is none. */
export function daysToCompare(
  nowMs: number,
  poll: { readonly graceMs: number; readonly dayCount: number; readonly sinceDay: string },
): Days | null {
  const last = dayBefore(dayOf(nowMs - poll.graceMs));
  const earliestMs = startOf(last) - (poll.dayCount - 1) * DAY_MS;
  const first = dayOf(Math.max(earliestMs, startOf(poll.sinceDay)));
  return first > last ? null : { first, last };
}

/** What 2^20 and 10^6 octets are called alike; which of them the platform means, the source declares. */
const megabytesOf = (unit: string): number => (unit === 'MiB' ? 1_048_576 : 1_000_000);

/**
 * The days on which the provider counts at least `leastBytes` more than came (CR-24); pure.
 *
 * A record that spans midnight is received on the day it began and may be counted on the next: what a day has more than
 * is counted for it makes up for what the next one lacks.
 */
export function shortfallsOf(
  { first, last }: Days,
  counted: readonly CountedDay[],
  received: ReadonlyMap<string, number>,
  how: { readonly unit: string; readonly leastBytes: number },
): Shortfall[] {
  const told = new Map<string, number>();
  for (const { day, volume, unit } of counted) {
    const bytes = Math.round(unit === 'B' ? volume : volume * megabytesOf(how.unit));
    told.set(day, (told.get(day) ?? 0) + bytes);
  }
  const lackOf = (day: string): number => (told.get(day) ?? 0) - (received.get(day) ?? 0);
  const found: Shortfall[] = [];
  for (let day = first; day <= last; day = dayAfter(day)) {
    const lacks = lackOf(day) + Math.min(0, lackOf(dayBefore(day)));
    if (lacks > 0 && lacks >= how.leastBytes)
      found.push({ day, counted: told.get(day) ?? 0, received: received.get(day) ?? 0 });
  }
  return found;
}
