import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../log.ts';
import { migrationFolders, readMigrations } from './migrate.ts';
import { prepareDatabase } from './open.ts';
import { connectAdmin, type Reach } from './pools.ts';
import { emptyDatabase } from './test-database.ts';

let reach: Reach;
let folder: string;
const other = () => join(folder, 'other');
beforeEach(async () => {
  reach = await emptyDatabase();
  folder = mkdtempSync(join(tmpdir(), 'thingward-migrations-'));
  mkdirSync(join(folder, 'one'));
  mkdirSync(other());
  write('one/0001-a.sql', 'create table a (n int); insert into a values (1);');
  write('other/0002-b.sql', 'create table b as select * from a;');
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

async function run(): Promise<string[]> {
  return (await prepareDatabase(reach, silentLog, [other(), join(folder, 'one')])).migrated;
}

async function ask(text: string): Promise<unknown[]> {
  const admin = await connectAdmin(reach);
  const { rows } = await admin.query(text);
  await admin.end();
  return rows;
}

test('migrations of all folders run once each, in the order of their numbers, as the owner', async () => {
  expect(await run()).toEqual(['0001-a.sql', '0002-b.sql']);
  expect(await run()).toEqual([]);
  write('one/0003-c.sql', 'insert into b values (2)');
  expect(await run()).toEqual(['0003-c.sql']);
  expect(await ask('select n from thingward.b order by n')).toEqual([{ n: 1 }, { n: 2 }]);
  expect(await ask(`select tableowner from pg_tables where schemaname = 'thingward' group by 1`)).toEqual([
    { tableowner: 'thingward_owner' },
  ]);
});

test('many openers at once apply each migration once', async () => {
  const done = await Promise.all([run(), run(), run(), run()]);
  expect(done.flat().sort()).toEqual(['0001-a.sql', '0002-b.sql']);
});

test('a past migration whose text changed is refused by name', async () => {
  await run();
  write('one/0001-a.sql', 'create table a (n int); insert into a values (7);');
  await expect(run()).rejects.toMatchObject({ code: 'migration-changed', subject: '0001-a.sql' });
});

test('a past migration whose file is gone is refused by name', async () => {
  await run();
  rmSync(join(folder, 'one/0001-a.sql'));
  await expect(run()).rejects.toMatchObject({ code: 'migration-missing', subject: '0001-a.sql' });
});

test('a database newer than the program is refused, naming what it has', async () => {
  await run();
  rmSync(join(folder, 'other/0002-b.sql'));
  await expect(run()).rejects.toMatchObject({ code: 'database-newer', subject: '0002-b.sql' });
});

test('a new migration numbered before an applied one is refused by name', async () => {
  renameSync(join(folder, 'one/0001-a.sql'), join(folder, 'one/0002-a.sql'));
  renameSync(join(folder, 'other/0002-b.sql'), join(folder, 'other/0003-b.sql'));
  await run();
  write('other/0001-late.sql', 'select 1');
  await expect(run()).rejects.toMatchObject({ code: 'migration-late', subject: '0001-late.sql' });
});

test('a migration that fails leaves nothing of itself and all before it, and runs once mended', async () => {
  write('one/0003-c.sql', 'create table c (n int); select nonsense;');
  await expect(run()).rejects.toMatchObject({ code: 'migration-failed', subject: '0003-c.sql' });
  expect(await ask('select name from thingward.migration order by number')).toEqual([
    { name: '0001-a.sql' },
    { name: '0002-b.sql' },
  ]);
  expect(await ask(`select to_regclass('thingward.c') as c`)).toEqual([{ c: null }]);
  write('one/0003-c.sql', 'create table c (n int)');
  expect(await run()).toEqual(['0003-c.sql']);
});

test.each([
  ['a number given twice', 'one/0002-again.sql'],
  ['a name that is no migration', 'one/notes.txt'],
])('%s is refused', async (_, name) => {
  write(name, '');
  await expect(run()).rejects.toMatchObject({ code: 'migration-unreadable' });
});

test('the program has its own migrations, numbered without a gap', () => {
  const numbers = readMigrations(migrationFolders()).map(migration => migration.number);
  expect(numbers).toEqual(numbers.map((_, i) => i + 1));
});
