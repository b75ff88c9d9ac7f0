import { sha256 } from '../../kernel/bytes.ts';

/**
 * The Merkle tree of RFC 6962 §2.1 with SHA-256: hashing, and the shape of its two proofs.
 *
 * A proof is first a list of leaf ranges, which needs no data; a reader then fetches just the nodes that
 * these ranges are made of. Sizes and indexes are integers below 2^53, so no bit operator touches them.
 */

/** The leaves `start` (included) to `end` (excluded). */
export interface LeafRange {
  readonly start: number;
  readonly end: number;
}

/** The hash of the perfect subtree of `2^height` leaves that begins at leaf `index · 2^height`. */
export type NodeAt = (height: number, index: number) => Buffer;

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** H(""): the root of the tree without leaves. */
export const EMPTY_ROOT: Buffer = sha256();

export function leafHash(entry: Uint8Array): Buffer {
  return sha256(LEAF, entry);
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return sha256(NODE, left, right);
}

/** The root over leaf (or subtree) hashes, as MTH of RFC 6962 §2.1. */
export function rootOf(hashes: readonly Buffer[]): Buffer {
  if (hashes.length === 0) return EMPTY_ROOT;
  if (hashes.length === 1) return hashes[0] as Buffer;
  const split = splitPoint(hashes.length);
  return nodeHash(rootOf(hashes.slice(0, split)), rootOf(hashes.slice(split)));
}

/** The largest power of two below `count`, which is at least 2. */
export function splitPoint(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}

/** The ranges whose roots are the inclusion proof of leaf `index` in a tree of `size`, the leaf's sibling first (RFC 6962 §2.1.1). */
export function inclusionRanges(index: number, size: number): LeafRange[] {
  const downwards: LeafRange[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const middle = start + splitPoint(end - start);
    if (index < middle) {
      downwards.push({ start: middle, end });
      end = middle;
    } else {
      downwards.push({ start, end: middle });
      start = middle;
    }
  }
  return downwards.reverse();
}

/** The ranges whose roots prove that the tree of `newSize` begins with the tree of `oldSize` (RFC 6962 §2.1.2). */
export function consistencyRanges(oldSize: number, newSize: number): LeafRange[] {
  if (oldSize === 0 || oldSize === newSize) return [];
  const downwards: LeafRange[] = [];
  let start = 0;
  let end = newSize;
  let isWholeOldTree = true;
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

/** The perfect subtrees a proof range is made of, from left to right. */
export function perfectParts(range: LeafRange): Array<{ height: number; index: number }> {
  const parts: Array<{ height: number; index: number }> = [];
  let start = range.start;
  while (start < range.end) {
    let height = 0;
    let width = 1;
    while (start + width * 2 <= range.end && start % (width * 2) === 0) {
      width *= 2;
      height += 1;
    }
    parts.push({ height, index: start / width });
    start += width;
  }
  return parts;
}

/** The root over a proof range. */
export function rangeHash(range: LeafRange, nodeAt: NodeAt): Buffer {
  const hashes = perfectParts(range).map(part => nodeAt(part.height, part.index));
  return hashes.reduceRight((right, left) => nodeHash(left, right));
}

/** Whether `proof` leads from the leaf hash to the root; follows RFC 9162 §2.1.3.2. */
export function isIncluded(
  leaf: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (index >= size) return false;
  const ranges = inclusionRanges(index, size);
  if (ranges.length !== proof.length) return false;
  const top = proof.reduce((below: Uint8Array, sibling, i) => {
    const isRightSibling = (ranges[i] as LeafRange).start > index;
    return isRightSibling ? nodeHash(below, sibling) : nodeHash(sibling, below);
  }, leaf);
  return Buffer.compare(top, root) === 0;
}

/** Whether `proof` shows that the tree (newSize, newRoot) begins with the tree (oldSize, oldRoot). */
export function isConsistent(
  oldSize: number,
  oldRoot: Uint8Array,
  newSize: number,
  newRoot: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (oldSize > newSize) return false;
  if (oldSize === 0) return proof.length === 0 && Buffer.compare(oldRoot, EMPTY_ROOT) === 0;
  if (oldSize === newSize) return proof.length === 0 && Buffer.compare(oldRoot, newRoot) === 0;
  const ranges = consistencyRanges(oldSize, newSize);
  if (ranges.length !== proof.length) return false;
  const isFirstGiven = (ranges[0] as LeafRange).end === oldSize;
  let older: Uint8Array = isFirstGiven ? (proof[0] as Uint8Array) : oldRoot;
  let newer: Uint8Array = older;
  for (let i = isFirstGiven ? 1 : 0; i < proof.length; i++) {
    const hash = proof[i] as Uint8Array;
    if ((ranges[i] as LeafRange).start >= oldSize) newer = nodeHash(newer, hash);
    else {
      older = nodeHash(hash, older);
      newer = nodeHash(hash, newer);
    }
  }
  return Buffer.compare(older, oldRoot) === 0 && Buffer.compare(newer, newRoot) === 0;
}
