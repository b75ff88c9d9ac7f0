import type { Instant } from './answers.ts';

/** Milliseconds of an instant, or undefined when there is none or it cannot be read. */
export function millis(instant: Instant | null | undefined): number | undefined {
  if (instant === null || instant === undefined) return undefined;
  const ms = typeof instant === 'number' ? instant : Date.parse(instant);
  return Number.isFinite(ms) ? ms : undefined;
}

/** The instant in the zone of this machine with its offset, `2026-11-25 12:28:11 +08:00`; empty when there is none. */
export function localTime(instant: Instant | null | undefined): string {
  const ms = millis(instant);
  if (ms === undefined) return '';
  const offsetMin = -new Date(ms).getTimezoneOffset();
  const shifted = new Date(ms + offsetMin * 60_000).toISOString();
  const sign = offsetMin < 0 ? '-' : '+';
  const size = Math.abs(offsetMin);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${shifted.slice(0, 10)} ${shifted.slice(11, 19)} ${sign}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** A length of time in its two largest units: `2d 3h`, `14m 05s`. Negative lengths carry a minus. */
export function span(ms: number): string {
  const sign = ms < 0 ? '-' : '';
  const seconds = Math.floor(Math.abs(ms) / 1000);
  const [d, h, m, s] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ];
  if (d > 0) return `${sign}${d}d ${h}h`;
  if (h > 0) return `${sign}${h}h ${m}m`;
  if (m > 0) return `${sign}${m}m ${s}s`;
  return `${sign}${s}s`;
}
