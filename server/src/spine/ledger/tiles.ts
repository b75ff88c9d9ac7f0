/**
 * Tiles and entry bundles of C2SP tlog-tiles (https://c2sp.org/tlog-tiles): paths, widths, bytes.
 *
 * A tile is named by level and number; level `BUNDLES` (-1) stands for the entry bundles. Its width is the
 * number of hashes or entries it holds, 256 when full.
 */
export interface TileName {
  readonly level: number;
  readonly n: number;
  readonly width: number;
}

export const TILE_WIDTH = 256;
export const HASH_BYTES = 32;
export const BUNDLES = -1;
export const MOST_ENTRY_BYTES = 65_535;
const MOST_LEVEL = 63;

/** `tile/0/x001/067.p/5`, `tile/entries/000`. */
export function tilePath(tile: TileName): string {
  const level = tile.level === BUNDLES ? 'entries' : String(tile.level);
  const suffix = tile.width === TILE_WIDTH ? '' : `.p/${tile.width}`;
  return `tile/${level}/${numberPath(tile.n)}${suffix}`;
}

function numberPath(n: number): string {
  const groups = [String(n % 1000).padStart(3, '0')];
  for (let rest = Math.floor(n / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    groups.unshift(`x${String(rest % 1000).padStart(3, '0')}`);
  }
  return groups.join('/');
}

/** The tile a path names, or null for anything that is not exactly a C2SP path (hostile input: it comes from a URL). */
export function parseTilePath(path: string): TileName | null {
  const match = /^tile\/(entries|0|[1-9]\d?)\/((?:x\d{3}\/){0,4}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/.exec(path);
  if (match === null) return null;
  const level = match[1] === 'entries' ? BUNDLES : Number(match[1]);
  const n = Number((match[2] as string).replaceAll(/[x/]/g, ''));
  const width = match[3] === undefined ? TILE_WIDTH : Number(match[3]);
  if (level > MOST_LEVEL || (match[3] !== undefined && width >= TILE_WIDTH)) return null;
  const tile = { level, n, width };
  return tilePath(tile) === path ? tile : null;
}

/** How many hashes (or entries) tile `n` of a level holds in a tree of `size` leaves: 0 to 256. */
export function widthAt(level: number, n: number, size: number): number {
  const atLevel = Math.floor(size / TILE_WIDTH ** Math.max(level, 0));
  return Math.min(Math.max(atLevel - n * TILE_WIDTH, 0), TILE_WIDTH);
}

/** Every tile a tree of `size` leaves is made of, level by level, the open one of each level last; bundles are left out. */
export function tilesOf(size: number): TileName[] {
  const tiles: TileName[] = [];
  for (let level = 0, count = size; count > 0; level++, count = Math.floor(count / TILE_WIDTH)) {
    for (let n = 0; n * TILE_WIDTH < count; n++) tiles.push({ level, n, width: widthAt(level, n, size) });
  }
  return tiles;
}

/** An entry as it stands in a bundle: its length as big-endian uint16, then its bytes. Throws a RangeError above 65,535 bytes. */
export function framed(entry: Uint8Array): Buffer {
  if (entry.length > MOST_ENTRY_BYTES)
    throw new RangeError(`an entry of ${entry.length} bytes fits no bundle`);
  const bytes = Buffer.alloc(2 + entry.length);
  bytes.writeUInt16BE(entry.length, 0);
  bytes.set(entry, 2);
  return bytes;
}

/** The entries of a bundle, or null when the lengths do not add up. */
export function entriesIn(bundle: Buffer): Buffer[] | null {
  const entries: Buffer[] = [];
  let at = 0;
  while (at < bundle.length) {
    if (at + 2 > bundle.length) return null;
    const end = at + 2 + bundle.readUInt16BE(at);
    if (end > bundle.length) return null;
    entries.push(bundle.subarray(at + 2, end));
    at = end;
  }
  return entries;
}

/** The hashes of a tile. Its length must be a multiple of 32. */
export function hashesIn(tile: Buffer): Buffer[] {
  const hashes: Buffer[] = [];
  for (let at = 0; at < tile.length; at += HASH_BYTES) hashes.push(tile.subarray(at, at + HASH_BYTES));
  return hashes;
}
