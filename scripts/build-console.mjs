// Builds the console (packages/web) where the server looks for it, if anything it is made of has changed since.
// Runs on Node 20 and depends on nothing; the build itself runs on the Node that is handed in.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** What the console is made of, besides the packages that the lock file names. */
const SOURCES = ['packages/web', 'packages/verifier/src', 'package-lock.json', 'tsconfig.json'];
const BUILT = join('node_modules', '.thingward-console');
const STAMP = 'made-of.txt';

/**
 * The console of a checkout is built when this returns: at once when it was built of just these sources before. It is made
 * beside its place and moved there whole, so that neither a killed build nor two at once leave half of one.
 * @param {string} root the checkout, its packages installed
 * @param {string} node the program to build with, Node 24 or later
 * @returns {string | null} why it could not be built, or null
 */
export function buildConsole(root, node) {
  const wanted = digestOfSources(root);
  if (stampOf(join(root, BUILT)) === wanted) return null;
  console.error('Building the console (once, and when its sources change; some seconds) …');
  const made = join(root, `${BUILT}.${process.pid}`);
  rmSync(made, { recursive: true, force: true });
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const config = join('packages', 'web', 'vite.config.ts');
  const done = spawnSync(node, [vite, 'build', '--config', config, '--outDir', made], {
    ...{ cwd: root, encoding: 'utf8', maxBuffer: 64 << 20 },
    env: { ...process.env, NODE_ENV: 'production' },
  });
  if (done.status !== 0) {
    rmSync(made, { recursive: true, force: true });
    return `${done.stdout ?? ''}${done.stderr ?? ''}${done.error?.message ?? ''}`.trim();
  }
  writeFileSync(join(made, STAMP), wanted);
  putInPlace(made, join(root, BUILT));
  return null;
}

/** One digest over the names and contents of everything the console is made of. */
export function digestOfSources(root) {
  const digest = createHash('sha256');
  const paths = SOURCES.map(each => join(root, each)).flatMap(filesOf);
  for (const path of paths.sort())
    digest
      .update(`${relative(root, path).split(sep).join('/')}\0`)
      .update(readFileSync(path))
      .update('\0');
  return digest.digest('hex');
}

function filesOf(path) {
  if (!existsSync(path)) return [];
  const entries = entriesOf(path);
  if (entries === null) return [path];
  return entries
    .filter(entry => entry.name !== 'node_modules')
    .flatMap(entry => filesOf(join(path, entry.name)));
}

/** What lies in a folder; null for a file. */
function entriesOf(path) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (fault) {
    if (fault.code === 'ENOTDIR') return null;
    throw fault;
  }
}

function stampOf(folder) {
  try {
    return readFileSync(join(folder, STAMP), 'utf8');
  } catch {
    return undefined;
  }
}

function putInPlace(made, place) {
  const old = `${made}.old`;
  mkdirSync(join(place, '..'), { recursive: true });
  if (existsSync(place)) renameSync(place, old);
  try {
    renameSync(made, place);
  } catch (fault) {
    // Another build came first; it is of the same sources, or the next start builds again.
    if (!existsSync(place)) throw fault;
    rmSync(made, { recursive: true, force: true });
  }
  rmSync(old, { recursive: true, force: true });
}
