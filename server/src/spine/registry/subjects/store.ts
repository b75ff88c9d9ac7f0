import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';

/** SQL that shows people what is registered; row-level security decides whose. */

export interface SubjectSeen {
  readonly subjectId: number;
  readonly partyId: number;
  readonly kind: string;
  readonly reference: string;
  readonly class: string | null;
  readonly attributes: Readonly<Record<string, string>>;
  readonly createdAtMs: number;
}

const subjectColumns = sql`
  s.subject_id as "subjectId", s.party_id as "partyId", s.kind, s.reference, s.class, s.attributes,
  s.created_at as "createdAtMs"`;

export interface SubjectFilter {
  readonly kind?: string | undefined;
  readonly reference?: string | undefined;
  readonly class?: string | undefined;
  readonly claim?: string | undefined;
}

export async function subjects(
  tx: Tx,
  filter: SubjectFilter,
  afterId: number,
  limit: number,
): Promise<SubjectSeen[]> {
  const conditions = [sql`s.subject_id > ${afterId}`];
  if (filter.kind !== undefined) conditions.push(sql`s.kind = ${filter.kind}`);
  if (filter.reference !== undefined) conditions.push(sql`s.reference = ${filter.reference}`);
  if (filter.class !== undefined) conditions.push(sql`s.class = ${filter.class}`);
  if (filter.claim !== undefined) {
    conditions.push(
      sql`exists (select from alias a where a.subject_id = s.subject_id and a.claim = ${filter.claim} and a.retired_at is null)`,
    );
  }
  const { rows } = await sql<SubjectSeen>`
    select ${subjectColumns} from subject s where ${sql.join(conditions, sql` and `)}
    order by s.subject_id limit ${limit}`.execute(tx);
  return rows;
}

export async function subjectById(tx: Tx, subjectId: number): Promise<SubjectSeen | undefined> {
  const { rows } = await sql<SubjectSeen>`
    select ${subjectColumns} from subject s where s.subject_id = ${subjectId}`.execute(tx);
  return rows[0];
}

export interface StatedRow {
  readonly fromMs: number;
  readonly toMs: number;
  readonly statedBy: string;
  readonly recordedAtMs: number;
  readonly retiredAtMs: number | null;
}

const stated = sql`
  valid_from as "fromMs", valid_to as "toMs", stated_by as "statedBy", recorded_at as "recordedAtMs",
  retired_at as "retiredAtMs"`;

/** History included: what was retired stays to be seen. At most `most` rows of each, the newest. */
export async function aliasesSeen(
  tx: Tx,
  subjectId: number,
  most: number,
): Promise<Array<StatedRow & { claim: string }>> {
  const { rows } = await sql<StatedRow & { claim: string }>`
    select claim, ${stated} from alias where subject_id = ${subjectId} order by alias_id desc limit ${most}`.execute(
    tx,
  );
  return rows;
}

export async function factsSeen(
  tx: Tx,
  subjectId: number,
  most: number,
): Promise<Array<StatedRow & { kind: string; body: Readonly<Record<string, unknown>> }>> {
  const { rows } = await sql<StatedRow & { kind: string; body: Readonly<Record<string, unknown>> }>`
    select kind, body, ${stated} from dated_fact where subject_id = ${subjectId}
    order by fact_id desc limit ${most}`.execute(tx);
  return rows;
}

export interface LinkSeen extends StatedRow {
  readonly kind: string;
  readonly direction: 'to' | 'from';
  readonly subjectId: number;
  readonly subjectKind: string;
  readonly reference: string;
}

export async function linksSeen(tx: Tx, subjectId: number, most: number): Promise<LinkSeen[]> {
  const { rows } = await sql<LinkSeen>`
    select * from (
      select l.link_id, l.kind, 'to' as direction, o.subject_id as "subjectId", o.kind as "subjectKind",
        o.reference, ${stated}
      from link l join subject o on o.subject_id = l.to_id where l.from_id = ${subjectId}
      union all
      select l.link_id, l.kind, 'from', o.subject_id, o.kind, o.reference, ${stated}
      from link l join subject o on o.subject_id = l.from_id where l.to_id = ${subjectId}) each
    order by link_id desc limit ${most}`.execute(tx);
  return rows;
}

/** Whether a link leads to the subject that has not ended by the database's clock, whatever the server's clock says. */
export async function isLinkedTo(tx: Tx, subjectId: number): Promise<boolean> {
  const { rows } = await sql`select from link
    where to_id = ${subjectId} and retired_at is null and valid_to > clock_timestamp() limit 1`.execute(tx);
  return rows.length > 0;
}

/** Claims that several subjects to be seen bear at once, with the subjects, by claim (C-15). */
export async function contested(
  tx: Tx,
  afterClaim: string,
  limit: number,
): Promise<Array<{ claim: string; subjectIds: number[] }>> {
  const { rows } = await sql<{ claim: string; subjectIds: number[] }>`
    select a.claim, array_agg(distinct a.subject_id order by a.subject_id) as "subjectIds"
    from alias a join alias b on b.claim = a.claim and b.subject_id <> a.subject_id and b.retired_at is null
      and b.valid_from < a.valid_to and a.valid_from < b.valid_to
    where a.retired_at is null and a.claim > ${afterClaim}
    group by a.claim order by a.claim limit ${limit}`.execute(tx);
  return rows;
}
