import { sql } from 'kysely';
import type { Tx } from '../../kernel/database/transaction.ts';
import { at } from '../../kernel/database/values.ts';
import { DAY_MS } from '../../kernel/time.ts';

/** Read-only SQL over what is registered, for modules that act on it; row-level security decides whose. */

/** Subjects of the party with these references, in the order of ids. */
export async function cardsByReference(
  tx: Tx,
  partyId: number,
  kind: string,
  references: readonly string[],
): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select subject_id as id from subject
    where party_id = ${partyId} and kind = ${kind} and reference = any(${references}::text[])
    order by subject_id`.execute(tx);
  return rows.map(row => row.id);
}

/** Reference of what a subject is linked to at a moment; of several the one linked last. Null for none. */
export async function linkedTo(
  tx: Tx,
  subjectId: number,
  linkKind: string,
  atMs: number,
): Promise<string | null> {
  const { rows } = await sql<{ reference: string }>`
    select s.reference from link l join subject s on s.subject_id = l.to_id
    where l.from_id = ${subjectId} and l.kind = ${linkKind} and l.retired_at is null
      and l.valid_from <= ${at(atMs)} and l.valid_to > ${at(atMs)}
    order by l.valid_from desc, l.link_id desc limit 1`.execute(tx);
  return rows[0]?.reference ?? null;
}

/** A field's value in the last believed record of a subject before a moment that states it; null for none. */
export async function lastFieldOf(
  tx: Tx,
  asked: {
    readonly subjectId: number;
    readonly observationKind: string;
    readonly field: string;
    readonly atMs: number;
  },
): Promise<string | null> {
  const moment = at(asked.atMs);
  const { rows } = await sql<{ value: string | null }>`
    select r.body->>${asked.field} as value from subject s
    join alias a on a.subject_id = s.subject_id and a.retired_at is null
    join observation r on r.claim = a.claim and r.party_id = s.party_id
    where s.subject_id = ${asked.subjectId} and r.kind = ${asked.observationKind} and r.observed_at < ${moment}
      and r.observed_at >= a.valid_from and r.observed_at < a.valid_to and r.time_mark <> 'implausible'
      and r.body ? ${asked.field}
    order by r.observed_at desc limit 1`.execute(tx);
  return rows[0]?.value ?? null;
}

/** Times of a source run ahead of ours by less than this, or they are not believed. */
const MOST_AHEAD_MS = DAY_MS;

/** The last believed records of a subject within a span that state all of the fields, the newest first. */
export async function lastBodiesOf(
  tx: Tx,
  asked: {
    readonly subjectId: number;
    readonly observationKind: string;
    readonly fields: readonly string[];
    readonly afterMs: number;
    readonly atMs: number;
    readonly limit: number;
  },
): Promise<Array<{ readonly observedAtMs: number; readonly body: Readonly<Record<string, unknown>> }>> {
  const { rows } = await sql<{ observedAtMs: number; body: Record<string, unknown> }>`
    select r.observed_at as "observedAtMs", r.body from subject s
    join alias a on a.subject_id = s.subject_id and a.retired_at is null
    join observation r on r.claim = a.claim and r.party_id = s.party_id
    where s.subject_id = ${asked.subjectId} and r.kind = ${asked.observationKind}
      and r.observed_at > ${at(asked.afterMs)} and r.observed_at <= ${at(asked.atMs)}
      and r.received_at > ${at(asked.afterMs - MOST_AHEAD_MS)}
      and r.observed_at >= a.valid_from and r.observed_at < a.valid_to and r.time_mark <> 'implausible'
      and r.body ?& ${[...asked.fields]}::text[]
    order by r.observed_at desc, r.digest desc limit ${asked.limit}`.execute(tx);
  return rows;
}

export interface LastField {
  readonly subjectId: number;
  readonly reference: string;
  /** The field's value in the subject's last believed record before the moment that states it; null for none. */
  readonly value: string | null;
}

/**
 * The subjects linked to one at a moment that have no fact of a kind (by its beginning) in force then, with the last
 * value each was observed with; by subject, after one. Set-based.
 */
export async function lastSeenUnder(
  tx: Tx,
  asked: {
    readonly partyId: number;
    readonly kind: string;
    readonly reference: string;
    readonly linkKind: string;
    readonly withoutFact: string;
    readonly observationKind: string;
    readonly field: string;
    readonly atMs: number;
  },
  afterId: number,
  limit: number,
): Promise<LastField[]> {
  const moment = at(asked.atMs);
  const { rows } = await sql<LastField>`
    select s.subject_id as "subjectId", s.reference, seen.value
    from subject o join link l on l.to_id = o.subject_id and l.kind = ${asked.linkKind} and l.retired_at is null
      and l.valid_from <= ${moment} and l.valid_to > ${moment}
    join subject s on s.subject_id = l.from_id
    left join lateral (
      select r.body->>${asked.field} as value from alias a join observation r on r.claim = a.claim
      where a.subject_id = s.subject_id and a.retired_at is null and r.kind = ${asked.observationKind}
        and r.party_id = s.party_id and r.observed_at < ${moment} and r.observed_at >= a.valid_from
        and r.observed_at < a.valid_to and r.time_mark <> 'implausible' and r.body ? ${asked.field}
      order by r.observed_at desc limit 1) seen on true
    where o.party_id = ${asked.partyId} and o.kind = ${asked.kind} and o.reference = ${asked.reference}
      and s.subject_id > ${afterId}
      and not exists (select from dated_fact f where f.subject_id = s.subject_id and f.retired_at is null
        and starts_with(f.kind, ${asked.withoutFact}) and f.valid_from <= ${moment} and f.valid_to > ${moment})
    order by s.subject_id limit ${limit}`.execute(tx);
  return rows;
}

/**
 * References of subjects drawn at random: the first `size` in the order of SHA-256 over seed and reference. The same
 * seed over the same register draws the same.
 */
export async function drawSubjects(
  tx: Tx,
  asked: {
    readonly partyId: number;
    readonly kind: string;
    /** Reference of the contract they stand under; null for any. */
    readonly under: string | null;
    readonly seed: string;
    readonly size: number;
    readonly atMs: number;
  },
): Promise<string[]> {
  const { rows } = await sql<{ reference: string }>`
    select s.reference from subject s
    where s.party_id = ${asked.partyId} and s.kind = ${asked.kind} and (${asked.under}::text is null or exists (
      select from link l join subject o on o.subject_id = l.to_id
      where l.from_id = s.subject_id and l.kind = 'under' and l.retired_at is null and o.reference = ${asked.under}
        and l.valid_from <= ${at(asked.atMs)} and l.valid_to > ${at(asked.atMs)}))
    order by sha256(convert_to(${asked.seed} || '/' || s.reference, 'UTF8')) limit ${asked.size}`.execute(tx);
  return rows.map(row => row.reference);
}
