import { expect, test } from 'vitest';
import { shareAfter } from './judge.ts';

test.each([
  [125, 20, 250],
  [4_000, 20, 4_000],
  [1_000, 600, 1_000],
  [1_000, 1_500, 500],
  [125, 60_000, 125],
])('a commit of %i records that took %i ms is followed by one of %i', (records, tookMs, next) => {
  expect(shareAfter(records, tookMs)).toBe(next);
});
