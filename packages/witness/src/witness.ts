import { createHash } from 'node:crypto';
import { join } from 'node:path';
import {
  type Checkpoint,
  isEqual,
  type Note,
  parseCheckpoint,
  parseNote,
  signersOf,
  type Tree,
  VerificationError,
  type VerifierKey,
  verifyTreeConsistency,
} from '@thingward/verifier';
import { keepConflict } from './conflicts.ts';
import type { Cosigner } from './cosigner.ts';
import { type LogMemory, openLogMemory } from './log-memory.ts';
import { parseSubmission, type Submission } from './submission.ts';

/** What a witness answers: an HTTP status of tlog-witness and a body. */
export interface Answer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422;
  readonly body: string;
  /** The body is a tree size (409). */
  readonly isSize?: boolean;
}

export interface WitnessOptions {
  /** The state folder; whoever opens it holds it (`hold.ts`). */
  readonly folder: string;
  readonly cosigner: Cosigner;
  /** Keys of the logs to witness; several of one name while a log changes its key. */
  readonly logs: readonly VerifierKey[];
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface Witness {
  /** Answers an add-checkpoint request. When 200 leaves, the checkpoint is durable. */
  addCheckpoint(body: string): Promise<Answer>;
  /** The newest cosigned checkpoint of the log whose origin has that SHA-256 in hexadecimal; null for none. */
  latest(originHash: string): string | null;
}

interface WatchedLog {
  readonly folder: string;
  readonly keys: VerifierKey[];
  readonly memory: LogMemory;
  /** One request after the other: comparing with the old size and keeping the new one is one step. */
  queue: Promise<unknown>;
}

const EMPTY_ROOT = createHash('sha256').digest();

/** The name of a log's folder and of its address: SHA-256 of the origin, in hexadecimal. */
export function originHash(origin: string): string {
  return createHash('sha256').update(origin).digest('hex');
}

/** Opens the memory of every log. Throws `state-damaged` when one cannot be believed. */
export async function openWitness(options: WitnessOptions): Promise<Witness> {
  const logs = new Map<string, WatchedLog>();
  for (const key of options.logs) {
    const known = logs.get(key.name);
    if (known !== undefined) {
      known.keys.push(key);
      continue;
    }
    const folder = join(options.folder, 'logs', originHash(key.name));
    const memory = await openLogMemory(folder, key.name, options.cosigner.vkey);
    logs.set(key.name, { folder, keys: [key], memory, queue: Promise.resolve() });
  }
  const byHash = new Map([...logs].map(([origin, log]) => [originHash(origin), log]));

  return {
    async addCheckpoint(body) {
      const submission = parseSubmission(body);
      const opened = submission === null ? null : takeApart(submission.note);
      if (submission === null || opened === null) return refused(400, 'malformed');
      const { note, checkpoint } = opened;
      const log = logs.get(checkpoint.origin);
      if (log === undefined) return refused(404, 'unknown origin');
      if (!(await isSigned(note, log.keys))) return refused(403, 'no trusted signature');
      const turn = log.queue.then(() => decide(log, submission, note, checkpoint));
      log.queue = turn.catch(() => {});
      return turn;
    },
    latest: hash => byHash.get(hash)?.memory.last()?.note ?? null,
  };

  async function decide(
    log: WatchedLog,
    submission: Submission,
    note: Note,
    checkpoint: Checkpoint,
  ): Promise<Answer> {
    const last = log.memory.last();
    const lastSize = last?.size ?? 0;
    if (submission.oldSize > checkpoint.size) return refused(400, 'the old size is the larger one');
    if (last !== null && last.size === checkpoint.size && !isEqual(last.root, checkpoint.root)) {
      await keepConflict(log.folder, last.note, submission.note);
      if (submission.oldSize === lastSize) return refused(422, 'another root for the same size');
    }
    if (submission.oldSize !== lastSize) return { status: 409, body: `${lastSize}\n`, isSize: true };
    const older: Tree = last ?? { size: 0, root: new Uint8Array(EMPTY_ROOT) };
    if (!(await isBeginning(older, checkpoint, submission)))
      return refused(422, 'the proof does not lead from the old root to the new one');
    const line = options.cosigner.cosign(note.text, Math.floor(options.now() / 1000));
    const isKept = await log.memory.keep(`${note.text}\n${ownLines(note, log.keys)}${line}`);
    if (!isKept) return { status: 409, body: `${log.memory.last()?.size ?? 0}\n`, isSize: true };
    return { status: 200, body: line };
  }
}

function takeApart(text: string): { note: Note; checkpoint: Checkpoint } | null {
  try {
    const note = parseNote(text);
    return { note, checkpoint: parseCheckpoint(note.text) };
  } catch (cause) {
    if (cause instanceof VerificationError) return null;
    throw cause;
  }
}

/** Whether a trusted key signed and no line that names a trusted key is wrong. */
async function isSigned(note: Note, keys: readonly VerifierKey[]): Promise<boolean> {
  try {
    return (await signersOf(note, keys)).length > 0;
  } catch (cause) {
    if (cause instanceof VerificationError && cause.code === 'signature-invalid') return false;
    throw cause;
  }
}

async function isBeginning(older: Tree, newer: Tree, submission: Submission): Promise<boolean> {
  if (newer.size === 0 && !isEqual(newer.root, EMPTY_ROOT)) return false;
  try {
    await verifyTreeConsistency(older, newer, submission.hashes);
    return true;
  } catch (cause) {
    if (cause instanceof VerificationError) return false;
    throw cause;
  }
}

/** The lines of the log itself: what strangers added to the note is not kept. */
function ownLines(note: Note, keys: readonly VerifierKey[]): string {
  const isOwn = (line: Note['signatures'][number]): boolean =>
    keys.some(key => key.name === line.name && isEqual(key.id, line.id));
  return note.signatures
    .filter(isOwn)
    .map(line => `— ${line.name} ${Buffer.concat([line.id, line.signature]).toString('base64')}\n`)
    .join('');
}

function refused(status: Answer['status'], body: string): Answer {
  return { status, body: `${body}\n` };
}
