import { describe, expect, it } from 'vitest';
import { type Zone, zoneNamed } from './zone-time.ts';

const zone = (name: string): Zone => zoneNamed(name) as Zone;
const utc = (text: string): number => Date.parse(text);
const day = (text: string): number => utc(`${text}T00:00:00Z`) / 86_400_000;

describe('civil time in a zone', () => {
  it.each([
    ['Asia/Shanghai', '2026-03-31T15:59:59.999Z', '2026-03-31'],
    ['Asia/Shanghai', '2026-03-31T16:00:00.000Z', '2026-04-01'],
    ['UTC', '2026-03-31T23:59:59.999Z', '2026-03-31'],
    ['Asia/Kolkata', '2026-01-01T18:29:59.999Z', '2026-01-01'],
    ['Asia/Kolkata', '2026-01-01T18:30:00.000Z', '2026-01-02'],
    ['America/New_York', '2026-03-08T04:59:59.999Z', '2026-03-07'],
    ['America/New_York', '2026-03-08T05:00:00.000Z', '2026-03-08'],
    ['America/New_York', '2026-03-09T03:59:59.999Z', '2026-03-08'],
    ['America/New_York', '2026-03-09T04:00:00.000Z', '2026-03-09'],
    ['Pacific/Kiritimati', '2026-01-01T10:00:00.000Z', '2026-01-02'],
    ['Asia/Shanghai', '1969-12-31T16:00:00.000Z', '1970-01-01'],
  ])('in %s, %s lies in the day %s', (name, at, date) => {
    expect(zone(name).dayOf(utc(at))).toBe(day(date));
  });

  it.each([
    ['America/New_York', '2026-03-08', 23],
    ['America/New_York', '2026-11-01', 25],
    ['America/New_York', '2026-07-01', 24],
    ['Australia/Lord_Howe', '2026-04-05', 24.5],
    ['Asia/Shanghai', '2026-03-08', 24],
  ])('in %s the day %s lasts %s hours', (name, date, hours) => {
    const { dayStartMs } = zone(name);
    expect((dayStartMs(day(date) + 1) - dayStartMs(day(date))) / 3_600_000).toBe(hours);
  });

  it('begins a day whose midnight is skipped at the change of the clock', () => {
    // In Beirut the clock went from 00:00 to 01:00 on 27 March 2022.
    expect(new Date(zone('Asia/Beirut').dayStartMs(day('2022-03-27'))).toISOString()).toBe(
      '2022-03-26T22:00:00.000Z',
    );
  });

  it('begins a day whose midnight comes twice at the first one, and never goes back', () => {
    // In Havana the clock went from 01:00 back to 00:00 on 6 November 2022.
    const havana = zone('America/Havana');
    expect(new Date(havana.dayStartMs(day('2022-11-06'))).toISOString()).toBe('2022-11-06T04:00:00.000Z');
    let before = Number.NEGATIVE_INFINITY;
    for (let at = utc('2022-11-05T00:00:00Z'); at < utc('2022-11-08T00:00:00Z'); at += 600_000) {
      expect(havana.dayOf(at)).toBeGreaterThanOrEqual(before);
      before = havana.dayOf(at);
    }
  });

  it('turns the month at local midnight', () => {
    const shanghai = zone('Asia/Shanghai');
    const month = (at: string): number => shanghai.monthOf(shanghai.dayOf(utc(at)));
    expect(month('2026-02-28T15:59:59Z')).toBe(2026 * 12 + 1);
    expect(month('2026-02-28T16:00:00Z')).toBe(2026 * 12 + 2);
    expect(shanghai.monthStartDay(2026 * 12 + 2)).toBe(day('2026-03-01'));
  });

  it('knows no zone that is none', () => {
    expect(zoneNamed('Mars/Olympus')).toBeNull();
    expect(zoneNamed('')).toBeNull();
  });
});
