import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';

/** SQL that gathers what is registered of many subjects at once; each function is one statement. */

export interface SubjectRow {
  readonly subjectId: number;
  readonly partyId: number;
  readonly kind: string;
  readonly reference: string;
  readonly class: string | null;
  readonly ancestors: readonly number[];
}

export async function subjectsNamed(
  tx: Tx,
  claims: readonly string[],
  subjectIds: readonly number[],
): Promise<SubjectRow[]> {
  const { rows } = await sql<SubjectRow>`
    with asked as (
      select unnest(${subjectIds}::bigint[]) as subject_id
      union
      select subject_id from alias where claim = any(${claims}::text[]) and retired_at is null)
    select s.subject_id as "subjectId", s.party_id as "partyId", s.kind, s.reference, s.class,
      (select array_agg(c.ancestor_id) from party_closure c where c.descendant_id = s.party_id) as ancestors
    from subject s join asked using (subject_id) order by s.subject_id`.execute(tx);
  return rows;
}

export interface AliasRow {
  readonly subjectId: number;
  readonly claim: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export async function aliasesOf(tx: Tx, subjectIds: readonly number[]): Promise<AliasRow[]> {
  const { rows } = await sql<AliasRow>`
    select subject_id as "subjectId", claim, valid_from as "fromMs", valid_to as "toMs"
    from alias where subject_id = any(${subjectIds}::bigint[]) and retired_at is null
    order by subject_id, claim, valid_from`.execute(tx);
  return rows;
}

export interface RivalRow extends AliasRow {
  readonly rivalId: number;
  readonly ancestors: readonly number[];
}

/** Where another subject bears a claim of one of these at the same time: the stretch both bear it. */
export async function rivalsOf(tx: Tx, subjectIds: readonly number[]): Promise<RivalRow[]> {
  const { rows } = await sql<RivalRow>`
    select a.subject_id as "subjectId", a.claim, r.subject_id as "rivalId",
      greatest(a.valid_from, r.valid_from) as "fromMs", least(a.valid_to, r.valid_to) as "toMs",
      (select array_agg(c.ancestor_id) from party_closure c where c.descendant_id = r.party_id) as ancestors
    from alias a join alias r on r.claim = a.claim and r.subject_id <> a.subject_id and r.retired_at is null
      and r.valid_from < a.valid_to and a.valid_from < r.valid_to
    where a.subject_id = any(${subjectIds}::bigint[]) and a.retired_at is null
    order by a.subject_id, a.claim, r.subject_id`.execute(tx);
  return rows;
}

export interface FactRow {
  readonly subjectId: number;
  readonly kind: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly distance: number;
  readonly linkKind: string | null;
}

/** Own facts and those of linked subjects, the latter within the link's validity; nearest last, then by beginning. */
export async function factsOf(tx: Tx, subjectIds: readonly number[]): Promise<FactRow[]> {
  const { rows } = await sql<FactRow>`
    select * from (
      select l.from_id as "subjectId", f.kind, greatest(f.valid_from, l.valid_from) as "fromMs",
        least(f.valid_to, l.valid_to) as "toMs", f.body, 1 as distance, l.kind as "linkKind", f.fact_id
      from link l join dated_fact f on f.subject_id = l.to_id and f.retired_at is null
        and f.valid_from < l.valid_to and l.valid_from < f.valid_to
      where l.from_id = any(${subjectIds}::bigint[]) and l.retired_at is null
      union all
      select f.subject_id, f.kind, f.valid_from, f.valid_to, f.body, 0, null, f.fact_id
      from dated_fact f where f.subject_id = any(${subjectIds}::bigint[]) and f.retired_at is null) each
    order by "subjectId", distance desc, "fromMs", "toMs", kind, "linkKind", fact_id`.execute(tx);
  return rows;
}

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
