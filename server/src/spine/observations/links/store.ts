import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';
import type { DeliveredObservation } from '../store.ts';

/** SQL over what claims were observed with, and over the records that lie under a field's value. */

/** A string field of a kind of record. */
export interface LinkField {
  readonly kind: string;
  readonly field: string;
}

/** A value of a field that records of the kind may tell. */
export interface LinkValue extends LinkField {
  readonly value: string;
}

export interface Link extends LinkValue {
  /** The party whose source delivered the record. */
  readonly partyId: number;
  readonly claim: string;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** A value as the index bears it. */
const nameOf = (value: RawBuilder<unknown>) => sql`
  case when length(${value}) <= 200 then ${value} else 'sha256/' || encode(sha256(convert_to(${value}, 'UTF8')), 'hex') end`;
/** Links tell days, so that a day's records write each of them once. */
const dayOf = (moment: RawBuilder<unknown>) => sql`date_trunc('day', ${moment}, 'UTC')`;

export async function linkedFields(tx: Tx): Promise<LinkField[]> {
  const { rows } = await sql<LinkField>`select kind, field from linked_field order by kind, field`.execute(
    tx,
  );
  return rows;
}

/** Links every stored record of the kind by the field, in one pass over them, and notes that it is linked from now on. */
export async function linkStored(tx: Tx, { kind, field }: LinkField): Promise<void> {
  await sql`
    insert into observed_link (kind, field, name, value, party_id, claim, first_at, last_at)
    select kind, ${field}::text, ${nameOf(sql`value`)}, value, party_id, claim, ${dayOf(sql`min(observed_at)`)},
      ${dayOf(sql`max(observed_at)`)} + interval '1 day'
    from (select o.kind, o.body->>${field} as value, o.party_id, o.claim, o.observed_at from observation o
      where o.kind = ${kind} and o.body->>${field} is not null) told
    group by 1, 2, 3, 4, 5, 6
    on conflict (field, name, claim, party_id, kind) do nothing`.execute(tx);
  await sql`insert into linked_field (kind, field) values (${kind}, ${field})`.execute(tx);
}

/** Notes links; the same again, in whatever order, changes nothing. */
export async function noteLinks(tx: Tx, links: readonly Link[]): Promise<void> {
  if (links.length === 0) return;
  await sql`
    with told as (
      select kind, field, ${nameOf(sql`value`)} as name, value, party_id, claim,
        ${dayOf(sql`min(to_timestamp(first_ms / 1000.0))`)} as first_at,
        ${dayOf(sql`max(to_timestamp(last_ms / 1000.0))`)} + interval '1 day' as last_at
      from unnest(${links.map(each => each.kind)}::text[], ${links.map(each => each.field)}::text[],
        ${links.map(each => each.value)}::text[], ${links.map(each => each.partyId)}::bigint[],
        ${links.map(each => each.claim)}::text[], ${links.map(each => each.firstMs)}::bigint[],
        ${links.map(each => each.lastMs)}::bigint[]) as t(kind, field, value, party_id, claim, first_ms, last_ms)
      group by 1, 2, 3, 4, 5, 6
    )
    insert into observed_link as known (kind, field, name, value, party_id, claim, first_at, last_at)
    select told.* from told where not exists (
      select from observed_link l where l.field = told.field and l.name = told.name and l.claim = told.claim
        and l.party_id = told.party_id and l.kind = told.kind
        and l.first_at <= told.first_at and l.last_at >= told.last_at)
    on conflict (field, name, claim, party_id, kind) do update
      set first_at = least(known.first_at, excluded.first_at), last_at = greatest(known.last_at, excluded.last_at)`.execute(
    tx,
  );
}

/** Those of the values that no claim was ever observed with. */
export async function neverLinked(tx: Tx, values: readonly LinkValue[]): Promise<LinkValue[]> {
  if (values.length === 0) return [];
  const { rows } = await sql<LinkValue>`
    select kind, field, value from unnest(${values.map(each => each.kind)}::text[],
      ${values.map(each => each.field)}::text[], ${values.map(each => each.value)}::text[]) as asked(kind, field, value)
    where not exists (select from observed_link l
      where l.field = asked.field and l.name = (${nameOf(sql`asked.value`)}) and l.kind = asked.kind)`.execute(
    tx,
  );
  return rows;
}

/** Claims observed with the value by sources of the parties at or after `sinceMs`, at most `limit` of them. */
export async function claimsUnder(
  tx: Tx,
  under: LinkValue & { readonly parties: readonly number[] },
  sinceMs: number,
  limit: number,
): Promise<string[]> {
  const { rows } = await sql<{ claim: string }>`
    select distinct claim from observed_link
    where field = ${under.field} and name = (${nameOf(sql`${under.value}::text`)}) and kind = ${under.kind}
      and party_id = any(${under.parties}::bigint[]) and last_at >= ${at(sinceMs)} order by claim limit ${limit}`.execute(
    tx,
  );
  return rows.map(row => row.claim);
}

/** The values each claim was observed with at or after `sinceMs`: the latest `most` of each. */
export async function valuesOf(
  tx: Tx,
  claims: readonly string[],
  sinceMs: number,
  most: number,
): Promise<(LinkValue & { readonly claim: string; readonly lastMs: number })[]> {
  if (claims.length === 0) return [];
  const { rows } = await sql<LinkValue & { claim: string; lastMs: number }>`
    select l.kind, l.field, l.value, asked.claim, l.last_at as "lastMs" from unnest(${claims}::text[]) as asked(claim)
    cross join lateral (select * from observed_link where claim = asked.claim and last_at >= ${at(sinceMs)}
      order by last_at desc limit ${most}) l
    order by asked.claim, l.kind, l.field, l.value`.execute(tx);
  return rows;
}

/**
 * The records that tell the value and that the windows name, in the order of judging, each once; at most `limit`.
 */
export async function recordsUnder(
  tx: Tx,
  windows: readonly {
    readonly claim: string;
    readonly fromMs: number;
    readonly toMs: number;
    readonly parties: readonly number[];
  }[],
  under: LinkValue,
  sinceMs: number,
  limit: number,
): Promise<DeliveredObservation[]> {
  if (windows.length === 0) return [];
  const { rows } = await sql<DeliveredObservation>`
    with wanted as (
      select claim, from_ms, to_ms, parties::bigint[] from unnest(${windows.map(w => w.claim)}::text[],
        ${windows.map(w => w.fromMs)}::bigint[], ${windows.map(w => w.toMs)}::bigint[],
        ${windows.map(w => `{${w.parties.join()}}`)}::text[]) as w(claim, from_ms, to_ms, parties)
    )
    select distinct on (o.observed_at, o.source_id, o.digest) encode(o.digest, 'hex') as digest,
      o.source_id as "sourceId", o.party_id as "partyId", o.chunk_id as "chunkId", o.kind, o.claim,
      o.received_at as "receivedAtMs", o.observed_at as "observedAtMs", o.time_mark as "timeMark", o.series, o.body
    from observation o join wanted w on o.claim = w.claim
    where o.observed_at >= ${at(sinceMs)} and o.kind = ${under.kind} and o.body->>${under.field} = ${under.value}
      and o.party_id = any(w.parties)
      and extract(epoch from o.observed_at) * 1000 >= w.from_ms and extract(epoch from o.observed_at) * 1000 < w.to_ms
    order by o.observed_at, o.source_id, o.digest limit ${limit}`.execute(tx);
  return rows;
}

/**
 * Values of a field that from `least` to `most` claims were observed with at or after a moment, with those claims, in the
 * order of their names after one: of at most so many links, and the name to go on after, null when none are left.
 */
export async function sharedValues(
  tx: Tx,
  { kind, field }: LinkField,
  asked: {
    readonly after: string;
    readonly sinceMs: number;
    readonly least: number;
    readonly most: number;
    readonly links: number;
  },
): Promise<{
  readonly values: readonly { readonly value: string; readonly claims: readonly string[] }[];
  readonly next: string | null;
}> {
  const { rows } = await sql<{
    scanned: number;
    last: string | null;
    below: string | null;
    shared: { name: string; value: string; claims: string[] }[];
  }>`
    with page as (
      select name, value, claim from observed_link where field = ${field} and kind = ${kind} and name > ${asked.after}
        and last_at >= ${at(asked.sinceMs)}
      order by name, claim limit ${asked.links}
    ), ends as (select count(*) as scanned, max(name) as last from page)
    select e.scanned, e.last, (select max(p.name) from page p where p.name < e.last) as below,
      coalesce((select json_agg(s) from (
        select name, min(value) as value, array_agg(distinct claim) as claims from page group by name
        having count(distinct claim) between ${asked.least}::bigint and ${asked.most}::bigint order by name) s), '[]') as shared
    from ends e`.execute(tx);
  const { scanned, last, below, shared } = rows[0]!;
  const values = shared.map(({ value, claims }) => ({ value, claims }));
  if (scanned < asked.links) return { values, next: null };
  // The last name of a full page may have more links; it is looked at again, unless it fills the page alone.
  if (below === null) return { values, next: last };
  return { values: values.filter((_value, i) => shared[i]?.name !== last), next: below };
}
