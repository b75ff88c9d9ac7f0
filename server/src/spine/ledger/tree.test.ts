import { describe, expect, test } from 'vitest';
import { append, edgeRoot, emptyEdge, type MadeTile } from './edge.ts';
import {
  consistencyRanges,
  EMPTY_ROOT,
  inclusionRanges,
  isConsistent,
  isIncluded,
  leafHash,
  nodeHash,
  rangeHash,
  rootOf,
} from './tree.ts';

/** The eight classic Certificate Transparency test leaves and the roots of their trees (certificate-transparency: merkletree tests). */
const LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const ROOTS: Array<[number, string]> = [
  [0, '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='],
  [1, 'bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0='],
  [3, 'rra8/idLcKFPsGel5VeCZNsPqbUa9eC6FZFY8yngbnc='],
  [7, '3bib5AOAnjJXUNPSY814kpwpQreUKjS3fhIslZSnTIw='],
  [8, 'XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg='],
];

const MOST = 600;
const hashes = Array.from({ length: MOST }, (_, i) => leafHash(Buffer.from(`entry ${i}`)));

/** The hash of every perfect subtree, made once; the roots by the definition of RFC 6962, apart from the edge. */
const perfect: Buffer[][] = [hashes];
for (let below = hashes; below.length > 1; below = perfect.at(-1) as Buffer[]) {
  perfect.push(
    Array.from({ length: below.length >> 1 }, (_, i) => nodeHash(below[2 * i]!, below[2 * i + 1]!)),
  );
}
const nodeAt = (height: number, index: number): Buffer => perfect[height]![index]!;
const roots = Array.from({ length: MOST + 1 }, (_, size) => rootOf(hashes.slice(0, size)));

describe('the tree', () => {
  test.each(ROOTS)('has the known root over %i classic leaves', (count, root) => {
    const edge = emptyEdge();
    const made: MadeTile[] = [];
    for (const leaf of LEAVES.slice(0, count)) append(edge, Buffer.from(leaf, 'hex'), made);
    expect(edgeRoot(edge).toString('base64')).toBe(root);
    expect(
      rootOf(LEAVES.slice(0, count).map(leaf => leafHash(Buffer.from(leaf, 'hex')))).toString('base64'),
    ).toBe(root);
  });

  test('grown on its right edge has at every size from 0 to 600 the root of the definition', () => {
    const edge = emptyEdge();
    const made: MadeTile[] = [];
    expect(edgeRoot(edge)).toEqual(EMPTY_ROOT);
    for (let i = 0; i < MOST; i++) {
      append(edge, Buffer.from(`entry ${i}`), made);
      expect(edgeRoot(edge).equals(roots[i + 1]!)).toBe(true);
    }
    expect(made.filter(tile => tile.level === 0).length).toBe(2);
  });

  test('proves every leaf at every size from 1 to 600, and no other leaf in its place', () => {
    let failed = 0;
    for (let size = 1; size <= MOST; size++) {
      for (let index = size % 7; index < size; index += size < 70 ? 1 : 7) {
        const proof = inclusionRanges(index, size).map(range => rangeHash(range, nodeAt));
        const isRight = isIncluded(hashes[index]!, index, size, proof, roots[size]!);
        const isWrong = isIncluded(hashes[(index + 1) % MOST]!, index, size, proof, roots[size]!);
        if (!isRight || isWrong) failed += 1;
      }
    }
    expect(failed).toBe(0);
  });

  test('proves that each size to 600 begins with each smaller one, and with no other root', () => {
    let failed = 0;
    for (let size = 0; size <= MOST; size++) {
      for (let old = size % 11; old <= size; old += size < 70 ? 1 : 11) {
        const proof = consistencyRanges(old, size).map(range => rangeHash(range, nodeAt));
        const isRight = isConsistent(old, roots[old]!, size, roots[size]!, proof);
        const isWrong = isConsistent(old, hashes[7]!, size, roots[size]!, proof);
        const isWrongNew = old > 0 && isConsistent(old, roots[old]!, size, hashes[7]!, proof);
        if (!isRight || isWrong || isWrongNew) failed += 1;
      }
    }
    expect(failed).toBe(0);
  });

  test('takes no proof of another length, no index past the size and no larger old size', () => {
    const proof = inclusionRanges(3, 9).map(range => rangeHash(range, nodeAt));
    expect(isIncluded(hashes[3]!, 3, 9, proof.slice(1), roots[9]!)).toBe(false);
    expect(isIncluded(hashes[9]!, 9, 9, [], roots[9]!)).toBe(false);
    expect(isConsistent(9, roots[9]!, 8, roots[8]!, [])).toBe(false);
    expect(isConsistent(4, roots[4]!, 9, roots[9]!, [])).toBe(false);
  });
});
