import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { instantText } from '../../../kernel/database/values.ts';
import { BY_RECORDS } from '../stated/store.ts';
import type { Touch } from './plan.ts';
import {
  type AliasState,
  DatedSet,
  type FactState,
  keyOf,
  type LinkState,
  type State,
  type SubjectState,
} from './state.ts';

/** SQL that registers many rows at once: one statement for each kind of change, however many rows. */

/** One import of a party at a time; held until the transaction ends. */
export async function lockRegistry(tx: Tx, partyId: number): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('registry'), ${partyId}::int)`.execute(tx);
}

/** Everything live of the named subjects of a party. */
export async function loadState(
  tx: Tx,
  partyId: number,
  named: readonly { kind: string; reference: string }[],
): Promise<State> {
  const subjects = await subjectsNamed(tx, partyId, named);
  const keys = new Map(subjects.map(subject => [subject.id, keyOf(subject)]));
  const ids = [...keys.keys()];
  const links = ids.length === 0 ? [] : await linksFrom(tx, ids);
  for (const link of links) if (!keys.has(link.toId)) keys.set(link.toId, `#${link.toId}`);
  return {
    subjects: new Map(subjects.map(subject => [keyOf(subject), { ...subject, isChanged: false }])),
    aliases: new DatedSet(ids.length === 0 ? [] : owned(await aliasesOf(tx, ids), keys)),
    links: new DatedSet(owned(links, keys).map(link => ({ ...link, to: keys.get(link.toId)! }))),
    facts: new DatedSet(ids.length === 0 ? [] : owned(await factsOf(tx, ids), keys)),
  };
}

function owned<Row extends { ownerId: number }>(
  rows: readonly Row[],
  keys: ReadonlyMap<number, string>,
): Array<Row & { owner: string }> {
  return rows.map(row => ({ ...row, owner: keys.get(row.ownerId)! }));
}

async function subjectsNamed(
  tx: Tx,
  partyId: number,
  named: readonly { kind: string; reference: string }[],
): Promise<Array<Omit<SubjectState, 'isChanged' | 'id'> & { id: number }>> {
  const { rows } = await sql<Omit<SubjectState, 'isChanged' | 'id'> & { id: number }>`
    select s.subject_id as id, s.kind, s.reference, s.class, s.attributes from subject s
    join (select distinct * from unnest(${named.map(each => each.kind)}::text[],
      ${named.map(each => each.reference)}::text[]) as q (kind, reference)) q using (kind, reference)
    where s.party_id = ${partyId}`.execute(tx);
  return rows;
}

type Owned<Row> = Omit<Row, 'owner'> & { ownerId: number };

async function aliasesOf(tx: Tx, ids: readonly number[]): Promise<Owned<AliasState>[]> {
  const { rows } = await sql<Owned<AliasState>>`
    select alias_id as id, subject_id as "ownerId", claim, valid_from as "fromMs", valid_to as "toMs",
      stated_by as "statedBy"
    from alias where subject_id = any(${ids}::bigint[]) and retired_at is null`.execute(tx);
  return rows;
}

async function linksFrom(
  tx: Tx,
  ids: readonly number[],
): Promise<Array<Omit<LinkState, 'owner' | 'to'> & { ownerId: number; toId: number }>> {
  const { rows } = await sql<Omit<LinkState, 'owner' | 'to'> & { ownerId: number; toId: number }>`
    select link_id as id, from_id as "ownerId", kind, to_id as "toId", valid_from as "fromMs",
      valid_to as "toMs", stated_by as "statedBy"
    from link where from_id = any(${ids}::bigint[]) and retired_at is null`.execute(tx);
  return rows;
}

async function factsOf(tx: Tx, ids: readonly number[]): Promise<Owned<FactState>[]> {
  const { rows } = await sql<Owned<FactState>>`
    select fact_id as id, subject_id as "ownerId", kind, valid_from as "fromMs", valid_to as "toMs", body,
      stated_by as "statedBy"
    from dated_fact where subject_id = any(${ids}::bigint[]) and retired_at is null`.execute(tx);
  return rows;
}

/** Writes what planning changed, and gives each new subject its id in the state. */
export async function saveState(tx: Tx, partyId: number, state: State, atMs: number): Promise<void> {
  await saveSubjects(tx, partyId, [...state.subjects.values()]);
  const idOf = (key: string): number =>
    key.startsWith('#') ? Number(key.slice(1)) : state.subjects.get(key)!.id!;
  const now = instantText(atMs);
  await retire(tx, state, now);
  const aliases = state.aliases.added();
  if (aliases.length > 0) {
    await sql`
      insert into alias (party_id, subject_id, claim, valid_from, valid_to, stated_by, recorded_at)
      select ${partyId}, q.* , ${now}::timestamptz from unnest(${aliases.map(each => idOf(each.owner))}::bigint[],
        ${aliases.map(each => each.claim)}::text[], ${froms(aliases)}::timestamptz[],
        ${tos(aliases)}::timestamptz[], ${aliases.map(each => each.statedBy)}::text[]) as q`.execute(tx);
  }
  const links = state.links.added();
  if (links.length > 0) {
    await sql`
      insert into link (party_id, from_id, kind, to_id, valid_from, valid_to, stated_by, recorded_at)
      select ${partyId}, q.*, ${now}::timestamptz from unnest(${links.map(each => idOf(each.owner))}::bigint[],
        ${links.map(each => each.kind)}::text[], ${links.map(each => idOf(each.to))}::bigint[],
        ${froms(links)}::timestamptz[], ${tos(links)}::timestamptz[],
        ${links.map(each => each.statedBy)}::text[]) as q`.execute(tx);
  }
  const facts = state.facts.added();
  if (facts.length > 0) {
    await sql`
      insert into dated_fact (party_id, subject_id, kind, valid_from, valid_to, body, stated_by, recorded_at)
      select ${partyId}, q.subject_id, q.kind, q.valid_from, q.valid_to, q.body::jsonb, q.stated_by, ${now}::timestamptz
      from unnest(${facts.map(each => idOf(each.owner))}::bigint[], ${facts.map(each => each.kind)}::text[],
        ${froms(facts)}::timestamptz[], ${tos(facts)}::timestamptz[],
        ${facts.map(each => JSON.stringify(each.body))}::text[], ${facts.map(each => each.statedBy)}::text[])
        as q (subject_id, kind, valid_from, valid_to, body, stated_by)`.execute(tx);
  }
}

async function saveSubjects(tx: Tx, partyId: number, subjects: readonly SubjectState[]): Promise<void> {
  const changed = subjects.filter(subject => subject.isChanged);
  if (changed.length === 0) return;
  const { rows } = await sql<{ id: number; kind: string; reference: string }>`
    insert into subject (party_id, kind, reference, class, attributes)
    select ${partyId}, q.kind, q.reference, q.class, q.attributes::jsonb
    from unnest(${changed.map(each => each.kind)}::text[], ${changed.map(each => each.reference)}::text[],
      ${changed.map(each => each.class)}::text[], ${changed.map(each => JSON.stringify(each.attributes))}::text[])
      as q (kind, reference, class, attributes)
    on conflict (party_id, kind, reference) do update
      set class = excluded.class, attributes = excluded.attributes
    returning subject_id as id, kind, reference`.execute(tx);
  const ids = new Map(rows.map(row => [keyOf(row), row.id]));
  for (const subject of changed) subject.id = ids.get(keyOf(subject))!;
}

async function retire(tx: Tx, state: State, now: string): Promise<void> {
  const { aliases, links, facts } = state;
  if (aliases.retired().length > 0) {
    await sql`update alias set retired_at = ${now}::timestamptz
      where alias_id = any(${aliases.retired()}::bigint[])`.execute(tx);
  }
  if (links.retired().length > 0) {
    await sql`update link set retired_at = ${now}::timestamptz
      where link_id = any(${links.retired()}::bigint[])`.execute(tx);
  }
  if (facts.retired().length > 0) {
    await sql`update dated_fact set retired_at = ${now}::timestamptz
      where fact_id = any(${facts.retired()}::bigint[])`.execute(tx);
  }
}

const froms = (rows: readonly { fromMs: number }[]): string[] => rows.map(row => instantText(row.fromMs));
const tos = (rows: readonly { toMs: number }[]): string[] => rows.map(row => instantText(row.toMs));

/**
 * Marks what is to be judged again: each touched subject, those linked to one whose facts changed, and all
 * who bear a claim whose bearers changed. Changes that lie in the future need no mark.
 */
export async function markTouched(
  tx: Tx,
  state: State,
  touches: readonly Touch[],
  atMs: number,
): Promise<void> {
  const past = touches.filter(touch => touch.fromMs <= atMs);
  const since = earliest(past, touch => state.subjects.get(touch.owner)!.id!);
  if (since.size > 0) await markSubjects(tx, since);
  const claims = earliest(
    past.filter(touch => touch.claim !== undefined),
    touch => touch.claim!,
  );
  if (claims.size > 0) {
    await sql`select mark_bearers(${[...claims.keys()]}::text[],
      ${[...claims.values()].map(instantText)}::timestamptz[], 'alias')`.execute(tx);
  }
  const facts = earliest(
    past.filter(touch => touch.what === 'fact'),
    touch => state.subjects.get(touch.owner)!.id!,
  );
  if (facts.size > 0) {
    await sql`
      insert into dirty (subject_id, from_time, reason)
      select l.from_id, min(greatest(q.since, l.valid_from)), 'linked-fact'
      from unnest(${[...facts.keys()]}::bigint[], ${[...facts.values()].map(instantText)}::timestamptz[]) as q (id, since)
      join link l on l.to_id = q.id and l.retired_at is null and l.valid_to > q.since
      group by l.from_id`.execute(tx);
  }
}

async function markSubjects(tx: Tx, since: ReadonlyMap<number, number>): Promise<void> {
  await sql`
    insert into dirty (subject_id, from_time, reason)
    select q.*, 'registered' from unnest(${[...since.keys()]}::bigint[],
      ${[...since.values()].map(instantText)}::timestamptz[]) as q`.execute(tx);
}

function earliest<Key>(touches: readonly Touch[], keyOfTouch: (touch: Touch) => Key): Map<Key, number> {
  const since = new Map<Key, number>();
  for (const touch of touches) {
    const key = keyOfTouch(touch);
    since.set(key, Math.min(touch.fromMs, since.get(key) ?? touch.fromMs));
  }
  return since;
}

/**
 * Of some claims, those registered to several subjects the party may see at the same time. Aliases that follow
 * from records give way to what is registered and do not count.
 */
export async function contestedAmong(tx: Tx, claims: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ claim: string }>`
    select distinct a.claim from alias a
    join alias b on b.claim = a.claim and b.subject_id > a.subject_id and b.retired_at is null
      and b.stated_by <> ${BY_RECORDS} and a.stated_by <> ${BY_RECORDS} and b.valid_from < a.valid_to and a.valid_from < b.valid_to
    where a.claim = any(${claims}::text[]) and a.retired_at is null order by a.claim`.execute(tx);
  return rows.map(row => row.claim);
}
