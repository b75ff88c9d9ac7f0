import { sql } from 'kysely';
import type { Tx } from '../../../../kernel/database/transaction.ts';
import { at, json } from '../../../../kernel/database/values.ts';

/** The only SQL over radius_session, save what sessions were told of a limit (`limit-store.ts`). */

export type ClosedBy = 'stop' | 'server' | 'silence' | 'disconnect' | 'unknown-to-server';

/** What one record says of a session. */
export interface SessionWord {
  readonly sourceId: number;
  readonly series: string;
  readonly partyId: number;
  readonly clientId: number;
  readonly claim: string;
  readonly nas: string;
  /** By which its server knows it: User-Name, Acct-Session-Id and their like. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly beginMs: number;
  readonly isBeginTold: boolean;
  readonly heardMs: number;
  readonly bytesUp: number | null;
  readonly bytesDown: number | null;
  readonly isStop: boolean;
}

/**
 * Writes what records say of their sessions. A record older than what is known changes nothing but the begin; one
 * newer than a close opens the session again (CR-15); a figure a record does not state stays (CR-13). Runs safely
 * twice. One word for each session and call.
 */
export async function hearSessions(tx: Tx, words: readonly SessionWord[]): Promise<void> {
  if (words.length === 0) return;
  const rows = words.map(({ beginMs, heardMs, ...rest }) => ({
    ...rest,
    beginMs: new Date(beginMs).toISOString(),
    heardMs: new Date(heardMs).toISOString(),
  }));
  await sql`
    insert into radius_session as s
      (source_id, series, party_id, client_id, claim, nas, attributes, begun_at, is_begin_told, heard_at, bytes_up, bytes_down,
       closed_at, closed_by, times_closed)
    select "sourceId", series, "partyId", "clientId", claim, nas, attributes, "beginMs", "isBeginTold", "heardMs", "bytesUp", "bytesDown",
      case when "isStop" then "heardMs" end, case when "isStop" then 'stop' end, case when "isStop" then 1 else 0 end
    from jsonb_to_recordset(${json(rows)}) as w ("sourceId" bigint, series text, "partyId" bigint, "clientId" bigint, claim text,
      nas text, attributes jsonb, "beginMs" timestamptz, "isBeginTold" boolean, "heardMs" timestamptz, "bytesUp" bigint,
      "bytesDown" bigint, "isStop" boolean)
    order by "sourceId", series
    on conflict (source_id, series) do update set
      begun_at = case
        when excluded.is_begin_told and (not s.is_begin_told or excluded.begun_at > s.begun_at) then excluded.begun_at
        else s.begun_at end,
      is_begin_told = s.is_begin_told or excluded.is_begin_told,
      claim = case when ${newer} then excluded.claim else s.claim end,
      client_id = case when ${newer} then excluded.client_id else s.client_id end,
      attributes = case when ${newer} then excluded.attributes else s.attributes end,
      bytes_up = case when ${newer} then coalesce(excluded.bytes_up, s.bytes_up) else s.bytes_up end,
      bytes_down = case when ${newer} then coalesce(excluded.bytes_down, s.bytes_down) else s.bytes_down end,
      closed_at = case when ${newer} then excluded.closed_at else s.closed_at end,
      closed_by = case when ${newer} then excluded.closed_by else s.closed_by end,
      times_closed = s.times_closed + case when ${newer} and excluded.closed_at is not null and s.closed_at is null then 1 else 0 end,
      asked_at = case when s.closed_at is null or excluded.closed_at is not null then s.asked_at end,
      answer = case when s.closed_at is null or excluded.closed_at is not null then s.answer end,
      change_key = case when s.closed_at is null or excluded.closed_at is not null then s.change_key end,
      change_answer = case when s.closed_at is null or excluded.closed_at is not null then s.change_answer end,
      heard_at = greatest(excluded.heard_at, s.heard_at)`.execute(tx);
}

/**
 * A record of the same moment closes, and never opens, a session. One that was told to be over opens again only by
 * a record of a moment after that.
 */
const newer = sql`(case when excluded.closed_at is not null then excluded.heard_at >= s.heard_at
  else excluded.heard_at > s.heard_at and excluded.heard_at > coalesce(s.closed_at, '-infinity')
    or (excluded.heard_at = s.heard_at and s.closed_at is null) end)`;

/** A server that says it begins or ends has no sessions from before (RFC 2866 §5.1). */
export async function closeOfServer(tx: Tx, sourceId: number, nas: string, atMs: number): Promise<void> {
  await sql`
    update radius_session set closed_at = ${at(atMs)}, closed_by = 'server', times_closed = times_closed + 1
    where source_id = ${sourceId} and nas = ${nas} and closed_at is null and heard_at <= ${at(atMs)}`.execute(
    tx,
  );
}

/** Closes what nothing was heard of for its client's time-out, and marks it so (C-27, CR-17); how many. */
export async function closeSilent(tx: Tx, nowMs: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    with silent as (
      update radius_session s set closed_at = s.heard_at, closed_by = 'silence', times_closed = times_closed + 1
      from radius_client c
      where c.client_id = s.client_id and s.closed_at is null and s.heard_at < ${at(nowMs)} - c.silence_ms * interval '1 millisecond'
      returning 1)
    select count(*) as n from silent`.execute(tx);
  return rows[0]!.n;
}

export interface SessionRow {
  readonly sourceId: number;
  readonly series: string;
  readonly partyId: number;
  readonly clientId: number;
  readonly claim: string;
  readonly nas: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly begunAtMs: number;
  /** False where the begin was worked out: the Start was lost (CR-16). */
  readonly isBeginTold: boolean;
  readonly heardAtMs: number;
  readonly bytesUp: number | null;
  readonly bytesDown: number | null;
  readonly closedAtMs: number | null;
  readonly closedBy: ClosedBy | null;
  /** How often it was closed; it was opened again when this is more than one, or one and it is open. */
  readonly timesClosed: number;
  /** When its server was last asked to end it, and what it said. */
  readonly askedAtMs: number | null;
  readonly answer: string | null;
  /** When it was last asked to change it, and what it said; null while it has not answered. */
  readonly changeAskedAtMs: number | null;
  readonly changeAnswer: string | null;
}

const sessionColumns = sql`
  source_id as "sourceId", series, party_id as "partyId", client_id as "clientId", claim, nas, attributes,
  begun_at as "begunAtMs", is_begin_told as "isBeginTold", heard_at as "heardAtMs", bytes_up as "bytesUp",
  bytes_down as "bytesDown", closed_at as "closedAtMs", closed_by as "closedBy", times_closed as "timesClosed",
  asked_at as "askedAtMs", answer, change_asked_at as "changeAskedAtMs", change_answer as "changeAnswer"`;

export async function openSessionsOf(tx: Tx, claims: readonly string[]): Promise<SessionRow[]> {
  const { rows } = await sql<SessionRow>`
    select ${sessionColumns} from radius_session
    where claim = any(${[...claims]}::text[]) and closed_at is null order by source_id, series limit 100`.execute(
    tx,
  );
  return rows;
}

export async function listSessions(
  tx: Tx,
  filter: { readonly claim?: string | undefined; readonly isOpen: boolean },
  after: { readonly sourceId: number; readonly series: string } | null,
  limit: number,
): Promise<SessionRow[]> {
  const conditions = [sql`(source_id, series) > (${after?.sourceId ?? 0}, ${after?.series ?? ''})`];
  if (filter.claim !== undefined) conditions.push(sql`claim = ${filter.claim}`);
  if (filter.isOpen) conditions.push(sql`closed_at is null`);
  const { rows } = await sql<SessionRow>`
    select ${sessionColumns} from radius_session where ${sql.join(conditions, sql` and `)}
    order by source_id, series limit ${limit}`.execute(tx);
  return rows;
}

/** Marks that the session's server is being asked, unless it was asked after `sinceMs`; true when it was not. */
export async function markAsked(
  tx: Tx,
  session: Pick<SessionRow, 'sourceId' | 'series'>,
  sinceMs: number,
  nowMs: number,
): Promise<boolean> {
  const { rows } = await sql`
    update radius_session set asked_at = ${at(nowMs)}
    where source_id = ${session.sourceId} and series = ${session.series} and closed_at is null
      and (asked_at is null or asked_at <= ${at(sinceMs)}) returning series`.execute(tx);
  return rows.length > 0;
}

/** What the server answered; a session that it ended, or does not know, is over. */
export async function markAnswered(
  tx: Tx,
  session: Pick<SessionRow, 'sourceId' | 'series'>,
  answer: string,
  atMs: number,
  closedBy: ClosedBy | null,
): Promise<void> {
  const closing =
    closedBy === null
      ? sql``
      : sql`, closed_at = ${at(atMs)}, closed_by = ${closedBy}, times_closed = times_closed + 1`;
  await sql`
    update radius_session set answer = ${answer} ${closing}
    where source_id = ${session.sourceId} and series = ${session.series} and closed_at is null`.execute(tx);
}

/** When the last session by any of the claims was over; null when none was. */
export async function lastClosedOf(
  tx: Tx,
  claims: readonly string[],
  sinceMs: number,
): Promise<number | null> {
  const { rows } = await sql<{ lastMs: number | null }>`
    select max(closed_at) as "lastMs" from radius_session
    where claim = any(${[...claims]}::text[]) and closed_at >= ${at(sinceMs)}`.execute(tx);
  return rows[0]?.lastMs ?? null;
}
