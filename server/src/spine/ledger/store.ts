import { sql } from 'kysely';
import type { Tx } from '../../kernel/database/transaction.ts';
import { at } from '../../kernel/database/values.ts';
import type { MadeTile } from './edge.ts';
import { HASH_BYTES, TILE_WIDTH, type TileName } from './tiles.ts';

/** The only SQL over the tables of the ledger. */

export interface StagedRow {
  readonly partyId: number | null;
  readonly act: string;
  readonly object: string;
  readonly entry: Buffer;
}

export interface StoredCheckpoint {
  readonly size: number;
  readonly root: Buffer;
  readonly note: string;
}

/** An entry as its party sees it; the index is null while it is only staged. */
export interface StoredEntry {
  readonly index: number | null;
  readonly act: string;
  readonly entry: Buffer;
}

/** One number for the whole database: whoever holds this lock is the sequencer until the transaction ends. */
const SEQUENCER_LOCK = 7_266_001;
/** What one transaction takes at most, so that memory stays bounded whatever is staged. */
export const MOST_BATCH_BYTES = 32 * 1024 * 1024;

export async function addStaged(tx: Tx, rows: readonly StagedRow[]): Promise<void> {
  const values = rows.map(
    row => sql`(${row.partyId}::bigint, ${row.act}, ${row.object}, ${row.entry}::bytea)`,
  );
  await sql`insert into ledger_stage (party_id, act, object, entry) values ${sql.join(values)}`.execute(tx);
}

/** Waits for the sequencer's lock. Two transactions that hold it follow one another, also across processes. */
export async function lockSequencer(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(${SEQUENCER_LOCK})`.execute(tx);
}

/**
 * The staged entries that no running transaction can still come before, in their order for good. A row that
 * is seen although its transaction lies past the snapshot comes from another cluster (a restored dump): no
 * one here can precede it.
 */
export async function takeStaged(tx: Tx, most: number): Promise<Array<{ stageId: number; entry: Buffer }>> {
  const due = await sql<{ stageId: number; entry: Buffer }>`
    select stage_id as "stageId", entry from (
      select xid, stage_id, entry, sum(octet_length(entry)) over (order by xid, stage_id) as bytes from (
        select xid, stage_id, entry from ledger_stage
        where xid < pg_snapshot_xmin(pg_current_snapshot()) or xid >= pg_snapshot_xmax(pg_current_snapshot())
        order by xid, stage_id limit ${most}) as first_ones) as summed
    where bytes <= ${MOST_BATCH_BYTES} order by xid, stage_id`.execute(tx);
  return due.rows;
}

/** The newest staged entry this transaction sees; 0 when there is none. */
export async function lastStagedId(tx: Tx): Promise<number> {
  const found = await sql<{ last: number }>`
    select coalesce(max(stage_id), 0)::bigint as last from ledger_stage`.execute(tx);
  return found.rows[0]?.last ?? 0;
}

/** Whether an entry staged no later than that one still waits for its number. */
export async function isStagedUpTo(tx: Tx, stageId: number): Promise<boolean> {
  const found = await sql<{ waits: boolean }>`
    select exists (select from ledger_stage where stage_id <= ${stageId}) as waits`.execute(tx);
  return found.rows[0]?.waits ?? false;
}

/** Moves staged entries into the ledger under contiguous indexes from `first` on. Throws when one is gone. */
export async function moveToLedger(tx: Tx, first: number, stageIds: readonly number[]): Promise<void> {
  const moved = await sql`
    insert into ledger_entry (entry_index, stage_id, party_id, act, object, entry, leaf_hash)
    select ${first}::bigint + place - 1, stage_id, party_id, act, object, entry, sha256(decode('00', 'hex') || entry)
    from unnest(${stageIds}::bigint[]) with ordinality as taken (stage_id, place)
    join ledger_stage using (stage_id)`.execute(tx);
  if (Number(moved.numAffectedRows) !== stageIds.length)
    throw new Error('a staged entry vanished while it was sequenced');
  await sql`delete from ledger_stage where stage_id = any(${stageIds}::bigint[])`.execute(tx);
}

/** Keeps tiles. A full one that is already there is an error; an open one of the same width is the same. */
export async function addTiles(tx: Tx, tiles: readonly MadeTile[]): Promise<void> {
  for (const tile of tiles) {
    const again = tile.width === TILE_WIDTH ? sql`` : sql`on conflict do nothing`;
    await sql`insert into ledger_tile (level, n, width, bytes)
      values (${tile.level}, ${tile.n}, ${tile.width}, ${tile.bytes}) ${again}`.execute(tx);
  }
}

export async function addCheckpoint(tx: Tx, checkpoint: StoredCheckpoint, signedAtMs: number): Promise<void> {
  await sql`insert into ledger_checkpoint (tree_size, root_hash, note, signed_at)
    values (${checkpoint.size}, ${checkpoint.root}, ${checkpoint.note}, ${at(signedAtMs)})`.execute(tx);
}

export async function lastCheckpoint(tx: Tx): Promise<StoredCheckpoint | null> {
  const last = await sql<StoredCheckpoint>`
    select tree_size as size, root_hash as root, note from ledger_checkpoint
    order by tree_size desc limit 1`.execute(tx);
  return last.rows[0] ?? null;
}

/** The latest moment at which a checkpoint was signed, in milliseconds; null before the first. */
export async function latestSignedAtMs(tx: Tx): Promise<number | null> {
  const found = await sql<{ atMs: number | null }>`
    select max(signed_at) as "atMs" from ledger_checkpoint`.execute(tx);
  return found.rows[0]?.atMs ?? null;
}

/** How many entries have a number. */
export async function entryCount(tx: Tx): Promise<number> {
  const found = await sql<{ count: number }>`
    select coalesce(max(entry_index) + 1, 0)::bigint as count from ledger_entry`.execute(tx);
  return found.rows[0]?.count ?? 0;
}

/** The bytes of a tile or bundle at exactly that width, or null when the log does not hold it. */
export async function readTile(tx: Tx, tile: TileName): Promise<Buffer | null> {
  if (tile.width < TILE_WIDTH && tile.level <= 0) return readStretch(tx, tile);
  const found = await sql<{ bytes: Buffer }>`
    select bytes from ledger_tile where level = ${tile.level} and n = ${tile.n} and width >= ${tile.width}
    order by width limit 1`.execute(tx);
  const bytes = found.rows[0]?.bytes ?? null;
  return bytes === null || tile.width === TILE_WIDTH ? bytes : bytes.subarray(0, tile.width * HASH_BYTES);
}

async function readStretch(tx: Tx, tile: TileName): Promise<Buffer | null> {
  const found = await sql<{ bytes: Buffer | null }>`
    select ledger_stretch(${tile.level}, ${tile.n}, ${tile.width}) as bytes`.execute(tx);
  return found.rows[0]?.bytes ?? null;
}

/** What the transaction's party may see of an object, in the order of the ledger, the staged ones last. */
export async function entriesByObject(tx: Tx, object: string): Promise<StoredEntry[]> {
  const found = await sql<StoredEntry>`
    select index, act, entry from (
      select entry_index as index, act, entry, null::xid8 as xid, stage_id from ledger_entry where object = ${object}
      union all
      select null, act, entry, xid, stage_id from ledger_stage where object = ${object}) as both_kinds
    order by index nulls last, xid, stage_id`.execute(tx);
  return found.rows;
}

/** Entries in their order from an index on; throws when an index is missing among them. */
export async function entriesFrom(tx: Tx, first: number, most: number): Promise<Buffer[]> {
  const found = await sql<{ index: number; entry: Buffer }>`
    select entry_index as index, entry from ledger_entry where entry_index >= ${first}
    order by entry_index limit ${most}`.execute(tx);
  if (found.rows.some((row, i) => row.index !== first + i))
    throw new Error('an entry of the ledger is missing');
  return found.rows.map(row => row.entry);
}

export interface StoredSuccession {
  readonly origin: string;
  readonly follows: string;
  readonly treeSize: number;
  readonly newestNote: string;
}

/** The succession by which the log has its present origin; null of a log that still has its first. */
export async function lastSuccession(tx: Tx): Promise<StoredSuccession | null> {
  const last = await sql<StoredSuccession>`
    select origin, follows, tree_size as "treeSize", newest_note as "newestNote" from ledger_succession
    order by succession_no desc limit 1`.execute(tx);
  return last.rows[0] ?? null;
}

/** The origins the log had before, oldest first. */
export async function earlierOrigins(tx: Tx): Promise<string[]> {
  const found = await sql<{ origin: string }>`
    select follows as origin from ledger_succession order by succession_no`.execute(tx);
  return found.rows.map(row => row.origin);
}

export async function addSuccession(
  tx: Tx,
  made: StoredSuccession & { readonly root: Buffer; readonly actor: string; readonly atMs: number },
): Promise<void> {
  await sql`insert into ledger_succession (origin, follows, tree_size, root_hash, newest_note, actor, at)
    values (${made.origin}, ${made.follows}, ${made.treeSize}, ${made.root}, ${made.newestNote}, ${made.actor},
      ${at(made.atMs)})`.execute(tx);
}

/** When the checkpoint of that size was signed, in milliseconds; null when there is none. */
export async function signedAtMs(tx: Tx, size: number): Promise<number | null> {
  const found = await sql<{ atMs: number }>`
    select signed_at as "atMs" from ledger_checkpoint where tree_size = ${size}`.execute(tx);
  return found.rows[0]?.atMs ?? null;
}

/** The staged entry of the last succession, if it still waits. */
export async function takeHeading(tx: Tx): Promise<Array<{ stageId: number; entry: Buffer }>> {
  const found = await sql<{ stageId: number; entry: Buffer }>`
    select stage_id as "stageId", entry from ledger_stage where object = 'ledger' and act = 'ledger-succeeded'
    order by stage_id desc limit 1`.execute(tx);
  return found.rows;
}
