import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { rfc3339 } from '../../kernel/time.ts';
import { zoneNamed } from '../rules/zone-time.ts';
import { clocksStarting } from './arm.ts';
import { readClockCatalogue } from './catalogue.ts';
import type { Calendar, Length } from './clock.ts';
import { dueAt } from './due.ts';

const text = readFileSync(
  new URL('../../../../content/catalogues/clocks/cards.yaml', import.meta.url),
  'utf8',
);
const catalogue = readClockCatalogue(text, 'cards.yaml');
const china = catalogue.clocks.find(clock => clock.calendar !== null)?.calendar as Calendar;

// The start, the length, the zone, the calendar, and the last moment in time.
const table: [string, Length, string, Calendar | null, string][] = [
  // Elapsed hours over the change to summer time (2026-03-29 in Berlin).
  ['2026-03-27T10:00:00+01:00', { n: 72, unit: 'hours' }, 'Europe/Berlin', null, '2026-03-30T11:00:00+02:00'],
  ['2026-03-02T22:15:00+08:00', { n: 4, unit: 'hours' }, 'Asia/Shanghai', null, '2026-03-03T02:15:00+08:00'],
  [
    '2026-11-30T09:00:00+01:00',
    { n: 3, unit: 'months' },
    'Europe/Berlin',
    null,
    '2027-02-28T23:59:59.999+01:00',
  ],
  // Plain Monday to Friday: told on Thursday, five working days.
  [
    '2026-06-04T09:00:00+08:00',
    { n: 5, unit: 'working-days' },
    'Asia/Shanghai',
    null,
    '2026-06-11T23:59:59.999+08:00',
  ],
  [
    '2026-01-10T09:00:00+08:00',
    { n: 90, unit: 'days' },
    'Asia/Shanghai',
    null,
    '2026-04-10T23:59:59.999+08:00',
  ],
  // 2026-02-14 is a Saturday worked before the holiday of 15 to 23 February.
  [
    '2026-02-13T09:00:00+08:00',
    { n: 2, unit: 'working-days' },
    'Asia/Shanghai',
    china,
    '2026-02-24T23:59:59.999+08:00',
  ],
  // Late in the evening of UTC it is the next day in Shanghai.
  ['2026-03-02T17:00:00Z', { n: 1, unit: 'days' }, 'Asia/Shanghai', null, '2026-03-04T23:59:59.999+08:00'],
  // The day of 25 hours ends with its own midnight.
  [
    '2026-10-24T12:00:00+02:00',
    { n: 1, unit: 'days' },
    'Europe/Berlin',
    null,
    '2026-10-25T23:59:59.999+01:00',
  ],
];

test.for(table)('a clock from %s of %o in %s', ([start, length, zone, calendar, due]) => {
  const { dueAtMs } = dueAt(Date.parse(start), length, zoneNamed(zone)!, calendar);
  expect(rfc3339(dueAtMs)).toBe(rfc3339(Date.parse(due)));
});

test('a clock that runs past the last loaded year of its calendar says so', () => {
  const start = Date.parse('2026-12-30T09:00:00+08:00');
  const zone = zoneNamed('Asia/Shanghai')!;
  expect(dueAt(start, { n: 1, unit: 'working-days' }, zone, china).isBeyondCalendar).toBe(false);
  expect(dueAt(start, { n: 5, unit: 'working-days' }, zone, china).isBeyondCalendar).toBe(true);
});

test('a case of a card arms the disposal clock; a law not in force yet, or another subject, arms none', () => {
  const at = Date.parse('2026-05-06T00:00:00Z');
  const armed = clocksStarting([catalogue], 'case-opened', 'card', at);
  expect(armed.map(clock => [clock.rule.id, clock.dueAtMs - at])).toEqual([
    ['card-misuse-disposal', 24 * 3_600_000],
  ]);
  expect(armed[0]?.catalogue).toBe('urn:thingward:catalogue:clocks:cards@2026.2');
  expect(clocksStarting([catalogue], 'case-opened', 'card', Date.parse('2022-11-30T15:59:59Z'))).toEqual([]);
  expect(clocksStarting([catalogue], 'case-opened', 'card', Date.parse('2022-11-30T16:00:00Z'))).toHaveLength(
    1,
  );
  expect(clocksStarting([catalogue], 'case-opened', 'device', at)).toEqual([]);
});

const faults: [string, string, string][] = [
  ['an unknown unit', 'unit: working-days', 'unit: fortnights'],
  ['a length of nothing', 'n: 24', 'n: 0'],
  ['a calendar that is not there', 'calendar: cn-working-days', 'calendar: elsewhere'],
  ['an event nobody tells of', 'starts: case-opened', 'starts: full-moon'],
  ['a date that is none', 'to: 2026-01-03', 'to: 2026-02-30'],
  ['a title in one language', ', zh: 违规用卡处置 }', ' }'],
  ['a zone that is none', 'zone: Asia/Shanghai', 'zone: Moon/Tranquillity'],
  ['a pause nobody could record', 'pauses: []', 'pauses: [holder-asked]'],
];

test.for(faults)('a catalogue with %s is refused', ([, good, bad]) => {
  expect(text).toContain(good);
  expect(() => readClockCatalogue(text.replace(good, bad), 'cards.yaml')).toThrow('clock-catalogue-invalid');
});
