import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type PlantedTree, plantedTree } from './planted-tree.ts';

let tree: PlantedTree;

beforeEach(() => {
  tree = bareTree();
  tree.write(
    Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`server/src/thing-${i}.ts`, lines(100)])),
  );
});
afterEach(() => tree.remove());

/** Without the walls' own file, so that only what a test plants is counted. */
function bareTree(): PlantedTree {
  const bare = plantedTree();
  rmSync(join(bare.path, '.dependency-cruiser.mjs'));
  return bare;
}

function lines(count: number): string {
  return '// A line.\n'.repeat(count);
}

describe('names and sizes', () => {
  test('of a tidy tree pass', () => {
    const { status, out } = tree.check('names-and-sizes');
    expect(out).toContain('20 looked at, 0 faults');
    expect(status).toBe(0);
  });

  test.each<[string, string, string]>([
    ...['core', 'common', 'shared', 'lib', 'utils', 'util', 'helpers', 'helper', 'misc', 'base'].flatMap(
      (name): [string, string, string][] => [
        [`a file named ${name}`, `server/src/spine/${name}.ts`, 'says nothing of what is in it'],
        [`a folder named ${name}`, `packages/cli/src/${name}/thing.ts`, 'says nothing of what is in it'],
        [`a file that ends in ${name}`, `tests/card-${name}.test.ts`, 'says nothing of what is in it'],
      ],
    ),
    ['camel case', 'server/src/cardStore.ts', 'not kebab-case'],
    ['snake case', 'tools/card_store.mjs', 'not kebab-case'],
    ['a capital', 'server/src/Card.ts', 'not kebab-case'],
  ])('name %s', (_, file, what) => {
    tree.write({ [file]: lines(3) });
    const { status, out } = tree.check('names-and-sizes');
    expect(out).toMatch(new RegExp(`^${file}: .*${what}`, 'm'));
    expect(status).toBe(1);
  });

  test.each(['CardService', 'CardManager', 'UploadHelper', 'EventHandler'])('name %s', word => {
    tree.write({ 'server/src/spine/thing.ts': `export class ${word} {}\n` });
    const { status, out } = tree.check('names-and-sizes');
    expect(out).toContain(`server/src/spine/thing.ts: "class ${word}" names no thing`);
    expect(status).toBe(1);
  });

  test('name a file over 500 lines, and let data of tests be longer', () => {
    tree.write({ 'server/src/long.ts': lines(501), 'tests/vectors/long.ts': lines(900) });
    const { status, out } = tree.check('names-and-sizes');
    expect(out).toContain('server/src/long.ts: 501 lines; 500 is the wall');
    expect(out).not.toContain('vectors');
    expect(status).toBe(1);
  });

  test.each([
    ['median', 140, 20, 'median file has 140 lines'],
    ['tail', 301, 4, 'one file in ten is over 301 lines'],
  ])('watch the %s of the tree', (_, size, count, what) => {
    tree.write(
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`server/src/more-${i}.ts`, lines(size)])),
    );
    if (count === 20) tree.write({ 'server/src/one-more.ts': lines(size) });
    const { status, out } = tree.check('names-and-sizes');
    expect(out).toContain(what);
    expect(status).toBe(1);
  });

  test('fail when a file lies on disk that was not read', () => {
    tree.write({ '.gitignore': 'node_modules/\nhidden/\n', 'server/src/hidden/utils.ts': lines(900) });
    const { status, out } = tree.check('names-and-sizes');
    expect(out).toContain('server/src/hidden/utils.ts: lies on disk and was not read');
    expect(status).toBe(1);
  });
});

test.each(['names-and-sizes', 'words', 'tables'])('the check of %s fails when it looked at nothing', name => {
  const empty = bareTree();
  const { status, out } = empty.check(name);
  empty.remove();
  expect(out).toContain('nothing was looked at');
  expect(status).toBe(1);
});
