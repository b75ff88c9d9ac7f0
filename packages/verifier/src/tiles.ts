import { type Checkpoint, verifyCheckpoint } from './checkpoint.ts';
import { leafHash, RootFold } from './merkle.ts';
import { isEqual, type Octets } from './octets.ts';
import type { Policy } from './policy.ts';
import { VerificationError } from './refusal.ts';

/**
 * Reads a file of a downloaded log by its C2SP path (`checkpoint`, `tile/0/000`, `tile/entries/x001/234.p/5`);
 * null when there is none.
 */
export type ReadLogFile = (path: string) => Promise<Uint8Array | null>;

export interface LogReport {
  readonly checkpoint: Checkpoint;
  readonly bundles: number;
  readonly tiles: number;
}

const WIDTH = 256;

/**
 * Derives a whole downloaded log anew from its entry bundles: every hash tile must hold what the entries say,
 * and the root must be the one that was signed (C2SP tlog-tiles, https://c2sp.org/tlog-tiles).
 *
 * `onEntry` sees every entry in order. Throws `tile-missing`, `tile-malformed`, `tile-invalid`,
 * `bundle-malformed` or `root-invalid` with the path, or what `verifyCheckpoint` throws.
 */
export async function verifyTiles(
  read: ReadLogFile,
  policy: Policy,
  onEntry: (entry: Uint8Array, index: number) => void | Promise<void> = () => {},
): Promise<LogReport> {
  const note = await need(read, 'checkpoint');
  const checkpoint = await verifyCheckpoint(new TextDecoder('utf-8', { fatal: false }).decode(note), policy);
  const levels: Octets[][] = [];
  const whole = new RootFold();
  let tiles = 0;
  let bundles = 0;

  const closeTile = async (level: number, n: number): Promise<void> => {
    const hashes = levels[level] as Octets[];
    await compareTile(read, level, n, hashes);
    tiles += 1;
    if (hashes.length < WIDTH) return;
    const fold = new RootFold();
    for (const hash of hashes) await fold.add(hash);
    levels[level] = [];
    await addHash(level + 1, n, await fold.root());
  };
  const addHash = async (level: number, at: number, hash: Octets): Promise<void> => {
    levels[level] ??= [];
    levels[level].push(hash);
    if (levels[level].length === WIDTH) await closeTile(level, Math.floor(at / WIDTH));
  };

  bundles = await readEntries(read, 0, checkpoint.size, async (entry, index) => {
    const hash = await leafHash(entry);
    await whole.add(hash);
    await onEntry(entry, index);
    await addHash(0, index, hash);
  });
  for (const [level, hashes] of levels.entries()) {
    if (hashes.length > 0) await closeTile(level, Math.floor(checkpoint.size / WIDTH ** (level + 1)));
  }
  if (!isEqual(await whole.root(), checkpoint.root)) {
    throw new VerificationError('root-invalid', 'the entries do not lead to the signed root');
  }
  return { checkpoint, bundles, tiles };
}

/**
 * The entries from index `from` up to a log of `size`, in order, out of the bundles that such a log has; they are
 * not verified by this. Returns how many bundles were read. Throws `tile-missing` or `bundle-malformed`.
 */
export async function readEntries(
  read: ReadLogFile,
  from: number,
  size: number,
  onEntry: (entry: Uint8Array, index: number) => void | Promise<void>,
): Promise<number> {
  let bundles = 0;
  for (let n = Math.floor(from / WIDTH); n * WIDTH < size && from < size; n++) {
    const width = Math.min(WIDTH, size - n * WIDTH);
    const path = logPath('entries', n, width);
    const file = await readOpenOrFull(read, 'entries', n, width);
    const entries = entriesIn(file.bytes, path);
    if (entries.length !== file.width) throw new VerificationError('bundle-malformed', path);
    bundles += 1;
    for (const [i, entry] of entries.slice(0, width).entries()) {
      if (n * WIDTH + i >= from) await onEntry(entry, n * WIDTH + i);
    }
  }
  return bundles;
}

/** The first `width` hashes of tile `n` of a level; not verified. Throws `tile-missing` or `tile-malformed`. */
export async function readHashes(
  read: ReadLogFile,
  level: number,
  n: number,
  width: number,
): Promise<Octets[]> {
  const file = await readOpenOrFull(read, String(level), n, width);
  if (file.bytes.length !== file.width * 32) {
    throw new VerificationError('tile-malformed', logPath(String(level), n, width));
  }
  return Array.from({ length: width }, (_, i) => new Uint8Array(file.bytes.slice(i * 32, i * 32 + 32)));
}

async function compareTile(
  read: ReadLogFile,
  level: number,
  n: number,
  hashes: readonly Octets[],
): Promise<void> {
  const path = logPath(String(level), n, hashes.length);
  const { bytes, width } = await readOpenOrFull(read, String(level), n, hashes.length);
  if (bytes.length !== width * 32) throw new VerificationError('tile-malformed', path);
  for (const [i, hash] of hashes.entries()) {
    if (!isEqual(hash, bytes.subarray(i * 32, i * 32 + 32)))
      throw new VerificationError('tile-invalid', path);
  }
}

/** An open tile may have gone once the full one was there; the full one begins with it. */
async function readOpenOrFull(
  read: ReadLogFile,
  level: string,
  n: number,
  width: number,
): Promise<{ bytes: Uint8Array; width: number }> {
  const open = await read(logPath(level, n, width));
  if (open !== null) return { bytes: open, width };
  return { bytes: await need(read, logPath(level, n, WIDTH)), width: WIDTH };
}

async function need(read: ReadLogFile, path: string): Promise<Uint8Array> {
  const bytes = await read(path);
  if (bytes === null) throw new VerificationError('tile-missing', path);
  return bytes;
}

/** The path of a tile or bundle: numbers in groups of three digits, all but the last with an `x`. */
export function logPath(level: string, n: number, width: number): string {
  let path = String(n % 1000).padStart(3, '0');
  for (let rest = Math.floor(n / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    path = `x${String(rest % 1000).padStart(3, '0')}/${path}`;
  }
  return `tile/${level}/${path}${width === WIDTH ? '' : `.p/${width}`}`;
}

/** The entries of a bundle: big-endian uint16 length and bytes, repeated. */
function entriesIn(bundle: Uint8Array, path: string): Uint8Array[] {
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bundle.length; ) {
    const end = at + 2 + (bundle[at] as number) * 256 + (bundle[at + 1] ?? 0);
    if (at + 2 > bundle.length || end > bundle.length) throw new VerificationError('bundle-malformed', path);
    entries.push(bundle.subarray(at + 2, end));
    at = end;
  }
  return entries;
}
