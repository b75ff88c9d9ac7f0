import { sql } from 'kysely';
import type { Tx } from '../../kernel/database/transaction.ts';
import { at } from '../../kernel/database/values.ts';

/** The only SQL over subscriber, notice and notice_position. */

export interface SubscriberRow {
  readonly subscriberId: number;
  readonly partyId: number;
  readonly url: string;
  readonly topics: readonly string[];
  readonly secretVersion: number;
  readonly formerUntilMs: number | null;
  readonly madeAtMs: number;
  readonly endedAtMs: number | null;
  readonly endReason: string | null;
}

export interface NoticeRow {
  readonly noticeId: number;
  readonly type: string;
  readonly entryIndex: number;
  readonly madeAtMs: number;
  readonly attempts: number;
  readonly nextAtMs: number | null;
  readonly doneAtMs: number | null;
  readonly lastAtMs: number | null;
  readonly lastAnswer: string | null;
}

export interface DueNotice {
  readonly noticeId: number;
  readonly subscriberId: number;
  readonly entryIndex: number;
  readonly body: string;
  /** Times it was taken to be sent, this one included. */
  readonly attempts: number;
}

const columns = sql`
  subscriber_id as "subscriberId", party_id as "partyId", url, topics, secret_version as "secretVersion",
  former_until as "formerUntilMs", made_at as "madeAtMs", ended_at as "endedAtMs", end_reason as "endReason"`;

export async function addSubscriber(
  tx: Tx,
  row: { partyId: number; url: string; topics: readonly string[]; madeBy: string; atMs: number },
): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    insert into subscriber (party_id, url, topics, made_by, made_at)
    values (${row.partyId}, ${row.url}, ${row.topics}::text[], ${row.madeBy}, ${at(row.atMs)})
    returning subscriber_id as id`.execute(tx);
  return rows[0]!.id;
}

export async function subscribers(tx: Tx, after: number, limit: number): Promise<SubscriberRow[]> {
  const { rows } = await sql<SubscriberRow>`select ${columns} from subscriber
    where subscriber_id > ${after} order by subscriber_id limit ${limit}`.execute(tx);
  return rows;
}

/** How many live ones a party has; others that count wait until the transaction ends. */
export async function countLive(tx: Tx, partyId: number): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtext('subscribers'), ${partyId}::int)`.execute(tx);
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from subscriber where party_id = ${partyId} and ended_at is null`.execute(tx);
  return rows[0]!.n;
}

/** A live one, held against others until the transaction ends. */
export async function lockSubscriber(tx: Tx, id: number): Promise<SubscriberRow | undefined> {
  const { rows } = await sql<SubscriberRow>`select ${columns} from subscriber
    where subscriber_id = ${id} and ended_at is null for update`.execute(tx);
  return rows[0];
}

export async function liveSubscribers(tx: Tx): Promise<SubscriberRow[]> {
  const { rows } = await sql<SubscriberRow>`select ${columns} from subscriber
    where ended_at is null order by subscriber_id`.execute(tx);
  return rows;
}

export async function renewSecret(tx: Tx, id: number, formerUntilMs: number): Promise<void> {
  await sql`update subscriber set secret_version = secret_version + 1, former_until = ${at(formerUntilMs)}
    where subscriber_id = ${id}`.execute(tx);
}

export async function endSubscriber(tx: Tx, id: number, atMs: number, reason: string): Promise<void> {
  await sql`update subscriber set ended_at = ${at(atMs)}, end_reason = ${reason}
    where subscriber_id = ${id} and ended_at is null`.execute(tx);
}

/** What is not done yet is not sent any more. */
export async function dropWaiting(tx: Tx, subscriberId: number): Promise<void> {
  await sql`update notice set next_at = null where subscriber_id = ${subscriberId} and done_at is null`.execute(
    tx,
  );
}

/** Where reading goes on, held until the transaction ends; null when somebody else reads just now. */
export async function lockPosition(tx: Tx, first: number): Promise<number | null> {
  await sql`insert into notice_position (next_index) values (${first}) on conflict do nothing`.execute(tx);
  const { rows } = await sql<{ next: number }>`
    select next_index as next from notice_position for update skip locked`.execute(tx);
  return rows[0]?.next ?? null;
}

export async function movePosition(tx: Tx, next: number): Promise<void> {
  await sql`update notice_position set next_index = ${next}`.execute(tx);
}

export async function addNotices(
  tx: Tx,
  rows: readonly { subscriberId: number; partyId: number; entryIndex: number; type: string; body: string }[],
  atMs: number,
): Promise<void> {
  if (rows.length === 0) return;
  const values = rows.map(
    row =>
      sql`(${row.subscriberId}::bigint, ${row.partyId}::bigint, ${row.entryIndex}::bigint, ${row.type}, ${row.body}, ${at(atMs)}, ${at(atMs)})`,
  );
  await sql`insert into notice (subscriber_id, party_id, entry_index, type, body, made_at, next_at)
    values ${sql.join(values)} on conflict (subscriber_id, entry_index) do nothing`.execute(tx);
}

/** Takes what is due, of each subscriber the oldest; nobody else has it before `holdUntilMs`. */
export async function takeDue(
  tx: Tx,
  nowMs: number,
  holdUntilMs: number,
  limit: number,
): Promise<DueNotice[]> {
  const { rows } = await sql<DueNotice>`
    with due as (
      select notice_id from notice n where next_at <= ${at(nowMs)} and not exists (
        select from notice e where e.subscriber_id = n.subscriber_id and e.next_at is not null and e.notice_id < n.notice_id)
      order by next_at limit ${limit} for update skip locked)
    update notice set attempts = attempts + 1, next_at = ${at(holdUntilMs)}
    where notice_id in (select notice_id from due)
    returning notice_id as "noticeId", subscriber_id as "subscriberId", entry_index as "entryIndex", body, attempts`.execute(
    tx,
  );
  return rows;
}

/** Writes what became of a sending; `nextAtMs` null ends it. */
export async function writeAnswer(
  tx: Tx,
  noticeId: number,
  answer: { atMs: number; text: string; isDone: boolean; nextAtMs: number | null },
): Promise<void> {
  await sql`update notice set last_at = ${at(answer.atMs)}, last_answer = ${answer.text},
      done_at = ${answer.isDone ? at(answer.atMs) : null},
      next_at = ${answer.nextAtMs === null ? null : at(answer.nextAtMs)}
    where notice_id = ${noticeId} and done_at is null`.execute(tx);
}

/** Notices of a subscriber, the newest first. */
export async function notices(
  tx: Tx,
  subscriberId: number,
  before: number,
  limit: number,
): Promise<NoticeRow[]> {
  const { rows } = await sql<NoticeRow>`
    select notice_id as "noticeId", type, entry_index as "entryIndex", made_at as "madeAtMs", attempts,
      next_at as "nextAtMs", done_at as "doneAtMs", last_at as "lastAtMs", last_answer as "lastAnswer"
    from notice where subscriber_id = ${subscriberId} and notice_id < ${before}
    order by notice_id desc limit ${limit}`.execute(tx);
  return rows;
}

export async function dropOld(tx: Tx, beforeMs: number): Promise<void> {
  await sql`delete from notice where next_at is null and made_at < ${at(beforeMs)}`.execute(tx);
}
