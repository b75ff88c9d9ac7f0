import { expect, test } from 'vitest';
import { DAY_MS } from '../../../kernel/time.ts';
import { type Level, leapOf, learned, MOST_WINDOWS, type Quartiles, quartilesOf } from './level.ts';

const T0 = Date.UTC(2026, 10, 1);
const of = (middle: number): Quartiles => [middle / 10, middle, middle * 10];
const level = (counter: 'delta' | 'per-series' | 'per-cycle', ...middles: number[]): Level =>
  middles.reduce<Level>((known, each) => learned(known, of(each), T0, counter), {
    windows: [],
    beganAtMs: null,
  });

test('quartiles are those of the volumes, in whatever order they came', () => {
  expect(quartilesOf([5, 1, 4, 2, 3])).toEqual([2, 3, 4]);
  expect(quartilesOf([7])).toEqual([7, 7, 7]);
});

test.each([
  ['1000 times more, as of kilobytes read as bytes before', 1_000, 'up', 1_000],
  ['1024 times more', 1_024, 'up', 1_000],
  ['a thousandth', 1 / 1_000, 'down', 1_000],
  ['a 1024th', 1 / 1_024, 'down', 1_000],
  ['a megabyte for a byte', 1_048_576, 'up', 1_000_000],
])('CR-27: %s is a leap as between units', (_name, factor, direction, times) => {
  const usual = level('delta', 40_000, 60_000, 50_000);
  expect(leapOf(usual, of(50_000 * factor), T0, 'delta')).toEqual({
    ...{ direction, times, before: 50_000, after: 50_000 * factor },
  });
});

test.each([
  ['a busy day', of(50_000 * 30)],
  ['a quiet night', of(50_000 / 30)],
  ['what lies between two units', of(50_000 * 30_000)],
  ['a few devices that fetch a new version', [5_000, 50_000, 500_000_000] as Quartiles],
  ['most devices that fetch a new version', [5_000, 50_000_000, 500_000_000] as Quartiles],
])('CR-27: %s is none', (_name, next) => {
  expect(leapOf(level('delta', 40_000, 60_000, 50_000), next, T0, 'delta')).toBeNull();
});

test('CR-27: of a source that has hardly begun nothing is said', () => {
  expect(leapOf(level('delta', 50_000), of(50_000_000), T0, 'delta')).toBeNull();
  expect(leapOf(level('delta', 50_000, 50_000), of(50_000_000), T0, 'delta')).not.toBeNull();
});

test('CR-27: a running total that begins anew, and grows again, is no leap', () => {
  const usual = level('per-series', 50_000, 50_000_000);
  expect(leapOf(usual, of(50_000), T0, 'per-series')).toBeNull();
  const anew = Array.from({ length: 3 * MOST_WINDOWS }).reduce<Level>(
    known => learned(known, of(50_000), T0, 'per-series'),
    usual,
  );
  expect(anew.windows).toHaveLength(MOST_WINDOWS);
  expect(leapOf(anew, of(50_000_000), T0, 'per-series')).toBeNull();
  expect(leapOf(anew, of(50_000_000_000), T0, 'per-series')).toMatchObject({ direction: 'up', times: 1_000 });
});

test('CR-27: totals of a cycle say nothing before a whole one was seen', () => {
  const usual = level('per-cycle', 50_000, 60_000);
  expect(leapOf(usual, of(60_000_000), T0 + 30 * DAY_MS, 'per-cycle')).toBeNull();
  expect(leapOf(usual, of(60_000_000), T0 + 32 * DAY_MS, 'per-cycle')).toMatchObject({ direction: 'up' });
});

test('what is remembered of a source is bounded', () => {
  const long = Array.from({ length: 500 }, (_, i) => 1_000 + i);
  expect(level('delta', ...long).windows).toEqual(long.slice(-MOST_WINDOWS).map(of));
  expect(level('per-cycle', ...long).windows).toHaveLength(MOST_WINDOWS);
});
