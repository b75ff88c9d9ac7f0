import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildConsole, digestOfSources } from '../scripts/build-console.mjs';
import { type PlantedTree, plantedTree } from './planted-tree.ts';

let tree: PlantedTree;
beforeEach(() => {
  tree = plantedTree();
  // A folder of its own: what is built here must not lie in the checkout's.
  rmSync(join(tree.path, 'node_modules'));
  tree.write({
    'packages/web/src/main.tsx': 'one',
    'packages/web/node_modules/x.js': 'not ours',
    'packages/verifier/src/index.ts': 'two',
    'package-lock.json': '{}',
    // Stands in for the builder: writes what it was called with where it was told to.
    'node_modules/vite/bin/vite.js': `
      const fs = require('node:fs');
      const out = process.argv[process.argv.indexOf('--outDir') + 1];
      if (fs.existsSync('broken')) { console.error('no such thing'); process.exit(1); }
      fs.mkdirSync(out, { recursive: true });
      fs.writeFileSync(out + '/index.html', fs.readFileSync('packages/web/src/main.tsx'));
    `,
    'node_modules/package.json': '{ "type": "commonjs" }',
  });
});
afterEach(() => tree.remove());
const built = () => readFileSync(join(tree.path, 'node_modules/.thingward-console/index.html'), 'utf8');
const build = (node = process.execPath) => buildConsole(tree.path, node);

test('the console is built once, and again when a source of it, the verifier or the lock file changes', () => {
  expect(build()).toBeNull();
  expect(built()).toBe('one');
  // Nothing changed, so nothing is run: this program does not exist.
  expect(build('/nowhere/node')).toBeNull();
  const digests = new Set([digestOfSources(tree.path)]);
  for (const file of ['packages/web/src/main.tsx', 'packages/verifier/src/index.ts', 'package-lock.json']) {
    writeFileSync(join(tree.path, file), `{"changed":"${file}"}`);
    digests.add(digestOfSources(tree.path));
    expect(build()).toBeNull();
  }
  expect(digests.size).toBe(4);
  expect(built()).toContain('main.tsx');
  writeFileSync(join(tree.path, 'packages/web/node_modules/x.js'), 'still not ours');
  expect(digests.has(digestOfSources(tree.path))).toBe(true);
});

test('a build that fails says why and leaves what was built before, which is built again next time', () => {
  build();
  writeFileSync(join(tree.path, 'packages/web/src/main.tsx'), 'three');
  writeFileSync(join(tree.path, 'broken'), '');
  expect(build()).toContain('no such thing');
  expect(built()).toBe('one');
  rmSync(join(tree.path, 'broken'));
  expect(build()).toBeNull();
  expect(built()).toBe('three');
  expect(existsSync(join(tree.path, `node_modules/.thingward-console.${process.pid}`))).toBe(false);
});
