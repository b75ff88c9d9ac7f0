import { sql } from 'kysely';
import type { Tx } from '../../../../kernel/database/transaction.ts';
import { at } from '../../../../kernel/database/values.ts';

/** The only SQL over second_factor_code. */

/**
 * Spends a code: false when it was spent within `windowMs` already, also by a transaction that runs at the same
 * time (the second waits for the first to end).
 */
export async function spendCode(
  tx: Tx,
  code: { userId: string; digest: Buffer; atMs: number; windowMs: number },
): Promise<boolean> {
  const { rows } = await sql<{ userId: string }>`
    insert into second_factor_code as s (user_id, digest, used_at)
    values (${code.userId}, ${code.digest}, ${at(code.atMs)})
    on conflict (user_id, digest) do update set used_at = excluded.used_at
    where s.used_at < ${at(code.atMs - code.windowMs)}
    returning user_id as "userId"`.execute(tx);
  return rows.length === 1;
}

export async function dropSpentCodes(tx: Tx, beforeMs: number): Promise<void> {
  await sql`delete from second_factor_code where used_at < ${at(beforeMs)}`.execute(tx);
}
