import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';

/** SQL over judge_snapshot, its pieces and judged_aside. */

/** Bytes of a row: a piece that is longer is stored in parts. */
const PART_BYTES = 4 * 1024 * 1024;
/** Snapshots kept: when the last one is damaged, the one before it is used. */
const KEPT = 2;

export interface SnapshotRef {
  readonly snapshotNo: number;
  readonly xid: string;
  readonly chunk: number;
  /** How far parties were judged after the position; it is in the snapshot. */
  readonly ahead: ReadonlyArray<{ readonly partyId: number; readonly xid: string; readonly chunkId: number }>;
}

/** Begins a snapshot of what is remembered at the partition's position, which the caller has locked. */
export async function openSnapshot(
  tx: Tx,
  partition: number,
  position: { readonly xid: string; readonly chunk: number },
  atMs: number,
): Promise<number> {
  const { rows } = await sql<{ no: number }>`
    insert into judge_snapshot (partition_no, position_xid, position_chunk, taken_at, ahead)
    select ${partition}, ${position.xid}::xid8, ${position.chunk}, ${at(atMs)},
      coalesce(jsonb_agg(jsonb_build_object('partyId', party_id, 'xid', xid::text, 'chunkId', chunk_id)), '[]')
    from judged_ahead where partition_no = ${partition} returning snapshot_no as no`.execute(tx);
  return rows[0]!.no;
}

export async function addPiece(
  tx: Tx,
  snapshotNo: number,
  pieceNo: number,
  piece: { readonly name: string; readonly bytes: Uint8Array },
): Promise<void> {
  const parts = Math.max(1, Math.ceil(piece.bytes.length / PART_BYTES));
  for (let part = 0; part < parts; part += 1) {
    const bytes = Buffer.from(piece.bytes.subarray(part * PART_BYTES, (part + 1) * PART_BYTES));
    await sql`
      insert into judge_snapshot_piece (snapshot_no, piece_no, part_no, name, bytes)
      values (${snapshotNo}, ${pieceNo}, ${part}, ${piece.name}, ${bytes})`.execute(tx);
  }
}

/** Lets go of snapshots older than the last sound ones, and of what was noted for them alone. */
export async function dropOldSnapshots(tx: Tx, partition: number): Promise<void> {
  await sql`
    with kept as (
      select snapshot_no from judge_snapshot where partition_no = ${partition} and damaged is null
      order by snapshot_no desc limit ${KEPT}
    ), gone as (
      delete from judge_snapshot where partition_no = ${partition}
        and snapshot_no < (select min(snapshot_no) from kept) returning snapshot_no
    )
    delete from judged_aside where snapshot_no < (select min(snapshot_no) from kept)`.execute(tx);
}

/** The sound snapshots of a partition, the latest first. */
export async function snapshotsOf(tx: Tx, partition: number): Promise<SnapshotRef[]> {
  const { rows } = await sql<SnapshotRef>`
    select snapshot_no as "snapshotNo", position_xid::text as xid, position_chunk as chunk, ahead from judge_snapshot
    where partition_no = ${partition} and damaged is null order by snapshot_no desc`.execute(tx);
  return rows;
}

export async function piecesOf(tx: Tx, snapshotNo: number): Promise<{ name: string; bytes: Buffer }[]> {
  const { rows } = await sql<{ pieceNo: number; name: string; bytes: Buffer }>`
    select piece_no as "pieceNo", name, bytes from judge_snapshot_piece where snapshot_no = ${snapshotNo}
    order by piece_no, part_no`.execute(tx);
  const parts = new Map<number, { name: string; bytes: Buffer[] }>();
  for (const { pieceNo, name, bytes } of rows) {
    const known = parts.get(pieceNo);
    if (known === undefined) parts.set(pieceNo, { name, bytes: [bytes] });
    else known.bytes.push(bytes);
  }
  return [...parts.values()].map(({ name, bytes }) => ({ name, bytes: Buffer.concat(bytes) }));
}

/** Sets a snapshot aside that was refused, with the reason. */
export async function setAside(tx: Tx, snapshotNo: number, reason: string): Promise<void> {
  await sql`update judge_snapshot set damaged = ${reason} where snapshot_no = ${snapshotNo}`.execute(tx);
}

/** Notes subjects judged again for another reason than records to come, against the last snapshot, if there is one. */
export async function noteAside(tx: Tx, partition: number, subjectIds: readonly number[]): Promise<void> {
  if (subjectIds.length === 0) return;
  await sql`
    insert into judged_aside (snapshot_no, subject_id)
    select last.no, id from unnest(${[...subjectIds]}::bigint[]) as id,
      (select max(snapshot_no) as no from judge_snapshot where partition_no = ${partition}) last
    where last.no is not null on conflict do nothing`.execute(tx);
}

/** The subjects noted since a snapshot was taken. */
export async function asideSince(tx: Tx, snapshotNo: number): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select distinct subject_id as id from judged_aside where snapshot_no >= ${snapshotNo}`.execute(tx);
  return rows.map(row => row.id);
}
