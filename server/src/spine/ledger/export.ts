import { parseCheckpoint } from './checkpoint.ts';
import type { LedgerReader } from './read.ts';
import { BUNDLES, TILE_WIDTH, type TileName, tilePath, tilesOf, widthAt } from './tiles.ts';

/**
 * Hands out the whole published log as files: `vkey`, `checkpoint`, and every tile and bundle under its C2SP
 * path, so that anyone's software can check the folder. Returns the tree size; 0 and no file before the first
 * checkpoint.
 */
export async function exportLog(
  reader: LedgerReader,
  write: (path: string, bytes: Uint8Array) => Promise<void>,
): Promise<number> {
  const note = await reader.checkpoint();
  const size = note === null ? null : parseCheckpoint(note)?.size;
  if (note === null || size === undefined || size === null) return 0;
  await write('vkey', Buffer.from(`${reader.verifierKey()}\n`));
  for (const tile of [...tilesOf(size), ...bundlesOf(size)]) {
    const path = tilePath(tile);
    const bytes = await reader.tile(path.slice('tile/'.length));
    if (bytes === null) throw new Error(`${path} is implied by the checkpoint and not there`);
    await write(path, bytes);
  }
  await write('checkpoint', Buffer.from(note));
  return size;
}

function bundlesOf(size: number): TileName[] {
  return Array.from({ length: Math.ceil(size / TILE_WIDTH) }, (_, n) => {
    return { level: BUNDLES, n, width: widthAt(BUNDLES, n, size) };
  });
}
