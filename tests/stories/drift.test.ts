/** What a carrier reports against what is wanted of a card there (C-07), at the stand-in of each carrier. */
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import type { Database } from '../../server/src/kernel/database/transaction.ts';
import { cardCheckFormat } from '../../server/src/modules/cards/checks/card-check.ts';
import { DRIFTS, driftOf } from '../../server/src/modules/cards/drift/compare.ts';
import {
  type DriftRow,
  driftsPage,
  sweepSoon,
  sweepsPage,
} from '../../server/src/modules/cards/drift/store.ts';
import { sweepProviders } from '../../server/src/modules/cards/drift/sweep.ts';
import { suspendCard } from '../../server/src/modules/cards/measures/suspend-card.ts';
import { runMeasureRound } from '../../server/src/spine/measures/jobs.ts';
import { orderMeasure } from '../../server/src/spine/measures/order.ts';
import { closeDefaults } from '../../server/src/spine/measures/providers/ask.ts';
import { keepCredentials } from '../../server/src/spine/measures/providers/credentials.ts';
import { providersOf } from '../../server/src/spine/measures/providers/store.ts';
import { makeScene, type Scene } from '../../server/src/spine/measures/testing/scene.ts';
import type { ModuleDoors } from '../../server/src/spine/module-route.ts';
import { faultOf } from '../../server/src/spine/notices/subscribers.ts';
import { addressGuard } from '../../server/src/spine/notices/wire/addresses.ts';
import { type CarrierProcess, startCarrier } from '../measures/carrier-process.ts';
import { CARRIER_CASES } from '../measures/carriers.ts';
import { Broken, breakTransaction, type Fault } from '../measures/faulty-database.ts';

const rules = { networks: ['127.0.0.0/8'], allowsHttp: true };
const outside = {
  faultOf: (url: string) => faultOf(url, rules),
  mayReach: addressGuard(rules.networks),
  sealKey: Buffer.alloc(32, 7),
};
const HOUR_MS = 3_600_000;
let db: TestDatabase;

beforeAll(async () => {
  db = await testDatabase();
});
afterAll(async () => await db?.close());

describe.each(CARRIER_CASES)('the account at $name', carrier => {
  let side: CarrierProcess;
  let scene: Scene;
  let providerId: number;

  beforeAll(async () => {
    side = await startCarrier(carrier.name);
  });
  afterAll(async () => await side?.stop());
  beforeEach(async () => {
    await sql`update measure set state = 'lifted'`.execute(db.owner);
    await sql`update outbox set done_at = now() where done_at is null`.execute(db.owner);
    await sql`update provider_sweep set next_at = 'infinity'`.execute(db.owner);
    scene = await makeScene(db.database, {
      ...{ kinds: [suspendCard], adapter: carrier.name, outside },
      adapters: { [carrier.name]: carrier.adapter },
      url: side.url + carrier.path,
    });
    const [provider] = await db.database.corridor(tx => providersOf(tx, scene.partyId));
    providerId = provider!.providerId;
    const secrets = { providerId, fields: carrier.secrets };
    const hand = { actor: 'person/7', atMs: scene.clock.now() };
    await db.database.door(scene.partyId, tx => keepCredentials(tx, scene.works, secrets, hand));
    await side.setCard(scene.iccid, carrier.working);
  });

  const doorsOver = (database: Database): ModuleDoors => {
    const { clock, works } = scene;
    const formats = new Map([[cardCheckFormat.name, cardCheckFormat]]);
    const intake = { database, clock, formats, leafFor: (ms: number) => db.leafFor(ms) };
    return { ...works, database, clock, desk: works, intake } as unknown as ModuleDoors;
  };
  /** Rounds an hour on, until nothing is due. */
  async function sweep(database: Database = db.database): Promise<void> {
    await sweepProviders(doorsOver(database));
    scene.clock.advance(2 * HOUR_MS);
    await db.database.door(scene.partyId, tx => sweepSoon(tx, providerId, scene.clock.now()));
    for (let i = 0; i < 20; i += 1) if (!(await sweepProviders(doorsOver(database)))) return;
  }
  const drifts = async (isOpen = true): Promise<DriftRow[]> =>
    (await db.database.door(scene.partyId, tx => driftsPage(tx, { providerId, isOpen }, 0, 500))).filter(
      each => each.card !== '',
    );
  const told = async (): Promise<unknown[]> => {
    const { rows } = await sql<{ body: Record<string, string> }>`
      select body from observation where party_id = ${scene.partyId} and kind = 'card-check' and claim like 'iccid:%'
      order by observed_at`.execute(db.owner);
    return rows.map(row => row.body['what']);
  };
  async function stopped(): Promise<void> {
    const { caseId } = (await scene.raise(scene.finding(`f-${Math.random()}`)))!.case;
    await db.database.door(scene.partyId, tx =>
      orderMeasure(
        tx,
        scene.works,
        caseId,
        { kind: 'suspend-card' },
        { actor: 'p', atMs: scene.clock.now() },
      ),
    );
    for (let i = 0; i < 2; i += 1) {
      scene.clock.advance(120_000);
      await runMeasureRound(scene.works);
    }
    expect(await side.stateOf(scene.iccid)).toBe(carrier.stopped);
  }

  test('says what was wanted: nothing differs, and the look is on the list', async () => {
    await sweep();
    expect(await drifts()).toEqual([]);
    await stopped();
    await sweep();
    expect(await drifts()).toEqual([]);
    const [seen] = await db.database.door(scene.partyId, tx => sweepsPage(tx, providerId - 1, 1));
    expect(seen).toMatchObject({ providerId, fault: null, doneAtMs: expect.any(Number) });
    expect(seen!.cards).toBeGreaterThan(0);
  });

  test('a card that was stopped and works there again is told once, and ends when it is stopped', async () => {
    await stopped();
    await side.setCard(scene.iccid, carrier.working);
    await sweep();
    await sweep();
    const [drift, ...more] = await drifts();
    expect(more).toEqual([]);
    expect(drift).toMatchObject({ card: scene.iccid, what: 'works-though-stopped', wanted: 'stopped' });
    expect(drift!.lastFoundAtMs).toBeGreaterThan(drift!.foundAtMs);
    expect(await told()).toEqual(['works-though-stopped']);
    await side.setCard(scene.iccid, carrier.stopped);
    await sweep();
    expect(await drifts()).toEqual([]);
    expect((await drifts(false)).map(each => each.endedAtMs !== null)).toEqual([true]);
    await side.setCard(scene.iccid, carrier.working);
    await sweep();
    expect(await told()).toEqual(['works-though-stopped', 'works-though-stopped']);
  });

  test('that cannot be asked keeps what is known, says why, and is asked again', async () => {
    await stopped();
    await side.setCard(scene.iccid, carrier.working);
    await sweep();
    await side.behave({ busy: 1, retryAfterSeconds: 1 });
    await sweep();
    const [seen] = await db.database.door(scene.partyId, tx => sweepsPage(tx, providerId - 1, 1));
    expect(seen!.fault).toBe('provider-busy');
    expect((await drifts()).map(each => each.what)).toEqual(['works-though-stopped']);
    await side.behave({ busy: 0 });
    await sweep();
    const [again] = await db.database.door(scene.partyId, tx => sweepsPage(tx, providerId - 1, 1));
    expect(again!.fault).toBeNull();
  });

  test.each<Fault>(['not-written', 'answer-lost'])(
    'comes to the same, told once, whichever of its transactions was %s',
    async fault => {
      await stopped();
      await side.setCard(scene.iccid, carrier.working);
      let n = 1;
      for (; n < 40; n += 1) {
        const broken = breakTransaction(db.database, n, fault);
        await sweep(broken).catch(cause => {
          if (!(cause instanceof Broken)) throw cause;
        });
        if (!broken.didFail()) break;
        await sweep();
        expect(
          (await drifts()).map(each => each.what),
          `transaction ${n}`,
        ).toEqual(['works-though-stopped']);
        expect(await told(), `transaction ${n}`).toEqual(['works-though-stopped']);
      }
      expect(n).toBeGreaterThan(3);
    },
  );
});

describe('what an account leaves open by default', () => {
  test('is told of the account, is set closed explicitly, and is told no more', async () => {
    const carrier = CARRIER_CASES[0]!;
    const side = await startCarrier(carrier.name);
    try {
      const scene = await makeScene(db.database, {
        ...{ kinds: [suspendCard], adapter: carrier.name, outside, url: side.url },
        adapters: { [carrier.name]: carrier.adapter },
      });
      const [provider] = await db.database.corridor(tx => providersOf(tx, scene.partyId));
      const { providerId } = provider!;
      const hand = { actor: 'person/7', atMs: scene.clock.now() };
      const secrets = { providerId, fields: carrier.secrets };
      await db.database.door(scene.partyId, tx => keepCredentials(tx, scene.works, secrets, hand));
      const formats = new Map([[cardCheckFormat.name, cardCheckFormat]]);
      const { database } = db;
      const intake = { database, clock: scene.clock, formats, leafFor: (ms: number) => db.leafFor(ms) };
      const doors = { ...scene.works, desk: scene.works, intake } as unknown as ModuleDoors;
      const rounds = async () => {
        await sweepProviders(doors);
        scene.clock.advance(2 * HOUR_MS);
        await db.database.door(scene.partyId, tx => sweepSoon(tx, providerId, scene.clock.now()));
        for (let i = 0; i < 20; i += 1) if (!(await sweepProviders(doors))) return;
      };
      const open = async () =>
        (await db.database.door(scene.partyId, tx => driftsPage(tx, { isOpen: true }, 0, 500))).map(
          each => `${each.what} ${each.reported}`,
        );
      await rounds();
      expect((await open()).sort()).toEqual([
        'open-by-default 41 sms_p2p_ext',
        'open-by-default 41 sms_p2p_int',
        'open-by-default 42 sms_p2p_ext',
      ]);
      const { rows } = await sql<{
        n: number;
      }>`select count(*) as n from observation o join alias a on a.claim = o.claim
        join subject s using (subject_id) where o.party_id = ${scene.partyId} and s.kind = 'provider-account'`.execute(
        db.owner,
      );
      expect(rows[0]!.n).toBe(3);
      expect(await closeDefaults(doors, scene.partyId, providerId)).toHaveLength(3);
      expect(await closeDefaults(doors, scene.partyId, providerId)).toEqual([]);
      await rounds();
      expect(await open()).toEqual([]);
    } finally {
      await side.stop();
    }
  });
});

test('what differs, by what is wanted and what is reported', () => {
  const wanted = { subjectId: 1, card: 'c', isStopped: false, isLimited: false, isMoving: false, life: null };
  const whats = (change: object, standing: string, limited?: boolean) =>
    driftOf({ ...wanted, ...change }, { standing, word: standing, limited }).map(each => each.what);
  const table: readonly (readonly [object, string, boolean | undefined, readonly string[]])[] = [
    [{}, 'working', undefined, []],
    [{}, 'restricted', undefined, []],
    [{ isStopped: true }, 'working', undefined, ['works-though-stopped']],
    [{ isStopped: true, isMoving: true }, 'working', undefined, []],
    [{ isStopped: true, life: 'active' }, 'restricted', undefined, []],
    [{ life: 'stock' }, 'working', undefined, ['works-though-not-in-use']],
    [{ life: 'stock' }, 'idle', undefined, []],
    [{ life: 'active' }, 'restricted', undefined, ['stopped-without-order']],
    [{ life: 'active' }, 'ended', undefined, ['ended-without-order']],
    [{ life: 'active' }, 'unknown', undefined, []],
    [{ isLimited: true }, 'working', false, ['fast-though-limited']],
    [{ isLimited: true }, 'working', true, []],
    [{ isLimited: true }, 'working', undefined, []],
  ];
  for (const [change, standing, limited, what] of table)
    expect([change, standing, limited, whats(change, standing, limited)]).toEqual([
      change,
      standing,
      limited,
      what,
    ]);
  expect(DRIFTS).toContain('open-by-default');
});
