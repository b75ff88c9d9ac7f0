import type { Tx } from '../../kernel/database/transaction.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { rfc3339 } from '../../kernel/time.ts';
import {
  changedAtMs,
  type PublishedCheckpoint,
  readCheckpointFile,
  writeCheckpointFile,
} from './checkpoint-file.ts';
import type { NoteVerifier } from './note.ts';
import type { LedgerCode } from './refusals.ts';
import { earlierOrigins, lastSuccession, type StoredCheckpoint, signedAtMs } from './store.ts';

/**
 * The newest checkpoint known of this log that its database does not lead to: put there when the published one turns
 * out to be ahead of the database, or by whoever restored a backup and has the checkpoint from a witness. While it
 * lies there unanswered, nothing is signed.
 */
export function newestFileOf(checkpointFile: string): string {
  return `${checkpointFile}.newest`;
}

/** The newest checkpoint known, unless a succession has answered it. */
export async function readNewest(
  tx: Tx,
  checkpointFile: string,
  key: NoteVerifier,
): Promise<PublishedCheckpoint | null> {
  const newest = await readCheckpointFile(newestFileOf(checkpointFile), key);
  if (newest === null) return null;
  const isAnswered = (await lastSuccession(tx))?.newestNote === newest.note;
  // Under an origin that another has followed nothing is signed any more, so nothing there can be forked.
  return isAnswered || (await earlierOrigins(tx)).includes(newest.origin) ? null : newest;
}

/** Keeps a published checkpoint that the database does not lead to, so that no later start forgets it. */
export async function keepNewest(
  checkpointFile: string,
  ahead: PublishedCheckpoint,
  known: PublishedCheckpoint | null,
): Promise<void> {
  if (known === null || known.origin !== ahead.origin || known.size < ahead.size)
    await writeCheckpointFile(newestFileOf(checkpointFile), ahead.note);
}

/** The refusal that says what is missing: sizes, and the stretch of time in which the missing acts were done. */
export async function behind(
  tx: Tx,
  last: StoredCheckpoint | null,
  newest: PublishedCheckpoint,
  checkpointFile: string,
): Promise<Refusal<LedgerCode>> {
  const databaseSize = last?.size ?? 0;
  const since = last === null ? null : await signedAtMs(tx, last.size);
  // A note tells no time: it was published before its file was last written.
  const until = (await changedAtMs(newestFileOf(checkpointFile))) ?? (await changedAtMs(checkpointFile));
  const missing = Math.max(0, newest.size - databaseSize);
  return new Refusal<LedgerCode>('ledger-behind', {
    subject: missing === 0 ? `origin ${newest.origin}` : `entries ${databaseSize} to ${newest.size - 1}`,
    detail: {
      databaseSize,
      fileSize: newest.size,
      missing,
      firstMissing: databaseSize,
      origin: newest.origin,
      ...(since === null ? {} : { missingSince: rfc3339(since) }),
      ...(until === null ? {} : { missingUntil: rfc3339(until) }),
    },
  });
}
