import { DAY_MS } from '../../../kernel/time.ts';
import type { SourceProfile } from '../source-profile.ts';

/** Volumes, in bytes, that a quarter, half and three quarters of a window's records stay below. */
export type Quartiles = readonly [low: number, middle: number, high: number];

/** So many records with a volume, of so many claims at least, are a window. */
export const WINDOW_RECORDS = 50;
export const WINDOW_CLAIMS = 3;
/** Windows a level is made of: fewer say nothing, of more the last ones. */
export const LEAST_WINDOWS = 2;
export const MOST_WINDOWS = 16;
/** What lies between units: 1000 or 1024, once or twice. Which of the two it is, the volumes cannot tell. */
const FACTORS = [1_000, 1_000_000];
/** How far from the factor each quartile may lie. */
const SLACK = 4;
/** Running totals of a cycle begin anew with it; one must have been seen whole. */
const CYCLE_MS = 31 * DAY_MS;

/** A leap of the volumes of a source by what lies between two units. */
export interface Leap {
  readonly direction: 'up' | 'down';
  readonly times: number;
  /** The middle volume usual before, and that of the window which leapt, in bytes. */
  readonly before: number;
  readonly after: number;
}

export interface Level {
  /** The last windows in their order; volumes that leapt are no part of it. */
  readonly windows: readonly Quartiles[];
  readonly beganAtMs: number | null;
}

/** The quartiles of volumes; there must be at least one. */
export function quartilesOf(volumes: readonly number[]): Quartiles {
  const sorted = [...volumes].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] as number;
  return [at(0.25), at(0.5), at(0.75)];
}

/**
 * Whether a window's volumes lie about 1000 or 1,000,000 times above or below what the source delivered until then
 * (CR-27). Another unit moves every record alike, so all three quartiles must have moved; a few busy devices move one.
 *
 * Running totals fall by themselves, when a session or a cycle begins anew: of them only a leap upwards, beyond the
 * highest window, is told, and of totals of a cycle only after a whole one.
 */
export function leapOf(
  level: Level,
  next: Quartiles,
  atMs: number,
  counter: SourceProfile['counter'],
): Leap | null {
  if (level.windows.length < LEAST_WINDOWS || level.beganAtMs === null) return null;
  if (counter === 'per-cycle' && atMs - level.beganAtMs < CYCLE_MS) return null;
  const usual = counter === 'delta' ? middleOf(level.windows) : highestOf(level.windows);
  const told = { before: usual[1], after: next[1] };
  for (const times of FACTORS) {
    if (isApart(usual, next, times)) return { direction: 'up', times, ...told };
    if (counter === 'delta' && isApart(next, usual, times)) return { direction: 'down', times, ...told };
  }
  return null;
}

/** The level with one window more; running totals keep the highest, which would otherwise be forgotten with its cycle. */
export function learned(
  { windows, beganAtMs }: Level,
  next: Quartiles,
  atMs: number,
  counter: SourceProfile['counter'],
): Level {
  const began = beganAtMs ?? atMs;
  if (counter === 'delta' || windows.length < MOST_WINDOWS)
    return { windows: [...windows, next].slice(-MOST_WINDOWS), beganAtMs: began };
  return { windows: [highestOf(windows), ...windows.slice(2), next], beganAtMs: began };
}

function isApart(lower: Quartiles, higher: Quartiles, times: number): boolean {
  return higher.every((volume, i) => {
    const ratio = volume / (lower[i] as number);
    return ratio >= times / SLACK && ratio <= times * SLACK;
  });
}

function middleOf(windows: readonly Quartiles[]): Quartiles {
  return perQuartile(windows, volumes => quartilesOf(volumes)[1]);
}

function highestOf(windows: readonly Quartiles[]): Quartiles {
  return perQuartile(windows, volumes => Math.max(...volumes));
}

function perQuartile(windows: readonly Quartiles[], of: (volumes: number[]) => number): Quartiles {
  return [
    of(windows.map(each => each[0])),
    of(windows.map(each => each[1])),
    of(windows.map(each => each[2])),
  ];
}
