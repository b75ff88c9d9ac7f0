import { sql } from 'kysely';
import type { Tx } from '../../../../kernel/database/transaction.ts';
import { at } from '../../../../kernel/database/values.ts';

/** The only SQL over radius_limit, and over what sessions were told of it. */

export type Wanted = 'limited' | 'free';

/** What a card's sessions are to be: limited, or free again. */
export interface LimitRow {
  readonly subjectId: number;
  readonly partyId: number;
  readonly orderKey: string;
  readonly wanted: Wanted;
  readonly sinceMs: number;
  /** As a network that asks first is told it: FreeRADIUS's name of the attribute, and its value. */
  readonly attribute: string;
  readonly value: string | number;
  /** Why an access server will not; the card is limited no more then. */
  readonly failed: string | null;
}

const columns = sql`
  subject_id as "subjectId", party_id as "partyId", order_key as "orderKey", wanted, since as "sinceMs", attribute, value, failed`;

/** False when the card is that already, by whichever order: then nothing changes. */
export async function putLimit(tx: Tx, row: Omit<LimitRow, 'failed'>): Promise<boolean> {
  const { rows } = await sql`
    insert into radius_limit as l (subject_id, party_id, order_key, wanted, since, attribute, value)
    values (${row.subjectId}, ${row.partyId}, ${row.orderKey}, ${row.wanted}, ${at(row.sinceMs)}, ${row.attribute},
      ${JSON.stringify(row.value)}::jsonb)
    on conflict (subject_id) do update set order_key = excluded.order_key, wanted = excluded.wanted,
      since = excluded.since, attribute = excluded.attribute, value = excluded.value, failed = null
    where l.order_key <> excluded.order_key and (l.wanted <> excluded.wanted or l.failed is not null)
    returning subject_id`.execute(tx);
  return rows.length > 0;
}

export async function limitsOf(tx: Tx, subjectIds: readonly number[]): Promise<LimitRow[]> {
  const { rows } = await sql<LimitRow>`
    select ${columns} from radius_limit where subject_id = any(${[...subjectIds]}::bigint[])`.execute(tx);
  return rows;
}

/** Writes down that a server will not; false when it was, or another order came since. */
export async function failLimit(tx: Tx, row: LimitRow, reason: string): Promise<boolean> {
  const { rows } = await sql`
    update radius_limit set failed = ${reason}
    where subject_id = ${row.subjectId} and order_key = ${row.orderKey} and failed is null returning subject_id`.execute(
    tx,
  );
  return rows.length > 0;
}

/** What an open session was told of the order, and what its server said. */
export interface ToldSession {
  readonly sourceId: number;
  readonly series: string;
  readonly clientId: number;
  readonly attributes: Readonly<Record<string, string>>;
  /** Null where the server was not asked about this order, or has not answered. */
  readonly answer: string | null;
}

/** The open sessions by any of the claims, as far as the order goes. */
export async function toldSessions(
  tx: Tx,
  claims: readonly string[],
  orderKey: string,
): Promise<ToldSession[]> {
  const { rows } = await sql<ToldSession>`
    select source_id as "sourceId", series, client_id as "clientId", attributes,
      case when change_key = ${orderKey} then change_answer end as answer
    from radius_session where claim = any(${[...claims]}::text[]) and closed_at is null
    order by source_id, series limit 100`.execute(tx);
  return rows;
}

/**
 * Marks that the session's server is being asked, unless it was asked about this order after `sinceMs` or has given one
 * of the answers after which nobody asks again; true when it is to be asked.
 */
export async function markChangeAsked(
  tx: Tx,
  session: ToldSession,
  orderKey: string,
  sinceMs: number,
  nowMs: number,
): Promise<boolean> {
  const { rows } = await sql`
    update radius_session set change_key = ${orderKey}, change_asked_at = ${at(nowMs)}, change_answer = null
    where source_id = ${session.sourceId} and series = ${session.series} and closed_at is null
      and (change_key is distinct from ${orderKey} or change_asked_at <= ${at(sinceMs)}) returning series`.execute(
    tx,
  );
  return rows.length > 0;
}

/** What the server answered about the order; a session it does not know is over. */
export async function markChangeAnswered(
  tx: Tx,
  session: ToldSession,
  orderKey: string,
  answer: string,
  atMs: number,
  isUnknown: boolean,
): Promise<void> {
  const closing = isUnknown
    ? sql`, closed_at = ${at(atMs)}, closed_by = 'unknown-to-server', times_closed = times_closed + 1`
    : sql``;
  await sql`
    update radius_session set change_answer = ${answer} ${closing}
    where source_id = ${session.sourceId} and series = ${session.series} and closed_at is null
      and change_key = ${orderKey}`.execute(tx);
}

/** When the last session by any of the claims was changed for the order; null when none was. */
export async function lastChangedOf(
  tx: Tx,
  claims: readonly string[],
  orderKey: string,
): Promise<number | null> {
  const { rows } = await sql<{ lastMs: number | null }>`
    select max(change_asked_at) as "lastMs" from radius_session
    where claim = any(${[...claims]}::text[]) and change_key = ${orderKey} and change_answer = 'ack'`.execute(
    tx,
  );
  return rows[0]?.lastMs ?? null;
}
