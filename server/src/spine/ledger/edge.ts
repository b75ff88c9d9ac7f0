import { BUNDLES, framed, TILE_WIDTH, type TileName } from './tiles.ts';
import { EMPTY_ROOT, leafHash, nodeHash, rootOf } from './tree.ts';

/**
 * The right edge of the log: all that is needed to append and to name the new root.
 *
 * It holds the open tile of every level and the open bundle, at most 255 hashes a level, so that an append
 * costs two hashes and a root a few hundred, whatever the size of the log.
 */
export interface Edge {
  size: number;
  /** The hashes of the open tile of each level; 0 to 255 each. */
  readonly levels: Buffer[][];
  /** The framed entries of the open bundle; 0 to 255. */
  readonly bundle: Buffer[];
}

/** A tile with its bytes, ready to be kept. */
export interface MadeTile extends TileName {
  readonly bytes: Buffer;
}

export function emptyEdge(): Edge {
  return { size: 0, levels: [], bundle: [] };
}

/** A copy to work on; the original stays as it was if the work comes to nothing. */
export function copyEdge(edge: Edge): Edge {
  return { size: edge.size, levels: edge.levels.map(level => [...level]), bundle: [...edge.bundle] };
}

/** Appends an entry, and adds to `full` every bundle and tile that this fills. A tile is hashed upwards only when full. */
export function append(edge: Edge, entry: Buffer, full: MadeTile[]): void {
  edge.bundle.push(framed(entry));
  if (edge.bundle.length === TILE_WIDTH) {
    const n = Math.floor(edge.size / TILE_WIDTH);
    full.push({ level: BUNDLES, n, width: TILE_WIDTH, bytes: Buffer.concat(edge.bundle) });
    edge.bundle.length = 0;
  }
  edge.size += 1;
  addHash(edge, 0, leafHash(entry), full);
}

function addHash(edge: Edge, level: number, hash: Buffer, full: MadeTile[]): void {
  edge.levels[level] ??= [];
  const tile = edge.levels[level];
  tile.push(hash);
  if (tile.length < TILE_WIDTH) return;
  const n = edge.size / TILE_WIDTH ** (level + 1) - 1;
  full.push({ level, n, width: TILE_WIDTH, bytes: Buffer.concat(tile) });
  const root = rootOf(tile);
  tile.length = 0;
  addHash(edge, level + 1, root, full);
}

/** The open tiles of levels 1 and up; level 0 and the bundle follow from the entries themselves. */
export function openUpperTiles(edge: Edge): MadeTile[] {
  const tiles: MadeTile[] = [];
  for (const [level, hashes] of edge.levels.entries()) {
    if (level === 0 || hashes.length === 0) continue;
    const n = Math.floor(edge.size / TILE_WIDTH ** (level + 1));
    tiles.push({ level, n, width: hashes.length, bytes: Buffer.concat(hashes) });
  }
  return tiles;
}

/** The root hash of the whole log. */
export function edgeRoot(edge: Edge): Buffer {
  let root: Buffer | null = null;
  for (const hashes of edge.levels) {
    let end = hashes.length;
    for (let width = 1; end > 0; width *= 2) {
      if (Math.floor(hashes.length / width) % 2 === 0) continue;
      const part = rootOf(hashes.slice(end - width, end));
      root = root === null ? part : nodeHash(part, root);
      end -= width;
    }
  }
  return root ?? EMPTY_ROOT;
}
