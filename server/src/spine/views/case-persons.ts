import { sql } from 'kysely';
import type { Tx } from '../../kernel/database/transaction.ts';

/**
 * Whether a case is about a subject: it is the case's own or one of its findings', or one of these was linked to it by
 * such a link when the case was opened, as far as that was not found to be wrong since. Read-only, across stations.
 */
export async function caseConcerns(
  tx: Tx,
  asked: { readonly caseId: number; readonly subjectId: number; readonly linkKind: string },
): Promise<boolean> {
  const { rows } = await sql`
    with about as (
      select subject_id, opened_at from incident where case_id = ${asked.caseId}
      union
      select f.subject_id, i.opened_at from incident i join case_finding c using (case_id) join finding f using (finding_id)
      where i.case_id = ${asked.caseId}
    )
    select from about a where a.subject_id = ${asked.subjectId} or exists (
      select from link l where l.from_id = a.subject_id and l.to_id = ${asked.subjectId} and l.kind = ${asked.linkKind}
        and l.retired_at is null and l.valid_from <= a.opened_at and l.valid_to > a.opened_at)
    limit 1`.execute(tx);
  return rows.length > 0;
}
