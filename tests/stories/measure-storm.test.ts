import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import { MINUTE_MS } from '../../server/src/kernel/time.ts';
import { suspendCard } from '../../server/src/modules/cards/measures/suspend-card.ts';
import { actsOf } from '../../server/src/spine/cases/store.ts';
import { runMeasureRound } from '../../server/src/spine/measures/jobs.ts';
import { actByPolicy } from '../../server/src/spine/measures/ladder/climb.ts';
import { readLadders } from '../../server/src/spine/measures/ladder/ladder.ts';
import { orderMeasure } from '../../server/src/spine/measures/order.ts';
import type { Adapter, MeasureWorks } from '../../server/src/spine/measures/ports.ts';
import { putPolicy } from '../../server/src/spine/measures/providers/store.ts';
import { resumeProvider } from '../../server/src/spine/measures/storm.ts';
import { makeScene, type Scene } from '../../server/src/spine/measures/testing/scene.ts';

const RULE = 'card-in-another-device';
const MOST = 100;
const LADDERS = readLadders(
  `{ version: '1', source: [{ title: house }], storm: { watchMinutes: 60, mostRefused: ${MOST}, pauseMinutes: 30 },
    ladders: [{ id: one, title: { en: One, zh: 一 }, rules: ['*'], classes: ['*'], rungs: [{ deed: suspend-card }] }] }`,
  'one',
);

let db: TestDatabase;
let scene: Scene;
let works: MeasureWorks;
let refusedAttempts: number;

const adapter: Adapter = () => ({
  submit: async order => ({ taken: true, providerOrder: order.action }),
  outcome: async () => ({ state: 'done', already: false }),
  state: async () => {
    const lastRefusedMs = refusedAttempts === 0 ? null : scene.clock.now();
    return { restricted: true, sinceMs: scene.clock.now(), refusedAttempts, lastRefusedMs };
  },
});

beforeAll(async () => {
  db = await testDatabase();
});
afterAll(async () => await db?.close());
beforeEach(async () => {
  refusedAttempts = 0;
  const adapters = { 'simulated-provider': adapter };
  scene = await makeScene(db.database, { url: 'http://127.0.0.1:1', kinds: [suspendCard], adapters });
  works = { ...scene.works, ladders: [LADDERS] };
});

/** A case whose card is suspended, some attempts of which have been turned away since. */
async function blocked(refused: number): Promise<number> {
  const opened = await scene.raise(scene.finding('first'));
  const { caseId } = opened!.case;
  const hand = { actor: 'person/7', atMs: scene.clock.now() };
  await db.database.door(scene.partyId, tx =>
    orderMeasure(tx, works, caseId, { kind: 'suspend-card' }, hand),
  );
  await runMeasureRound(works);
  scene.clock.advance(MINUTE_MS);
  refusedAttempts = refused;
  await runMeasureRound(works);
  return caseId;
}

async function storms(caseId: number) {
  const acts = await db.database.corridor(tx => actsOf(tx, caseId, 0, 500));
  return acts.filter(act => act.kind === 'storm-after-measure').map(act => act.detail);
}

async function providerRow(): Promise<{ id: number; paused: boolean }> {
  const { rows } = await sql<{ id: number; paused: boolean }>`
    select provider_id as id, paused_until is not null as paused from provider where party_id = ${scene.partyId}`.execute(
    db.owner,
  );
  return rows[0]!;
}

async function entries(act: string): Promise<number> {
  const { rows } = await sql`
    select 1 from ledger_stage where party_id = ${scene.partyId} and act = ${act}`.execute(db.owner);
  return rows.length;
}

test('as many attempts as the bound are no storm', async () => {
  expect(await storms(await blocked(MOST))).toEqual([]);
  expect((await providerRow()).paused).toBe(false);
});

test('beyond the bound the case says so once, with the other kind of reject, and the provider pauses', async () => {
  const caseId = await blocked(MOST + 1);
  await runMeasureRound(works);
  scene.clock.advance(MINUTE_MS);
  await runMeasureRound(works);
  expect(await storms(caseId)).toMatchObject([
    { refused: MOST + 1, most: MOST, kind: 'permanent-reject', recommends: 'temporary-reject' },
  ]);
  expect((await providerRow()).paused).toBe(true);
  expect(await entries('provider-paused')).toBe(1);
});

test('a card that was seen to cease goes on being counted, until its watch ends', async () => {
  const caseId = await blocked(1);
  const verified = await sql`select 1 from measure where case_id = ${caseId} and state = 'verified'`.execute(
    db.owner,
  );
  expect(verified.rows).toHaveLength(1);
  scene.clock.advance(20 * MINUTE_MS);
  refusedAttempts = MOST + 1;
  await runMeasureRound(works);
  expect(await storms(caseId)).toHaveLength(1);
});

test('after its watch has ended nothing is counted', async () => {
  const caseId = await blocked(1);
  scene.clock.advance(61 * MINUTE_MS);
  refusedAttempts = MOST + 1;
  await runMeasureRound(works);
  expect(await storms(caseId)).toEqual([]);
});

test('while a provider pauses, policies order nothing and say why; a person resumes it, and they order again', async () => {
  const caseId = await blocked(MOST + 1);
  await sql`update measure set state = 'closed' where case_id = ${caseId}`.execute(db.owner);
  await sql`update incident set state = 'closed' where case_id = ${caseId}`.execute(db.owner);
  const policy = { ruleId: RULE, measure: 'suspend-card', mode: 'order', setBy: 'test' } as const;
  await db.database.corridor(tx =>
    putPolicy(tx, { ...policy, partyId: scene.partyId, setAtMs: scene.clock.now() }),
  );
  const next = (await scene.raise(scene.finding('second')))!.case;
  const act = () =>
    db.database.corridor(tx => actByPolicy(tx, works, next, 'suspend-card', scene.clock.now()));
  expect(await act()).toBeNull();
  const told = await db.database.corridor(tx => actsOf(tx, next.caseId, 0, 500));
  expect(told.filter(each => each.kind === 'measure-not-ordered').map(each => each.detail)).toEqual([
    { reason: 'provider-paused' },
  ]);
  const { id } = await providerRow();
  const hand = { actor: 'person/7', atMs: scene.clock.now() };
  await db.database.door(scene.partyId, tx => resumeProvider(tx, id, 'the network is calm', hand));
  expect(await entries('provider-resumed')).toBe(1);
  expect(await act()).toMatchObject({ kind: 'suspend-card' });
});

test('nobody else’s provider is resumed', async () => {
  await blocked(MOST + 1);
  const { id } = await providerRow();
  const other = await makeScene(db.database, {
    url: 'http://127.0.0.1:1',
    kinds: [suspendCard],
    adapters: { 'simulated-provider': adapter },
  });
  const hand = { actor: 'person/8', atMs: scene.clock.now() };
  const resuming = db.database.door(other.partyId, tx => resumeProvider(tx, id, '', hand));
  await expect(resuming).rejects.toMatchObject({ code: 'provider-unknown' });
  expect((await providerRow()).paused).toBe(true);
});
