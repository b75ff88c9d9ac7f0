import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { instantText } from '../../../kernel/database/values.ts';
import { type Answer, type Bearing, type Derived, MOST_PARTNERS, type Statement } from './derive.ts';

/** SQL over stated_alias and claim_due, and over the aliases that follow from them. */

/** Who an alias that follows from records is stated by. */
export const BY_RECORDS = 'records';

export interface Told {
  readonly claim: string;
  readonly by: string;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Joins statements of a source into what it stated before, and calls for a new derivation where that changed anything. */
export async function addStatements(
  tx: Tx,
  source: { readonly sourceId: number; readonly partyId: number },
  told: readonly Told[],
): Promise<void> {
  await sql`
    with joined as (
      insert into stated_alias as known (source_id, party_id, claim, by_claim, first_at, last_at)
      select ${source.sourceId}, ${source.partyId}, q.* from unnest(${told.map(each => each.claim)}::text[],
        ${told.map(each => each.by)}::text[], ${told.map(each => instantText(each.firstMs))}::timestamptz[],
        ${told.map(each => instantText(each.lastMs))}::timestamptz[]) as q order by 3, 4
      on conflict (source_id, claim, by_claim) do update
        set first_at = least(known.first_at, excluded.first_at), last_at = greatest(known.last_at, excluded.last_at)
        where known.first_at > excluded.first_at or known.last_at < excluded.last_at
      returning claim, xmax = 0 as is_new
    )
    insert into claim_due (claim, spreads) select claim, bool_or(is_new) from joined group by claim`.execute(
    tx,
  );
}

/** Calls for a new derivation of claims whose registered bearers changed, and of all stated with them. */
export async function callForClaims(tx: Tx, claims: readonly string[]): Promise<void> {
  await sql`insert into claim_due (claim, spreads) select distinct claim, true from unnest(${claims}::text[]) as q (claim)`.execute(
    tx,
  );
}

/** Takes claims to be derived, oldest call first, below the snapshot's horizon; they are gone with this transaction's commit. */
export async function takeDueClaims(tx: Tx, limit: number): Promise<string[]> {
  const { rows } = await sql<{ claim: string }>`
    with next as (
      select due_id from claim_due where xid < pg_snapshot_xmin(pg_current_snapshot()) order by xid, due_id limit ${limit}
    ), taken as (
      delete from claim_due using next where claim_due.due_id = next.due_id returning claim, spreads
    ), spreading as (
      select claim from taken group by claim having bool_or(spreads)
    )
    select claim from taken union
    select near.claim from spreading s cross join lateral (
      select n.claim from stated_alias n where n.by_claim = s.claim limit ${MOST_PARTNERS * 16}) near
    order by 1`.execute(tx);
  return rows.map(row => row.claim);
}

export async function statementsOf(tx: Tx, claims: readonly string[]): Promise<Statement[]> {
  const { rows } = await sql<Statement>`
    select s.* from unnest(${claims}::text[]) as q (claim) cross join lateral (
      select stated_id as "statedId", party_id as "partyId", claim, by_claim as by, first_at as "firstMs",
        last_at as "lastMs"
      from stated_alias where claim = q.claim order by stated_id limit ${MOST_PARTNERS * 16}) s`.execute(tx);
  return rows;
}

/** Of some claims those stated with more others than an identifier of one thing has. */
export async function crowdedAmong(tx: Tx, claims: readonly string[]): Promise<Set<string>> {
  const { rows } = await sql<{ claim: string }>`
    select q.claim from unnest(${claims}::text[]) as q (claim) where (
      select count(*) from (select distinct by_claim from stated_alias where claim = q.claim
        limit ${MOST_PARTNERS + 1}) partners) > ${MOST_PARTNERS}`.execute(tx);
  return new Set(rows.map(row => row.claim));
}

/** Who bears the claims because somebody registered it so. */
export async function registeredBearings(tx: Tx, claims: readonly string[]): Promise<Bearing[]> {
  const { rows } = await sql<Bearing>`
    select a.claim, a.subject_id as "subjectId", a.party_id as "partyId", a.valid_from as "fromMs", a.valid_to as "toMs",
      array(select c.ancestor_id from party_closure c where c.descendant_id = a.party_id) as ancestors
    from alias a where a.claim = any(${claims}::text[]) and a.retired_at is null and a.stated_by <> ${BY_RECORDS}
    order by a.alias_id`.execute(tx);
  return rows.map(row => ({ ...row, ancestors: row.ancestors.map(Number) }));
}

export interface DerivedRow extends Derived {
  readonly aliasId: number;
}

export async function derivedAliases(tx: Tx, claims: readonly string[]): Promise<DerivedRow[]> {
  const { rows } = await sql<DerivedRow>`
    select alias_id as "aliasId", claim, subject_id as "subjectId", party_id as "partyId", valid_from as "fromMs",
      valid_to as "toMs"
    from alias where claim = any(${claims}::text[]) and retired_at is null and stated_by = ${BY_RECORDS}`.execute(
    tx,
  );
  return rows;
}

/** Retires and adds derived aliases, and marks everybody who bears or bore one of their claims to be judged again. */
export async function replaceDerived(
  tx: Tx,
  retired: readonly DerivedRow[],
  added: readonly Derived[],
  atMs: number,
): Promise<void> {
  const now = instantText(atMs);
  await sql`update alias set retired_at = ${now}::timestamptz
    where alias_id = any(${retired.map(row => row.aliasId)}::bigint[])`.execute(tx);
  await sql`
    insert into alias (party_id, subject_id, claim, valid_from, valid_to, stated_by, recorded_at)
    select q.*, ${BY_RECORDS}, ${now}::timestamptz from unnest(${added.map(row => row.partyId)}::bigint[],
      ${added.map(row => row.subjectId)}::bigint[], ${added.map(row => row.claim)}::text[],
      ${added.map(row => instantText(row.fromMs))}::timestamptz[],
      ${added.map(row => instantText(row.toMs))}::timestamptz[]) as q`.execute(tx);
  const changed = [...retired, ...added];
  const since = changed.map(row => instantText(row.fromMs));
  await sql`select mark_bearers(${changed.map(row => row.claim)}::text[], ${since}::timestamptz[], 'alias-stated')`.execute(
    tx,
  );
  await sql`
    insert into dirty (subject_id, from_time, reason)
    select q.id, min(q.since), 'alias-stated'
    from unnest(${changed.map(row => row.subjectId)}::bigint[], ${since}::timestamptz[]) as q (id, since)
    group by q.id`.execute(tx);
}

/** Locks in the order in which accepting does, so that the two never wait for each other. */
export async function saveAnswers(tx: Tx, answers: ReadonlyMap<number, Answer>): Promise<void> {
  await sql`
    select from stated_alias where stated_id = any(${[...answers.keys()]}::bigint[])
    order by source_id, claim, by_claim for update`.execute(tx);
  await sql`
    update stated_alias s set answer = q.answer
    from unnest(${[...answers.keys()]}::bigint[], ${[...answers.values()]}::text[]) as q (id, answer)
    where s.stated_id = q.id and s.answer is distinct from q.answer`.execute(tx);
}

export interface StatedAlias {
  readonly statedId: number;
  readonly sourceId: number;
  readonly claim: string;
  readonly by: string;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Null until it was derived. */
  readonly answer: Answer | null;
}

export async function listStatedAliases(
  tx: Tx,
  filter: { readonly answer?: string | undefined; readonly afterId: number; readonly limit: number },
): Promise<StatedAlias[]> {
  const byAnswer = filter.answer === undefined ? sql`true` : sql`answer = ${filter.answer}`;
  const { rows } = await sql<StatedAlias>`
    select stated_id as "statedId", source_id as "sourceId", claim, by_claim as by, first_at as "firstMs",
      last_at as "lastMs", answer
    from stated_alias where ${byAnswer} and stated_id > ${filter.afterId} order by stated_id limit ${filter.limit}`.execute(
    tx,
  );
  return rows;
}
