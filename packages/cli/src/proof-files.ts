import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The proofs of a folder of evidence in order of their entries, or the one file named. */
export async function proofsIn(path: string, isFolder: boolean): Promise<readonly string[]> {
  if (!isFolder) return [path];
  const folder = join(path, 'proofs');
  const names = await readdir(folder).catch(() => []);
  return names
    .filter(name => name.endsWith('.tlog-proof'))
    .sort()
    .map(name => join(folder, name));
}

/** The verifier key that a folder of evidence brings itself; for one proof, its folder's. Undefined without one. */
export async function keyBeside(path: string, isFolder: boolean): Promise<string | undefined> {
  const places = isFolder ? [path] : [dirname(path), dirname(dirname(path))];
  for (const place of places) {
    const key = await readFile(join(place, 'ledger.vkey'), 'utf8').catch(() => '');
    if (key.trim() !== '') return key.trim();
  }
  return undefined;
}

/** The files of a folder that are not as its SHA256SUMS says; none when it has no such list. */
export async function changedFiles(folder: string): Promise<readonly string[]> {
  const list = await readFile(join(folder, 'SHA256SUMS'), 'utf8').catch(() => '');
  const changed: string[] = [];
  for (const line of list.split('\n')) {
    const [, digest, path] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
    if (digest === undefined || path === undefined) continue;
    const isInside = !path.split(/[\\/]/).includes('..') && !path.startsWith('/');
    const bytes = isInside ? await readFile(join(folder, path)).catch(() => undefined) : undefined;
    if (bytes === undefined || createHash('sha256').update(bytes).digest('hex') !== digest)
      changed.push(path);
  }
  return changed;
}
