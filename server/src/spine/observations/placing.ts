import { DAY_MS } from '../../kernel/time.ts';
import type { Reading, TimeMark } from './observation.ts';

/** Nothing that Thingward supervises was observed before this moment: 2000-01-01T00:00:00Z. */
export const EARLIEST_MS = 946_684_800_000;
/** How far a source's clock may run ahead of ours before its time is disbelieved. */
export const AHEAD_MS = DAY_MS;

/** Where an observation stands in time. */
export interface Placing {
  readonly observedAtMs: number;
  readonly timeMark: TimeMark;
  /** What the record itself said, when that was not believed; absent otherwise. */
  readonly statedAtMs: number | null;
}

/**
 * The time a record is judged at (design, "Judging, exactly" 4; C-20): its own, when it states a plausible
 * one; otherwise the moment of its receipt, marked so. The record counts in either case.
 */
export function place(reading: Reading, receivedAtMs: number): Placing {
  const said = reading.observedAtMs;
  if (said === undefined) return { observedAtMs: receivedAtMs, timeMark: 'receipt', statedAtMs: null };
  const isPlausible = said >= EARLIEST_MS && said <= receivedAtMs + AHEAD_MS;
  if (isPlausible) return { observedAtMs: said, timeMark: reading.timeMark, statedAtMs: null };
  return { observedAtMs: receivedAtMs, timeMark: 'implausible', statedAtMs: clampToDatabase(said) };
}

/** PostgreSQL's timestamptz ends in the year 294276; a record that claims more is kept at that edge. */
function clampToDatabase(ms: number): number {
  const edge = 8_000_000_000_000_000;
  return Math.max(-62_135_596_800_000, Math.min(edge, ms));
}
