import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at, json } from '../../../kernel/database/values.ts';
import type { FileFlag } from '../observation.ts';
import type { Source } from '../store.ts';

/** The only SQL over batches into which posted records are gathered. */

export async function openGathered(tx: Tx, source: Source, name: string, atMs: number): Promise<number> {
  const { rows } = await sql<{ batchId: number }>`
    insert into batch (party_id, source_id, name, opened_at, is_gathered)
    values (${source.partyId}, ${source.sourceId}, ${name}, ${at(atMs)}, true)
    returning batch_id as "batchId"`.execute(tx);
  return rows[0]!.batchId;
}

export interface GatheredBatch {
  readonly batchId: number;
  readonly partyId: number;
  readonly sourceId: number;
  readonly received: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly quarantined: number;
}

const columns = sql`
  batch_id as "batchId", party_id as "partyId", source_id as "sourceId", received, accepted, duplicate, quarantined`;

/** Closes the batch, if it still receives, and answers what it holds. */
export async function completeGathered(
  tx: Tx,
  batchId: number,
  contentSha256: Buffer | null,
  flags: readonly FileFlag[],
  atMs: number,
): Promise<GatheredBatch | undefined> {
  const { rows } = await sql<GatheredBatch>`
    update batch set state = 'complete', content_sha256 = ${contentSha256}, flags = ${json(flags)}, closed_at = ${at(atMs)}
    where batch_id = ${batchId} and state = 'receiving' returning ${columns}`.execute(tx);
  return rows[0];
}

/** Gathered batches that still receive: at a start, those of processes that are no more. */
export async function openGatheredBatches(tx: Tx): Promise<number[]> {
  const { rows } = await sql<{ batchId: number }>`
    select batch_id as "batchId" from batch where state = 'receiving' and is_gathered order by batch_id`.execute(
    tx,
  );
  return rows.map(row => row.batchId);
}
