import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';
import type { DatedFact } from '../dated-fact.ts';

/** SQL that reads subjects with all that is dated about them. Only rows that were not retired count. */

export async function subjectsByClaim(tx: Tx, claims: readonly string[]): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select distinct subject_id as id from alias where claim = any(${claims}::text[]) and retired_at is null`.execute(
    tx,
  );
  return rows.map(row => row.id);
}

export interface SubjectRow {
  readonly subjectId: number;
  readonly partyId: number;
  readonly kind: string;
  readonly reference: string;
  readonly class: string | null;
  readonly ancestors: readonly number[];
}

export async function subjectsById(tx: Tx, ids: readonly number[]): Promise<SubjectRow[]> {
  const { rows } = await sql<SubjectRow>`
    select s.subject_id as "subjectId", s.party_id as "partyId", s.kind, s.reference, s.class,
      (select coalesce(array_agg(c.ancestor_id order by c.ancestor_id), '{}') from party_closure c
        where c.descendant_id = s.party_id) as ancestors
    from subject s where s.subject_id = any(${ids}::bigint[]) order by s.subject_id`.execute(tx);
  return rows.map(row => ({ ...row, ancestors: row.ancestors.map(Number) }));
}

/** Every claim that names or ever named one of the subjects, taken back ones included. */
export async function claimsEver(
  tx: Tx,
  ids: readonly number[],
): Promise<{ subjectId: number; claim: string }[]> {
  const { rows } = await sql<{ subjectId: number; claim: string }>`
    select distinct subject_id as "subjectId", claim from alias where subject_id = any(${ids}::bigint[])`.execute(
    tx,
  );
  return rows;
}

export interface AliasRow {
  readonly subjectId: number;
  readonly claim: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly parties: readonly number[];
}

/**
 * The claims of each subject with the parties whose sources they name it for: its own party and those above,
 * save every party that also stands over another subject which bears the claim at some common moment. To such
 * a party's sources the claim is ambiguous (C-15); a neighbour who registers the same claim takes nothing from
 * the sources below that. A claim that names its subject for nobody is left out.
 */
export async function aliasesOf(tx: Tx, ids: readonly number[]): Promise<AliasRow[]> {
  const { rows } = await sql<AliasRow>`
    select * from (
      select a.subject_id as "subjectId", a.claim, a.valid_from as "fromMs", a.valid_to as "toMs",
        array(select mine.ancestor_id from party_closure mine
          where mine.descendant_id = a.party_id and not exists (
            select from alias other join party_closure theirs on theirs.descendant_id = other.party_id
            where other.claim = a.claim and other.subject_id <> a.subject_id and other.retired_at is null
              and other.valid_from < a.valid_to and other.valid_to > a.valid_from
              and theirs.ancestor_id = mine.ancestor_id)
          order by mine.ancestor_id) as parties
      from alias a where a.subject_id = any(${ids}::bigint[]) and a.retired_at is null) named
    where cardinality(parties) > 0 order by "subjectId", claim, "fromMs"`.execute(tx);
  return rows;
}

export interface FactRow extends DatedFact {
  readonly subjectId: number;
}

/** Own and linked facts, the linked ones clipped to the link's validity; farthest and oldest first. */
export async function factsOf(tx: Tx, ids: readonly number[]): Promise<FactRow[]> {
  const { rows } = await sql<FactRow>`
    select * from (
      select f.subject_id as "subjectId", f.kind, f.valid_from as "fromMs", f.valid_to as "toMs", f.body,
        0 as distance, null::text as "linkKind", f.recorded_at, f.fact_id
      from dated_fact f where f.subject_id = any(${ids}::bigint[]) and f.retired_at is null
      union all
      select l.from_id, f.kind, greatest(f.valid_from, l.valid_from), least(f.valid_to, l.valid_to), f.body,
        1, l.kind, f.recorded_at, f.fact_id
      from link l join dated_fact f on f.subject_id = l.to_id
      where l.from_id = any(${ids}::bigint[]) and l.retired_at is null and f.retired_at is null
        and greatest(f.valid_from, l.valid_from) < least(f.valid_to, l.valid_to)
    ) facts order by "subjectId", distance desc, recorded_at, fact_id`.execute(tx);
  return rows;
}

/** A subject whose past changed, and from when on it is to be judged again. */
export interface Dirty {
  readonly subjectId: number;
  readonly fromMs: number;
}

/** Takes marks below the snapshot's horizon, oldest first, and removes them with this transaction's commit. */
export async function takeDirtyRows(tx: Tx, limit: number): Promise<Dirty[]> {
  const { rows } = await sql<Dirty>`
    with next as (
      select dirty_id from dirty where xid < pg_snapshot_xmin(pg_current_snapshot()) order by xid, dirty_id limit ${limit}
    )
    delete from dirty using next where dirty.dirty_id = next.dirty_id
    returning subject_id as "subjectId", from_time as "fromMs"`.execute(tx);
  return rows;
}

/** As `takeDirtyRows`, all marks of these subjects. */
export async function takeDirtyRowsOf(tx: Tx, subjectIds: readonly number[]): Promise<Dirty[]> {
  const { rows } = await sql<Dirty>`
    delete from dirty where subject_id = any(${subjectIds}::bigint[]) and xid < pg_snapshot_xmin(pg_current_snapshot())
    returning subject_id as "subjectId", from_time as "fromMs"`.execute(tx);
  return rows;
}

/** Marks every subject of a kind, for a rule that was armed. */
export async function markAllDirty(
  tx: Tx,
  kinds: readonly string[],
  fromMs: number,
  reason: string,
): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    with marked as (
      insert into dirty (subject_id, from_time, reason)
      select subject_id, ${at(fromMs)}, ${reason} from subject where kind = any(${kinds}::text[])
      returning 1
    ) select count(*) as n from marked`.execute(tx);
  return rows[0]!.n;
}

/** Whether nothing stands above the party; what holds for everybody is decided there. */
export async function isRootParty(tx: Tx, partyId: number): Promise<boolean> {
  const { rows } = await sql<{ one: number }>`
    select 1 as one from party where party_id = ${partyId} and parent_id is null`.execute(tx);
  return rows.length === 1;
}

/** The party that stands above all; undefined before the installation was founded. */
export async function rootParty(tx: Tx): Promise<number | undefined> {
  const { rows } = await sql<{ id: number }>`
    select party_id as id from party where parent_id is null order by party_id limit 1`.execute(tx);
  return rows[0]?.id;
}
