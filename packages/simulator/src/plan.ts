/** What makes a fleet: the same plan gives the same cards, records and truth, byte for byte, on every machine. */
export interface Plan {
  readonly seed: number;
  readonly cards: number;
  readonly days: number;
  /** Midnight in China (UTC+8, no summer time) of the first day, milliseconds UTC. */
  readonly fromMs: number;
}

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
/** 2026-09-01T00:00+08:00: a month begins with the first day, so that 35 days hold the end of one. */
export const USUAL_FROM_MS = Date.UTC(2026, 7, 31, 16);
/** A day's file comes so long after the day's end. */
const FILE_AFTER_MS = 600_000;

export function dayStartMs(plan: Plan, day: number): number {
  return plan.fromMs + day * DAY_MS;
}

export function endMs(plan: Plan): number {
  return dayStartMs(plan, plan.days);
}

/** When the file of a day is received. */
export function receivedMs(plan: Plan, day: number): number {
  return dayStartMs(plan, day + 1) + FILE_AFTER_MS;
}

/** The month in China that a moment lies in, as a number that grows by one a month. */
export function monthOf(ms: number): number {
  const local = new Date(ms + 8 * HOUR_MS);
  return local.getUTCFullYear() * 12 + local.getUTCMonth();
}

/**
 * How many days a rest must last to be remarkable in a run of so many days; cards that rest state it themselves.
 * Never one alone, for a card used once a day may rest a whole day between two uses.
 */
export function dormantDays(plan: Plan): number {
  return Math.max(2, Math.floor(plan.days * 0.4) - 1);
}

/** The last day before a rest, and the day on which the card wakes. */
export function restOf(plan: Plan): { readonly lastDay: number; readonly wakeDay: number } {
  const wakeDay = plan.days - 2;
  return { lastDay: Math.max(0, wakeDay - dormantDays(plan) - 2), wakeDay };
}
