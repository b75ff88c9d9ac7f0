import { sql } from 'kysely';
import type { Tx } from '../../kernel/database/transaction.ts';
import { at } from '../../kernel/database/values.ts';

/**
 * Lays out, for the rest of the transaction, the party's registered subjects of a kind and when each was first and
 * last seen by records of a kind since a moment: the temporary table `seen_subject (reference, first_at, last_at)`,
 * both times null for one that was never seen. One statement, however many there are; an attempt that the network
 * turned away is not counted as seen.
 */
export async function layOutSeen(
  tx: Tx,
  asked: {
    readonly partyId: number;
    readonly kind: string;
    readonly observationKind: string;
    readonly sinceMs: number;
  },
): Promise<void> {
  await sql`drop table if exists pg_temp.seen_subject`.execute(tx);
  await sql`
    create temporary table seen_subject on commit drop as
    with own as (
      select subject_id, reference from subject where party_id = ${asked.partyId} and kind = ${asked.kind}
    ), met as (
      select a.subject_id, min(o.observed_at) as first_at, max(o.observed_at) as last_at
      from own join alias a using (subject_id) join observation o on o.claim = a.claim
      where a.retired_at is null and o.kind = ${asked.observationKind} and o.observed_at >= ${at(asked.sinceMs)}
        and o.observed_at >= a.valid_from and o.observed_at < a.valid_to and o.party_id = a.party_id
        and coalesce(o.body->>'event', '') <> 'refused'
      group by a.subject_id
    )
    select own.reference, met.first_at, met.last_at from own left join met using (subject_id)`.execute(tx);
  await sql`analyze seen_subject`.execute(tx);
}
