import type { Tx } from '../kernel/database/transaction.ts';
import { Refusal } from '../kernel/refusal.ts';
import { DAY_MS } from '../kernel/time.ts';
import { type Contribution, worldOf } from './contribution.ts';
import type { Observation } from './observations/observation.ts';
import { history } from './observations/store.ts';
import { loadDossiers } from './registry/dossier.ts';
import { type CounterMark, deltasOf, SERIES_LOOK_BACK_MS } from './rules/counters.ts';
import type { KindSchema } from './rules/kind-schema.ts';

/** Figures by counter; a counter that no record stated is absent, for missing is not zero (C-21). */
export type Figures = Readonly<Record<string, number>>;

/** What some records come to. */
export interface Tally {
  readonly records: number;
  readonly figures: Figures;
  /** How many records' deltas were worked out in which way; `wrap` and `restart` are assumptions, `partial` a lower bound. */
  readonly marks: Readonly<Partial<Record<CounterMark, number>>>;
}

export interface SeriesTally extends Tally {
  readonly sourceId: number;
  readonly series: string;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

export interface DayTally extends Tally {
  /** The UTC day, `2026-11-25`. */
  readonly day: string;
}

/** The use of one subject, of one kind of observation. */
export interface Usage extends Tally {
  readonly kind: string;
  readonly counters: readonly string[];
  /** Running counters, the one that spoke last first; records without one are in `own`. */
  readonly series: readonly SeriesTally[];
  readonly own: Tally;
  readonly days: readonly DayTally[];
  /** How the subject stood at the end of the stretch, by the last record that says so; empty when none does. */
  readonly latest: Standing;
}

/** Fields that tell a state, each from one record: a state of another record is none of this one's. */
export interface Standing {
  readonly atMs?: number;
  readonly fields: Readonly<Record<string, string | number | boolean>>;
}

export interface SubjectUsage {
  readonly subjectId: number;
  readonly kind: string;
  readonly reference: string;
  readonly usage: readonly Usage[];
}

/** A stretch of time, its end excluded. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The use of a subject within a stretch of time, in all, by series and by UTC day: one figure for door, page,
 * report and rule (C-30), since it is the same fold over the same stored observations in the same order that
 * judging makes. Counters are warmed over their look-back, so that a total at the beginning of the stretch is
 * told from what lies before it.
 *
 * It counts the records that the transaction's party may see. Refuses `subject-unknown`.
 */
export async function usageOf(
  tx: Tx,
  contributions: readonly Contribution[],
  subjectId: number,
  stretch: Stretch,
): Promise<SubjectUsage> {
  const [dossier] = await loadDossiers(tx, { claims: [], subjectIds: [subjectId] });
  if (dossier === undefined) throw new Refusal('subject-unknown', { subject: `subject/${subjectId}` });
  const sinceMs = Math.max(stretch.fromMs - SERIES_LOOK_BACK_MS, -Number.MAX_SAFE_INTEGER);
  const records = await history(tx, dossier.aliases, dossier.ancestors, sinceMs);
  const { kind, reference } = dossier;
  return { subjectId, kind, reference, usage: foldUsage(worldOf(contributions).kinds, records, stretch) };
}

/**
 * What one source alone brought of a subject, by the same fold: what others told of it beside is left out. Nothing for a
 * subject that is not there.
 */
export async function usageFromSource(
  tx: Tx,
  kinds: readonly KindSchema[],
  subjectId: number,
  sourceId: number,
  stretch: Stretch,
): Promise<Usage[]> {
  const [dossier] = await loadDossiers(tx, { claims: [], subjectIds: [subjectId] });
  if (dossier === undefined) return [];
  const sinceMs = stretch.fromMs - SERIES_LOOK_BACK_MS;
  const records = await history(tx, dossier.aliases, dossier.ancestors, sinceMs);
  const own = records.filter(record => record.sourceId === sourceId);
  return foldUsage(kinds, own, stretch);
}

/** The fold alone: `records` of one subject in the order of judging. */
export function foldUsage(
  kinds: readonly KindSchema[],
  records: readonly Observation[],
  stretch: Stretch,
): Usage[] {
  return kinds.flatMap(schema => {
    const ofKind = records.filter(record => record.kind === schema.kind);
    return ofKind.length === 0 ? [] : [foldKind(schema, ofKind, stretch)];
  });
}

function foldKind(schema: KindSchema, records: readonly Observation[], { fromMs, toMs }: Stretch): Usage {
  const { kind, counters } = schema;
  const all = new Sum();
  const own = new Sum();
  const days = new Map<string, Sum>();
  const series = new Map<string, Sum & { record?: Observation }>();
  for (const { record, deltas } of deltasOf(records, schema)) {
    if (record.observedAtMs < fromMs || record.observedAtMs >= toMs) continue;
    const day = new Date(Math.floor(record.observedAtMs / DAY_MS) * DAY_MS).toISOString().slice(0, 10);
    const sums = [all, sumAt(days, day)];
    if (record.series === null) sums.push(own);
    else sums.push(seriesAt(series, record));
    for (const sum of sums) sum.add(record, counters, deltas.values, deltas.mark);
  }
  return {
    kind,
    counters,
    ...all.tally(),
    own: own.tally(),
    latest: standingOf(schema, records, toMs),
    days: [...days].map(([day, sum]) => ({ day, ...sum.tally() })),
    series: [...series.values()].reverse().map(sum => ({
      sourceId: sum.record!.sourceId,
      series: sum.record!.series!,
      firstAtMs: sum.firstAtMs,
      lastAtMs: sum.lastAtMs,
      ...sum.tally(),
    })),
  };
}

function standingOf({ states = [] }: KindSchema, records: readonly Observation[], toMs: number): Standing {
  const isTold = (record: Observation): boolean =>
    record.observedAtMs < toMs && states.some(field => (record.body[field] ?? null) !== null);
  const last = records.findLast(isTold);
  if (last === undefined) return { fields: {} };
  const told = states.flatMap(field => {
    const value = last.body[field];
    return value === undefined || value === null ? [] : [[field, value] as const];
  });
  return { atMs: last.observedAtMs, fields: Object.fromEntries(told) };
}

function sumAt(sums: Map<string, Sum>, name: string): Sum {
  const found = sums.get(name);
  if (found !== undefined) return found;
  const sum = new Sum();
  sums.set(name, sum);
  return sum;
}

/** The series' sum, moved to the end: the map stays in the order in which series spoke last. */
function seriesAt(sums: Map<string, Sum & { record?: Observation }>, record: Observation): Sum {
  const name = `${record.sourceId}/${record.series}`;
  const sum = sums.get(name) ?? Object.assign(new Sum(), { record });
  sums.delete(name);
  sums.set(name, sum);
  return sum;
}

/** Adds up to 2^53 exactly, which is 9 petabytes of one subject. */
class Sum {
  firstAtMs = 0;
  lastAtMs = 0;
  private records = 0;
  private readonly figures: Record<string, number> = {};
  private readonly marks: Partial<Record<CounterMark, number>> = {};

  add(
    record: Observation,
    counters: readonly string[],
    values: readonly (number | undefined)[],
    mark: CounterMark,
  ): void {
    if (this.records === 0) this.firstAtMs = record.observedAtMs;
    this.lastAtMs = record.observedAtMs;
    this.records += 1;
    this.marks[mark] = (this.marks[mark] ?? 0) + 1;
    for (const [i, value] of values.entries()) {
      const counter = counters[i];
      if (value !== undefined && counter !== undefined)
        this.figures[counter] = (this.figures[counter] ?? 0) + value;
    }
  }

  tally(): Tally {
    return { records: this.records, figures: this.figures, marks: this.marks };
  }
}
