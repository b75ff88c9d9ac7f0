import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';

/** The only SQL over outbox. */

export interface Letter {
  readonly outboxId: number;
  readonly measureId: number;
  readonly deed: 'apply' | 'lift';
  readonly orderKey: string;
  /** Times it was taken to be sent, this one included. */
  readonly attempts: number;
}

/** Written without reading back: the door may post a letter and not look into the box. */
export async function postLetter(
  tx: Tx,
  letter: {
    readonly partyId: number;
    readonly measureId: number;
    readonly deed: Letter['deed'];
    readonly orderKey: string;
    readonly atMs: number;
    /** Letters of batches leave after all others that are due. */
    readonly isInBatch?: boolean | undefined;
  },
): Promise<void> {
  const { partyId, measureId, deed, orderKey, atMs, isInBatch = false } = letter;
  await sql`
    insert into outbox (party_id, measure_id, deed, order_key, next_at, in_batch)
    values (${partyId}, ${measureId}, ${deed}, ${orderKey}, ${at(atMs)}, ${isInBatch})`.execute(tx);
}

/**
 * Takes letters that are due until `holdUntilMs`: whoever takes them sends them by then or they are due again.
 * A letter waits for every earlier one of its measure, so that a lifting never overtakes its order. Those of batches come
 * last: an order for one is not to wait for an order for thousands.
 */
export async function takeLetters(
  tx: Tx,
  nowMs: number,
  holdUntilMs: number,
  limit: number,
): Promise<Letter[]> {
  const { rows } = await sql<Letter>`
    update outbox set attempts = attempts + 1, next_at = ${at(holdUntilMs)}
    where outbox_id in (
      select o.outbox_id from outbox o
      where o.done_at is null and o.next_at <= ${at(nowMs)} and not exists (
        select from outbox e where e.measure_id = o.measure_id and e.outbox_id < o.outbox_id and e.done_at is null)
      order by o.in_batch, o.next_at limit ${limit} for update skip locked)
    returning outbox_id as "outboxId", measure_id as "measureId", deed, order_key as "orderKey", attempts`.execute(
    tx,
  );
  return rows.sort((a, b) => a.outboxId - b.outboxId);
}

/** Marks a letter answered; false when it was marked before, and then nothing may be done for it again. */
export async function finishLetter(
  tx: Tx,
  outboxId: number,
  answer: { readonly providerOrder: string | null; readonly error: string | null; readonly atMs: number },
): Promise<boolean> {
  const { rows } = await sql`
    update outbox set done_at = ${at(answer.atMs)}, provider_order = ${answer.providerOrder}, last_error = ${answer.error}
    where outbox_id = ${outboxId} and done_at is null returning outbox_id`.execute(tx);
  return rows.length > 0;
}

export async function delayLetter(tx: Tx, outboxId: number, nextMs: number, error: string): Promise<void> {
  await sql`
    update outbox set next_at = ${at(nextMs)}, last_error = ${error}
    where outbox_id = ${outboxId} and done_at is null`.execute(tx);
}

/** The provider's name for the newest answered order of a measure and deed, or null. */
export async function providerOrderOf(
  tx: Tx,
  measureId: number,
  deed: Letter['deed'],
): Promise<string | null> {
  const { rows } = await sql<{ providerOrder: string | null }>`
    select provider_order as "providerOrder" from outbox
    where measure_id = ${measureId} and deed = ${deed} and done_at is not null
    order by outbox_id desc limit 1`.execute(tx);
  return rows[0]?.providerOrder ?? null;
}

/** How many letters wait, for the status page. */
export async function countWaiting(tx: Tx): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*) as n from outbox where done_at is null`.execute(
    tx,
  );
  return rows[0]!.n;
}
