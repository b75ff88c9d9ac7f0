import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from './test-database.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await sql`create table note (n int primary key, party text default current_setting('thingward.party', true))`.execute(
    db.owner,
  );
  await sql`grant select, insert on note to thingward_door`.execute(db.owner);
});
afterAll(() => db.close());

const insert = (n: number) => sql`insert into note (n) values (${n}) returning n`;
const PARTY = sql`select current_setting('thingward.party', true) as party`;

async function notes(): Promise<number[]> {
  const { rows } = await sql<{ n: number }>`select n from note order by n`.execute(db.owner);
  return rows.map(row => row.n);
}

test('all statements are done in the transaction of the party, and each answers its own rows', async () => {
  const rows = await db.database.doorAtOnce(41, [insert(1), PARTY, insert(2)]);
  expect(rows).toEqual([[{ n: 1 }], [{ party: '41' }], [{ n: 2 }]]);
  expect(await notes()).toEqual([1, 2]);
});

test('what one of them refuses is thrown, none is done, and the connection goes on without the party', async () => {
  const act = db.database.doorAtOnce(41, [insert(3), insert(1), insert(4)]);
  await expect(act).rejects.toMatchObject({ code: '23505' });
  expect(await notes()).toEqual([1, 2]);
  for (const party of [42, 43, 44])
    expect(await db.database.doorAtOnce(party, [PARTY])).toEqual([[{ party: String(party) }]]);
});

test('what is refused only in the commit is not taken for done', async () => {
  await sql`create function never() returns trigger language plpgsql as
    $$ begin raise exception 'never' using errcode = 'P0NEV'; end $$`.execute(db.owner);
  await sql`create constraint trigger late after insert on note deferrable initially deferred
    for each row when (new.n = 5) execute function never()`.execute(db.owner);
  await expect(db.database.doorAtOnce(41, [insert(5)])).rejects.toMatchObject({ code: 'P0NEV' });
  expect(await notes()).not.toContain(5);
});

test('a lost connection is a refusal that leaves the outcome open, and the next goes through', async () => {
  const act = db.database.doorAtOnce(41, [insert(6), sql`select pg_terminate_backend(pg_backend_pid())`]);
  await expect(act).rejects.toMatchObject({ code: 'database-unavailable', detail: { outcome: 'unknown' } });
  expect(await notes()).not.toContain(6);
  expect(await db.database.doorAtOnce(41, [insert(7)])).toEqual([[{ n: 7 }]]);
});

test('many at once wait for a connection, and none takes the answers of another', async () => {
  const numbers = Array.from({ length: 60 }, (_, i) => 100 + i);
  const act = numbers.map(n => db.database.doorAtOnce(n, [PARTY, insert(n)]));
  expect(await Promise.all(act)).toEqual(numbers.map(n => [[{ party: String(n) }], [{ n }]]));
});
