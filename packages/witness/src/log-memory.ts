import { readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Checkpoint,
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
  signersOf,
  VerificationError,
} from '@thingward/verifier';
import { makeFile, makeFolder } from './disk.ts';
import { WitnessRefusal } from './refusal.ts';

/** The newest checkpoint cosigned for one log, with the log's signature and the witness's own. */
export interface Cosigned extends Checkpoint {
  readonly note: string;
}

/** What a witness must never forget: one file, durable before an answer leaves. */
export interface LogMemory {
  last(): Cosigned | null;
  /**
   * Keeps a newer note. When this returns, the note outlives a power failure. False when somebody else wrote
   * since: then nothing is kept, and `last` is what they wrote.
   */
  keep(note: string): Promise<boolean>;
}

const FILE = /^(\d{15})\.note$/;

/**
 * Opens the memory of one log in a folder of its own. Each note lies in a file with the next number, made only
 * if the number is free, so that of two writers who started from the same note one fails, on a shared folder too.
 *
 * Throws `state-damaged` when a note is there that the witness did not sign for that origin: a lost memory must
 * not look like a new one.
 */
export async function openLogMemory(folder: string, origin: string, witnessKey: string): Promise<LogMemory> {
  await makeFolder(folder);
  const key = await parseVerifierKey(witnessKey);
  const read = async (): Promise<{ number: number; cosigned: Cosigned | null }> => {
    const number = await highest(folder);
    if (number === 0) return { number, cosigned: null };
    const path = join(folder, nameOf(number));
    const note = await readFile(path, 'utf8');
    try {
      const parsed = parseNote(note);
      const checkpoint = parseCheckpoint(parsed.text);
      if ((await signersOf(parsed, [key])).length > 0 && checkpoint.origin === origin)
        return { number, cosigned: { ...checkpoint, note } };
    } catch (cause) {
      if (!(cause instanceof VerificationError)) throw cause;
    }
    throw new WitnessRefusal('state-damaged', path);
  };
  let held = await read();
  return {
    last: () => held.cosigned,
    async keep(note) {
      const number = held.number + 1;
      const isMade = await makeFile(join(folder, nameOf(number)), note);
      if (isMade && (await highest(folder)) > number)
        await unlink(join(folder, nameOf(number))).catch(ignoreMissing);
      const before = held.number;
      held = await read();
      if (!isMade || held.number !== number) return false;
      if (before > 0) await unlink(join(folder, nameOf(before))).catch(ignoreMissing);
      return true;
    },
  };
}

async function highest(folder: string): Promise<number> {
  let most = 0;
  for (const name of await readdir(folder)) most = Math.max(most, Number(FILE.exec(name)?.[1] ?? 0));
  return most;
}

function nameOf(number: number): string {
  return `${String(number).padStart(15, '0')}.note`;
}

function ignoreMissing(cause: NodeJS.ErrnoException): void {
  if (cause.code !== 'ENOENT') throw cause;
}
