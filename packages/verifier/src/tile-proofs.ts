import { nodeHash, RootFold } from './merkle.ts';
import type { Octets } from './octets.ts';
import { type ReadLogFile, readHashes } from './tiles.ts';

/** The leaves `start` (included) to `end` (excluded). */
interface Range {
  readonly start: number;
  readonly end: number;
}

const WIDTH = 256;
const HEIGHT = 8;

/**
 * The consistency hashes between two sizes of a log (RFC 6962 §2.1.2), out of its hash tiles. The tiles are
 * believed in nothing: `verifyTreeConsistency` holds the hashes against the two roots.
 *
 * Throws `tile-missing` or `tile-malformed`.
 */
export async function consistencyHashes(
  read: ReadLogFile,
  oldSize: number,
  newSize: number,
): Promise<Octets[]> {
  const hashes: Octets[] = [];
  for (const range of consistencyRanges(oldSize, newSize)) hashes.push(await rangeRoot(read, range, newSize));
  return hashes;
}

function consistencyRanges(oldSize: number, newSize: number): Range[] {
  if (oldSize === 0 || oldSize >= newSize) return [];
  const downwards: Range[] = [];
  let [start, end, isWholeOldTree] = [0, newSize, true];
  while (oldSize !== end) {
    const middle = start + splitPoint(end - start);
    if (oldSize <= middle) {
      downwards.push({ start: middle, end });
      end = middle;
    } else {
      downwards.push({ start, end: middle });
      start = middle;
      isWholeOldTree = false;
    }
  }
  if (!isWholeOldTree) downwards.push({ start, end });
  return downwards.reverse();
}

/** The largest power of two below `count`, which is at least 2. */
function splitPoint(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}

/** A range of the RFC's splitting begins where its largest perfect subtree does, so it falls apart from the left. */
async function rangeRoot(read: ReadLogFile, range: Range, size: number): Promise<Octets> {
  const parts: Octets[] = [];
  for (let start = range.start; start < range.end; ) {
    let height = 0;
    while (start + 2 ** (height + 1) <= range.end) height += 1;
    parts.push(await subtreeRoot(read, height, start / 2 ** height, size));
    start += 2 ** height;
  }
  let root = parts.pop() as Octets;
  for (const part of parts.reverse()) root = await nodeHash(part, root);
  return root;
}

/** The root over `2^height` leaves: a stretch of one tile, folded. */
async function subtreeRoot(read: ReadLogFile, height: number, index: number, size: number): Promise<Octets> {
  const level = Math.floor(height / HEIGHT);
  const count = 2 ** (height % HEIGHT);
  const n = Math.floor((index * count) / WIDTH);
  const width = Math.min(WIDTH, Math.floor(size / WIDTH ** level) - n * WIDTH);
  const first = (index * count) % WIDTH;
  const fold = new RootFold();
  for (const hash of (await readHashes(read, level, n, width)).slice(first, first + count))
    await fold.add(hash);
  return fold.root();
}
