import { describe, expect, it } from 'vitest';
import type { Observation } from './observations/observation.ts';
import { compareObservations } from './rules/counters.ts';
import { foldUsage } from './usage.ts';

const DAY = 86_400_000;
const T0 = Date.UTC(2026, 10, 20, 12);
const kinds = [{ kind: 'use', fields: { up: 'int', down: 'int' }, counters: ['up', 'down'] }] as const;
const ever = { fromMs: -Number.MAX_SAFE_INTEGER, toMs: Number.MAX_SAFE_INTEGER };

let number = 0;
const record = (
  atMs: number,
  series: string | null,
  body: Observation['body'],
  kind = 'use',
): Observation => ({
  digest: String(number++).padStart(4, '0'),
  sourceId: 1,
  partyId: 1,
  chunkId: 1,
  kind,
  claim: 'c:1',
  observedAtMs: atMs,
  timeMark: 'stated',
  series,
  body,
});

describe('use', () => {
  it('takes a session’s highest total once, whatever order its records came in', () => {
    const records = [
      record(T0 + 2000, 's', { up: 2 ** 32 + 500, down: 70 }),
      record(T0, 's', { up: 100, down: 7 }),
      record(T0 + 1000, 's', { up: 300 }),
    ].sort(compareObservations);
    const [usage] = foldUsage(kinds, records, ever);
    expect(usage).toMatchObject({ records: 3, figures: { up: 2 ** 32 + 500, down: 70 } });
    expect(usage!.series).toMatchObject([
      { series: 's', firstAtMs: T0, lastAtMs: T0 + 2000, figures: { up: 2 ** 32 + 500, down: 70 } },
    ]);
  });

  it('keeps what was last stated when a session ends without figures, and invents none', () => {
    const records = [record(T0, 's', { up: 100 }), record(T0 + 1000, 's', {})];
    expect(foldUsage(kinds, records, ever)[0]!.figures).toEqual({ up: 100 });
  });

  it('gives a delta to the later record’s UTC day, and warms a stretch by what lies before it', () => {
    const records = [record(T0, 's', { up: 100 }), record(T0 + DAY, 's', { up: 150 })];
    const [usage] = foldUsage(kinds, records, ever);
    expect(usage!.days.map(({ day, figures }) => [day, figures])).toEqual([
      ['2026-11-20', { up: 100 }],
      ['2026-11-21', { up: 50 }],
    ]);
    expect(foldUsage(kinds, records, { fromMs: T0 + 1, toMs: T0 + 2 * DAY })[0]).toMatchObject({
      records: 1,
      figures: { up: 50 },
    });
  });

  it('adds up records of their own beside sessions, and says how each delta came about', () => {
    const records = [
      record(T0, null, { up: 5, down: -3 }),
      record(T0 + 1, null, { up: 6 }),
      record(T0 + 2, 's', { up: 10 }),
      record(T0 + 3, 's', { up: 4 }),
      record(T0 + 4, null, { up: 1 }, 'other'),
    ];
    expect(foldUsage(kinds, records, ever)[0]).toMatchObject({
      records: 4,
      figures: { up: 25 },
      own: { records: 2, figures: { up: 11 } },
      marks: { negative: 1, own: 1, first: 1, restart: 1 },
    });
  });
});
