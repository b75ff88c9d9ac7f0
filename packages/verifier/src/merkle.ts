import { concat, isEqual, type Octets, sha256 } from './octets.ts';
import { VerificationError } from './refusal.ts';

/** Merkle trees of RFC 6962 with the verification steps of RFC 9162 §2.1.3.2 and §2.1.4.2. Numbers are below 2^53. */

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export function leafHash(entry: Uint8Array): Promise<Octets> {
  return sha256(concat(LEAF, entry));
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Promise<Octets> {
  return sha256(concat(NODE, left, right));
}

const half = (n: number): number => Math.floor(n / 2);
const isOdd = (n: number): boolean => n % 2 === 1;

/** Throws `proof-invalid` unless the hashes lead from the leaf at `index` to the root of a tree of `size`. */
export async function verifyInclusion(
  leaf: Octets,
  index: number,
  size: number,
  hashes: readonly Octets[],
  root: Uint8Array,
): Promise<void> {
  if (index >= size)
    throw new VerificationError('proof-invalid', `index ${index} lies outside a tree of ${size}`);
  let node = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of hashes) {
    if (last === 0) throw new VerificationError('proof-invalid', 'too many hashes');
    if (isOdd(node) || node === last) {
      hash = await nodeHash(sibling, hash);
      while (!isOdd(node) && node !== 0) {
        node = half(node);
        last = half(last);
      }
    } else {
      hash = await nodeHash(hash, sibling);
    }
    node = half(node);
    last = half(last);
  }
  if (last !== 0) throw new VerificationError('proof-invalid', 'too few hashes');
  if (!isEqual(hash, root))
    throw new VerificationError('proof-invalid', 'the hashes do not lead to the root');
}

/** A tree as a checkpoint names it. */
export interface Tree {
  readonly size: number;
  readonly root: Octets;
}

/** Throws `consistency-invalid` unless the hashes show that the newer tree begins with the older one. */
export async function verifyTreeConsistency(
  older: Tree,
  newer: Tree,
  hashes: readonly Octets[],
): Promise<void> {
  if (older.size > newer.size) throw inconsistent('the older tree is the larger one');
  if (older.size === newer.size || older.size === 0) {
    if (hashes.length !== 0) throw inconsistent('too many hashes');
    const expected = older.size === newer.size ? newer.root : await sha256(new Uint8Array(0));
    if (!isEqual(older.root, expected)) throw inconsistent('two roots for one size');
    return;
  }
  await climb(older, newer, hashes);
}

async function climb(older: Tree, newer: Tree, hashes: readonly Octets[]): Promise<void> {
  const path = isPowerOfTwo(older.size) ? [older.root, ...hashes] : hashes;
  let node = older.size - 1;
  let last = newer.size - 1;
  while (isOdd(node)) {
    node = half(node);
    last = half(last);
  }
  const first = path[0];
  if (first === undefined) throw inconsistent('too few hashes');
  let oldHash = first;
  let newHash = first;
  for (const hash of path.slice(1)) {
    if (last === 0) throw inconsistent('too many hashes');
    if (isOdd(node) || node === last) {
      oldHash = await nodeHash(hash, oldHash);
      newHash = await nodeHash(hash, newHash);
      while (!isOdd(node) && node !== 0) {
        node = half(node);
        last = half(last);
      }
    } else {
      newHash = await nodeHash(newHash, hash);
    }
    node = half(node);
    last = half(last);
  }
  if (last !== 0) throw inconsistent('too few hashes');
  if (!isEqual(oldHash, older.root)) throw inconsistent('the hashes do not lead to the older root');
  if (!isEqual(newHash, newer.root)) throw inconsistent('the hashes do not lead to the newer root');
}

function isPowerOfTwo(n: number): boolean {
  let power = 1;
  while (power < n) power *= 2;
  return power === n;
}

function inconsistent(detail: string): VerificationError {
  return new VerificationError('consistency-invalid', detail);
}

/** The root of a perfect subtree over `width` leaves. */
export interface FoldPart {
  readonly width: number;
  readonly hash: Octets;
}

/** Folds hashes that come one after the other into the root over all of them, in memory for one path only. */
export class RootFold {
  readonly #stack: FoldPart[];

  /** Goes on from what `parts` of another fold gave. */
  constructor(parts: readonly FoldPart[] = []) {
    this.#stack = [...parts];
  }

  /** All that is needed to go on later: perfect subtrees from the left, each narrower than the one before. */
  parts(): FoldPart[] {
    return [...this.#stack];
  }

  /** How many hashes were added. */
  size(): number {
    return this.#stack.reduce((sum, part) => sum + part.width, 0);
  }

  async add(hash: Octets): Promise<void> {
    let top = { width: 1, hash };
    for (let left = this.#stack.at(-1); left?.width === top.width; left = this.#stack.at(-1)) {
      this.#stack.pop();
      top = { width: top.width * 2, hash: await nodeHash(left.hash, top.hash) };
    }
    this.#stack.push(top);
  }

  async root(): Promise<Octets> {
    let root: Octets | null = null;
    for (const part of [...this.#stack].reverse())
      root = root === null ? part.hash : await nodeHash(part.hash, root);
    return root ?? sha256(new Uint8Array(0));
  }
}
