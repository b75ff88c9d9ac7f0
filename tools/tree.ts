import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The tree that is looked at: the one a check was given by its first word, else the checkout the check lies in. */
export const root: string =
  /\/check-[a-z-]+\.ts$/.test(process.argv[1] ?? '') && process.argv[2] !== undefined
    ? resolve(process.argv[2])
    : dirname(dirname(fileURLToPath(import.meta.url)));

/** Where the house's own source lies. */
export const PLACES = ['server', 'packages', 'tools', 'tests', 'bench', 'scripts'];

/** Files that git tracks or would track, relative to the root; outside a checkout nothing is known and this throws. */
export function files(): string[] {
  const out = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  // A file that git tracks and somebody has just removed is no file.
  return out.split('\0').filter(name => name !== '' && existsSync(join(root, name)));
}

/** Every file below the places that lies on disk, relative to the root, whatever git thinks of it; installed packages apart. */
export function onDisk(places: readonly string[]): string[] {
  return places
    .filter(place => existsSync(join(root, place)))
    .flatMap(place => filesBelow(join(root, place)))
    .map(path => relative(root, path));
}

/** A fault for each file of the places that matches, lies on disk, and was not looked at. */
export function unread(places: readonly string[], pattern: RegExp, looked: readonly string[]): string[] {
  const seen = new Set(looked);
  return onDisk(places)
    .filter(file => pattern.test(file) && !seen.has(file))
    .map(file => `${file}: lies on disk and was not read (git passes it over)`);
}

export function text(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

/** Prints the faults and sets the exit code. */
export function report(what: string, looked: number, faults: readonly string[]): void {
  for (const fault of faults) console.error(fault);
  console.log(`${what}: ${looked} looked at, ${faults.length} faults`);
  if (looked === 0) console.error(`${what}: nothing was looked at`);
  process.exitCode = faults.length === 0 && looked > 0 ? 0 : 1;
}

/** Every file below a folder, installed packages apart. A link is a file: nothing is followed out of the tree. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name);
    if (entry.name === 'node_modules' || entry.name === '.git') return [];
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}
