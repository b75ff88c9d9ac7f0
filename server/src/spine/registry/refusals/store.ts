import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';

/** The only SQL over refusal_count and access_setting. */

export interface RefusalCount {
  readonly act: string;
  readonly actor: string;
  readonly code: string;
  readonly minuteMs: number;
  readonly partyId: number | null;
  readonly times: number;
}

/** Counts one more; how many there are now. */
export async function countRefusal(tx: Tx, one: Omit<RefusalCount, 'times'>): Promise<number> {
  const { rows } = await sql<{ times: number }>`
    select count_refusal(${one.act}, ${one.actor}, ${one.code}, ${at(one.minuteMs)}, ${one.partyId}::bigint) as times`.execute(
    tx,
  );
  return rows[0]!.times;
}

/** Takes the counts of minutes that are over, with the transaction. */
export async function takeCounts(tx: Tx, beforeMs: number, limit: number): Promise<RefusalCount[]> {
  const { rows } = await sql<RefusalCount>`
    delete from refusal_count where ctid in (
      select ctid from refusal_count where minute < ${at(beforeMs)} order by minute limit ${limit} for update skip locked)
    returning act, actor, code, minute as "minuteMs", party_id as "partyId", times`.execute(tx);
  return rows;
}

/** Keeps what the settings are; false when they were the same. */
export async function keepSettings(tx: Tx, digest: Buffer): Promise<boolean> {
  const { rows } = await sql<{ digest: Buffer }>`
    insert into access_setting as s (digest) values (${digest})
    on conflict (only_one) do update set digest = excluded.digest where s.digest <> excluded.digest
    returning digest`.execute(tx);
  return rows.length === 1;
}
