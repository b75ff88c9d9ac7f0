import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Refusal } from '../../kernel/refusal.ts';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import type { NoteVerifier } from './note.ts';
import type { LedgerCode } from './refusals.ts';

/**
 * The last published checkpoint, in a file outside the database: what a restored backup is measured against,
 * and what readers are shown. It is replaced whole and durably, so a crash leaves the old or the new one.
 */
export interface PublishedCheckpoint extends Checkpoint {
  readonly note: string;
}

/** Null when there is no file yet. Throws `ledger-key-differs` when it holds no checkpoint of this key. */
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
  const checkpoint = openCheckpoint(note, verifier);
  if (checkpoint === null) {
    throw new Refusal<LedgerCode>('ledger-key-differs', { subject: path, detail: { origin: verifier.name } });
  }
  return { ...checkpoint, note };
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
