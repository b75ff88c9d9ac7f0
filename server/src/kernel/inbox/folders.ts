import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';

/** Folders two levels below a root, by the names of both levels. */
export interface Below {
  readonly outer: string;
  readonly inner: string;
  readonly path: string;
}

/**
 * The folders two levels below the root, those that lie there themselves: one that a link leads to is none, wherever
 * it leads. Throws what the system says when the root cannot be read.
 */
export async function foldersBelow(root: string): Promise<Below[]> {
  const real = await realpath(root);
  const found: Below[] = [];
  for (const outer of await namesIn(real))
    for (const inner of await namesIn(join(real, outer)).catch(() => []))
      found.push({ outer, inner, path: join(real, outer, inner) });
  return found;
}

async function namesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter(entry => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(entry => entry.name)
    .sort();
}
