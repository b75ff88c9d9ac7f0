import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A folder for inputs that a parser reads from files, each of which lives as long as it is read: in memory where the
 * system offers that, for a hundred thousand files on a disk are what such a trial would wait for.
 */
export function scratchFolder(): string {
  for (const place of ['/dev/shm', tmpdir()]) {
    try {
      return mkdtempSync(join(place, 'thingward-fuzz-'));
    } catch {
      // Not there, or not ours to write in.
    }
  }
  throw new Error(`no folder can be made in ${tmpdir()}`);
}
