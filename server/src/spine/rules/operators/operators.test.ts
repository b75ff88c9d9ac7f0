import { describe, expect, it } from 'vitest';
import { openWindow, type Window } from '../window.ts';
import { type Zone, zoneNamed } from '../zone-time.ts';
import { openAbsence, silenceDueMs } from './absence.ts';
import { openChange } from './change.ts';
import { openCount } from './count.ts';
import { openDistinct } from './distinct.ts';
import type { Operator, StateView, Value } from './operator.ts';
import { openOverlap } from './overlap.ts';
import { openRate } from './rate.ts';
import { openSum } from './sum.ts';
import { openTravel } from './travel.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const utc = zoneNamed('UTC') as Zone;
const window = (text: string): Window => openWindow(text, utc) as Window;

/** Feeds records (moment, values; null for one that is not taken) and returns what conditions saw at each. */
function feed(
  operator: Operator,
  ...records: readonly (readonly [number, readonly Value[] | null])[]
): StateView[] {
  const state = operator.open();
  return records.map(([atMs, args]) => {
    const view: StateView = {};
    operator.show(state, atMs, args !== null && operator.take(state, atMs, args), view);
    return view;
  });
}

describe('count', () => {
  it('counts the judged record, and forgets what left the window', () => {
    const seen = feed(
      openCount('n', window('10m')),
      [0, []],
      [5 * MINUTE, []],
      [9 * MINUTE, []],
      [10 * MINUTE, []],
      [30 * MINUTE, null],
    );
    expect(seen.map(view => view['n'])).toEqual([1, 2, 3, 3, 0]);
  });
});

describe('sum', () => {
  it('adds what records say and nothing for those that say nothing', () => {
    const seen = feed(
      openSum('s', window('day')),
      [0, [5]],
      [HOUR, [undefined]],
      [2 * HOUR, [7]],
      [DAY, [1]],
    );
    expect(seen.map(view => view['s'])).toEqual([5, 5, 12, 1]);
  });

  it('stands still at the end of the safe integers, and shows it', () => {
    const seen = feed(openSum('s', window('day')), [0, [Number.MAX_SAFE_INTEGER]], [1, [5]]);
    expect(seen[1]).toEqual({ s: Number.MAX_SAFE_INTEGER, sFull: true });
  });
});

describe('rate', () => {
  it('scales the whole window, rounded down', () => {
    const rate = openRate('r', window('10m'), 10 * MINUTE, HOUR, true);
    expect(feed(rate, [0, [100]], [MINUTE, [1]], [20 * MINUTE, [undefined]]).map(view => view['r'])).toEqual([
      600, 606, 0,
    ]);
  });

  it('is exact where the product leaves the safe integers', () => {
    const rate = openRate('r', window('7d'), 7 * DAY, DAY, true);
    expect(feed(rate, [0, [9_007_199_254_740_990]])[0]).toEqual({ r: 1_286_742_750_677_284 });
  });

  it('counts records when it has no value', () => {
    const rate = openRate('r', window('10m'), 10 * MINUTE, HOUR, false);
    expect(feed(rate, [0, [undefined]], [1, [undefined]]).map(view => view['r'])).toEqual([6, 12]);
  });
});

describe('distinct', () => {
  it('counts different values, none for absent ones, and forgets by last appearance', () => {
    const seen = feed(
      openDistinct('d', window('10m'), 5),
      [0, ['a']],
      [MINUTE, ['b']],
      [2 * MINUTE, [undefined]],
      [9 * MINUTE, ['a']],
      [11 * MINUTE, ['c']],
      [19 * MINUTE, null],
    );
    expect(seen.map(view => view['d'])).toEqual([1, 2, 2, 2, 2, 1]);
  });

  it('shows that the cap is reached, and comes back from it', () => {
    const seen = feed(
      openDistinct('d', window('10m'), 2),
      [0, ['a']],
      [1, ['b']],
      [2, ['c']],
      [3, ['d']],
      [12 * MINUTE, ['a']],
    );
    expect(seen.map(view => [view['d'], view['dFull']])).toEqual([
      [1, false],
      [2, false],
      [2, true],
      [2, true],
      [1, false],
    ]);
  });
});

describe('change', () => {
  const change = openChange('c', window('day'), 2 * HOUR);

  it('is none on a first record, and compares over records that said nothing', () => {
    const seen = feed(change, [0, ['a']], [1, [undefined]], [2, ['a']], [3, ['b']], [4, ['b']], [5, ['a']]);
    expect(seen.map(view => view['c'])).toEqual([false, false, false, true, false, true]);
    expect(seen.map(view => view['cBefore'])).toEqual([undefined, undefined, 'a', 'a', 'b', 'b']);
    expect(seen.map(view => view['cCount'])).toEqual([0, 0, 0, 1, 1, 2]);
  });

  it('forgets a value older than the look-back', () => {
    const at = 2 * HOUR;
    expect(feed(change, [0, ['a']], [at, ['b']])[1]).toEqual({ c: true, cBefore: 'a', cCount: 1 });
    expect(feed(change, [0, ['a']], [at + 1, ['b']])[1]).toEqual({ c: false, cBefore: undefined, cCount: 0 });
  });
});

describe('absence', () => {
  const absence = openAbsence('q', HOUR, 3 * HOUR);

  it('falls due one window after the last record, which a record at that moment prevents', () => {
    const state = absence.open();
    expect(silenceDueMs(state, HOUR)).toBeNull();
    absence.take(state, 5, []);
    expect(silenceDueMs(state, HOUR)).toBe(HOUR + 5);
    expect(feed(absence, [0, []], [HOUR, []])[1]).toEqual({ q: false, qMs: HOUR });
    expect(feed(absence, [0, []], [HOUR + 1, []])[1]).toEqual({ q: true, qMs: HOUR + 1 });
    expect(feed(absence, [0, []], [HOUR, null])[1]).toEqual({ q: true, qMs: HOUR });
  });

  it('cannot tell a first record from one after the look-back', () => {
    expect(feed(absence, [0, []])[0]).toEqual({ q: false, qMs: undefined });
    expect(feed(absence, [0, []], [3 * HOUR + 1, []])[1]).toEqual({ q: false, qMs: undefined });
  });
});

describe('overlap', () => {
  it('counts other values whose use overlaps; touching is no overlap', () => {
    const overlap = openOverlap('o', DAY, 8, 'end');
    const seen = feed(
      overlap,
      [10 * MINUTE, ['a', 10 * MINUTE]],
      [20 * MINUTE, ['b', 10 * MINUTE]],
      [25 * MINUTE, ['c', 6 * MINUTE]],
      [30 * MINUTE, ['a', 30 * MINUTE]],
      [31 * MINUTE, ['d', undefined]],
      [32 * MINUTE, [undefined, HOUR]],
    );
    expect(seen.map(view => view['o'])).toEqual([0, 0, 1, 2, 0, 0]);
  });

  it('lets the use begin at the record when the rule says so', () => {
    const overlap = openOverlap('o', DAY, 8, 'start');
    expect(
      feed(overlap, [0, ['a', HOUR]], [30 * MINUTE, ['b', MINUTE]], [HOUR, ['c', HOUR]]).map(
        view => view['o'],
      ),
    ).toEqual([0, 1, 0]);
  });

  it('compares with the last records only, and shows when there were more', () => {
    const overlap = openOverlap('o', DAY, 2, 'end');
    const seen = feed(
      overlap,
      [HOUR, ['a', HOUR]],
      [HOUR + 1, ['b', HOUR]],
      [HOUR + 2, ['c', HOUR]],
      [HOUR + 3, ['d', HOUR]],
      [3 * DAY, null],
    );
    expect(seen.map(view => [view['o'], view['oFull']])).toEqual([
      [0, false],
      [1, false],
      [2, false],
      [2, true],
      [0, false],
    ]);
  });
});

describe('travel', () => {
  // Shanghai and Beijing, 1,067 km apart on the great circle.
  const shanghai = [31_230_400, 121_473_700] as const;
  const beijing = [39_904_200, 116_407_400] as const;

  it('measures distance and speed from the place before', () => {
    const seen = feed(
      openTravel('t', DAY),
      [0, [...shanghai, undefined]],
      [30 * MINUTE, [undefined, undefined, undefined]],
      [HOUR, [...beijing, undefined]],
    );
    expect(seen[0]).toEqual({ tM: undefined, tKmh: undefined });
    expect(seen[1]).toEqual({ tM: undefined, tKmh: undefined });
    expect(seen[2]?.['tM']).toBeGreaterThan(1_060_000);
    expect(seen[2]?.['tM']).toBeLessThan(1_075_000);
    expect(seen[2]?.['tKmh']).toBe(Math.floor(Number(seen[2]?.['tM']) / 1000));
  });

  it('takes the radii of accuracy off, never below nothing', () => {
    const far = feed(openTravel('t', DAY), [0, [...shanghai, 100_000]], [HOUR, [...beijing, 50_000]])[1];
    const plain = feed(openTravel('t', DAY), [0, [...shanghai, 0]], [HOUR, [...beijing, 0]])[1];
    expect(Number(plain?.['tM']) - Number(far?.['tM'])).toBe(150_000);
    expect(feed(openTravel('t', DAY), [0, [...shanghai, 2_000_000]], [HOUR, [...beijing, 0]])[1]).toEqual({
      tM: 0,
      tKmh: 0,
    });
  });

  it('crosses the date line the short way, counts less than a second as one, and forgets after the look-back', () => {
    const seen = feed(
      openTravel('t', DAY),
      [0, [0, 179_999_000, 0]],
      [0, [0, -179_999_000, 0]],
      [DAY + 1, [0, 0, 0]],
    );
    expect(seen[1]?.['tM']).toBe(222);
    expect(seen[1]?.['tKmh']).toBe(799);
    expect(seen[2]?.['tM']).toBeUndefined();
  });
});
