import type { Tx } from '../../kernel/database/transaction.ts';
import { Refusal } from '../../kernel/refusal.ts';
import type { LedgerCode } from './refusals.ts';
import { readTile } from './store.ts';
import { HASH_BYTES, hashesIn, TILE_WIDTH, type TileName, tilePath, widthAt } from './tiles.ts';
import {
  consistencyRanges,
  inclusionRanges,
  type LeafRange,
  type NodeAt,
  perfectParts,
  rangeHash,
  rootOf,
} from './tree.ts';

/** Proofs out of stored tiles: only the tiles a proof needs are read, a few for each level. */

/** The inclusion hashes of a leaf in the tree of `size`, the leaf's sibling first. */
export async function inclusionProof(tx: Tx, index: number, size: number): Promise<Buffer[]> {
  return hashesOf(tx, inclusionRanges(index, size), size);
}

/** The consistency hashes between two sizes of the log. */
export async function consistencyProof(tx: Tx, oldSize: number, newSize: number): Promise<Buffer[]> {
  return hashesOf(tx, consistencyRanges(oldSize, newSize), newSize);
}

async function hashesOf(tx: Tx, ranges: readonly LeafRange[], size: number): Promise<Buffer[]> {
  const tiles = new Map<string, Buffer[]>();
  for (const tile of tilesUnder(ranges, size)) {
    const bytes = await readTile(tx, tile);
    if (bytes?.length !== tile.width * HASH_BYTES) {
      throw new Refusal<LedgerCode>('ledger-damaged', {
        subject: tilePath(tile),
        detail: { reason: 'tile missing' },
      });
    }
    tiles.set(`${tile.level}/${tile.n}`, hashesIn(bytes));
  }
  const nodeAt: NodeAt = (height, index) => {
    const { level, n, first, count } = placeOf(height, index);
    return rootOf((tiles.get(`${level}/${n}`) as Buffer[]).slice(first, first + count));
  };
  return ranges.map(range => rangeHash(range, nodeAt));
}

function tilesUnder(ranges: readonly LeafRange[], size: number): TileName[] {
  const tiles = new Map<string, TileName>();
  for (const range of ranges) {
    for (const part of perfectParts(range)) {
      const { level, n } = placeOf(part.height, part.index);
      tiles.set(`${level}/${n}`, { level, n, width: widthAt(level, n, size) });
    }
  }
  return [...tiles.values()];
}

/** Where a node lies: the hashes `first` to `first + count` of a tile. */
function placeOf(height: number, index: number): { level: number; n: number; first: number; count: number } {
  const level = Math.floor(height / 8);
  const count = 2 ** (height % 8);
  const start = index * count;
  return { level, n: Math.floor(start / TILE_WIDTH), first: start % TILE_WIDTH, count };
}
