import { sql } from 'kysely';
import type { Tx } from '../../kernel/database/transaction.ts';

/** What measures in force want of a subject at a provider; read-only, across stations. */
export interface WantedAtProvider {
  readonly subjectId: number;
  readonly reference: string;
  readonly isStopped: boolean;
  readonly isLimited: boolean;
  readonly isMoving: boolean;
}

/** The party's subjects of these references, or, without references, the next ones after a number. */
export async function wantedAtProvider(
  tx: Tx,
  asked: {
    readonly providerId: number;
    readonly partyId: number;
    readonly kind: string;
    readonly stopping: readonly string[];
    readonly limiting: readonly string[];
  },
  which: { readonly references: readonly string[] } | { readonly afterId: number; readonly limit: number },
): Promise<WantedAtProvider[]> {
  const chosen =
    'references' in which
      ? sql`s.reference = any(${[...which.references]}::text[])`
      : sql`s.subject_id > ${which.afterId}`;
  const most = 'references' in which ? which.references.length : which.limit;
  const stands = sql`m.state in ('effective', 'verified', 'closed')`;
  const { rows } = await sql<WantedAtProvider>`
    select s.subject_id as "subjectId", s.reference,
      coalesce(bool_or(${stands} and m.kind = any(${[...asked.stopping]}::text[])), false) as "isStopped",
      coalesce(bool_or(${stands} and m.kind = any(${[...asked.limiting]}::text[])), false) as "isLimited",
      coalesce(bool_or(m.state in ('decided', 'ordered', 'accepted', 'overdue', 'lift-ordered', 'lift-accepted')), false)
        as "isMoving"
    from subject s left join measure m on m.subject_id = s.subject_id and m.provider_id = ${asked.providerId}
    where s.party_id = ${asked.partyId} and s.kind = ${asked.kind} and ${chosen}
    group by s.subject_id, s.reference order by s.subject_id limit ${most}`.execute(tx);
  return rows;
}
