import { expect, test } from 'vitest';
import { seeded } from './testing/predicate-generator.ts';
import * as whole from './whole-numbers.ts';

const MIN = -(2n ** 63n);
const MAX = 2n ** 63n - 1n;
const EDGES = [
  0n,
  1n,
  -1n,
  2n,
  -2n,
  3n,
  7n,
  2n ** 31n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 53n + 1n,
  -(2n ** 53n),
  3_037_000_500n,
  MAX,
  MAX - 1n,
  MIN,
  MIN + 1n,
];

const OPERATIONS: readonly [
  string,
  (a: whole.Whole, b: whole.Whole) => whole.Whole | undefined,
  (a: bigint, b: bigint) => bigint | undefined,
][] = [
  ['+', whole.addInt, (a, b) => a + b],
  ['-', whole.subtractInt, (a, b) => a - b],
  ['*', whole.multiplyInt, (a, b) => a * b],
  ['/', whole.divideInt, (a, b) => (b === 0n ? undefined : a / b)],
  ['%', whole.moduloInt, (a, b) => (b === 0n || (a === MIN && b === -1n) ? undefined : a % b)],
];

test.each(OPERATIONS)(
  'int %s is exact over 64 bits, or an error, in the one representation',
  (_, operate, truth) => {
    const random = seeded(64);
    const values = [
      ...EDGES,
      ...Array.from({ length: 300 }, () =>
        BigInt.asIntN(64, (BigInt(random(2 ** 32)) << BigInt(random(33))) * (random(2) === 0 ? 1n : -1n)),
      ),
    ];
    for (const a of values) {
      for (const b of values) {
        const exact = truth(a, b);
        const expected = exact === undefined || exact > MAX || exact < MIN ? undefined : whole.wholeOf(exact);
        const got = operate(whole.wholeOf(a), whole.wholeOf(b));
        if (!Object.is(got, expected)) expect({ a, b, got }).toEqual({ a, b, got: expected });
      }
    }
  },
);

test('a number that is not whole makes an error, not an exception', () => {
  for (const [, operate] of OPERATIONS.slice(0, 3)) expect(operate(1.5, 1)).toBeUndefined();
  expect(whole.addInt(Number.NaN, 1)).toBeUndefined();
  expect(whole.addInt(Number.POSITIVE_INFINITY, 2n ** 60n)).toBeUndefined();
});

test.each<[number, 'int' | 'uint', whole.Whole | undefined]>([
  [1.9, 'int', 1],
  [-1.9, 'int', -1],
  [2 ** 63, 'int', undefined],
  [-(2 ** 63), 'int', undefined],
  [2 ** 62, 'int', 2n ** 62n],
  [-1, 'uint', undefined],
  [2 ** 64, 'uint', undefined],
  [Number.NaN, 'int', undefined],
])('the double %d as %s is %s', (value, type, expected) => {
  expect(whole.wholeFromDouble(value, type)).toBe(expected);
});
