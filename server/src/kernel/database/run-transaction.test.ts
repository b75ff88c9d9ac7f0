import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Refusal } from '../refusal.ts';
import { type TestDatabase, testDatabase } from './test-database.ts';
import type { Tx } from './transaction.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await sql`create table note (n int primary key, about text)`.execute(db.owner);
  await sql`grant select, insert on note to thingward_corridor`.execute(db.owner);
});
afterAll(() => db.close());

function insert(tx: Tx, n: number) {
  return sql`insert into note values (${n}, 'x')`.execute(tx);
}

async function notes(): Promise<number[]> {
  const { rows } = await sql<{ n: number }>`select n from note order by n`.execute(db.corridor);
  return rows.map(row => row.n);
}

test('what the work returns is committed, and what throws is rolled back and handed on', async () => {
  const done = db.database.corridor(async tx => {
    await insert(tx, 1);
    return 'done';
  });
  expect(await done).toBe('done');
  const refusal = new Refusal('no');
  const act = db.database.corridor(async tx => {
    await insert(tx, 2);
    throw refusal;
  });
  await expect(act).rejects.toBe(refusal);
  expect(await notes()).toEqual([1]);
});

test('a statement that failed unseen does not let the commit pass for one', async () => {
  const act = db.database.corridor(async tx => {
    await insert(tx, 3);
    await insert(tx, 3).catch(() => {});
  });
  await expect(act).rejects.toThrow();
  expect(await notes()).not.toContain(3);
});

test('a connection lost at work is a refusal that says nothing was committed, and the next transaction works', async () => {
  const act = db.database.corridor(async tx => {
    await insert(tx, 4);
    await sql`select pg_terminate_backend(pg_backend_pid())`.execute(tx);
  });
  await expect(act).rejects.toMatchObject({
    code: 'database-unavailable',
    detail: { outcome: 'not-committed' },
  });
  expect(await notes()).not.toContain(4);
});

test('a connection lost in the commit is a refusal that says the outcome is unknown', async () => {
  await sql`create function end_me() returns trigger language plpgsql as
    $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$`.execute(db.owner);
  await sql`create constraint trigger end_at_commit after insert on note deferrable initially deferred
    for each row when (new.n = 5) execute function end_me()`.execute(db.owner);
  const act = db.database.corridor(tx => insert(tx, 5));
  await expect(act).rejects.toMatchObject({ code: 'database-unavailable', detail: { outcome: 'unknown' } });
  await expect(notes()).resolves.toEqual([1]);
});

test('the party of one transaction of the door is forgotten by the next on the same connection', async () => {
  const spoken = () =>
    sql<{ party: string | null }>`select current_setting('thingward.party', true) as party`;
  await db.database.door(41, async tx => {
    expect((await spoken().execute(tx)).rows).toEqual([{ party: '41' }]);
  });
  expect((await spoken().execute(db.door)).rows[0]!.party || null).toBe(null);
});

test('many transactions at once wait for a connection and all commit', async () => {
  const numbers = Array.from({ length: 40 }, (_, i) => 100 + i);
  await Promise.all(numbers.map(n => db.database.corridor(tx => insert(tx, n))));
  expect(await notes()).toEqual(expect.arrayContaining(numbers));
});
