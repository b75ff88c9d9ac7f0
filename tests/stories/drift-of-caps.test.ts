/** A SIM that its provider stops at a volume by default, where the contract says another (C-05, C-07). */
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import { onomondo } from '../../server/src/modules/cards/adapters/carriers/onomondo.ts';
import { cardCheckFormat } from '../../server/src/modules/cards/checks/card-check.ts';
import { registered } from '../../server/src/modules/cards/contracts/contracts.ts';
import { driftOf } from '../../server/src/modules/cards/drift/compare.ts';
import { driftsPage, sweepSoon } from '../../server/src/modules/cards/drift/store.ts';
import { sweepProviders } from '../../server/src/modules/cards/drift/sweep.ts';
import { suspendCard } from '../../server/src/modules/cards/measures/suspend-card.ts';
import { keepCredentials } from '../../server/src/spine/measures/providers/credentials.ts';
import { providersOf } from '../../server/src/spine/measures/providers/store.ts';
import { makeScene, type Scene } from '../../server/src/spine/measures/testing/scene.ts';
import type { ModuleDoors } from '../../server/src/spine/module-route.ts';
import { faultOf } from '../../server/src/spine/notices/subscribers.ts';
import { addressGuard } from '../../server/src/spine/notices/wire/addresses.ts';
import { type CarrierProcess, startCarrier } from '../measures/carrier-process.ts';

const rules = { networks: ['127.0.0.0/8'], allowsHttp: true };
const outside = {
  faultOf: (url: string) => faultOf(url, rules),
  mayReach: addressGuard(rules.networks),
  sealKey: Buffer.alloc(32, 7),
};
const HOUR_MS = 3_600_000;
const KEY = 'simulated-api-key';
const DEFAULT = '10000000000 bytes a month';
let db: TestDatabase;
let side: CarrierProcess;
let scene: Scene;
let providerId: number;

beforeAll(async () => {
  db = await testDatabase();
});
afterAll(async () => await db?.close());
async function agree(capBytes: number, capWindow: string, fromMs = 0): Promise<void> {
  const subject = { kind: 'card', reference: scene.iccid };
  const fact = {
    do: 'fact',
    ...subject,
    factKind: 'restriction',
    fromMs,
    body: { capBytes, capWindow },
  } as const;
  await db.database.corridor(tx => registered(tx, scene.partyId, [fact], 'contract/1', scene.clock.now()));
}

/** Rounds an hour on, until nothing is due. */
async function sweep(): Promise<void> {
  const { database } = db;
  const { clock, works } = scene;
  const formats = new Map([[cardCheckFormat.name, cardCheckFormat]]);
  const intake = { database, clock, formats, leafFor: (ms: number) => db.leafFor(ms) };
  const doors = { ...works, desk: works, intake } as unknown as ModuleDoors;
  await sweepProviders(doors);
  clock.advance(2 * HOUR_MS);
  await database.door(scene.partyId, tx => sweepSoon(tx, providerId, clock.now()));
  for (let i = 0; i < 20; i += 1) if (!(await sweepProviders(doors))) return;
  throw new Error('the comparison has no end');
}

async function drifts() {
  const filter = { providerId, isOpen: true };
  const rows = await db.database.door(scene.partyId, tx => driftsPage(tx, filter, 0, 500));
  return rows.map(({ card, what, wanted, reported }) => ({ card, what, wanted, reported }));
}

async function setAtProvider(total: number): Promise<void> {
  const answer = await fetch(`${side.url}/sims/${scene.iccid}`, {
    method: 'PATCH',
    headers: { authorization: KEY, 'content-type': 'application/json' },
    body: JSON.stringify({ data_limit: { type: 'monthly', total } }),
  });
  expect(answer.status).toBe(200);
}

describe('a SIM that nobody gave its data limit at Onomondo', () => {
  beforeEach(async () => {
    side = await startCarrier('onomondo');
    await sql`update provider_sweep set next_at = 'infinity'`.execute(db.owner);
    scene = await makeScene(db.database, {
      ...{ kinds: [suspendCard], adapter: 'onomondo', adapters: { onomondo }, outside, url: side.url },
    });
    const [provider] = await db.database.corridor(tx => providersOf(tx, scene.partyId));
    providerId = provider!.providerId;
    const hand = { actor: 'person/7', atMs: scene.clock.now() };
    const secrets = { providerId, fields: { api_key: KEY } };
    await db.database.door(scene.partyId, tx => keepCredentials(tx, scene.works, secrets, hand));
    await side.setCard(scene.iccid, 'activated');
  });
  afterEach(async () => await side?.stop());

  test('is told until the limit is what the contract says, and again when the contract is amended', async () => {
    await sweep();
    expect(await drifts()).toEqual([]);
    await agree(100_000_000, 'month');
    await sweep();
    await sweep();
    const { iccid: card } = scene;
    const wanted = '100000000 bytes a month';
    expect(await drifts()).toEqual([{ card, what: 'other-cap', wanted, reported: DEFAULT }]);
    const { rows } = await sql<{ body: object }>`
      select body from observation where party_id = ${scene.partyId} and claim = ${`iccid:${card}`}
        and kind = 'card-check'`.execute(db.owner);
    expect(rows).toHaveLength(1);
    expect(rows[0]?.body).toMatchObject({ check: 'drift', what: 'other-cap', wanted, reported: DEFAULT });
    await setAtProvider(100_000_000);
    await sweep();
    expect(await drifts()).toEqual([]);
    await agree(250_000_000, 'month', scene.clock.now());
    await sweep();
    expect(await drifts()).toMatchObject([{ what: 'other-cap', reported: '100000000 bytes a month' }]);
  });

  test('is let go, after it was limited, to what the contract says and to no more', async () => {
    await agree(80_000_000, 'month');
    const settings = { url: side.url, dueMs: 1, quietMs: 1 };
    const port = onomondo(settings, { ...scene.works, partyId: scene.partyId, providerId });
    const deed = (action: string) =>
      port.submit({ orderKey: action, action, reference: scene.iccid, terms: {} });
    expect(await deed('limit')).toMatchObject({ taken: true });
    expect(await port.standing?.(scene.iccid)).toMatchObject({ limited: true, capBytes: 500_000 });
    expect(await deed('unlimit')).toMatchObject({ taken: true });
    expect(await port.standing?.(scene.iccid)).toMatchObject({ limited: false, capBytes: 80_000_000 });
    expect((await side.log()).orders).toEqual([`${scene.iccid} 500000`, `${scene.iccid} 80000000`]);
    await sweep();
    expect(await drifts()).toEqual([]);
  });
});

test.each([
  ['the default where a month is agreed', { bytes: 5, window: 'month' }, 10, {}, ['other-cap']],
  ['less than agreed, which stops the card too soon', { bytes: 10, window: 'month' }, 5, {}, ['other-cap']],
  ['what is agreed', { bytes: 10, window: 'month' }, 10, {}, []],
  ['more than the days of a month come to', { bytes: 10, window: 'day' }, 311, {}, ['other-cap']],
  ['no more than the days of a month come to', { bytes: 10, window: 'day' }, 310, {}, []],
  ['nothing that is told', { bytes: 10, window: 'month' }, undefined, {}, []],
  ['nothing agreed', undefined, 10, {}, []],
  ['a card that a measure limits', { bytes: 10, window: 'month' }, 1, { isLimited: true }, []],
  ['a card that is changed just now', { bytes: 10, window: 'month' }, 1, { isMoving: true }, []],
] as const)('%s', (_, cap, capBytes, change, whats) => {
  const wanted = { subjectId: 1, card: 'c', isStopped: false, isLimited: false, isMoving: false, life: null };
  const reported = { standing: 'working', word: 'activated', capBytes };
  expect(driftOf({ ...wanted, ...change, cap }, reported).map(each => each.what)).toEqual(whats);
});
