import type { Database } from '../../../kernel/database/transaction.ts';
import type { Logger } from '../../../kernel/log.ts';
import { type Checkpoint, openCheckpoint } from '../checkpoint.ts';
import { readCheckpointFile, writeCheckpointFile } from '../checkpoint-file.ts';
import type { NoteVerifier } from '../note.ts';
import { lockSequencer } from '../store.ts';
import type { WitnessWire } from './over-http.ts';
import type { AskedWitness } from './policy.ts';

export interface SeenOptions {
  readonly database: Database;
  readonly key: NoteVerifier;
  readonly checkpointFile: string;
  readonly witnesses: readonly AskedWitness[];
  readonly wire: WitnessWire;
  readonly log: Logger;
}

/**
 * Asks the witnesses what they last saw of this log, and has the checkpoint file say it when that is more than the
 * file says, or another root for the same size. Such a checkpoint bears the log's own signature: from then on
 * the sequencer signs nothing while the database is behind it or forked from it, as it does for the file.
 * A restored backup of database and file together is met here. Witnesses that do not answer are passed over.
 */
export async function heedWitnesses(options: SeenOptions): Promise<void> {
  await Promise.all(options.witnesses.map(witness => heedWitness(options, witness)));
}

/** `heedWitnesses` for one; answers the checkpoint it showed, or null. */
export async function heedWitness(options: SeenOptions, witness: AskedWitness): Promise<Checkpoint | null> {
  const { key, wire, log } = options;
  const answer = await wire.latest(witness.url, key.name).catch((cause: unknown) => {
    log.warn({ witness: witness.name, err: cause }, 'a witness does not say what it saw');
    return null;
  });
  const seen = answer?.status === 200 ? openCheckpoint(answer.body, key) : null;
  if (answer === null || seen === null) return null;
  await options.database.corridor(async tx => {
    await lockSequencer(tx);
    const file = await readCheckpointFile(options.checkpointFile, key);
    const isMore = seen.size > (file?.size ?? -1);
    const isOther = seen.size === file?.size && !seen.root.equals(file.root);
    if (!isMore && !isOther) return;
    if (file !== null || seen.size > 0)
      log.error(
        { witness: witness.name, witnessSize: seen.size, fileSize: file?.size ?? null },
        'a witness saw a checkpoint of this log that the checkpoint file does not know',
      );
    await writeCheckpointFile(options.checkpointFile, answer.body);
  });
  return seen;
}
