import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';

/** The only SQL over open_try. */

/** Counts one try in a window; how many there were with it. */
export async function countTry(tx: Tx, counter: Buffer, windowMs: number): Promise<number> {
  const { rows } = await sql<{ tries: number }>`insert into open_try as t (counter, window_at, tries)
    values (${counter}, ${at(windowMs)}, 1)
    on conflict (counter, window_at) do update set tries = t.tries + 1 returning tries`.execute(tx);
  return rows[0]!.tries;
}

export async function dropTriesBefore(tx: Tx, windowMs: number): Promise<void> {
  await sql`delete from open_try where window_at < ${at(windowMs)}`.execute(tx);
}
