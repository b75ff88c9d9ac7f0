import { sql } from 'kysely';
import type { Tx } from '../../../../kernel/database/transaction.ts';
import { at } from '../../../../kernel/database/values.ts';
import type { What } from '../subscriptions/events.ts';

/** The only SQL over camara_watch. */

export interface Watch {
  readonly watchId: string;
  readonly partyId: number;
  readonly providerId: number;
  readonly subjectId: number;
  readonly sourceId: number;
  readonly what: What;
  /** What the operator is told the card by. */
  readonly device: Readonly<Record<string, string>>;
  readonly untilMs: number;
  readonly maxEvents: number | null;
  readonly madeBy: string;
  readonly madeAtMs: number;
  /** What the operator calls it; null while that is not known. */
  readonly theirId: string | null;
  readonly activeAtMs: number | null;
  /** Times the operator was to be asked since it last answered as wanted. */
  readonly attempts: number;
  readonly lastAnswer: string | null;
  readonly told: number;
  readonly toldAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly endReason: string | null;
}

const columns = sql`
  watch_id as "watchId", party_id as "partyId", provider_id as "providerId", subject_id as "subjectId",
  source_id as "sourceId", what, device, until_at as "untilMs", max_events as "maxEvents", made_by as "madeBy",
  made_at as "madeAtMs", their_id as "theirId", active_at as "activeAtMs", attempts, last_answer as "lastAnswer", told,
  told_at as "toldAtMs", ended_at as "endedAtMs", end_reason as "endReason"`;

export type NewWatch = Pick<
  Watch,
  | 'watchId'
  | 'partyId'
  | 'providerId'
  | 'subjectId'
  | 'sourceId'
  | 'what'
  | 'device'
  | 'untilMs'
  | 'maxEvents'
  | 'madeBy'
  | 'madeAtMs'
>;

/** Added, and due to be asked for at once. */
export async function addWatch(tx: Tx, row: NewWatch): Promise<void> {
  await sql`
    insert into camara_watch (watch_id, party_id, provider_id, subject_id, source_id, what, device, until_at, max_events,
      made_by, made_at, next_at)
    values (${row.watchId}, ${row.partyId}, ${row.providerId}, ${row.subjectId}, ${row.sourceId}, ${row.what},
      ${JSON.stringify(row.device)}::jsonb, ${at(row.untilMs)}, ${row.maxEvents}, ${row.madeBy}, ${at(row.madeAtMs)},
      ${at(row.madeAtMs)})`.execute(tx);
}

/** How many a party has that have not ended; others that count wait until the transaction ends. */
export async function countLive(tx: Tx, partyId: number): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtext('camara-watches'), ${partyId}::int)`.execute(tx);
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from camara_watch where party_id = ${partyId} and ended_at is null`.execute(tx);
  return rows[0]!.n;
}

/** Of the parties the door may see, the newest first. */
export async function watches(tx: Tx, limit: number): Promise<Watch[]> {
  const { rows } = await sql<Watch>`select ${columns} from camara_watch
    order by ended_at is not null, made_at desc, watch_id limit ${limit}`.execute(tx);
  return rows;
}

export async function watchById(tx: Tx, watchId: string): Promise<Watch | undefined> {
  const { rows } = await sql<Watch>`select ${columns} from camara_watch where watch_id = ${watchId}`.execute(
    tx,
  );
  return rows[0];
}

/** Held until the transaction ends. */
export async function lockWatch(tx: Tx, watchId: string): Promise<Watch | undefined> {
  const { rows } = await sql<Watch>`
    select ${columns} from camara_watch where watch_id = ${watchId} for update`.execute(tx);
  return rows[0];
}

/** False when it had ended before. With `nextAtMs` the operator is asked from then on; null leaves it alone. */
export async function endWatch(
  tx: Tx,
  watchId: string,
  end: { readonly atMs: number; readonly reason: string; readonly nextAtMs: number | null },
): Promise<boolean> {
  const nextAt = end.nextAtMs === null ? null : at(end.nextAtMs);
  const { rows } = await sql`
    update camara_watch set ended_at = ${at(end.atMs)}, end_reason = ${end.reason}, next_at = ${nextAt}
    where watch_id = ${watchId} and ended_at is null returning watch_id`.execute(tx);
  return rows.length > 0;
}

/** Takes what is due; nobody else has it before `holdUntilMs`. */
export async function takeDue(tx: Tx, nowMs: number, holdUntilMs: number, limit: number): Promise<Watch[]> {
  const { rows } = await sql<Watch>`
    with due as (select watch_id from camara_watch where next_at <= ${at(nowMs)}
      order by next_at limit ${limit} for update skip locked)
    update camara_watch set attempts = attempts + 1, next_at = ${at(holdUntilMs)}
    where watch_id in (select watch_id from due) returning ${columns}`.execute(tx);
  return rows;
}

/** What the operator has of it now; `nextAtMs` null: there is nothing more to ask. */
export async function writeTheirs(
  tx: Tx,
  watchId: string,
  now: {
    readonly theirId: string | null;
    readonly activeAtMs: number | null;
    readonly answer: string;
    readonly nextAtMs: number | null;
    readonly attempts: number;
  },
): Promise<void> {
  const { theirId, activeAtMs, answer, nextAtMs, attempts } = now;
  await sql`update camara_watch set their_id = ${theirId}, attempts = ${attempts}, last_answer = ${answer},
      active_at = ${activeAtMs === null ? null : at(activeAtMs)}, next_at = ${nextAtMs === null ? null : at(nextAtMs)}
    where watch_id = ${watchId}`.execute(tx);
}

export async function countTold(tx: Tx, watchId: string, atMs: number): Promise<void> {
  await sql`update camara_watch set told = told + 1, told_at = ${at(atMs)} where watch_id = ${watchId}`.execute(
    tx,
  );
}
