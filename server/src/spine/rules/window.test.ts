import { describe, expect, it } from 'vitest';
import { openWindow, type Window } from './window.ts';
import { type Zone, zoneNamed } from './zone-time.ts';

const shanghai = zoneNamed('Asia/Shanghai') as Zone;
const newYork = zoneNamed('America/New_York') as Zone;
const utc = (text: string): number => Date.parse(text);

function holds(window: Window, record: string, judged: string): boolean {
  return window.paneOf(utc(record)) >= window.oldestOf(window.paneOf(utc(judged)));
}

describe('windows', () => {
  it.each([
    ['10m', '2026-03-01T08:00:00Z', '2026-03-01T08:09:59Z', true],
    ['10m', '2026-03-01T08:00:59Z', '2026-03-01T08:10:00Z', false],
    ['2h', '2026-03-01T08:00:00Z', '2026-03-01T09:59:59Z', true],
    ['2h', '2026-03-01T08:04:59Z', '2026-03-01T10:00:00Z', false],
    ['24h', '2026-03-01T08:00:00Z', '2026-03-02T07:59:59Z', true],
    ['24h', '2026-03-01T08:59:59Z', '2026-03-02T08:00:00Z', false],
    ['3d', '2026-03-01T16:00:00Z', '2026-03-04T15:59:59Z', true],
    ['3d', '2026-03-01T15:59:59Z', '2026-03-04T15:59:59Z', false],
    ['day', '2026-03-01T16:00:00Z', '2026-03-02T15:59:59Z', true],
    ['day', '2026-03-01T15:59:59Z', '2026-03-01T16:00:00Z', false],
    ['month', '2026-02-28T16:00:00Z', '2026-03-31T15:59:59Z', true],
    ['month', '2026-02-28T15:59:59Z', '2026-02-28T16:00:00Z', false],
  ])('in Shanghai, %s: a record of %s is in the window of one of %s: %s', (text, record, judged, isHeld) => {
    expect(holds(openWindow(text, shanghai) as Window, record, judged)).toBe(isHeld);
  });

  it('counts hours from the civil day in a zone whose offset is no whole hour', () => {
    const kolkata = openWindow('12h', zoneNamed('Asia/Kolkata') as Zone) as Window;
    expect(kolkata.paneOf(utc('2026-03-01T18:30:00Z'))).toBe(utc('2026-03-01T18:30:00Z'));
    expect(kolkata.paneOf(utc('2026-03-01T19:29:59Z'))).toBe(utc('2026-03-01T18:30:00Z'));
  });

  it.each(['10m', '9h', '24h', '7d', 'day', 'month'])(
    '%s: panes never go back over a change of clock, and hold nothing older than the reach',
    text => {
      const window = openWindow(text, newYork) as Window;
      for (const [from, to] of [
        ['2026-03-01T00:00:00Z', '2026-03-20T00:00:00Z'],
        ['2026-10-25T00:00:00Z', '2026-11-12T00:00:00Z'],
      ] as const) {
        let before = Number.NEGATIVE_INFINITY;
        for (let at = utc(from); at < utc(to); at += 7 * 60_000) {
          const pane = window.paneOf(at);
          expect(pane).toBeGreaterThanOrEqual(before);
          expect(window.paneOf(at - window.reachMs)).toBeLessThanOrEqual(window.oldestOf(pane));
          before = pane;
        }
      }
    },
  );

  it.each(['0m', '1s', '121d', '121h', '2h30m', '', 'week', '121m', '-1d'])('%j is no window', text => {
    expect(openWindow(text, shanghai)).toBeNull();
  });
});
