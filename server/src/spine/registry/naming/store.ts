import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';

/** SQL that says whom claims name. */

export interface NamingRow {
  readonly place: number;
  readonly subjectIds: readonly number[];
}

/**
 * For each asked (claim, moment), the subjects that bear the claim then and belong to the party or below it.
 * A claim that nobody bears has no row.
 */
export async function namedAt(
  tx: Tx,
  partyId: number,
  claims: readonly string[],
  instants: readonly string[],
): Promise<NamingRow[]> {
  const { rows } = await sql<NamingRow>`
    select q.place, array_agg(distinct a.subject_id order by a.subject_id) as "subjectIds"
    from unnest(${claims}::text[], ${instants}::timestamptz[]) with ordinality as q (claim, at, place)
    join alias a on a.claim = q.claim and a.retired_at is null and a.valid_from <= q.at and q.at < a.valid_to
    join party_closure c on c.descendant_id = a.party_id and c.ancestor_id = ${partyId}
    group by q.place order by q.place`.execute(tx);
  return rows;
}
