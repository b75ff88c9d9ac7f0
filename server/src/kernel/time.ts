/** Time enters the system only here; everything else is handed a `Clock`. All instants are integer milliseconds since 1970-01-01T00:00:00Z. */
export interface Clock {
  /** Now, in milliseconds since the Unix epoch. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** A clock for tests: stands still until told to move. */
export function settableClock(startMs: number): Clock & { set(ms: number): void; advance(ms: number): void } {
  let current = startMs;
  return {
    now: () => current,
    set: ms => {
      current = ms;
    },
    advance: ms => {
      current += ms;
    },
  };
}

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** The instant as RFC 3339 text in UTC with milliseconds, e.g. `2026-11-25T03:56:11.000Z`. */
export function rfc3339(ms: number): string {
  return new Date(ms).toISOString();
}

/** The same, or null for null. */
export function instant(ms: number | null): string | null {
  return ms === null ? null : rfc3339(ms);
}
