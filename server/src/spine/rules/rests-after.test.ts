import { describe, expect, it } from 'vitest';
import { restsAfter } from './rests-after.ts';
import type { OperatorShape, StateDeclaration } from './rule.ts';
import { openWindow, type Window } from './window.ts';
import { type Zone, zoneNamed } from './zone-time.ts';

const zone = zoneNamed('Asia/Shanghai') as Zone;
const window = (text: string): Window => openWindow(text, zone) as Window;
const HOUR = 3_600_000;
const rests = (atText: string, sinceText: string, ...shapes: OperatorShape[]): boolean =>
  restsAfter(
    { state: shapes.map(shape => ({ shape }) as StateDeclaration) },
    Date.parse(atText),
    Date.parse(sinceText),
  );

describe('what a verdict rests on', () => {
  const since = '2026-03-10T10:00:00+08:00';
  it.each([
    ['a civil day', { operator: 'sum', window: window('day') }, '2026-03-11T00:00:00+08:00'],
    ['a civil month', { operator: 'sum', window: window('month') }, '2026-04-01T00:00:00+08:00'],
    ['hours', { operator: 'count', window: window('24h') }, '2026-03-11T10:00:00+08:00'],
    [
      'a change with its look-back',
      { operator: 'change', window: window('10m'), lookBackMs: 2 * HOUR },
      '2026-03-10T12:10:00+08:00',
    ],
    [
      'a silence with its look-back',
      { operator: 'absence', windowMs: HOUR, lookBackMs: HOUR },
      '2026-03-10T12:00:00.001+08:00',
    ],
    [
      'overlaps',
      { operator: 'overlap', lookBackMs: HOUR, cap: 9, anchor: 'end' },
      '2026-03-10T11:00:00.001+08:00',
    ],
    ['travel', { operator: 'travel', lookBackMs: HOUR, hasAccuracy: false }, '2026-03-10T11:00:00.001+08:00'],
  ] satisfies [string, OperatorShape, string][])(
    'of %s lies after a moment from the first instant on that it no longer reaches',
    (_, shape, at) => {
      expect(rests(at, since, shape)).toBe(true);
      expect(rests(new Date(Date.parse(at) - 1).toISOString(), since, shape)).toBe(false);
    },
  );

  it('is as old as the oldest of its states', () => {
    const day: OperatorShape = { operator: 'sum', window: window('day') };
    expect(rests('2026-03-11T00:00:00+08:00', since, day)).toBe(true);
    expect(rests('2026-03-11T00:00:00+08:00', since, day, { operator: 'sum', window: window('month') })).toBe(
      false,
    );
  });

  it('of a rule that keeps nothing is its record alone', () => {
    expect(rests('2026-03-10T10:00:00.001+08:00', since)).toBe(true);
    expect(rests(since, since)).toBe(false);
  });
});
