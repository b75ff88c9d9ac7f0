import { expect, test } from 'vitest';
import type { Sides } from './store.ts';
import { lookSwapped } from './swapped.ts';

const sides = (clientId: number, bytesUp: number, bytesDown: number, sessions = 100): Sides => ({
  clientId,
  sessions,
  bytesUp,
  bytesDown,
});

test('CR-14, C-26: a server at which devices seem to send most of the traffic, and at every other little, looks swapped', () => {
  const others = [sides(1, 10_000_000, 90_000_000), sides(2, 20_000_000, 80_000_000)];
  expect([...lookSwapped([...others, sides(3, 80_000_000, 20_000_000)])]).toEqual([3]);
  expect([...lookSwapped([...others, sides(3, 50_000_000, 50_000_000)])]).toEqual([]);
});

test('CR-14: it is told either way round, by whatever the others do alike', () => {
  expect([
    ...lookSwapped([
      sides(1, 90_000_000, 10_000_000),
      sides(2, 80_000_000, 20_000_000),
      sides(3, 1_000_000, 99_000_000),
    ]),
  ]).toEqual([3]);
});

test('CR-14: of one server alone, of a few sessions, of little volume nothing is said', () => {
  expect([...lookSwapped([sides(1, 90_000_000, 10_000_000)])]).toEqual([]);
  expect([...lookSwapped([sides(1, 10_000_000, 90_000_000), sides(2, 90_000_000, 10_000_000, 19)])]).toEqual(
    [],
  );
  expect([...lookSwapped([sides(1, 10_000_000, 90_000_000), sides(2, 900_000, 10_000)])]).toEqual([]);
});
