import { sql } from 'kysely';
import type { Tx } from '../../../../kernel/database/transaction.ts';
import { at, json } from '../../../../kernel/database/values.ts';
import type { HeldArea } from '../../contracts/bindings/hold.ts';
import type { EndReason, What } from './events.ts';

/** The only SQL over camara_subscription, camara_event and camara_position. */

export interface Subscription {
  readonly subscriptionId: number;
  readonly partyId: number;
  readonly subjectId: number;
  readonly what: What;
  readonly sink: string;
  /** The device as the consumer named it. */
  readonly device: Readonly<Record<string, unknown>>;
  readonly credentialUntilMs: number | null;
  readonly maxEvents: number | null;
  readonly wantsInitial: boolean;
  readonly expiresAtMs: number | null;
  /** Events it was told of, or is to be. */
  readonly told: number;
  readonly madeAtMs: number;
  /** Since when it is told; null for one that begins later. */
  readonly activeAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly endReason: EndReason | 'GONE' | null;
}

export type NewSubscription = Omit<Subscription, 'subscriptionId' | 'endedAtMs' | 'endReason'> & {
  readonly sealed: Uint8Array | null;
  readonly madeBy: string;
};

const columns = sql`
  subscription_id as "subscriptionId", party_id as "partyId", subject_id as "subjectId", what, sink, device,
  credential_until as "credentialUntilMs", max_events as "maxEvents", wants_initial as "wantsInitial",
  expires_at as "expiresAtMs", told, made_at as "madeAtMs",
  active_at as "activeAtMs", ended_at as "endedAtMs", end_reason as "endReason"`;

const moment = (ms: number | null) => (ms === null ? null : at(ms));

export async function addSubscription(tx: Tx, row: NewSubscription): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    insert into camara_subscription (party_id, subject_id, what, sink, device, sealed, credential_until, max_events,
      wants_initial, expires_at, told, made_by, made_at, active_at)
    values (${row.partyId}, ${row.subjectId}, ${row.what}, ${row.sink}, ${JSON.stringify(row.device)}::jsonb,
      ${row.sealed}, ${moment(row.credentialUntilMs)}, ${row.maxEvents}, ${row.wantsInitial},
      ${moment(row.expiresAtMs)}, ${row.told}, ${row.madeBy}, ${at(row.madeAtMs)},
      ${moment(row.activeAtMs)})
    returning subscription_id as id`.execute(tx);
  return rows[0]!.id;
}

/** How many live ones a party has; others that count wait until the transaction ends. */
export async function countLive(tx: Tx, partyId: number): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtext('camara-subscriptions'), ${partyId}::int)`.execute(tx);
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from camara_subscription where party_id = ${partyId} and ended_at is null`.execute(
    tx,
  );
  return rows[0]!.n;
}

/** Whose subscriptions: a party's, or those on one card of it. */
export interface Owner {
  readonly partyId: number;
  readonly onlySubject?: number;
}

const own = ({ partyId, onlySubject }: Owner) =>
  sql`party_id = ${partyId} and subject_id = coalesce(${onlySubject ?? null}::bigint, subject_id)`;

/** The owner's own, the live ones first and the newest before; those that ended too, unless the live alone are asked for. */
export async function subscriptionsOf(
  tx: Tx,
  owner: Owner,
  isLive: boolean,
  limit: number,
): Promise<Subscription[]> {
  const { rows } = await sql<Subscription>`select ${columns} from camara_subscription
    where ${own(owner)} and (ended_at is null or not ${isLive}) order by ended_at is not null, subscription_id desc limit ${limit}`.execute(
    tx,
  );
  return rows;
}

export async function subscriptionOf(
  tx: Tx,
  owner: Owner,
  subscriptionId: number,
): Promise<Subscription | undefined> {
  const { rows } = await sql<Subscription>`select ${columns} from camara_subscription
    where ${own(owner)} and subscription_id = ${subscriptionId}`.execute(tx);
  return rows[0];
}

/** False when it had ended before. */
export async function endSubscription(
  tx: Tx,
  subscriptionId: number,
  atMs: number,
  reason: string,
): Promise<boolean> {
  const { rows } = await sql`update camara_subscription set ended_at = ${at(atMs)}, end_reason = ${reason}
    where subscription_id = ${subscriptionId} and ended_at is null returning subscription_id`.execute(tx);
  return rows.length > 0;
}

/** What is on its way and not done is not sent any more. */
export async function dropWaiting(tx: Tx, subscriptionId: number): Promise<void> {
  await sql`update camara_event set next_at = null
    where subscription_id = ${subscriptionId} and next_at is not null`.execute(tx);
}

/** Live ones of these cards, each held until the transaction ends. */
export async function lockLiveOn(tx: Tx, subjectIds: readonly number[]): Promise<Subscription[]> {
  const { rows } = await sql<Subscription>`select ${columns} from camara_subscription
    where subject_id = any(${[...subjectIds]}::bigint[]) and ended_at is null and active_at is not null
    order by subscription_id for update`.execute(tx);
  return rows;
}

/** Live ones whose time, or whose credential's, was over before a moment; held until the transaction ends. */
export async function lockOverdue(tx: Tx, beforeMs: number, limit: number): Promise<Subscription[]> {
  const { rows } = await sql<Subscription>`select ${columns} from camara_subscription
    where ended_at is null and least(expires_at, credential_until) <= ${at(beforeMs)}
    order by subscription_id limit ${limit} for update skip locked`.execute(tx);
  return rows;
}

/** Live ones that are to begin, while there is time left for them; held until the transaction ends. */
export async function lockRequested(tx: Tx, atMs: number, limit: number): Promise<Subscription[]> {
  const { rows } = await sql<Subscription>`select ${columns} from camara_subscription
    where active_at is null and ended_at is null
      and coalesce(least(expires_at, credential_until), 'infinity') > ${at(atMs)}
    order by subscription_id limit ${limit} for update skip locked`.execute(tx);
  return rows;
}

export async function setActive(tx: Tx, subscriptionId: number, atMs: number, told: number): Promise<void> {
  await sql`update camara_subscription set active_at = ${at(atMs)}, told = ${told}
    where subscription_id = ${subscriptionId}`.execute(tx);
}

export async function setTold(tx: Tx, subscriptionId: number, told: number): Promise<void> {
  await sql`update camara_subscription set told = ${told} where subscription_id = ${subscriptionId}`.execute(
    tx,
  );
}

/** A live subscription whose card left its area and was not told to be back. */
export interface Away
  extends Pick<Subscription, 'subscriptionId' | 'partyId' | 'subjectId' | 'device' | 'maxEvents' | 'told'> {
  readonly leftAtMs: number;
  readonly area: HeldArea;
}

/** Those whose card is to be looked for, while there is time left for them; held until the transaction ends. */
export async function lockAway(tx: Tx, atMs: number, limit: number): Promise<Away[]> {
  const { rows } = await sql<Away>`
    select subscription_id as "subscriptionId", party_id as "partyId", subject_id as "subjectId", device,
      max_events as "maxEvents", told, left_at as "leftAtMs", left_area as area
    from camara_subscription
    where left_at is not null and ended_at is null and look_at <= ${at(atMs)}
      and coalesce(least(expires_at, credential_until), 'infinity') > ${at(atMs)}
    order by look_at limit ${limit} for update skip locked`.execute(tx);
  return rows;
}

/** Since when a card is away from which circle, and when it is looked for next; null for one that is back. */
export async function setAway(
  tx: Tx,
  subscriptionId: number,
  away: { readonly leftAtMs: number; readonly area: HeldArea; readonly lookAtMs: number } | null,
): Promise<void> {
  const area = away === null ? sql`null` : json(away.area);
  await sql`update camara_subscription set left_at = ${moment(away?.leftAtMs ?? null)}::timestamptz,
      left_area = ${area}::jsonb, look_at = ${moment(away?.lookAtMs ?? null)}::timestamptz
    where subscription_id = ${subscriptionId}`.execute(tx);
}

/** How a receiver is reached; null for one whose subscription is not there. */
export async function receiverOf(
  tx: Tx,
  subscriptionId: number,
): Promise<{ sink: string; partyId: number; sealed: Buffer | null } | undefined> {
  const { rows } = await sql<{ sink: string; partyId: number; sealed: Buffer | null }>`
    select sink, party_id as "partyId", sealed from camara_subscription
    where subscription_id = ${subscriptionId}`.execute(tx);
  return rows[0];
}

export interface NewEvent {
  readonly subscriptionId: number;
  readonly partyId: number;
  readonly event: string;
  readonly body: string;
}

/** True when the event is new; the same one again writes nothing. */
export async function addEvent(tx: Tx, row: NewEvent, atMs: number): Promise<boolean> {
  const { numAffectedRows } = await sql`
    insert into camara_event (subscription_id, party_id, event, body, made_at, next_at)
    values (${row.subscriptionId}, ${row.partyId}, ${row.event}, ${row.body}, ${at(atMs)}, ${at(atMs)})
    on conflict (subscription_id, event) do nothing`.execute(tx);
  return Number(numAffectedRows) === 1;
}

export interface DueEvent {
  readonly eventId: number;
  readonly subscriptionId: number;
  readonly body: string;
  /** Times it was taken to be sent, this one included. */
  readonly attempts: number;
}

/** Takes what is due, of each subscription the oldest; nobody else has it before `holdUntilMs`. */
export async function takeDue(
  tx: Tx,
  nowMs: number,
  holdUntilMs: number,
  limit: number,
): Promise<DueEvent[]> {
  const { rows } = await sql<DueEvent>`
    with due as (
      select event_id from camara_event n where next_at <= ${at(nowMs)} and not exists (
        select from camara_event e
        where e.subscription_id = n.subscription_id and e.next_at is not null and e.event_id < n.event_id)
      order by next_at limit ${limit} for update skip locked)
    update camara_event set attempts = attempts + 1, next_at = ${at(holdUntilMs)}
    where event_id in (select event_id from due)
    returning event_id as "eventId", subscription_id as "subscriptionId", body, attempts`.execute(tx);
  return rows;
}

/** Writes what became of a sending; `nextAtMs` null ends it. What was dropped meanwhile stays dropped. */
export async function writeAnswer(
  tx: Tx,
  eventId: number,
  answer: { atMs: number; text: string; isDone: boolean; nextAtMs: number | null },
): Promise<void> {
  await sql`update camara_event set last_at = ${at(answer.atMs)}, last_answer = ${answer.text},
      done_at = ${answer.isDone ? at(answer.atMs) : null},
      next_at = case when next_at is null then null else ${moment(answer.nextAtMs)}::timestamptz end
    where event_id = ${eventId} and done_at is null`.execute(tx);
}

/** Where reading goes on, held until the transaction ends; null when somebody else reads just now. */
export async function lockPosition(tx: Tx): Promise<number | null> {
  const { rows } = await sql<{ next: number }>`
    select next_index as next from camara_position for update skip locked`.execute(tx);
  return rows[0]?.next ?? null;
}

export async function movePosition(tx: Tx, next: number): Promise<void> {
  await sql`update camara_position set next_index = ${next}`.execute(tx);
}

export async function dropOld(tx: Tx, beforeMs: number): Promise<void> {
  await sql`delete from camara_event where next_at is null and made_at < ${at(beforeMs)}`.execute(tx);
}
