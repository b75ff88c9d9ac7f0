import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import type { Balance } from '../intake.ts';

/** Of the table batch: what was taken in whole, by its content. */
export interface WholeBatch extends Balance {
  readonly batchId: number;
  readonly flags: readonly object[];
}

/** The latest whole batch of the source with that content. */
export async function batchOfContent(
  tx: Tx,
  sourceId: number,
  contentSha256: Buffer,
): Promise<WholeBatch | undefined> {
  const { rows } = await sql<WholeBatch>`
    select batch_id as "batchId", received, accepted, duplicate, quarantined, flags
    from batch where source_id = ${sourceId} and content_sha256 = ${contentSha256} and state = 'complete'
    order by batch_id desc limit 1`.execute(tx);
  return rows[0];
}
