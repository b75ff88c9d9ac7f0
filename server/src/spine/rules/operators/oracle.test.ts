import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openWindow, type Window } from '../window.ts';
import { type Zone, zoneNamed } from '../zone-time.ts';
import { openAbsence } from './absence.ts';
import { openChange } from './change.ts';
import { openCount } from './count.ts';
import { openDistinct } from './distinct.ts';
import type { Operator, StateView, Value } from './operator.ts';
import { openOverlap } from './overlap.ts';
import { openRate } from './rate.ts';
import { openSum } from './sum.ts';
import { metresBetween, openTravel } from './travel.ts';

/**
 * Every operator against its definition computed anew for each record over the whole list, with an
 * arithmetic of its own: Shanghai is eight hours ahead, always.
 */
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const AHEAD = 8 * HOUR;
const zone = zoneNamed('Asia/Shanghai') as Zone;

interface Entry {
  readonly atMs: number;
  readonly args: readonly Value[];
}

/** Whether a record of `atMs` is in the window that ends at `endMs`. */
const windows: Record<string, (atMs: number, endMs: number) => boolean> = {
  '10m': (atMs, endMs) => Math.floor(atMs / 60_000) > Math.floor(endMs / 60_000) - 10,
  '3h': (atMs, endMs) => Math.floor(atMs / 300_000) > Math.floor(endMs / 300_000) - 36,
  '24h': (atMs, endMs) => Math.floor(atMs / HOUR) > Math.floor(endMs / HOUR) - 24,
  '7d': (atMs, endMs) => Math.floor((atMs + AHEAD) / DAY) > Math.floor((endMs + AHEAD) / DAY) - 7,
  day: (atMs, endMs) => localDate(atMs, 10) === localDate(endMs, 10),
  month: (atMs, endMs) => localDate(atMs, 7) === localDate(endMs, 7),
};
const localDate = (atMs: number, length: number): string =>
  new Date(atMs + AHEAD).toISOString().slice(0, length);

const gaps = fc.oneof(fc.nat(300), fc.nat(20 * 60_000), fc.nat(5 * HOUR), fc.nat(4 * DAY));
function entries(args: fc.Arbitrary<readonly Value[]>): fc.Arbitrary<Entry[]> {
  return fc.array(fc.record({ gap: gaps, args }), { minLength: 1, maxLength: 40 }).map(list => {
    let atMs = Date.UTC(2026, 0, 28);
    return list.map(({ gap, args: values }) => {
      atMs += gap;
      return { atMs, args: values };
    });
  });
}

function run(operator: Operator, list: readonly Entry[]): StateView[] {
  const state = operator.open();
  return list.map(({ atMs, args }) => {
    const view: StateView = {};
    operator.show(state, atMs, operator.take(state, atMs, args), view);
    return view;
  });
}

const maybe = <T extends Value>(value: fc.Arbitrary<T>): fc.Arbitrary<Value> =>
  fc.option<T, undefined>(value, { nil: undefined });
const options = { numRuns: 150, seed: 11 };

describe.each(Object.keys(windows))('over the window %s', text => {
  const window = openWindow(text, zone) as Window;
  const inside = windows[text] as (atMs: number, endMs: number) => boolean;
  const lengthMs = { '10m': 600_000, '3h': 3 * HOUR, '24h': DAY, '7d': 7 * DAY }[text] ?? 0;
  const within = (list: readonly Entry[], i: number): readonly Entry[] =>
    list.slice(0, i + 1).filter(({ atMs }) => inside(atMs, list[i]?.atMs ?? 0));
  const numbers = (list: readonly Entry[]): number[] =>
    list.flatMap(({ args: [value] }) => (typeof value === 'number' ? [value] : []));

  it('count, sum and rate agree with a count anew', () => {
    fc.assert(
      fc.property(entries(fc.tuple(maybe(fc.integer({ min: -50, max: 1_000_000 })))), list => {
        const counts = run(openCount('x', window), list);
        const sums = run(openSum('x', window), list);
        const rates = run(openRate('x', window, lengthMs || 1, HOUR, true), list);
        for (const i of list.keys()) {
          const inWindow = within(list, i);
          const sum = numbers(inWindow).reduce((a, b) => a + b, 0);
          expect(counts[i]?.['x']).toBe(inWindow.length);
          expect(sums[i]?.['x']).toBe(sum);
          if (lengthMs > 0)
            expect(rates[i]?.['x']).toBe(Number(floorDivide(BigInt(sum) * BigInt(HOUR), BigInt(lengthMs))));
        }
      }),
      options,
    );
  });

  it('distinct agrees with a set built anew, up to its cap', () => {
    fc.assert(
      fc.property(
        entries(fc.tuple(maybe(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')))),
        fc.integer({ min: 1, max: 7 }),
        (list, cap) => {
          const seen = run(openDistinct('x', window, cap), list);
          for (const i of list.keys()) {
            const values = new Set(
              within(list, i).flatMap(({ args: [value] }) => (value === undefined ? [] : [value])),
            );
            expect(seen[i]).toEqual({ x: Math.min(cap, values.size), xFull: values.size > cap });
          }
        },
      ),
      options,
    );
  });

  it('change agrees with a look at the record before', () => {
    fc.assert(
      fc.property(
        entries(fc.tuple(maybe(fc.constantFrom('a', 'b', 'c')))),
        fc.constantFrom(HOUR, DAY),
        (list, lookBackMs) => {
          const before = (i: number): Value => {
            const entry = list.slice(0, i).findLast(({ args }) => args[0] !== undefined);
            return entry !== undefined && (list[i]?.atMs ?? 0) - entry.atMs <= lookBackMs
              ? entry.args[0]
              : undefined;
          };
          const isChange = list.map(
            ({ args: [value] }, i) => value !== undefined && before(i) !== undefined && before(i) !== value,
          );
          const seen = run(openChange('x', window, lookBackMs), list);
          for (const [i, entry] of list.entries()) {
            expect(seen[i]?.['x']).toBe(isChange[i]);
            expect(seen[i]?.['xBefore']).toBe(entry.args[0] === undefined ? undefined : before(i));
            expect(seen[i]?.['xCount']).toBe(
              list.filter(({ atMs }, j) => j <= i && isChange[j] && inside(atMs, entry.atMs)).length,
            );
          }
        },
      ),
      options,
    );
  });
});

describe('against the record before', () => {
  it('absence agrees', () => {
    fc.assert(
      fc.property(entries(fc.constant([])), list => {
        const seen = run(openAbsence('x', 2 * HOUR, DAY), list);
        for (const i of list.keys()) {
          const gap = i === 0 ? undefined : (list[i]?.atMs ?? 0) - (list[i - 1]?.atMs ?? 0);
          const known = gap === undefined || gap > DAY ? undefined : gap;
          expect(seen[i]).toEqual({ x: known !== undefined && known > 2 * HOUR, xMs: known });
        }
      }),
      options,
    );
  });

  it('overlap agrees with every pair compared', () => {
    const uses = fc.tuple(maybe(fc.constantFrom('a', 'b', 'c', 'd')), maybe(fc.nat(6 * HOUR)));
    fc.assert(
      fc.property(
        entries(uses),
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom('start' as const, 'end' as const),
        (list, cap, anchor) => {
          const seen = run(openOverlap('x', DAY, cap, anchor), list);
          const span = ({ atMs, args }: Entry): [number, number] => {
            const length = Math.min(DAY, Number(args[1]));
            return anchor === 'end' ? [atMs - length, atMs] : [atMs, atMs + length];
          };
          const isUse = ({ args }: Entry): boolean => args[0] !== undefined && Number(args[1]) > 0;
          for (const [i, entry] of list.entries()) {
            const own = isUse(entry) ? entry.args[0] : undefined;
            const reachable = entry.atMs - (anchor === 'end' ? DAY : 0);
            const inReach = list
              .slice(0, i)
              .filter(other => isUse(other) && other.args[0] !== own && span(other)[1] > reachable);
            const [from, to] = span(entry);
            const met = inReach.filter(other => {
              const [start, end] = span(other);
              return start < to && from < end;
            });
            const valuesOf = (all: readonly Entry[]): number => new Set(all.map(({ args }) => args[0])).size;
            expect(seen[i]?.['x']).toBe(own === undefined ? 0 : Math.min(cap, valuesOf(met)));
            expect(seen[i]?.['xFull']).toBe(valuesOf(inReach) > cap);
          }
        },
      ),
      options,
    );
  });

  it('overlap keeps the same whether judging began a look-back ago or long before', () => {
    const uses = fc.tuple(maybe(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')), maybe(fc.nat(30 * HOUR)));
    fc.assert(
      fc.property(
        entries(uses),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom('start' as const, 'end' as const),
        (list, cap, anchor) => {
          const kept = (records: readonly Entry[]): unknown => {
            const operator = openOverlap('x', DAY, cap, anchor);
            const state = operator.open();
            for (const { atMs, args } of records)
              operator.show(state, atMs, operator.take(state, atMs, args), {});
            return { values: state['values'], untilMs: state['untilMs'] };
          };
          const endMs = (list.at(-1) as Entry).atMs;
          expect(kept(list.filter(({ atMs }) => endMs - atMs <= DAY))).toEqual(kept(list));
        },
      ),
      { ...options, numRuns: 2_000 },
    );
  });

  it('travel agrees, its distance with the law of cosines on the unit sphere', () => {
    const place = fc.tuple(
      maybe(fc.integer({ min: -90e6, max: 90e6 })),
      fc.integer({ min: -180e6, max: 180e6 }),
      maybe(fc.nat(50_000)),
    );
    fc.assert(
      fc.property(entries(place), list => {
        const seen = run(openTravel('x', DAY), list);
        for (const [i, { atMs, args }] of list.entries()) {
          const last = list.slice(0, i).findLast(entry => entry.args[0] !== undefined);
          if (args[0] === undefined || last === undefined || atMs - last.atMs > DAY) {
            expect(seen[i]).toEqual({ xM: undefined, xKmh: undefined });
            continue;
          }
          const [latA, lonA, latB, lonB] = [last.args[0], last.args[1], args[0], args[1]].map(Number) as [
            number,
            number,
            number,
            number,
          ];
          const metres = Math.max(
            0,
            Math.floor(
              metresBetween(latA, lonA, latB, lonB) - Number(args[2] ?? 0) - Number(last.args[2] ?? 0),
            ),
          );
          expect(seen[i]?.['xM']).toBe(metres);
          expect(seen[i]?.['xKmh']).toBe(Math.floor((metres * 3600) / Math.max(1000, atMs - last.atMs)));
          expect(
            Math.abs(metresBetween(latA, lonA, latB, lonB) - byCosines(latA, lonA, latB, lonB)),
          ).toBeLessThan(20);
        }
      }),
      options,
    );
  });
});

function floorDivide(a: bigint, b: bigint): bigint {
  return a >= 0n ? a / b : -((-a + b - 1n) / b);
}

function byCosines(latA: number, lonA: number, latB: number, lonB: number): number {
  const [a, b, c, d] = [latA, lonA, latB, lonB].map(e6 => (e6 * Math.PI) / 180e6) as [
    number,
    number,
    number,
    number,
  ];
  const x = Math.cos(a) * Math.cos(c) * Math.cos(b - d) + Math.sin(a) * Math.sin(c);
  return 6_371_009 * Math.acos(Math.max(-1, Math.min(1, x)));
}
