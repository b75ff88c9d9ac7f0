import { describe, expect, test } from 'vitest';
import { daysToCompare, shortfallsOf } from './compare.ts';

const NOW = Date.parse('2026-11-27T08:00:00Z');
const HOUR_MS = 3_600_000;
const days = { first: '2026-11-24', last: '2026-11-25' };
const how = { unit: 'MB', leastBytes: 1_000 };
const mb = (day: string, volume: number) => ({ day, volume, unit: 'MB' as const });

describe('CR-24 the days that are compared', () => {
  test.each([
    [6 * HOUR_MS, 3, '2020-01-01', { first: '2026-11-24', last: '2026-11-26' }],
    [9 * HOUR_MS, 3, '2020-01-01', { first: '2026-11-23', last: '2026-11-25' }],
    [6 * HOUR_MS, 3, '2026-11-26', { first: '2026-11-26', last: '2026-11-26' }],
    [6 * HOUR_MS, 3, '2026-11-27', null],
    [8 * HOUR_MS, 1, '2020-01-01', { first: '2026-11-26', last: '2026-11-26' }],
  ])('after a grace of %d ms, %d of them, from %s on, are %j', (graceMs, dayCount, sinceDay, expected) => {
    expect(daysToCompare(NOW, { graceMs, dayCount, sinceDay })).toEqual(expected);
  });
});

describe('CR-24 what a provider counts and no push brought', () => {
  const lacking = (counted: Parameters<typeof shortfallsOf>[1], received: Record<string, number>, as = how) =>
    shortfallsOf(days, counted, new Map(Object.entries(received)), as);

  test('is told by its day, and what came in full or above is not', () => {
    const counted = [mb('2026-11-24', 3), mb('2026-11-25', 1.5)];
    expect(lacking(counted, { '2026-11-24': 3_000_000, '2026-11-25': 1_500_000 })).toEqual([]);
    expect(lacking(counted, { '2026-11-24': 9_000_000, '2026-11-25': 9_000_000 })).toEqual([]);
    expect(lacking(counted, { '2026-11-24': 3_000_000, '2026-11-25': 1_000_000 })).toEqual([
      { day: '2026-11-25', counted: 1_500_000, received: 1_000_000 },
    ]);
    expect(lacking(counted, {})).toHaveLength(2);
  });

  test('is nothing below what was set, in the megabytes of the source', () => {
    const counted = [mb('2026-11-25', 1)];
    expect(lacking(counted, { '2026-11-25': 999_001 })).toEqual([]);
    expect(lacking(counted, { '2026-11-25': 999_000 })).toHaveLength(1);
    const binary = { unit: 'MiB', leastBytes: 0 };
    expect(lacking(counted, { '2026-11-25': 1_048_576 }, binary)).toEqual([]);
    expect(lacking(counted, { '2026-11-25': 1_000_000 }, binary)).toMatchObject([{ counted: 1_048_576 }]);
    expect(lacking([{ day: '2026-11-25', volume: 7, unit: 'B' }], {}, { unit: 'MB', leastBytes: 7 })).toEqual(
      [{ day: '2026-11-25', counted: 7, received: 0 }],
    );
  });

  test('is made up for by what the day before has more, for a record over midnight is received on the day it began', () => {
    const counted = [mb('2026-11-24', 1), mb('2026-11-25', 1)];
    expect(lacking(counted, { '2026-11-24': 1_400_000, '2026-11-25': 600_000 })).toEqual([]);
    expect(lacking(counted, { '2026-11-24': 1_400_000, '2026-11-25': 500_000 })).toHaveLength(1);
    expect(lacking([mb('2026-11-24', 1)], { '2026-11-23': 1_000_000 })).toEqual([]);
    // What lacked the day before is told there, and not again.
    expect(lacking(counted, { '2026-11-25': 1_000_000 })).toMatchObject([{ day: '2026-11-24' }]);
  });
});
