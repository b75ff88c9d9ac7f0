import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Observation } from '../observations/observation.ts';
import { compareObservations, deltasOf, MOST_SERIES, SERIES_LOOK_BACK_MS, takeDeltas } from './counters.ts';

const HOUR = 3_600_000;
const FIELDS = { counters: ['bytesUp', 'bytesDown'] };

let made = 0;
function record(
  atMs: number,
  series: string | null,
  up: number | null | undefined,
  down?: number,
): Observation {
  made += 1;
  return {
    digest: String(made).padStart(8, '0'),
    sourceId: 1,
    partyId: 1,
    chunkId: 1,
    kind: 'card-usage',
    claim: 'iccid:1',
    observedAtMs: atMs,
    timeMark: 'stated',
    series,
    body: {
      ...(up === undefined ? {} : { bytesUp: up }),
      ...(down === undefined ? {} : { bytesDown: down }),
    },
  };
}

function run(...records: Observation[]): { up: (number | undefined)[]; marks: string[] } {
  const all = [...deltasOf(records, FIELDS)];
  return { up: all.map(({ deltas }) => deltas.values[0]), marks: all.map(({ deltas }) => deltas.mark) };
}

/** Names of the series still remembered after the records. */
function deltasKept(schema: Parameters<typeof takeDeltas>[2], ...records: Observation[]): string[] {
  const counters = new Map();
  for (const each of records) takeDeltas(counters, each, schema);
  return [...counters.keys()];
}

describe('running totals', () => {
  it('count what they grew by, a first one wholly', () => {
    const { up, marks } = run(record(0, 's', 100), record(HOUR, 's', 250), record(2 * HOUR, 's', 250));
    expect(up).toEqual([100, 150, 0]);
    expect(marks).toEqual(['first', 'next', 'next']);
  });

  it('forget a session a day after its end, and one that was not ended after the look-back alone', () => {
    const schema = { ...FIELDS, seriesEnds: { field: 'event', value: 'stop' } };
    const event = (atMs: number, name: string, up: number): Observation => {
      const told = record(atMs, 's', up);
      return { ...told, body: { ...told.body, event: name } };
    };
    const marksOf = (...records: Observation[]): string[] =>
      [...deltasOf(records, schema)].map(({ deltas }) => `${deltas.values[0]} ${deltas.mark}`);
    const end = event(HOUR, 'stop', 900);
    const whole = ['400 first', '500 next'];
    // Told again within the day it adds nothing; after it the name may be another session's.
    expect(marksOf(event(0, 'start', 400), end, event(25 * HOUR, 'stop', 900))).toEqual([...whole, '0 next']);
    expect(marksOf(event(0, 'start', 400), end, event(25 * HOUR + 1, 'start', 950))).toEqual([
      ...whole,
      '950 first',
    ]);
    // Heard again after its end it is not ended any more.
    expect(
      marksOf(event(0, 'start', 400), end, event(2 * HOUR, 'interim', 950), event(99 * HOUR, 'stop', 1000)),
    ).toEqual([...whole, '50 next', '50 gap']);
    expect(marksOf(event(0, 'start', 400), event(99 * HOUR, 'stop', 900))).toEqual(['400 first', '500 gap']);
    expect(deltasKept(schema, event(0, 'stop', 1), record(25 * HOUR, 'other', 1))).toEqual(['1/other']);
  });

  it('leave a record without series as it is', () => {
    expect(run(record(0, null, 100), record(HOUR, null, 50))).toEqual({
      up: [100, 50],
      marks: ['own', 'own'],
    });
  });

  it('keep the last total over a stop without octets (CR-13)', () => {
    expect(
      run(record(0, 's', 100), record(1, 's', undefined), record(2, 's', null), record(3, 's', 130)).up,
    ).toEqual([100, undefined, undefined, 30]);
  });

  it('take a 32-bit total that starts over near its end for a wrap, and say so (CR-12)', () => {
    const { up, marks } = run(record(0, 's', 2 ** 32 - 100), record(HOUR, 's', 50));
    expect(up[1]).toBe(150);
    expect(marks[1]).toBe('wrap');
  });

  it('take any other fall for a restart, and count the new total', () => {
    const { up, marks } = run(record(0, 's', 5000), record(HOUR, 's', 70));
    expect(up[1]).toBe(70);
    expect(marks[1]).toBe('restart');
  });

  it('give the same total whichever of two records of one moment comes first', () => {
    const one = run(record(0, 's', 10), record(HOUR, 's', 100), record(HOUR, 's', 90));
    const other = run(record(0, 's', 10), record(HOUR, 's', 90), record(HOUR, 's', 100));
    expect(one.up).toEqual([10, 90, 0]);
    expect(one.marks[2]).toBe('stale');
    expect(other.up).toEqual([10, 80, 10]);
  });

  it('say when a delta spans more than a day', () => {
    expect(run(record(0, 's', 10), record(25 * HOUR, 's', 90)).marks[1]).toBe('gap');
    expect(run(record(0, 's', 10), record(24 * HOUR, 's', 90)).marks[1]).toBe('next');
  });

  it('begin anew after the look-back, for each counter by itself', () => {
    const late = SERIES_LOOK_BACK_MS + 1;
    expect(run(record(0, 's', 10), record(late, 's', 90)).up).toEqual([10, 90]);
    expect(run(record(0, 's', 10), record(HOUR, 's', undefined, 5), record(late, 's', 90)).up).toEqual([
      10,
      undefined,
      90,
    ]);
    expect(run(record(0, 's', 10), record(SERIES_LOOK_BACK_MS, 's', 90)).up).toEqual([10, 80]);
  });

  it('keep the sources apart, though both name a series alike', () => {
    const other = { ...record(1, 's', 40), sourceId: 2 };
    expect(run(record(0, 's', 100), other).up).toEqual([100, 40]);
  });

  it('refuse a negative volume without losing the total', () => {
    const { up, marks } = run(
      record(0, 's', 10),
      record(1, 's', -5),
      record(2, 's', 12),
      record(3, null, -1),
    );
    expect(up).toEqual([10, undefined, 2, undefined]);
    expect(marks.filter(mark => mark === 'negative')).toHaveLength(2);
  });

  it('remember a bounded number of series, the last heard', () => {
    const counters = new Map();
    for (let i = 0; i < MOST_SERIES + 10; i += 1) takeDeltas(counters, record(i, `s${i}`, 1), FIELDS);
    expect(counters.size).toBe(MOST_SERIES);
    expect(takeDeltas(counters, record(MOST_SERIES + 20, `s${MOST_SERIES}`, 5), FIELDS).values[0]).toBe(4);
  });

  it('without falls, add up to the last total of each series however the series are woven', () => {
    const steps = fc.array(
      fc.record({ series: fc.constantFrom('a', 'b', 'c'), grow: fc.nat(1e9), gapMs: fc.nat(HOUR) }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, list => {
        const last = new Map<string, number>();
        let atMs = 0;
        const records = list.map(({ series, grow, gapMs }) => {
          atMs += gapMs + 1;
          const total = (last.get(series) ?? 0) + grow;
          last.set(series, total);
          return record(atMs, series, total);
        });
        const sum = run(...records).up.reduce<number>((a, b) => a + (b ?? 0), 0);
        expect(sum).toBe([...last.values()].reduce((a, b) => a + b, 0));
      }),
      { numRuns: 200, seed: 7 },
    );
  });

  it('order records by time, source and digest', () => {
    const a = record(1, null, 1);
    const b = { ...record(1, null, 1), sourceId: 2 };
    const c = record(0, null, 1);
    const d = { ...a, digest: 'ff' };
    expect([d, b, a, c].sort(compareObservations)).toEqual([c, a, d, b]);
  });
});

describe('a record that states one side of a volume', () => {
  const SIDED = { counters: ['up', 'down', 'all'], totals: { all: ['up', 'down'] } };
  type Said = { up?: number; down?: number; all?: number };
  const both = (up: number, down: number): Said => ({ up, down, all: up + down });
  const added = (series: string | null, ...said: Said[]) =>
    [
      ...deltasOf(
        said.map(
          (body, i): Observation => ({
            digest: String(i),
            sourceId: 1,
            partyId: 1,
            chunkId: 1,
            kind: 'usage',
            claim: 'iccid:1',
            observedAtMs: i * 1000,
            timeMark: 'stated',
            series,
            body: { ...body },
          }),
        ),
        SIDED,
      ),
    ].map(({ deltas }) => [deltas.values[2], deltas.mark]);

  it.each<{ name: string; series: string | null; said: Said[]; all: [number | undefined, string][] }>([
    {
      name: 'counts as its own share by what it states',
      series: null,
      said: [{ up: 5 }, { down: 7 }, both(1, 2), { up: 1, down: 1 }, { all: 4 }, {}],
      all: [
        [5, 'partial'],
        [7, 'partial'],
        [3, 'own'],
        [2, 'partial'],
        [4, 'own'],
        [undefined, 'own'],
      ],
    },
    {
      name: 'lifts a running total by what the side grew, and the next total adds only the rest',
      series: 's',
      said: [both(100, 200), { up: 150 }, both(200, 300), { down: 300 }],
      all: [
        [300, 'first'],
        [50, 'partial'],
        [150, 'next'],
        [0, 'partial'],
      ],
    },
    {
      name: 'begins a running total, to which the other side adds',
      series: 's',
      said: [{ up: 100 }, { down: 200 }, { up: 110 }, both(120, 250)],
      all: [
        [100, 'partial'],
        [200, 'partial'],
        [10, 'partial'],
        [60, 'next'],
      ],
    },
    {
      name: 'adds nothing that a total alone may have counted',
      series: 's',
      said: [both(100, 200), { all: 500 }, { up: 150 }, { up: 400 }],
      all: [
        [300, 'first'],
        [200, 'next'],
        [0, 'partial'],
        [100, 'partial'],
      ],
    },
  ])('$name', ({ series, said, all }) => {
    expect(added(series, ...said)).toEqual(all);
  });

  it('adds what it adds by nothing older than the look-back, however long one side alone is stated', () => {
    const days = fc.integer({ min: 0, max: 20 });
    const side = fc.option(fc.nat(1e6), { nil: undefined });
    const steps = fc.array(fc.record({ days, up: side, down: side, all: side }), {
      minLength: 3,
      maxLength: 14,
    });
    fc.assert(
      fc.property(steps, list => {
        let atMs = 0;
        const records = list.map(({ days: gap, up, down, all }) => {
          atMs += gap * 24 * HOUR + 1;
          const { body, ...rest } = record(atMs, 's', up, down);
          return { ...rest, body: { ...body, ...(all === undefined ? {} : { bytes: all }) } };
        });
        const last = (some: Observation[]) => [...deltasOf(some, SIDED)].at(-1)?.deltas;
        const since = records.filter(each => each.observedAtMs >= atMs - SERIES_LOOK_BACK_MS);
        expect(last(since)).toEqual(last(records));
      }),
      { numRuns: 2_000, seed: 11 },
    );
  });

  it('never counts more than the session carried, whatever is left out', () => {
    let seed = 7;
    const below = (most: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((seed / 2 ** 32) * most);
    };
    for (let run = 0; run < 300; run += 1) {
      let [up, down] = [0, 0];
      const said: Said[] = [];
      for (let i = 0; i < 12; i += 1) {
        up += below(100);
        down += below(100);
        said.push([both(up, down), { up }, { down }, { all: up + down }, {}][below(5)] as Said);
      }
      const counted = added('s', ...said).reduce((sum, [value]) => sum + Number(value ?? 0), 0);
      expect(counted).toBeLessThanOrEqual(up + down);
      const closed = added('s', ...said, both(up, down)).reduce(
        (sum, [value]) => sum + Number(value ?? 0),
        0,
      );
      expect(closed).toBe(up + down);
    }
  });
});
