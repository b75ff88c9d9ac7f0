import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type PlantedTree, plantedTree } from './planted-tree.ts';
import { root } from './tree.ts';

let tree: PlantedTree;

beforeEach(() => {
  tree = plantedTree();
});
afterEach(() => tree.remove());

describe('what imports do not show is named by its place:', () => {
  test.each<[string, string]>([
    ['const a = Date.now();', 'Date.now'],
    ['const a = new Date();', 'Date.now'],
    ['const a = Math.random();', 'Math.random'],
    ["const a = fetch('http://x');", 'global fetch'],
    ["const a = eval('1');", 'eval'],
    ["const a = new Function('1');", 'eval'],
    ["import vm from 'node:vm';", 'eval'],
    ['const a = process.env.HOME;', 'process.env'],
    ["const a = await import('./b.ts');", 'dynamic import'],
    ['// @ts-nocheck', 'a silenced check'],
    ['/* @ts-ignore */ const a = 1;', 'a silenced check'],
    ['const a = 1 as any;', 'a silenced check'],
    ['const a: any = 1;', 'a silenced check'],
  ])('%s', (line, what) => {
    tree.write({ 'server/src/spine/cases/thing.ts': `export {};\n${line}\n` });
    const { status, out } = tree.check('words');
    expect(out).toContain(`server/src/spine/cases/thing.ts:2: ${what}`);
    expect(status).toBe(1);
  });

  test('and nothing else is', () => {
    tree.write({
      'server/src/spine/cases/thing.ts':
        '/** Date.now is for the kernel. */\nexport const a = door.fetch(1);\n',
      'server/src/kernel/time.ts': 'export const now = () => Date.now();\n',
      'server/src/config.ts': 'export const env = process.env;\n',
      'server/src/spine/cases/thing.test.ts': 'export const now = Date.now();\n',
    });
    const { status, out } = tree.check('words');
    expect(out).toContain('3 looked at, 0 faults');
    expect(status).toBe(0);
  });

  test('a file of the server that git passes over fails the check', () => {
    tree.write({ '.gitignore': 'hidden/\n', 'server/src/hidden/a.ts': '', 'server/src/b.ts': '' });
    expect(tree.check('words')).toMatchObject({
      status: 1,
      out: expect.stringContaining('hidden/a.ts: lies on disk'),
    });
  });
});

describe('a store', () => {
  beforeEach(() =>
    tree.write({
      'server/src/spine/cases/migrations/0001-cases.sql': 'create table case_file (id int);',
      'server/src/spine/ledger/migrations/0002-ledger.sql':
        'create table if not exists ledger_entry (id int);',
    }),
  );

  test.each([
    'select 1 from ledger_entry',
    'update ledger_entry set id = 1',
    'insert into ledger_entry values (1)',
    'select 1 from case_file join ledger_entry using (id)',
  ])('that says `%s` names another’s table', statement => {
    tree.write({ 'server/src/spine/cases/store.ts': `export const q = sql\`${statement}\`;\n` });
    const { status, out } = tree.check('tables');
    expect(out).toContain('server/src/spine/cases/store.ts: names table ledger_entry');
    expect(status).toBe(1);
  });

  test('may name its own', () => {
    tree.write({ 'server/src/spine/cases/store.ts': 'export const q = sql`select 1 from case_file`;\n' });
    expect(tree.check('tables')).toMatchObject({ status: 0 });
  });
});

describe('judging has neither browser nor Node to speak to:', () => {
  const settings = 'server/src/spine/rules/tsconfig.json';
  const types = () =>
    spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', join(tree.path, settings)], { encoding: 'utf8' });

  test('each of their names is an error of types', () => {
    const names = ['process', 'Buffer', 'setTimeout', 'fetch', 'window', 'performance', 'console', 'crypto'];
    tree.write({
      'server/src/spine/rules/thing.ts': names.map((name, i) => `export const a${i} = ${name};\n`).join(''),
    });
    cpSync(join(root, settings), join(tree.path, settings));
    const { status, stdout } = types();
    expect(status).not.toBe(0);
    for (const name of names) expect(stdout).toMatch(new RegExp(`thing\\.ts.*Cannot find name '${name}'`));
  });

  test('and what is left compiles', () => {
    tree.write({ 'server/src/spine/rules/thing.ts': 'export const a = [1].map(x => x + 1);\n' });
    cpSync(join(root, settings), join(tree.path, settings));
    expect(types()).toMatchObject({ status: 0 });
  });
});
