import type { Tx } from '../../kernel/database/transaction.ts';
import type { Logger } from '../../kernel/log.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { openCheckpoint } from './checkpoint.ts';
import {
  type PublishedCheckpoint,
  readCheckpointFile,
  removeCheckpointFile,
  writeCheckpointFile,
} from './checkpoint-file.ts';
import { type Edge, edgeRoot, emptyEdge } from './edge.ts';
import { behind, keepNewest, newestFileOf, readNewest } from './newest.ts';
import { consistencyProof } from './nodes.ts';
import type { NoteVerifier } from './note.ts';
import type { LedgerCode } from './refusals.ts';
import {
  earlierOrigins,
  entryCount,
  lastCheckpoint,
  lastSuccession,
  readTile,
  type StoredCheckpoint,
  type StoredSuccession,
} from './store.ts';
import { BUNDLES, entriesIn, framed, HASH_BYTES, hashesIn, TILE_WIDTH, tilePath } from './tiles.ts';
import { isConsistent } from './tree.ts';

export interface Settling {
  readonly key: NoteVerifier;
  readonly checkpointFile: string;
  readonly log: Logger;
  /** Runs when the file's successor is written and not yet in its place. */
  readonly drafted: () => void | Promise<void>;
}

/**
 * Brings database and checkpoint file together, under the sequencer's lock, and returns the database's last
 * checkpoint; nothing is signed before this returns.
 *
 * The database ahead of the file is a crash between commit and file: the file is written anew, once what it
 * held is proven to be a beginning of the log. The file ahead of the database is an older backup: signing on
 * would fork the log, so this throws `ledger-behind` and names the missing entries and their time. The checkpoint that
 * is out of reach is kept in a file of its own, and the published file is put back to what the database can prove.
 */
export async function settle(tx: Tx, settling: Settling): Promise<StoredCheckpoint | null> {
  const { checkpointFile, key } = settling;
  const succession = await lastSuccession(tx);
  const last = await verifiedLast(tx, key, succession);
  const file = await readCheckpointFile(checkpointFile, key);
  const isEarlier = file !== null && (await earlierOrigins(tx)).includes(file.origin);
  if (file !== null && !isEarlier) await keepIfAhead(settling, last, file);
  const newest = await readNewest(tx, checkpointFile, key);
  if (newest !== null && (await isOutOfReach(tx, newest, last, key))) {
    if (last !== null && file?.note !== last.note)
      await writeCheckpointFile(checkpointFile, last.note, settling.drafted);
    throw await behind(tx, last, newest, checkpointFile);
  }
  if (newest !== null) await removeCheckpointFile(newestFileOf(checkpointFile));
  // Before the first checkpoint under a new origin, what is shown is the last one under the old.
  if (last === null || last.note === file?.note) return last;
  if (succession !== null && last.size <= succession.treeSize) return last;
  if (file === null && last.size > 0) {
    settling.log.warn(
      { size: last.size },
      'no checkpoint file: a restored older backup would go unnoticed this once',
    );
  }
  if (file !== null && !isEarlier) await refuseFork(tx, settling, file, last);
  await writeCheckpointFile(checkpointFile, last.note, settling.drafted);
  return last;
}

/** A history that does not lead to ours is kept too: no later start may forget that it was published. */
async function refuseFork(
  tx: Tx,
  { checkpointFile }: Settling,
  file: PublishedCheckpoint,
  last: StoredCheckpoint,
): Promise<void> {
  try {
    await refuseUnlessBeginning(tx, file, last);
  } catch (cause) {
    await keepNewest(checkpointFile, file, null);
    throw cause;
  }
}

/** A log of ours that this database knows nothing of is ahead of it, whatever its size: it came after. */
async function keepIfAhead(
  settling: Settling,
  last: StoredCheckpoint | null,
  file: PublishedCheckpoint,
): Promise<void> {
  if (file.origin === settling.key.name && file.size <= (last?.size ?? 0)) return;
  const known = await readCheckpointFile(newestFileOf(settling.checkpointFile), settling.key);
  await keepNewest(settling.checkpointFile, file, known);
}

async function isOutOfReach(
  tx: Tx,
  newest: PublishedCheckpoint,
  last: StoredCheckpoint | null,
  key: NoteVerifier,
): Promise<boolean> {
  if (newest.origin !== key.name || last === null || newest.size > last.size) return true;
  await refuseUnlessBeginning(tx, newest, last);
  return false;
}

/** The last checkpoint bears the signature of the log's present name, or was the last under the name before. */
async function verifiedLast(
  tx: Tx,
  key: NoteVerifier,
  succession: StoredSuccession | null,
): Promise<StoredCheckpoint | null> {
  const last = await lastCheckpoint(tx);
  if (last === null) return null;
  const isBefore = succession !== null && last.size <= succession.treeSize;
  const signed = openCheckpoint(last.note, isBefore ? { ...key, name: succession.follows } : key);
  if (signed === null) {
    throw new Refusal<LedgerCode>('ledger-key-differs', {
      subject: 'database',
      detail: { origin: key.name },
    });
  }
  if (signed.size !== last.size || !signed.root.equals(last.root)) throw damaged('checkpoint row');
  return last;
}

async function refuseUnlessBeginning(
  tx: Tx,
  file: PublishedCheckpoint,
  last: StoredCheckpoint,
): Promise<void> {
  const proof = await consistencyProof(tx, file.size, last.size);
  if (isConsistent(file.size, file.root, last.size, last.root, proof)) return;
  throw new Refusal<LedgerCode>('ledger-forked', {
    detail: { fileSize: file.size, databaseSize: last.size },
  });
}

/**
 * The right edge, rebuilt from rows and held against the signed root. Throws `ledger-damaged` when a row is
 * missing, superfluous or changed.
 */
export async function loadEdge(tx: Tx, checkpoint: StoredCheckpoint | null): Promise<Edge> {
  const size = checkpoint?.size ?? 0;
  if ((await entryCount(tx)) !== size) throw damaged('entries and checkpoint differ in number');
  if (checkpoint === null) return emptyEdge();
  const edge: Edge = { size, levels: [], bundle: await openBundle(tx, size) };
  for (let level = 0, count = size; count > 0; level++, count = Math.floor(count / TILE_WIDTH)) {
    edge.levels.push(await openHashes(tx, level, count));
  }
  if (!edgeRoot(edge).equals(checkpoint.root)) throw damaged('the open tiles do not lead to the signed root');
  return edge;
}

async function openHashes(tx: Tx, level: number, count: number): Promise<Buffer[]> {
  const tile = { level, n: Math.floor(count / TILE_WIDTH), width: count % TILE_WIDTH };
  if (tile.width === 0) return [];
  const bytes = await readTile(tx, tile);
  if (bytes?.length !== tile.width * HASH_BYTES) throw damaged(tilePath(tile));
  return hashesIn(bytes);
}

async function openBundle(tx: Tx, size: number): Promise<Buffer[]> {
  const tile = { level: BUNDLES, n: Math.floor(size / TILE_WIDTH), width: size % TILE_WIDTH };
  if (tile.width === 0) return [];
  const bytes = await readTile(tx, tile);
  const entries = bytes === null ? null : entriesIn(bytes);
  if (entries?.length !== tile.width) throw damaged(tilePath(tile));
  return entries.map(framed);
}

function damaged(reason: string): Refusal<LedgerCode> {
  return new Refusal<LedgerCode>('ledger-damaged', { detail: { reason } });
}
