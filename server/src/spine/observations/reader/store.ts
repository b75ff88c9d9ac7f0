import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';

/**
 * How the judge reads what was accepted: chunks and ticks in the order (transaction id, number), below the
 * snapshot's horizon. Rows of a transaction still under way lie above it, so none is ever stepped over.
 * The position and the epoch that fences it lie in judge_partition.
 */

export interface Position {
  readonly xid: string;
  readonly chunk: number;
  readonly tick: number;
  readonly tickXid: string;
}

export interface Fence {
  readonly partition: number;
  readonly epoch: number;
}

/** How long a lease holds without being renewed, in milliseconds of the database's clock. */
export const LEASE_MS = 15_000;

/**
 * Takes the partition when it is ours already, nobody's, or its lease has run out by the database's clock:
 * the epoch rises, whoever held it before can write no more (E-19). Undefined while another holds it.
 */
export async function takeOver(tx: Tx, partition: number, owner: string): Promise<Fence | undefined> {
  const { rows } = await sql<{ epoch: number }>`
    update judge_partition set owner = ${owner}, epoch = epoch + 1, lease_until = now() + ${LEASE_MS} * interval '1 ms'
    where partition_no = ${partition} and (owner is null or owner = ${owner} or lease_until < now())
    returning epoch`.execute(tx);
  const epoch = rows[0]?.epoch;
  return epoch === undefined ? undefined : { partition, epoch };
}

/** Renews the lease; false when the epoch is no longer ours. */
export async function renewLease(tx: Tx, fence: Fence): Promise<boolean> {
  const { rows } = await sql<{ one: number }>`
    update judge_partition set lease_until = now() + ${LEASE_MS} * interval '1 ms'
    where partition_no = ${fence.partition} and epoch = ${fence.epoch} returning 1 as one`.execute(tx);
  return rows.length === 1;
}

/** The position, locked; undefined when the epoch is no longer ours. */
export async function lockPosition(tx: Tx, fence: Fence): Promise<Position | undefined> {
  const { rows } = await sql<Position>`
    select position_xid::text as xid, position_chunk as chunk, position_tick as tick, position_tick_xid::text as "tickXid"
    from judge_partition where partition_no = ${fence.partition} and epoch = ${fence.epoch} for update`.execute(
    tx,
  );
  return rows[0];
}

/** False when the epoch is no longer ours: the transaction must then be rolled back. */
export async function movePosition(tx: Tx, fence: Fence, to: Position): Promise<boolean> {
  const { rows } = await sql<{ one: number }>`
    update judge_partition set position_xid = ${to.xid}::xid8, position_chunk = ${to.chunk},
      position_tick = ${to.tick}, position_tick_xid = ${to.tickXid}::xid8
    where partition_no = ${fence.partition} and epoch = ${fence.epoch} returning 1 as one`.execute(tx);
  return rows.length === 1;
}

export interface ChunkRef {
  readonly xid: string;
  readonly chunkId: number;
  readonly accepted: number;
}

/** The next chunks after the position, until about `records` observations are gathered (one chunk at least). */
export async function nextChunks(tx: Tx, from: Position, records: number): Promise<ChunkRef[]> {
  const { rows } = await sql<ChunkRef & { before: number }>`
    select * from (
      select xid::text as xid, chunk_id as "chunkId", accepted,
        sum(accepted) over (order by xid, chunk_id) - accepted as before
      from (
        select xid, chunk_id, accepted from chunk
        where (xid, chunk_id) > (${from.xid}::xid8, ${from.chunk}) and xid < pg_snapshot_xmin(pg_current_snapshot())
        order by xid, chunk_id limit 256
      ) next
    ) gathered where before < ${records} order by xid::xid8, "chunkId"`.execute(tx);
  return rows;
}

export interface Tick {
  readonly xid: string;
  readonly tickId: number;
  readonly sourceId: number;
  readonly watermarkMs: number;
}

export async function nextTicks(tx: Tx, from: Position, limit: number): Promise<Tick[]> {
  const { rows } = await sql<Tick>`
    select xid::text as xid, tick_id as "tickId", source_id as "sourceId", watermark as "watermarkMs" from tick
    where (xid, tick_id) > (${from.tickXid}::xid8, ${from.tick}) and xid < pg_snapshot_xmin(pg_current_snapshot())
    order by tick.xid, tick_id limit ${limit}`.execute(tx);
  return rows;
}

/** All ticks of the given sources: silence is judged at each (design, "Judging, exactly" 4). */
export async function ticksOf(tx: Tx, sourceIds: readonly number[], sinceMs: number): Promise<Tick[]> {
  const { rows } = await sql<Tick>`
    select xid::text as xid, tick_id as "tickId", source_id as "sourceId", watermark as "watermarkMs" from tick
    where source_id = any(${sourceIds}::bigint[]) and watermark >= ${at(sinceMs)}
    order by watermark, source_id, tick_id`.execute(tx);
  return rows;
}

/** Chunks accepted but not yet judged, and the observations in them: the judge's lag. */
export async function lag(tx: Tx, partition: number): Promise<{ chunks: number; records: number }> {
  const { rows } = await sql<{ chunks: number; records: number }>`
    select count(*) as chunks, coalesce(sum(accepted), 0)::bigint as records from chunk c, judge_partition p
    where p.partition_no = ${partition} and (c.xid, c.chunk_id) > (p.position_xid, p.position_chunk)`.execute(
    tx,
  );
  return rows[0]!;
}
