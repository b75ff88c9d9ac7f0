import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFile, makeFolder } from './disk.ts';

const MOST_CONFLICTS = 100;

/**
 * Keeps two checkpoints of one size that the same log signed over different roots: each file is by itself the
 * proof that the log showed two histories. At most 100 are kept, the first ones.
 */
export async function keepConflict(logFolder: string, known: string, shown: string): Promise<void> {
  const folder = join(logFolder, 'conflicts');
  await makeFolder(folder);
  if ((await readdir(folder)).length >= MOST_CONFLICTS) return;
  const name = createHash('sha256').update(shown).digest('hex').slice(0, 32);
  await makeFile(join(folder, `${name}.json`), `${JSON.stringify({ known, shown }, null, 2)}\n`);
}
