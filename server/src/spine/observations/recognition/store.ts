import { type RawBuilder, sql } from 'kysely';
import { executePrepared } from '../../../kernel/database/run-transaction.ts';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';

/** The only SQL of recognising records: over chunk, observation and quarantine, as one party's door sees them. */

/** First bytes of each digest that a filter keeps. */
export const PREFIX_BYTES = 8;

export interface SourceState {
  /** The last chunk that was committed for the source by whomever; 0 for none. Chunks of one source are numbered in the order of their commits. */
  readonly lastChunkId: number;
  /** Whether a record of the source lies in quarantine unsettled. */
  readonly hasOpenQuarantine: boolean;
}

/**
 * Takes the source's lock, to the end of the transaction, and then looks: accept commits of one source follow one
 * another, which makes the answer final.
 */
export async function lockedState(tx: Tx, sourceId: number): Promise<SourceState> {
  const statement = sql<SourceState>`
    select last_chunk as "lastChunkId", has_open_quarantine as "hasOpenQuarantine"
    from locked_source_state(${sourceId})`;
  const { rows } = await executePrepared(tx, statement);
  return rows[0]!;
}

/**
 * As `lockedState`, for what is sent with everything at once: raises `MOVED` unless the chunk is still the source's last,
 * nothing of it lies in quarantine unsettled, the batch receives, and the key, if there is one, opens something.
 */
export function expectUnmoved(
  sourceId: number,
  than: { lastChunkId: number; batchId: number; keyDigest: Buffer | undefined; atMs: number },
): RawBuilder<unknown> {
  const { lastChunkId, batchId, keyDigest = null, atMs } = than;
  return sql`select expect_unmoved(${sourceId}, ${lastChunkId}, ${batchId}, ${keyDigest}, ${at(atMs)})`;
}

/** The SQLSTATE that `expectUnmoved` raises. */
export const MOVED = 'TWM01';

export interface ChunkMark {
  readonly chunkId: number;
  readonly receivedAtMs: number;
}

/** Chunks of the source after the one named, received since then, in order. */
export async function chunksAfter(
  tx: Tx,
  sourceId: number,
  chunkId: number,
  sinceMs: number,
  limit: number,
): Promise<ChunkMark[]> {
  const { rows } = await sql<ChunkMark>`
    select chunk_id as "chunkId", received_at as "receivedAtMs" from chunk
    where source_id = ${sourceId} and chunk_id > ${chunkId} and received_at >= ${at(sinceMs)}
    order by chunk_id limit ${limit}`.execute(tx);
  return rows;
}

/** How many records the source delivered after the chunk named and since then. */
export async function countAfter(
  tx: Tx,
  sourceId: number,
  chunkId: number,
  sinceMs: number,
): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select coalesce(sum(accepted), 0)::bigint as n from chunk
    where source_id = ${sourceId} and chunk_id > ${chunkId} and received_at >= ${at(sinceMs)}`.execute(tx);
  return rows[0]!.n;
}

/** The first bytes of the digests of each of the chunks, one after another. */
export async function digestPrefixes(
  tx: Tx,
  chunks: readonly ChunkMark[],
): Promise<Array<{ chunkId: number; prefixes: Buffer }>> {
  const times = chunks.map(chunk => chunk.receivedAtMs);
  const { rows } = await sql<{ chunkId: number; prefixes: Buffer }>`
    select chunk_id as "chunkId", string_agg(substring(digest from 1 for ${PREFIX_BYTES}::int), ''::bytea) as prefixes
    from observation where chunk_id = any(${chunks.map(chunk => chunk.chunkId)}::bigint[])
      and received_at between ${at(Math.min(...times))} and ${at(Math.max(...times))}
    group by chunk_id`.execute(tx);
  return rows;
}

/** Which of the digests the source has delivered since then and were accepted, as hex. */
export async function knownDigests(
  tx: Tx,
  digests: readonly Buffer[],
  sinceMs: number,
): Promise<Set<string>> {
  const { rows } = await sql<{ digest: Buffer }>`
    select digest from observation where digest = any(${digests}::bytea[]) and received_at >= ${at(sinceMs)}`.execute(
    tx,
  );
  return new Set(rows.map(row => row.digest.toString('hex')));
}
