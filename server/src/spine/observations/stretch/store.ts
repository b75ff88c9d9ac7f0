import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at, FOREVER_MS } from '../../../kernel/database/values.ts';
import type { Observation } from '../observation.ts';
import type { ClaimWindow } from '../store.ts';

/** SQL that goes through a stretch of stored observations page by page, in the order of judging. */

/** A claim that names a subject between two moments, for the sources of some parties. */
export interface NamedWindow extends ClaimWindow {
  readonly subjectId: number;
  readonly parties: readonly number[];
}

/** The place of a record among those of all subjects. */
export interface StretchPlace {
  readonly subjectId: number;
  readonly observedAtMs: number;
  readonly sourceId: number;
  readonly digest: string;
}

export interface SubjectRecord extends Observation {
  readonly subjectId: number;
}

export interface Stretch {
  readonly kinds: readonly string[];
  readonly sinceMs: number;
  /** Excluded. */
  readonly toMs: number;
}

const columns = sql`
  encode(o.digest, 'hex') as digest, o.source_id as "sourceId", o.party_id as "partyId", o.chunk_id as "chunkId",
  o.kind, o.claim, o.observed_at as "observedAtMs", o.time_mark as "timeMark", o.series, o.body`;

/** Windows as rows; those of subjects below `fromId` are done with. */
const wanted = (windows: readonly NamedWindow[]) => sql`
  wanted as (
    select subject_id, claim, from_ms, to_ms, parties::bigint[] from unnest(
      ${windows.map(w => w.subjectId)}::bigint[], ${windows.map(w => w.claim)}::text[],
      ${windows.map(w => w.fromMs)}::bigint[], ${windows.map(w => w.toMs)}::bigint[],
      ${windows.map(w => `{${w.parties.join()}}`)}::text[]) as w(subject_id, claim, from_ms, to_ms, parties)
  )`;
const named = sql`o.party_id = any(w.parties) and extract(epoch from o.observed_at) * 1000 >= w.from_ms
  and extract(epoch from o.observed_at) * 1000 < w.to_ms`;

/** The next records of the subjects after a place, subject by subject; no record of a subject comes twice. */
export async function stretchPage(
  tx: Tx,
  windows: readonly NamedWindow[],
  stretch: Stretch,
  after: StretchPlace | null,
  limit: number,
): Promise<SubjectRecord[]> {
  const left = after === null ? windows : windows.filter(each => each.subjectId >= after.subjectId);
  if (left.length === 0) return [];
  const beyond =
    after === null
      ? sql`true`
      : sql`(w.subject_id, o.observed_at, o.source_id, o.digest) >
          (${after.subjectId}, ${at(after.observedAtMs)}, ${after.sourceId}, decode(${after.digest}, 'hex'))`;
  const { rows } = await sql<SubjectRecord>`
    with ${wanted(left)}
    select distinct on (w.subject_id, o.observed_at, o.source_id, o.digest) w.subject_id as "subjectId", ${columns}
    from observation o join wanted w on o.claim = w.claim
    where o.kind = any(${[...stretch.kinds]}::text[]) and o.observed_at >= ${at(stretch.sinceMs)}
      and o.observed_at < ${at(stretch.toMs)} and ${named} and ${beyond}
    order by w.subject_id, o.observed_at, o.source_id, o.digest limit ${limit}`.execute(tx);
  return rows;
}

/** Which of the subjects were heard of again at or after the moment, by kind: `<subject>/<kind>`. */
export async function heardAgain(
  tx: Tx,
  windows: readonly NamedWindow[],
  kinds: readonly string[],
  fromMs: number,
): Promise<Set<string>> {
  const { rows } = await sql<{ id: number; kind: string }>`
    with ${wanted(windows)}
    select distinct w.subject_id as id, o.kind from observation o join wanted w on o.claim = w.claim
    where o.kind = any(${[...kinds]}::text[]) and o.observed_at >= ${at(fromMs)} and ${named}`.execute(tx);
  return new Set(rows.map(row => `${row.id}/${row.kind}`));
}

/** Whether any record of the kind is stored. */
export async function isHeardOf(tx: Tx, kind: string): Promise<boolean> {
  const { rows } = await sql<{ has: boolean }>`
    select exists (select from observation where kind = ${kind}) as has`.execute(tx);
  return rows[0]!.has;
}

/** How many records of a kind in a stretch state a field. */
export async function countStating(tx: Tx, stretch: Stretch, field: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from observation o where ${stating(stretch, field)}`.execute(tx);
  return rows[0]!.n;
}

/**
 * Opens the records of a stretch that state a field, key by key, for `nextStating` in the same transaction.
 * No index orders records by what they state: the database sorts once, on its disk, and hands out from there.
 */
export async function openStating(tx: Tx, stretch: Stretch, field: string): Promise<void> {
  await sql`
    declare stating no scroll cursor for select ${columns} from observation o where ${stating(stretch, field)}
    order by o.body->>${field} collate "C", o.observed_at, o.source_id, o.digest`.execute(tx);
}

export async function nextStating(tx: Tx, limit: number): Promise<Observation[]> {
  const { rows } = await sql<Observation>`fetch forward ${sql.lit(limit)} from stating`.execute(tx);
  return rows;
}

const stating = ({ kinds, sinceMs, toMs }: Stretch, field: string) => sql`
  o.kind = any(${[...kinds]}::text[]) and o.observed_at >= ${at(Math.max(sinceMs, -FOREVER_MS))}
  and o.observed_at < ${at(toMs)} and o.body->>${field} is not null`;
