import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../kernel/database/test-database.ts';
import { makeCaseScene } from '../cases/testing/case-scene.ts';
import { putProvider } from './providers/store.ts';
import { takeLooks, wakeLooks } from './store.ts';
import { MOST_REST_MS } from './watch.ts';

const MANY = 100_000;

let db: TestDatabase;
let subjectId: number;
let nowMs: number;

/** One measure in force on the scene's card, and many on others that rest for an hour yet. */
beforeAll(async () => {
  db = await testDatabase();
  const scene = await makeCaseScene(db.database);
  nowMs = scene.clock.now();
  const opened = await scene.raise(scene.finding('first'));
  const { caseId, partyId } = opened!.case;
  subjectId = opened!.case.subjectId;
  const settings = { url: 'http://127.0.0.1:1', dueMs: 1_000, quietMs: 1_000 };
  await db.database.corridor(async tx => {
    const provider = { partyId, name: 'carrier', adapter: 'simulated-provider', settings };
    const { providerId } = await putProvider(tx, provider);
    const other = await sql<{ id: number }>`
      insert into subject (party_id, kind, reference) values (${partyId}, 'card', 'resting') returning subject_id as id`.execute(
      tx,
    );
    const insert = (n: number, on: number, dueInMs: number) =>
      sql`
      insert into measure (party_id, case_id, subject_id, kind, provider_id, state, order_key, due_at, effective_at,
        decided_by, decided_at, next_look_at, looked_since)
      select ${partyId}, ${caseId}, ${on}, 'kind-' || ${on} || '-' || i, ${providerId}, 'effective', ${on} || '/' || i, m.now,
        m.now, 'test', m.now, m.now + ${dueInMs} * interval '1 millisecond', m.now - interval '8 hours'
      from generate_series(1, ${n}::int) as i, (select to_timestamp(${nowMs}::float8 / 1000) as now) as m`.execute(
        tx,
      );
    await insert(1, subjectId, 60_000);
    await insert(MANY, other.rows[0]!.id, 3_600_000);
  });
  await sql`analyze measure`.execute(db.owner);
}, 120_000);
afterAll(async () => await db?.close());

const look = (atMs: number) => db.database.corridor(tx => takeLooks(tx, atMs, MOST_REST_MS, 200));

/** Blocks of the database read, and rows met, by one statement as it really ran. */
async function readBy(statement: string): Promise<{ blocks: number; plan: string }> {
  const { rows } = await sql<{ 'QUERY PLAN': string }>`explain (analyze, buffers, costs off) ${sql.raw(
    statement,
  )}`.execute(db.owner);
  const plan = rows.map(row => row['QUERY PLAN']).join('\n');
  // What the planner itself read comes after, and is none of the statement's.
  const told = /Buffers: shared hit=(\d+)(?: read=(\d+))?/.exec(plan.slice(0, plan.indexOf('Planning')));
  const blocks = Number(told?.[1] ?? Number.NaN) + Number(told?.[2] ?? 0);
  return { blocks, plan };
}

test('a hundred thousand measures in force that are not due cost a look a handful of blocks', async () => {
  expect(await look(nowMs)).toEqual([]);
  const { blocks, plan } = await readBy(
    `select measure_id from measure where next_look_at <= to_timestamp(${nowMs / 1000}) order by next_look_at limit 200 for update skip locked`,
  );
  expect(plan).toContain('measure_look');
  expect(plan).not.toContain('Seq Scan');
  expect(blocks).toBeLessThan(10);
});

test('a record of a subject has its measure looked at at once, often at first and then more and more rarely', async () => {
  expect(await db.database.corridor(tx => wakeLooks(tx, [subjectId], nowMs))).toBe(1);
  expect(await look(nowMs)).toMatchObject([{ subjectId }]);
  expect(await look(nowMs + 800)).toHaveLength(1);
  expect(await look(nowMs + 899)).toHaveLength(0);
  expect(await look(nowMs + 900)).toHaveLength(1);
  expect(await look(nowMs + 8_000)).toHaveLength(1);
  expect(await look(nowMs + 8_999)).toHaveLength(0);
  expect(await look(nowMs + 9_000)).toHaveLength(1);
});

test('a record of a subject without a measure wakes nothing', async () => {
  expect(await db.database.corridor(tx => wakeLooks(tx, [subjectId + 1_000_000], nowMs))).toBe(0);
});
