import { sql } from 'kysely';
import type { Tx } from '../../kernel/database/transaction.ts';
import { at } from '../../kernel/database/values.ts';

export interface SeenValue {
  /** What the subjects are linked to; null for those that are not. */
  readonly under: string | null;
  readonly class: string | null;
  readonly value: string;
  readonly subjects: number;
}

/**
 * By what subjects are linked to and their class: the values of a field that believed records since a moment told, and
 * of how many subjects. Read-only; row-level security decides whose.
 */
export async function valuesSeen(
  tx: Tx,
  asked: {
    readonly observationKind: string;
    readonly field: string;
    readonly linkKind: string;
    readonly sinceMs: number;
    readonly nowMs: number;
  },
): Promise<SeenValue[]> {
  const now = at(asked.nowMs);
  const { rows } = await sql<SeenValue>`
    with met as (
      select distinct a.subject_id, o.body->>${asked.field} as value
      from observation o join alias a on a.claim = o.claim and a.party_id = o.party_id
      where o.kind = ${asked.observationKind} and o.observed_at >= ${at(asked.sinceMs)} and o.time_mark <> 'implausible'
        and a.retired_at is null and o.observed_at >= a.valid_from and o.observed_at < a.valid_to
        and o.body ? ${asked.field}
    )
    select u.reference as under, s.class, met.value, count(*) as subjects
    from met join subject s using (subject_id)
    left join lateral (
      select c.reference from link l join subject c on c.subject_id = l.to_id
      where l.from_id = s.subject_id and l.kind = ${asked.linkKind} and l.retired_at is null
        and l.valid_from <= ${now} and l.valid_to > ${now}
      order by l.valid_from desc, l.link_id desc limit 1) u on true
    group by u.reference, s.class, met.value
    order by u.reference, s.class, count(*) desc, met.value`.execute(tx);
  return rows;
}
