import { expect, test } from 'vitest';
import { gatherAfter, shareAfter } from './judge.ts';

test.each([
  [125, 20, 250],
  [4_000, 20, 4_000],
  [1_000, 600, 1_000],
  [1_000, 1_500, 500],
  [125, 60_000, 125],
])('a commit of %i records that took %i ms is followed by one of %i', (records, tookMs, next) => {
  expect(shareAfter(records, tookMs)).toBe(next);
});

test.each([
  [0, 20, 0],
  [1, 2, 40],
  [100, 25, 100],
  [1_999, 400, 250],
  [2_000, 400, 0],
])('after %i records in %i ms judging waits %i ms for more', (records, tookMs, waits) => {
  expect(gatherAfter(records, tookMs)).toBe(waits);
});
