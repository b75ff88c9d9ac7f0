import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type FoldPart,
  fromHex,
  isEqual,
  type Octets,
  parseCheckpoint,
  parseNote,
  RootFold,
  toHex,
  VerificationError,
} from '@thingward/verifier';
import { makeFolder, replaceFile } from '../disk.ts';
import { WitnessRefusal } from '../refusal.ts';

/** All that a monitor remembers of a log between two looks. */
export interface Followed {
  /** The last checkpoint whose root was derived from its entries; empty before the first. */
  readonly note: string;
  readonly size: number;
  readonly root: Octets;
  /** The right edge of the tree, to go on from. */
  readonly parts: readonly FoldPart[];
  /** How many entries of each act there are; `unreadable` counts entries of another form. */
  readonly acts: Readonly<Record<string, number>>;
  /** When the log was last seen to be larger than before, and when it last answered; milliseconds. */
  readonly grownAtMs: number;
  readonly answeredAtMs: number;
}

/** Nothing seen yet. */
export async function nothingFollowed(nowMs: number): Promise<Followed> {
  const root = await new RootFold().root();
  return { note: '', size: 0, root, parts: [], acts: {}, grownAtMs: nowMs, answeredAtMs: nowMs };
}

/**
 * What was kept for the log; null when nothing was. Throws `state-damaged` when the file contradicts itself and
 * `state-of-another-log` when it is about another origin.
 */
export async function recallFollowed(folder: string, origin: string): Promise<Followed | null> {
  const path = join(folder, 'followed.json');
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return null;
    throw cause;
  });
  if (text === null) return null;
  const kept = await readKept(text);
  if (kept === null) throw new WitnessRefusal('state-damaged', path);
  if (kept.origin !== origin) throw new WitnessRefusal('state-of-another-log', kept.origin);
  return kept.followed;
}

export async function keepFollowed(folder: string, origin: string, followed: Followed): Promise<void> {
  await makeFolder(folder);
  const parts = followed.parts.map(part => ({ width: part.width, hash: toHex(part.hash) }));
  const kept = { v: 1, origin, ...followed, root: toHex(followed.root), parts };
  await replaceFile(join(folder, 'followed.json'), `${JSON.stringify(kept, null, 2)}\n`);
}

interface Kept {
  readonly origin: string;
  readonly note: string;
  readonly parts: ReadonlyArray<{ readonly width: number; readonly hash: string }>;
  readonly acts: Readonly<Record<string, number>>;
  readonly grownAtMs: number;
  readonly answeredAtMs: number;
}

/** Size and root are worked out again from the edge, and held against the note they were kept with. */
async function readKept(text: string): Promise<{ origin: string; followed: Followed } | null> {
  try {
    const kept = JSON.parse(text) as Kept;
    if (typeof kept.origin !== 'string' || typeof kept.note !== 'string') return null;
    const parts = kept.parts.map(part => ({ width: part.width, hash: fromHex(part.hash) as Octets }));
    const fold = new RootFold(parts);
    const [size, root] = [fold.size(), await fold.root()];
    if (kept.note !== '') {
      const checkpoint = parseCheckpoint(parseNote(kept.note).text);
      if (checkpoint.size !== size || !isEqual(checkpoint.root, root)) return null;
    } else if (size !== 0) return null;
    const { note, acts, grownAtMs, answeredAtMs } = kept;
    if (typeof acts !== 'object' || !Number.isFinite(grownAtMs) || !Number.isFinite(answeredAtMs))
      return null;
    return { origin: kept.origin, followed: { note, size, root, parts, acts, grownAtMs, answeredAtMs } };
  } catch (cause) {
    if (cause instanceof SyntaxError || cause instanceof TypeError || cause instanceof VerificationError)
      return null;
    throw cause;
  }
}
