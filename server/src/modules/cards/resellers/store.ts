import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at, instantText } from '../../../kernel/database/values.ts';

/** The only SQL over card_reseller, card_return, card_at_reseller and card_sale_difference. */

export interface Reseller {
  readonly resellerId: number;
  readonly partyId: number;
  readonly reference: string;
  readonly title: string;
  readonly homeOperator: string;
  readonly realNameClause: string;
  readonly penaltyClause: string;
  readonly registeredBy: string;
  readonly registeredAtMs: number;
  readonly endedAtMs: number | null;
}

const resellerColumns = sql`
  reseller_id as "resellerId", party_id as "partyId", reference, title, home_operator as "homeOperator",
  real_name_clause as "realNameClause", penalty_clause as "penaltyClause", registered_by as "registeredBy",
  registered_at as "registeredAtMs", ended_at as "endedAtMs"`;

export async function addReseller(
  tx: Tx,
  asked: Omit<Reseller, 'resellerId' | 'endedAtMs'>,
): Promise<Reseller | undefined> {
  const { rows } = await sql<Reseller>`
    insert into card_reseller (party_id, reference, title, home_operator, real_name_clause, penalty_clause,
      registered_by, registered_at)
    values (${asked.partyId}, ${asked.reference}, ${asked.title}, ${asked.homeOperator}, ${asked.realNameClause},
      ${asked.penaltyClause}, ${asked.registeredBy}, ${at(asked.registeredAtMs)})
    on conflict (party_id, reference) do nothing returning ${resellerColumns}`.execute(tx);
  return rows[0];
}

/** Held against other returns and reconciliations of the same reseller. */
export async function lockReseller(tx: Tx, resellerId: number): Promise<Reseller | undefined> {
  const { rows } = await sql<Reseller>`
    select ${resellerColumns} from card_reseller where reseller_id = ${resellerId} for no key update`.execute(
    tx,
  );
  return rows[0];
}

export async function listResellers(tx: Tx, afterId: number, limit: number): Promise<Reseller[]> {
  const { rows } = await sql<Reseller>`
    select ${resellerColumns} from card_reseller where reseller_id > ${afterId}
    order by reseller_id limit ${limit}`.execute(tx);
  return rows;
}

export const RETURNS = ['allocated', 'stock', 'sold', 'real-name'] as const;
export type ReturnKind = (typeof RETURNS)[number];

export interface Return {
  readonly returnId: number;
  readonly partyId: number;
  readonly resellerId: number;
  readonly what: ReturnKind;
  readonly rows: number;
  readonly refused: number;
  readonly statedStock: number | null;
  readonly contentSha256: Buffer;
  readonly sentTo: string | null;
  readonly proofSha256: Buffer | null;
  readonly handedBy: string;
  readonly handedAtMs: number;
}

export async function addReturn(tx: Tx, asked: Omit<Return, 'returnId'>): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    insert into card_return (party_id, reseller_id, what, rows, refused, stated_stock, content_sha256, sent_to,
      proof_sha256, handed_by, handed_at)
    values (${asked.partyId}, ${asked.resellerId}, ${asked.what}, ${asked.rows}, ${asked.refused},
      ${asked.statedStock}, ${asked.contentSha256}, ${asked.sentTo}, ${asked.proofSha256}, ${asked.handedBy},
      ${at(asked.handedAtMs)})
    returning return_id as id`.execute(tx);
  return rows[0]!.id;
}

export async function listReturns(
  tx: Tx,
  resellerId: number,
  afterId: number,
  limit: number,
): Promise<Return[]> {
  const { rows } = await sql<Return>`
    select return_id as "returnId", party_id as "partyId", reseller_id as "resellerId", what, rows, refused,
      stated_stock as "statedStock", content_sha256 as "contentSha256", sent_to as "sentTo",
      proof_sha256 as "proofSha256", handed_by as "handedBy", handed_at as "handedAtMs"
    from card_return where reseller_id = ${resellerId} and return_id > ${afterId}
    order by return_id limit ${limit}`.execute(tx);
  return rows;
}

/** Enters the cards of a return; one statement for all of them. What was told before stays, the first telling counts. */
export async function enterCards(
  tx: Tx,
  entry: {
    readonly partyId: number;
    readonly resellerId: number;
    readonly returnId: number;
    readonly what: ReturnKind;
    readonly cards: readonly { readonly iccid: string; readonly atMs: number }[];
  },
): Promise<void> {
  const column = {
    allocated: sql`allocated_at`,
    stock: sql`stocked_at`,
    sold: sql`sold_at`,
    'real-name': sql`real_name_at`,
  }[entry.what];
  await sql`
    insert into card_at_reseller as c (reseller_id, party_id, return_id, iccid, ${column})
    select ${entry.resellerId}, ${entry.partyId}, ${entry.returnId}, q.iccid, min(q.moment)
    from unnest(${entry.cards.map(each => each.iccid)}::text[],
      ${entry.cards.map(each => instantText(each.atMs))}::timestamptz[]) as q (iccid, moment) group by q.iccid
    on conflict (reseller_id, iccid) do update
      set ${column} = least(c.${column}, excluded.${column}), return_id = excluded.return_id`.execute(tx);
}

export interface Stock {
  readonly allocated: number;
  readonly inStock: number;
  readonly sold: number;
  readonly realName: number;
}

export async function stockOf(tx: Tx, resellerId: number): Promise<Stock> {
  const { rows } = await sql<Stock>`
    select count(*) filter (where allocated_at is not null) as allocated, count(*) filter (where sold_at is null) as "inStock",
      count(*) filter (where sold_at is not null) as sold, count(*) filter (where real_name_at is not null) as "realName"
    from card_at_reseller where reseller_id = ${resellerId}`.execute(tx);
  return rows[0] as Stock;
}

export interface Reconciled {
  readonly found: number;
  readonly added: number;
  readonly resolved: number;
}

/**
 * Holds what one reseller told against what is registered and was seen, laid out before as `seen_subject`: one
 * statement, however many cards. A difference that is found again stays one; one that is not is resolved.
 */
export async function reconcile(
  tx: Tx,
  asked: {
    readonly partyId: number;
    readonly resellerId: number;
    readonly atMs: number;
    readonly realNameDueMs: number;
    readonly returnDueMs: number;
  },
): Promise<Reconciled> {
  const now = at(asked.atMs);
  const { rows } = await sql<Reconciled>`
    with mine as (
      select * from card_at_reseller where reseller_id = ${asked.resellerId}
    ), told as (
      select max(handed_at) filter (where what in ('sold', 'stock')) as last_at,
        (array_agg(stated_stock order by return_id desc) filter (where stated_stock is not null))[1] as stated
      from card_return where reseller_id = ${asked.resellerId}
    ), found as (
      select iccid, 'sold-without-real-name' as what from mine
        where sold_at < ${at(asked.atMs - asked.realNameDueMs)} and real_name_at is null
      union all
      select iccid, 'sold-not-allocated' from mine where sold_at is not null and allocated_at is null
      union all
      select m.iccid, 'seen-but-not-sold' from mine m join seen_subject s on s.reference = m.iccid
        where m.sold_at is null and s.first_at is not null
      union all
      select m.iccid, 'seen-before-sale' from mine m join seen_subject s on s.reference = m.iccid
        where s.first_at < m.sold_at - interval '1 day'
      union all
      select m.iccid, 'not-registered' from mine m left join seen_subject s on s.reference = m.iccid
        where s.reference is null
      union all
      select m.iccid, 'sold-by-another' from mine m where m.sold_at is not null and exists (
        select from card_at_reseller o where o.party_id = ${asked.partyId} and o.iccid = m.iccid
          and o.reseller_id <> m.reseller_id and o.sold_at is not null)
      union all
      select '', 'stock-differs' from told
        where stated is not null and stated <> (select count(*) from mine where sold_at is null)
      union all
      select '', 'return-overdue' from told join card_reseller r on r.reseller_id = ${asked.resellerId}
        where r.ended_at is null and coalesce(last_at, r.registered_at) < ${at(asked.atMs - asked.returnDueMs)}
    ), added as (
      insert into card_sale_difference (party_id, reseller_id, iccid, what, found_at, last_found_at)
      select ${asked.partyId}, ${asked.resellerId}, iccid, what, ${now}, ${now} from found
      on conflict (reseller_id, iccid, what) where resolved_at is null do update set last_found_at = excluded.last_found_at
      returning (xmax = 0) as is_new
    ), resolved as (
      update card_sale_difference d set resolved_at = ${now}
      where d.reseller_id = ${asked.resellerId} and d.resolved_at is null
        and not exists (select from found f where f.iccid = d.iccid and f.what = d.what)
      returning 1
    )
    select (select count(*) from found) as found, (select count(*) from added where is_new) as added,
      (select count(*) from resolved) as resolved`.execute(tx);
  return rows[0] as Reconciled;
}

export interface Difference {
  readonly differenceId: number;
  readonly partyId: number;
  readonly resellerId: number;
  readonly reseller: string;
  readonly iccid: string;
  readonly what: string;
  readonly foundAtMs: number;
  readonly lastFoundAtMs: number;
  readonly resolvedAtMs: number | null;
}

const differenceColumns = sql`
  d.difference_id as "differenceId", d.party_id as "partyId", d.reseller_id as "resellerId", r.reference as reseller,
  d.iccid, d.what, d.found_at as "foundAtMs", d.last_found_at as "lastFoundAtMs", d.resolved_at as "resolvedAtMs"`;

export async function listDifferences(
  tx: Tx,
  filter: { readonly resellerId?: number | undefined; readonly isOpen?: boolean | undefined },
  afterId: number,
  limit: number,
): Promise<Difference[]> {
  const { resellerId = null, isOpen = true } = filter;
  const { rows } = await sql<Difference>`
    select ${differenceColumns} from card_sale_difference d join card_reseller r using (reseller_id)
    where d.difference_id > ${afterId} and (${resellerId}::bigint is null or d.reseller_id = ${resellerId})
      and (not ${isOpen} or d.resolved_at is null)
    order by d.difference_id limit ${limit}`.execute(tx);
  return rows;
}

/** Differences that were not put on the corridor yet, oldest first, of all parties. */
export async function untoldDifferences(tx: Tx, limit: number): Promise<Difference[]> {
  const { rows } = await sql<Difference>`
    select ${differenceColumns} from card_sale_difference d join card_reseller r using (reseller_id)
    where d.told_at is null order by d.party_id, d.difference_id limit ${limit}`.execute(tx);
  return rows;
}

export async function setTold(tx: Tx, ids: readonly number[], atMs: number): Promise<void> {
  await sql`update card_sale_difference set told_at = ${at(atMs)}
    where difference_id = any(${ids}::bigint[])`.execute(tx);
}

/** Resellers that are due for reconciling: all of them, of every party. */
export async function everyReseller(tx: Tx): Promise<Array<{ resellerId: number; partyId: number }>> {
  const { rows } = await sql<{ resellerId: number; partyId: number }>`
    select reseller_id as "resellerId", party_id as "partyId" from card_reseller where ended_at is null
    order by reseller_id`.execute(tx);
  return rows;
}
