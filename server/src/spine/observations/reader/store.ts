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
  readonly partyId: number;
  readonly accepted: number;
}

/** A chunk after the position; `isJudged` when it was judged ahead of it. */
export interface SeenChunk extends ChunkRef {
  readonly isJudged: boolean;
}

/** Whether a chunk lies after another in the order in which they are read. */
export function isAfter(a: { xid: string; chunkId: number }, b: { xid: string; chunkId: number }): boolean {
  const [x, y] = [BigInt(a.xid), BigInt(b.xid)];
  return x === y ? a.chunkId > b.chunkId : x > y;
}

const WINDOW_CHUNKS = 256;
/** Chunks of one party that are looked at when more wait than the window holds. */
const PARTY_CHUNKS = 32;

/** The chunks right after the position; `isAll` when there are no more than these. */
export async function windowAfter(
  tx: Tx,
  partition: number,
  from: Position,
): Promise<{ readonly window: SeenChunk[]; readonly isAll: boolean }> {
  const { rows } = await sql<SeenChunk>`
    select c.xid::text as xid, c.chunk_id as "chunkId", c.party_id as "partyId", c.accepted,
      a.chunk_id is not null and (c.xid, c.chunk_id) <= (a.xid, a.chunk_id) as "isJudged"
    from chunk c left join judged_ahead a on a.partition_no = ${partition} and a.party_id = c.party_id
    where (c.xid, c.chunk_id) > (${from.xid}::xid8, ${from.chunk}) and c.xid < pg_snapshot_xmin(pg_current_snapshot())
    order by c.xid, c.chunk_id limit ${WINDOW_CHUNKS}`.execute(tx);
  return { window: rows, isAll: rows.length < WINDOW_CHUNKS };
}

/** The next chunks of each party that were not judged yet, all in their order. */
export async function headsByParty(tx: Tx, partition: number, from: Position): Promise<ChunkRef[]> {
  const { rows } = await sql<ChunkRef>`
    select h.xid::text as xid, h.chunk_id as "chunkId", p.party_id as "partyId", h.accepted
    from party p left join judged_ahead a on a.partition_no = ${partition} and a.party_id = p.party_id
    cross join lateral (
      select c.xid, c.chunk_id, c.accepted from chunk c
      where c.party_id = p.party_id and c.xid < pg_snapshot_xmin(pg_current_snapshot())
        and (c.xid, c.chunk_id) > (coalesce(a.xid, ${from.xid}::xid8), coalesce(a.chunk_id, ${from.chunk}))
      order by c.xid, c.chunk_id limit ${PARTY_CHUNKS}) h
    order by h.xid, h.chunk_id`.execute(tx);
  return rows;
}

/** Marks what parties were judged ahead of the position, and lets go of marks that the position has come to. */
export async function markAhead(
  tx: Tx,
  partition: number,
  ahead: readonly ChunkRef[],
  position: Position,
): Promise<void> {
  await sql`
    delete from judged_ahead where partition_no = ${partition} and (xid, chunk_id) <= (${position.xid}::xid8, ${position.chunk})`.execute(
    tx,
  );
  if (ahead.length === 0) return;
  await sql`
    insert into judged_ahead (partition_no, party_id, xid, chunk_id)
    select ${partition}, party_id, xid::xid8, chunk_id from unnest(${ahead.map(chunk => chunk.partyId)}::bigint[],
      ${ahead.map(chunk => chunk.xid)}::text[], ${ahead.map(chunk => chunk.chunkId)}::bigint[]) as m(party_id, xid, chunk_id)
    on conflict (partition_no, party_id) do update set xid = excluded.xid, chunk_id = excluded.chunk_id`.execute(
    tx,
  );
}

/** How far each party was judged, where that lies after the position. */
export type Ahead = ReadonlyMap<number, { readonly xid: string; readonly chunkId: number }>;

export async function aheadOf(tx: Tx, partition: number): Promise<Ahead> {
  const { rows } = await sql<{ partyId: number; xid: string; chunkId: number }>`
    select party_id as "partyId", xid::text as xid, chunk_id as "chunkId" from judged_ahead
    where partition_no = ${partition}`.execute(tx);
  return new Map(rows.map(row => [row.partyId, row]));
}

/** The next chunks after the position, judged or not, until about `records` observations are gathered (one chunk at least). */
export async function nextChunks(tx: Tx, from: Position, records: number): Promise<ChunkRef[]> {
  const { rows } = await sql<ChunkRef & { before: number }>`
    select * from (
      select xid::text as xid, chunk_id as "chunkId", party_id as "partyId", accepted,
        sum(accepted) over (order by xid, chunk_id) - accepted as before
      from (
        select xid, chunk_id, party_id, accepted from chunk
        where (xid, chunk_id) > (${from.xid}::xid8, ${from.chunk}) and xid < pg_snapshot_xmin(pg_current_snapshot())
        order by xid, chunk_id limit ${WINDOW_CHUNKS}
      ) next
    ) gathered where before < ${records} order by xid::xid8, "chunkId"`.execute(tx);
  return rows;
}

/**
 * The oldest transaction that may still be under way: whatever chunk one below it stored is seen by every statement
 * after this one.
 */
export async function horizon(tx: Tx): Promise<bigint> {
  const { rows } = await sql<{ xid: string }>`
    select pg_snapshot_xmin(pg_current_snapshot())::text as xid`.execute(tx);
  return BigInt(rows[0]!.xid);
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
    where p.partition_no = ${partition} and (c.xid, c.chunk_id) > (p.position_xid, p.position_chunk)
      and not exists (select from judged_ahead a where a.partition_no = p.partition_no
        and a.party_id = c.party_id and (c.xid, c.chunk_id) <= (a.xid, a.chunk_id))`.execute(tx);
  return rows[0]!;
}
