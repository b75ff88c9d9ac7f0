import type { Observation } from '../observations/observation.ts';

/**
 * Running totals become deltas, per series and in the order of judging (CR-12, CR-13, C-19).
 *
 * A record without a series carries its own share already. In a series the delta of a counter is its total
 * less the highest total before it; the first record's delta is its total, for a session begins at nothing.
 * An absent counter gives no delta and leaves the total before it standing: missing is not zero. No delta
 * is negative. A delta belongs to the later record's time, however long the gap.
 */
export type CounterMark = 'own' | 'first' | 'next' | 'gap' | 'wrap' | 'restart' | 'stale' | 'negative';

export interface Deltas {
  /** By the schema's order of counters; undefined where the record did not say. */
  readonly values: readonly (number | undefined)[];
  /** The most doubtful thing that was assumed; `wrap` and `restart` are assumptions, not facts. */
  readonly mark: CounterMark;
}

interface Series {
  atMs: number;
  totals: (number | null)[];
  /** When each total was last stated: a record without a counter keeps its series alive, not that counter. */
  statedAtMs: number[];
}

/** Series by source and name, the one heard last at the end. */
export type Counters = Map<string, Series>;

/** A counter not stated for longer begins anew: the look-back of counters. */
export const SERIES_LOOK_BACK_MS = 35 * 86_400_000;
/** A delta over a longer time says so, for it may belong to the day or month before. */
export const GAP_MS = 86_400_000;
/** Most series remembered for one key; the one heard longest ago gives way. */
export const MOST_SERIES = 1024;
/** A 32-bit octet counter is taken to have wrapped, not restarted, when that leaves a delta below this (CR-12). */
const PLAUSIBLE_WRAP = 2 ** 30;
const WRAP = 2 ** 32;

const doubt: Record<CounterMark, number> = {
  own: 0,
  next: 1,
  first: 2,
  gap: 3,
  stale: 4,
  wrap: 5,
  restart: 6,
  negative: 7,
};

/** Takes the record into the counters and says what it adds. */
export function takeDeltas(counters: Counters, record: Observation, fields: readonly string[]): Deltas {
  if (record.series === null) return ownShare(record, fields);
  const name = `${record.sourceId}/${record.series}`;
  const before = recall(counters, name, record.observedAtMs);
  const series: Series = { atMs: record.observedAtMs, totals: [], statedAtMs: [] };
  let mark: CounterMark = 'next';
  const values = fields.map((field, i) => {
    const total = record.body[field];
    const known = before === undefined ? null : totalOf(before, i, record.observedAtMs);
    const keep = (value: number | null, atMs: number): void => {
      series.totals.push(value);
      series.statedAtMs.push(atMs);
    };
    if (typeof total !== 'number' || total < 0) {
      keep(known?.total ?? null, known?.atMs ?? 0);
      if (typeof total === 'number') mark = worse(mark, 'negative');
      return undefined;
    }
    const change = deltaOf(total, known, record.observedAtMs);
    mark = worse(mark, change.mark);
    keep(change.mark === 'stale' && known !== null ? known.total : total, record.observedAtMs);
    return change.delta;
  });
  counters.set(name, series);
  if (counters.size > MOST_SERIES) forgetFirst(counters);
  return { values, mark };
}

function ownShare(record: Observation, fields: readonly string[]): Deltas {
  let mark: CounterMark = 'own';
  const values = fields.map(field => {
    const share = record.body[field];
    if (typeof share !== 'number') return undefined;
    if (share >= 0) return share;
    mark = 'negative';
    return undefined;
  });
  return { values, mark };
}

/** Removes and returns the series, unless it has been silent too long; forgets the ones that have. */
function recall(counters: Counters, name: string, atMs: number): Series | undefined {
  for (const [other, series] of counters) {
    if (atMs - series.atMs <= SERIES_LOOK_BACK_MS) break;
    counters.delete(other);
  }
  const series = counters.get(name);
  counters.delete(name);
  return series;
}

interface Known {
  readonly total: number;
  readonly atMs: number;
}

function totalOf(series: Series, i: number, atMs: number): Known | null {
  const total = series.totals[i] ?? null;
  const statedAtMs = series.statedAtMs[i] ?? 0;
  return total === null || atMs - statedAtMs > SERIES_LOOK_BACK_MS ? null : { total, atMs: statedAtMs };
}

/**
 * What a total adds to the one known before it, null for none.
 *
 * Two records of one moment come in no telling order: the lower total is then the older one.
 */
export function deltaOf(
  total: number,
  known: Known | null,
  atMs: number,
): { delta: number; mark: CounterMark } {
  if (known === null) return { delta: total, mark: 'first' };
  if (total >= known.total) {
    return { delta: total - known.total, mark: atMs - known.atMs > GAP_MS ? 'gap' : 'next' };
  }
  if (known.atMs === atMs) return { delta: 0, mark: 'stale' };
  const wrapped = total + WRAP - known.total;
  if (wrapped >= 0 && wrapped < PLAUSIBLE_WRAP) return { delta: wrapped, mark: 'wrap' };
  return { delta: total, mark: 'restart' };
}

/** The more doubtful of two marks. */
export function worse(a: CounterMark, b: CounterMark): CounterMark {
  return doubt[b] > doubt[a] ? b : a;
}

function forgetFirst(counters: Counters): void {
  for (const name of counters.keys()) {
    counters.delete(name);
    return;
  }
}

/** What each record adds, for totals: the records of one subject in the order of judging. */
export function* deltasOf(
  records: Iterable<Observation>,
  fields: readonly string[],
): Generator<{ readonly record: Observation; readonly deltas: Deltas }> {
  const counters: Counters = new Map();
  for (const record of records) yield { record, deltas: takeDeltas(counters, record, fields) };
}

/** The order of judging: by time of observation, source and digest. */
export function compareObservations(a: Observation, b: Observation): number {
  return (
    a.observedAtMs - b.observedAtMs ||
    a.sourceId - b.sourceId ||
    (a.digest < b.digest ? -1 : a.digest > b.digest ? 1 : 0)
  );
}
