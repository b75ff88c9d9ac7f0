import type { Database, Tx } from '../../kernel/database/transaction.ts';
import { randomId } from '../../kernel/ids.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { parseCheckpoint } from './checkpoint.ts';
import { readCheckpointFile } from './checkpoint-file.ts';
import { newestFileOf } from './newest.ts';
import type { NoteVerifier } from './note.ts';
import type { LedgerCode } from './refusals.ts';
import { stage } from './stage.ts';
import { addSuccession, lastCheckpoint, lastSuccession, lockSequencer } from './store.ts';
import { EMPTY_ROOT } from './tree.ts';

export interface SuccessionAsked {
  /** Why the log goes on under another origin; enters the ledger, so it names no person and no card. */
  readonly reason: string;
  readonly actor: string;
  readonly atMs: number;
}

export interface Succession {
  readonly origin: string;
  readonly follows: string;
  /** How much of the log before stays: its first so many entries. */
  readonly treeSize: number;
  /** The size of the newest checkpoint known of the log before. */
  readonly newestSize: number;
}

/**
 * Lets the log go on where its newest known checkpoint is out of reach: under a new origin, over the entries
 * the database has, with an entry that names the old head, the newest checkpoint and what is missing between them.
 *
 * Under the old origin nothing is ever signed again, so no two histories stand under one name; proofs made under it
 * stay good. The new origin ends in chance, so that the same backup restored twice makes two logs. Refuses
 * `ledger-not-behind` when no checkpoint is known that the database cannot go on from.
 */
export async function succeed(
  database: Database,
  log: { readonly key: NoteVerifier; readonly checkpointFile: string },
  asked: SuccessionAsked,
): Promise<Succession> {
  return database.corridor(async tx => {
    await lockSequencer(tx);
    const newest = await readCheckpointFile(newestFileOf(log.checkpointFile), log.key);
    if (newest === null || (await isAnswered(tx, newest.note)))
      throw new Refusal<LedgerCode>('ledger-not-behind');
    const last = await lastCheckpoint(tx);
    const follows =
      (await lastSuccession(tx))?.origin ?? parseCheckpoint(last?.note ?? '')?.origin ?? newest.origin;
    const [treeSize, root] = [last?.size ?? 0, last?.root ?? EMPTY_ROOT];
    const origin = `${follows.replace(/\/after-[0-9a-f]{32}$/, '')}/after-${randomId()}`;
    await addSuccession(tx, { origin, follows, treeSize, root, newestNote: newest.note, ...asked });
    await stage(tx, {
      act: 'ledger-succeeded',
      object: 'ledger',
      partyId: null,
      actor: asked.actor,
      atMs: asked.atMs,
      detail: {
        follows,
        size: treeSize,
        root: root.toString('base64'),
        newest: newest.note,
        missing: Math.max(0, newest.size - treeSize),
        reason: asked.reason,
      },
    });
    return { origin, follows, treeSize, newestSize: newest.size };
  });
}

/** Whether the log has already been succeeded with that very checkpoint in view. */
async function isAnswered(tx: Tx, newestNote: string): Promise<boolean> {
  return (await lastSuccession(tx))?.newestNote === newestNote;
}
