import type { Operator, OperatorState } from './operator.ts';

interface LastSeen extends OperatorState {
  lastMs: number | null;
  beforeMs: number | null;
}

/**
 * `absence`: silence since the last record that was taken in.
 *
 * Silence falls due `windowMs` after that record; a record at that very moment still prevents it. Writes
 * `<name>`: bool, true once silence has fallen due (on a record: when the silence before it had), and `<name>Ms`: int, the milliseconds since
 * the record before, absent for a first record and after more than the look-back, where the two cannot be
 * told apart.
 */
export function openAbsence(name: string, windowMs: number, lookBackMs: number): Operator {
  const ms = `${name}Ms`;
  return {
    outputs: { [name]: 'bool', [ms]: 'int' },
    lookBackMs: lookBackMs + windowMs,
    mostEntries: 2,
    open: (): LastSeen => ({ lastMs: null, beforeMs: null }),
    take: (state, atMs) => {
      const seen = state as LastSeen;
      seen.beforeMs = seen.lastMs;
      seen.lastMs = atMs;
      return true;
    },
    show: (state, atMs, taken, view) => {
      const seen = state as LastSeen;
      const since = taken ? seen.beforeMs : seen.lastMs;
      const gapMs = since === null || atMs - since > lookBackMs ? undefined : atMs - since;
      view[ms] = gapMs;
      view[name] = gapMs !== undefined && (taken ? gapMs > windowMs : gapMs >= windowMs);
    },
  };
}

/** When the silence after the last record falls due; null before a first record. */
export function silenceDueMs(state: OperatorState, windowMs: number): number | null {
  const lastMs = (state as LastSeen).lastMs;
  return lastMs === null ? null : lastMs + windowMs;
}
