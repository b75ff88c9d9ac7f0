import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../kernel/database/test-database.ts';
import { settableClock } from '../kernel/time.ts';
import { type IntakeDoors, takeIn } from './observations/intake.ts';
import { batchById, listBatches, sourceByName } from './observations/store.ts';
import { makeParty } from './observations/testing/make-party.ts';
import { type OwnCheck, ownCheckFormat, tellChecks } from './own-checks.ts';

const KIND = 'own-check';
const T0 = Date.UTC(2026, 10, 20, 12);
const format = ownCheckFormat(KIND);
let db: TestDatabase;
let doors: IntakeDoors;
let partyId: number;

beforeAll(async () => {
  db = await testDatabase();
  partyId = await makeParty(db.database);
  doors = {
    database: db.database,
    clock: settableClock(T0),
    formats: new Map([[KIND, format]]),
    leafFor: ms => db.leafFor(ms),
  };
});
afterAll(() => db.close());

const check = (more: Partial<OwnCheck> = {}): OwnCheck => ({
  ...{ id: 'a/1', claim: 'reseller:West Ltd.', atMs: T0 - 1_000, body: { what: 'never-registered' } },
  ...more,
});
const tell = (...checks: OwnCheck[]) => tellChecks(doors, partyId, KIND, checks);
const balances = () =>
  db.database.door(partyId, async tx => {
    const batches = await listBatches(tx, { beforeId: Number.MAX_SAFE_INTEGER, limit: 10 });
    const whole = await Promise.all(batches.map(each => batchById(tx, each.batchId)));
    return whole.map(each => [each?.accepted, each?.duplicate, each?.quarantined]);
  });

test('what was told is observed, once however often it is told', async () => {
  await tell(check());
  await tell(check(), check({ id: 'a/2' }));
  expect(await balances()).toEqual([
    [1, 1, 0],
    [1, 0, 0],
  ]);
});

test('nobody from outside says what the house has checked', async () => {
  const source = await db.database.door(partyId, tx => sourceByName(tx, `own-${KIND}-${partyId}`));
  const bytes = (async function* () {
    yield Buffer.from(`${JSON.stringify(check({ id: 'forged' }))}\n`);
  })();
  const actor = { partyId, label: 'person/1' };
  await expect(takeIn(doors, actor, source?.sourceId ?? 0, 'forged', bytes)).rejects.toMatchObject({
    code: 'source-is-own',
  });
  expect(format.checkProfile({} as never)).toEqual(['format: kept by the installation itself']);
});

test.each<[string, Partial<OwnCheck>]>([
  ['a claim of no kind', { claim: 'West' }],
  ['half a character', { claim: 'reseller:\ud800' }],
  ['a broken byte', { claim: 'iccid:8\ufffd9' }],
  ['a claim without end', { claim: `reseller:${'x'.repeat(500)}` }],
  ['a moment that is none', { atMs: Number.NaN }],
  ['a value that is no text', { body: { what: { deep: 1 } } as never }],
])('%s is put aside with its reason', async (_name, more) => {
  await tell(check({ id: 'b/1', ...more }));
  expect((await balances())[0]).toEqual([0, 0, 1]);
});
