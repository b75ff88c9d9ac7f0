import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../kernel/database/test-database.ts';
import { DAY_MS, rfc3339 } from '../../../kernel/time.ts';
import { NOW_MS, type SaleScene, saleScene } from '../contracts/testing/sale-scene.ts';
import {
  type AskedReturn,
  listDifferences,
  reconcileReseller,
  registerReseller,
  stockOf,
  takeReturn,
} from './resellers.ts';

let db: TestDatabase;
let scene: SaleScene;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(async () => db?.close());

const AGREEMENT = {
  title: 'West Ltd.',
  homeOperator: 'carrier',
  realNameClause: 'clause 7: the reseller verifies and registers',
  penaltyClause: 'clause 9: a breach ends the agreement',
};
const iccid = (n: number): string => `898600${String(1_000_000_000_000 + n)}`;
const rows = (numbers: readonly number[], days = -1) =>
  numbers.map(n => ({ iccid: iccid(n), at: rfc3339(NOW_MS + days * DAY_MS) }));
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

async function reseller(reference: string): Promise<number> {
  return (await registerReseller(scene.doors, scene.one, { ...AGREEMENT, reference })).resellerId;
}
const give = (resellerId: number, what: AskedReturn['what'], more: Partial<AskedReturn> = {}) =>
  takeReturn(scene.doors, scene.one, { resellerId, what, rows: [], ...more });
const reconcile = (resellerId: number) => reconcileReseller(scene.doors, scene.one, resellerId);
async function differences(resellerId: number): Promise<string[]> {
  const found = await db.database.door(scene.partyId, tx => listDifferences(tx, { resellerId }, 0, 500));
  return found.map(each => `${each.what}${each.iccid === '' ? '' : ` ${each.iccid.slice(-2)}`}`).sort();
}

/** A record of use, past the intake. */
async function used(n: number, atMs: number, event = 'event'): Promise<void> {
  const { rows: leaf } = await sql<{
    name: string;
  }>`select observation_leaf(${rfc3339(NOW_MS).slice(0, 10)}::date) as name`.execute(db.owner);
  await sql`insert into ${sql.table(`thingward.${leaf[0]?.name}`)} (received_at, party_id, source_id, batch_id, chunk_id, record_no, digest, kind,
      claim, observed_at, time_mark, body)
    values (${rfc3339(NOW_MS)}, ${scene.partyId}, 1, 1, 1, 1, ${Buffer.from(`${n} ${atMs} ${event}`)}, 'card-usage', ${`iccid:${iccid(n)}`},
      ${rfc3339(atMs)}, 'stated', ${JSON.stringify({ event })}::jsonb)`.execute(db.corridor);
}

test('an agreement that names no duty or no penalty makes no reseller (art. 9 ¶2)', async () => {
  scene = await saleScene(db, 'agreements');
  for (const clause of ['realNameClause', 'penaltyClause'])
    await expect(
      registerReseller(scene.doors, scene.one, { ...AGREEMENT, reference: 'x', [clause]: '   ' }),
    ).rejects.toMatchObject({ code: 'reseller-agreement-incomplete' });
});

test('what a reseller tells is held against what was registered and seen, and differences come and go (C-09)', async () => {
  scene = await saleScene(db, 'seller');
  const west = await reseller('west');
  for (const n of upTo(8)) await scene.putUnder(iccid(n), 'C');
  await give(west, 'allocated', { rows: rows(upTo(8), -60) });
  await give(west, 'sold', { rows: rows([0, 1], -40) });
  await give(west, 'real-name', { rows: rows([0], -39), sentTo: 'carrier', proof: 'a'.repeat(64) });
  await give(west, 'sold', { rows: [...rows([2], -5), ...rows([99], -5)] });
  await give(west, 'stock', { statedStock: 4 });
  await used(3, NOW_MS - DAY_MS);
  await used(4, NOW_MS - DAY_MS, 'refused');
  await used(2, NOW_MS - 20 * DAY_MS);
  expect(await db.database.door(scene.partyId, tx => stockOf(tx, west))).toEqual({
    allocated: 8,
    inStock: 5,
    sold: 4,
    realName: 1,
  });
  expect(await reconcile(west)).toEqual({ found: 6, added: 6, resolved: 0 });
  expect(await differences(west)).toEqual([
    'not-registered 99',
    'seen-before-sale 02',
    'seen-but-not-sold 03',
    'sold-not-allocated 99',
    'sold-without-real-name 01',
    'stock-differs',
  ]);
  expect(await reconcile(west)).toEqual({ found: 6, added: 0, resolved: 0 });
  await give(west, 'real-name', { rows: rows([1], -1), sentTo: 'carrier', proof: 'b'.repeat(64) });
  await give(west, 'stock', { statedStock: 5 });
  expect(await reconcile(west)).toEqual({ found: 4, added: 0, resolved: 2 });
});

test('one card sold by two, and a reseller that falls silent, are differences', async () => {
  scene = await saleScene(db, 'two');
  const [one, two] = [await reseller('one'), await reseller('two')];
  await scene.putUnder(iccid(1), 'C');
  for (const each of [one, two]) {
    await give(each, 'allocated', { rows: rows([1]) });
    await give(each, 'sold', { rows: rows([1]) });
  }
  await reconcile(one);
  expect(await differences(one)).toEqual(['sold-by-another 01']);
  scene.clock.advance(36 * DAY_MS);
  await reconcile(two);
  expect(await differences(two)).toEqual([
    'return-overdue',
    'sold-by-another 01',
    'sold-without-real-name 01',
  ]);
});

test('a return of real-name data without proof is refused, and a row that cannot be read is listed', async () => {
  scene = await saleScene(db, 'proof');
  const west = await reseller('west');
  for (const more of [
    {},
    { sentTo: 'carrier' },
    { proof: 'a'.repeat(64) },
    { sentTo: ' ', proof: 'a'.repeat(64) },
  ])
    await expect(give(west, 'real-name', { rows: rows([1]), ...more })).rejects.toMatchObject({
      code: 'return-without-proof',
    });
  const odd = [
    ...rows([1]),
    { iccid: 'nonsense', at: rfc3339(NOW_MS) },
    { iccid: iccid(2), at: 'yesterday' },
    { iccid: iccid(3), at: rfc3339(NOW_MS + 9 * DAY_MS) },
  ];
  expect(await give(west, 'sold', { rows: odd })).toMatchObject({
    rows: 4,
    entered: 1,
    refusedCount: 3,
    refused: [{ row: 2 }, { row: 3 }, { row: 4 }],
  });
});

test('returns of one card from two hands at once, and a neighbour’s, leave one row of the party’s own', async () => {
  scene = await saleScene(db, 'race');
  const west = await reseller('west');
  await Promise.all([give(west, 'sold', { rows: rows([1]) }), give(west, 'sold', { rows: rows([1], -2) })]);
  expect(await db.database.door(scene.partyId, tx => stockOf(tx, west))).toMatchObject({ sold: 1 });
  const other = await saleScene(db, 'strangers');
  await expect(
    takeReturn(other.doors, other.one, { resellerId: west, what: 'sold', rows: rows([2]) }),
  ).rejects.toMatchObject({ code: 'reseller-unknown' });
  await expect(reconcileReseller(other.doors, other.one, west)).rejects.toMatchObject({
    code: 'reseller-unknown',
  });
});

const MANY = process.env['THINGWARD_PROVE'] === '1' ? 1_000_000 : 20_000;

test(`${MANY} cards are reconciled in one statement`, { timeout: 300_000 }, async () => {
  scene = await saleScene(db, 'many');
  const west = await reseller('west');
  await sql`
    with made as (
      insert into subject (party_id, kind, reference)
      select ${scene.partyId}, 'card', '898601' || (1000000000000 + n) from generate_series(1, ${MANY}::int) n returning subject_id, reference)
    insert into alias (party_id, claim, subject_id, stated_by)
      select ${scene.partyId}, 'iccid:' || reference, subject_id, 'x' from made`.execute(db.corridor);
  await give(west, 'stock', { statedStock: 0 });
  await sql`
    insert into card_at_reseller (reseller_id, party_id, iccid, allocated_at, sold_at, real_name_at, return_id)
    select ${west}, ${scene.partyId}, '898601' || (1000000000000 + n), ${rfc3339(NOW_MS - 90 * DAY_MS)}::timestamptz,
      ${rfc3339(NOW_MS - 60 * DAY_MS)}::timestamptz,
      case when n % 100 > 0 then ${rfc3339(NOW_MS - 59 * DAY_MS)}::timestamptz end,
      (select max(return_id) from card_return) from generate_series(1, ${MANY}::int) n`.execute(db.corridor);
  const before = performance.now();
  const done = await reconcile(west);
  console.log(`reconciled ${MANY} cards in ${Math.round(performance.now() - before)} ms`);
  expect(done).toEqual({ found: MANY / 100, added: MANY / 100, resolved: 0 });
});
