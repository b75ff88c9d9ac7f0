import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';

/** SQL over `dirty` for whoever judges. */

/** Removes and returns the first marks below the snapshot's horizon: an open transaction's marks are not seen, and none is skipped. */
export async function takeMarks(
  tx: Tx,
  limit: number,
): Promise<Array<{ subjectId: number; fromMs: number; reason: string }>> {
  const { rows } = await sql<{ subjectId: number; fromMs: number; reason: string }>`
    delete from dirty where dirty_id in (
      select dirty_id from dirty where xid < pg_snapshot_xmin(pg_current_snapshot())
      order by xid, dirty_id limit ${limit})
    returning subject_id as "subjectId", from_time as "fromMs", reason`.execute(tx);
  return rows;
}
