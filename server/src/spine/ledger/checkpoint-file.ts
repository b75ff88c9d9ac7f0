import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Refusal } from '../../kernel/refusal.ts';
import { type Checkpoint, openCheckpoint, parseCheckpoint } from './checkpoint.ts';
import type { NoteVerifier } from './note.ts';
import type { LedgerCode } from './refusals.ts';

/**
 * The last published checkpoint, in a file outside the database: what a restored backup is measured against,
 * and what readers are shown. It is replaced whole and durably, so a crash leaves the old or the new one.
 */
export interface PublishedCheckpoint extends Checkpoint {
  readonly note: string;
}

/**
 * Null when there is no file yet. Throws `ledger-key-differs` when it holds no checkpoint of this key. A checkpoint of
 * another origin under the same key is answered as it is: that of a log before this one, or after it.
 */
export async function readCheckpointFile(
  path: string,
  verifier: NoteVerifier,
): Promise<PublishedCheckpoint | null> {
  let note: string;
  try {
    note = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw cause;
  }
  const origin = parseCheckpoint(note)?.origin ?? verifier.name;
  const checkpoint = openCheckpoint(note, { ...verifier, name: origin });
  if (checkpoint === null) {
    throw new Refusal<LedgerCode>('ledger-key-differs', { subject: path, detail: { origin: verifier.name } });
  }
  return { ...checkpoint, note };
}

/** When a file was last written, in milliseconds; null when there is none. */
export async function changedAtMs(path: string): Promise<number | null> {
  return Math.round((await stat(path).catch(() => null))?.mtimeMs ?? 0) || null;
}

export async function removeCheckpointFile(path: string): Promise<void> {
  await rm(path, { force: true });
}

/** Replaces the file. When this returns, the checkpoint outlives a power failure. `drafted` runs before the rename. */
export async function writeCheckpointFile(
  path: string,
  note: string,
  drafted: () => void | Promise<void> = () => {},
): Promise<void> {
  const draft = `${path}.${process.pid}.draft`;
  const file = await open(draft, 'w', 0o644);
  try {
    await file.writeFile(note);
    await file.sync();
  } finally {
    await file.close();
  }
  await drafted();
  await rename(draft, path);
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
