import { sql } from 'kysely';
import type { Tx } from '../../kernel/database/transaction.ts';

/** A subject as its kind and reference name it. */
export interface NamedSubject {
  readonly subjectId: number;
  readonly partyId: number;
  readonly reference: string;
}

/** Those of the references that the transaction may see, of whatever party; a reference may name one of several parties each. */
export async function subjectsNamed(
  tx: Tx,
  kind: string,
  references: readonly string[],
): Promise<NamedSubject[]> {
  const { rows } = await sql<NamedSubject>`
    select subject_id as "subjectId", party_id as "partyId", reference from subject
    where kind = ${kind} and reference = any(${references}::text[]) order by subject_id`.execute(tx);
  return rows;
}

export async function subjectsNumbered(tx: Tx, ids: readonly number[]): Promise<NamedSubject[]> {
  const { rows } = await sql<NamedSubject>`
    select subject_id as "subjectId", party_id as "partyId", reference from subject
    where subject_id = any(${ids}::bigint[]) order by subject_id`.execute(tx);
  return rows;
}

/** Findings about some subjects that stand, observed since a moment: those of the two gravest kinds, and the others. */
export async function standingFindings(
  tx: Tx,
  subjectIds: readonly number[],
  sinceMs: number,
): Promise<{ serious: number; others: number }> {
  const { rows } = await sql<{ serious: number; others: number }>`
    select count(*) filter (where f.severity in ('high', 'critical'))::int as serious,
      count(*) filter (where f.severity not in ('high', 'critical'))::int as others
    from finding f
    cross join lateral (
      select n.standing from finding_standing n where n.finding_id = f.finding_id order by n.standing_id desc limit 1
    ) last
    where f.subject_id = any(${subjectIds}::bigint[]) and not f.historical
      and f.observed_at >= ${new Date(sinceMs).toISOString()}::timestamptz and last.standing in ('found', 'reinstated')`.execute(
    tx,
  );
  return rows[0]!;
}
