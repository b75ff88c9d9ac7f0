import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from './tree.ts';

/** A small tree of its own in which a test plants what a check must find. */
export interface PlantedTree {
  readonly path: string;
  write(files: Readonly<Record<string, string>>): void;
  /** Runs `tools/check-<name>.ts` over the tree, with these words after it. */
  check(name: string, ...words: string[]): { readonly status: number | null; readonly out: string };
  remove(): void;
}

/** An empty tree under git, with the house's settings and installed packages. */
export function plantedTree(): PlantedTree {
  const path = mkdtempSync(join(tmpdir(), 'tw-planted-'));
  execFileSync('git', ['init', '-q', path]);
  for (const name of ['tsconfig.json', '.dependency-cruiser.mjs', '.gitignore'])
    cpSync(join(root, name), join(path, name));
  symlinkSync(join(root, 'node_modules'), join(path, 'node_modules'));
  writeFileSync(join(path, 'package.json'), '{ "type": "module" }\n');
  return {
    path,
    write: files => {
      for (const [file, text] of Object.entries(files)) {
        mkdirSync(dirname(join(path, file)), { recursive: true });
        writeFileSync(join(path, file), text);
      }
    },
    check: (name, ...words) => {
      const args = [join(root, 'tools', `check-${name}.ts`), path, ...words];
      const done = spawnSync(process.execPath, args, { encoding: 'utf8' });
      return { status: done.status, out: `${done.stdout}${done.stderr}` };
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}
