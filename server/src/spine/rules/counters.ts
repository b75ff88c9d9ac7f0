import type { Observation } from '../observations/observation.ts';
import type { KindSchema } from './kind-schema.ts';

/**
 * Running totals become deltas, per series and in the order of judging (CR-12, CR-13, C-19).
 *
 * A record without a series carries its own share already. In a series the delta of a counter is its total
 * less the highest total before it; the first record's delta is its total, for a session begins at nothing.
 * An absent counter gives no delta and leaves the total before it standing: missing is not zero. No delta
 * is negative. A delta belongs to the later record's time, however long the gap.
 *
 * A record that states one side of a volume and not the total (C-21) tells a lower bound: a share is at least
 * what the stated parts come to, and a running total at least the sum of what is last known of its parts. Such
 * a bound is never above the truth, and a total stated later adds only what goes beyond it. It is marked
 * `partial`. A bound is worked out anew from what was last stated, and never carried on from one record to the
 * next: so nothing older than the look-back enters a delta, however long one side alone is stated.
 *
 * A series is forgotten after the look-back of counters; one whose last record said that it ends is forgotten a
 * day after it, for what still comes of it then is told again, and its name may be given to another.
 */
export type CounterMark =
  | 'own'
  | 'first'
  | 'next'
  | 'partial'
  | 'gap'
  | 'wrap'
  | 'restart'
  | 'stale'
  | 'negative';

/** The counters of a kind, and which are sums of others. */
export type CounterFields = Pick<KindSchema, 'counters' | 'totals' | 'seriesEnds'>;

/** A counter that is the sum of others, by their places among the counters. */
export interface TotalPlaces {
  readonly total: number;
  readonly parts: readonly number[];
}

const placesKnown = new WeakMap<object, readonly TotalPlaces[]>();
const NONE: readonly TotalPlaces[] = [];

export function totalPlaces({ counters, totals }: CounterFields): readonly TotalPlaces[] {
  if (totals === undefined) return NONE;
  let places = placesKnown.get(totals);
  if (places === undefined) {
    places = Object.entries(totals).map(([total, parts]) => ({
      total: counters.indexOf(total),
      parts: parts.map(part => counters.indexOf(part)),
    }));
    placesKnown.set(totals, places);
  }
  return places;
}

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
  /** Of a total: whether a part of it was stated last, and not itself. */
  isBound: boolean[];
  /** Whether the record heard last said that the series ends. */
  isEnded: boolean;
}

/** Series by source and name, the one heard last at the end. */
export type Counters = Map<string, Series>;

/** A counter not stated for longer begins anew: the look-back of counters. */
export const SERIES_LOOK_BACK_MS = 35 * 86_400_000;
/** How long a series is remembered after its end. */
export const ENDED_LOOK_BACK_MS = 86_400_000;
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
  partial: 3,
  gap: 4,
  stale: 5,
  wrap: 6,
  restart: 7,
  negative: 8,
};

/** Takes the record into the counters and says what it adds. */
export function takeDeltas(counters: Counters, record: Observation, schema: CounterFields): Deltas {
  if (record.series === null) return ownShare(record, schema);
  const fields = schema.counters;
  const name = `${record.sourceId}/${record.series}`;
  const before = recall(counters, name, record.observedAtMs);
  const isEnded = endsSeries(record, schema);
  const series: Series = { atMs: record.observedAtMs, totals: [], statedAtMs: [], isBound: [], isEnded };
  const places = totalPlaces(schema);
  const knownOf = (i: number): Known | null => {
    const known = before === undefined ? null : totalOf(before, i, record.observedAtMs);
    if (before?.isBound[i] !== true) return known;
    const parts = places.find(({ total }) => total === i)?.parts ?? [];
    return boundKnown(
      known,
      parts.flatMap(part => totalOf(before, part, record.observedAtMs) ?? []),
    );
  };
  let mark: CounterMark = 'next';
  const values = fields.map((field, i): number | undefined => {
    const total = record.body[field];
    const known = before === undefined ? null : totalOf(before, i, record.observedAtMs);
    series.isBound.push(before?.isBound[i] === true);
    const keep = (value: number | null, atMs: number): void => {
      series.totals.push(value);
      series.statedAtMs.push(atMs);
    };
    if (typeof total !== 'number' || total < 0) {
      keep(known?.total ?? null, known?.atMs ?? 0);
      if (typeof total === 'number') mark = worse(mark, 'negative');
      return undefined;
    }
    const beyond = knownOf(i);
    const change = deltaOf(total, beyond, record.observedAtMs);
    mark = worse(mark, change.mark);
    keep(change.mark === 'stale' && beyond !== null ? beyond.total : total, record.observedAtMs);
    series.isBound[i] = false;
    return change.delta;
  });
  for (const { total, parts } of places) {
    if (isStated(record, fields[total]) || !parts.some(part => values[part] !== undefined)) continue;
    const atLeast = boundOf(
      series.totals[total] ?? null,
      parts.map(part => series.totals[part] ?? 0),
      knownOf(total),
      record.observedAtMs,
    );
    mark = worse(mark, atLeast.mark);
    values[total] = atLeast.delta;
    series.isBound[total] = true;
  }
  counters.set(name, series);
  if (counters.size > MOST_SERIES) forgetFirst(counters);
  return { values, mark };
}

function endsSeries({ body }: Observation, { seriesEnds }: CounterFields): boolean {
  return seriesEnds !== undefined && body[seriesEnds.field] === seriesEnds.value;
}

function isStated(record: Observation, field: string | undefined): boolean {
  return field !== undefined && typeof record.body[field] === 'number';
}

function ownShare(record: Observation, schema: CounterFields): Deltas {
  let mark: CounterMark = 'own';
  const values = schema.counters.map((field): number | undefined => {
    const share = record.body[field];
    if (typeof share !== 'number') return undefined;
    if (share >= 0) return share;
    mark = 'negative';
    return undefined;
  });
  for (const { total, parts } of totalPlaces(schema)) {
    const stated = parts.flatMap(part => values[part] ?? []);
    if (isStated(record, schema.counters[total]) || stated.length === 0) continue;
    values[total] = sumWithin(stated);
    mark = worse(mark, 'partial');
  }
  return { values, mark };
}

/**
 * What a record of which only parts of a total were stated adds to it at least. `stated` is the total as it was
 * last stated, `parts` the last known totals of its parts, 0 for none, and `known` what was known before.
 */
export function boundOf(
  stated: number | null,
  parts: readonly number[],
  known: Known | null,
  atMs: number,
): { delta: number; mark: CounterMark } {
  const total = Math.max(stated ?? 0, sumWithin(parts));
  return {
    delta: Math.max(0, total - (known?.total ?? 0)),
    mark: known !== null && atMs - known.atMs > GAP_MS ? 'gap' : 'partial',
  };
}

/** What is known of a total after parts of it were stated: at least what it was, and what the parts come to. */
export function boundKnown(stated: Known | null, parts: readonly Known[]): Known | null {
  if (parts.length === 0) return stated;
  return {
    total: Math.max(stated?.total ?? 0, sumWithin(parts.map(part => part.total))),
    atMs: Math.max(...parts.map(part => part.atMs), stated?.atMs ?? 0),
  };
}

/** A sum that stays within the safe integers. */
export function sumWithin(amounts: readonly number[]): number {
  return Math.min(
    Number.MAX_SAFE_INTEGER,
    amounts.reduce((sum, amount) => sum + amount, 0),
  );
}

/** Removes and returns the series, unless it has been silent too long; forgets the ones that have. */
function recall(counters: Counters, name: string, atMs: number): Series | undefined {
  for (const [other, { atMs: heardMs, isEnded }] of counters)
    if (atMs - heardMs > (isEnded ? ENDED_LOOK_BACK_MS : SERIES_LOOK_BACK_MS)) counters.delete(other);
  const series = counters.get(name);
  counters.delete(name);
  return series;
}

export interface Known {
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
  schema: CounterFields,
): Generator<{ readonly record: Observation; readonly deltas: Deltas }> {
  const counters: Counters = new Map();
  for (const record of records) yield { record, deltas: takeDeltas(counters, record, schema) };
}

/** The order of judging: by time of observation, source and digest. */
export function compareObservations(a: Observation, b: Observation): number {
  return (
    a.observedAtMs - b.observedAtMs ||
    a.sourceId - b.sourceId ||
    (a.digest < b.digest ? -1 : a.digest > b.digest ? 1 : 0)
  );
}
