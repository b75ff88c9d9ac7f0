/** CR-24: what a provider counts and no push brought is found once, whatever breaks, at the stand-in for emnify. */
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import type { Database } from '../../server/src/kernel/database/transaction.ts';
import { cardCheckFormat } from '../../server/src/modules/cards/checks/card-check.ts';
import { registered } from '../../server/src/modules/cards/contracts/contracts.ts';
import { emnifyUsage } from '../../server/src/modules/cards/formats/emnify-usage.ts';
import { suspendCard } from '../../server/src/modules/cards/measures/suspend-card.ts';
import { pollFeeds } from '../../server/src/modules/cards/shortfalls/round.ts';
import {
  endPoll,
  type PollSettings,
  pollOf,
  pollSoon,
  putPoll,
  type ShortfallRow,
  shortfallsPage,
  takePoll,
} from '../../server/src/modules/cards/shortfalls/store.ts';
import { keepCredentials } from '../../server/src/spine/measures/providers/credentials.ts';
import { providersOf } from '../../server/src/spine/measures/providers/store.ts';
import { makeScene, type Scene } from '../../server/src/spine/measures/testing/scene.ts';
import type { ModuleDoors } from '../../server/src/spine/module-route.ts';
import { faultOf } from '../../server/src/spine/notices/subscribers.ts';
import { addressGuard } from '../../server/src/spine/notices/wire/addresses.ts';
import { takeIn } from '../../server/src/spine/observations/intake.ts';
import { registerSource } from '../../server/src/spine/observations/sources.ts';
import { type CarrierProcess, startCarrier } from '../measures/carrier-process.ts';
import { CARRIER_CASES } from '../measures/carriers.ts';
import { Broken, breakTransaction, type Fault } from '../measures/faulty-database.ts';

const rules = { networks: ['127.0.0.0/8'], allowsHttp: true };
const outside = {
  faultOf: (url: string) => faultOf(url, rules),
  mayReach: addressGuard(rules.networks),
  sealKey: Buffer.alloc(32, 7),
};
const DAY_MS = 86_400_000;
const EVERY_MS = 6 * 3_600_000;
const FORMATS = new Map([cardCheckFormat, emnifyUsage].map(format => [format.name, format] as const));
const carrier = CARRIER_CASES[0]!;

let db: TestDatabase;
let side: CarrierProcess;
let scene: Scene;
let providerId = 0;
let sourceId = 0;
let sources = 0;

beforeAll(async () => {
  db = await testDatabase();
  side = await startCarrier(carrier.name);
});
afterAll(async () => {
  await side?.stop();
  await db?.close();
});
beforeEach(async () => {
  await sql`update source_poll set next_at = 'infinity'`.execute(db.owner);
  await side.behave({ busy: 0, cutBefore: 0, cutAfter: 0, faults: 0 });
  scene = await makeScene(db.database, {
    ...{ kinds: [suspendCard], adapter: carrier.name, outside, url: side.url },
    adapters: { [carrier.name]: carrier.adapter },
  });
  // Noon: nothing that a test waits for brings another day.
  const { clock } = scene;
  clock.set(Math.floor(clock.now() / DAY_MS) * DAY_MS - DAY_MS / 2);
  const { partyId, iccid } = scene;
  const [provider] = await db.database.corridor(tx => providersOf(tx, partyId));
  providerId = provider!.providerId;
  const hand = { actor: 'person/7', atMs: scene.clock.now() };
  const secrets = { providerId, fields: carrier.secrets };
  await db.database.door(partyId, tx => keepCredentials(tx, scene.works, secrets, hand));
  await named(iccid);
  await side.setCard(iccid, carrier.working);
});

/** Makes records of an ICCID those of its card. */
async function named(reference: string): Promise<void> {
  const { partyId, clock } = scene;
  const card = { kind: 'card', reference };
  const asked = [
    { do: 'subject' as const, ...card },
    { do: 'alias' as const, ...card, claim: `iccid:${reference}` },
  ];
  await db.database.corridor(tx => registered(tx, partyId, asked, 'test', clock.now()));
}

const doorsOver = (database: Database): ModuleDoors => {
  const { clock, works } = scene;
  const intake = { database, clock, formats: FORMATS, leafFor: (ms: number) => db.leafFor(ms) };
  return { ...works, database, clock, desk: works, intake } as unknown as ModuleDoors;
};
/** The UTC day some days before the scene's now. */
const day = (before: number): string =>
  new Date(scene.clock.now() - before * DAY_MS).toISOString().slice(0, 10);

async function polled(change: Partial<PollSettings> = {}): Promise<void> {
  const { partyId, clock } = scene;
  sources += 1;
  const asked = { name: `stream-${sources}`, format: emnifyUsage.name, profile: { unit: 'MB' as const } };
  const actor = { partyId, label: 'person/7' };
  await db.database.door(partyId, async tx => {
    sourceId = await registerSource(tx, FORMATS, actor, asked, clock.now());
  });
  await set(change);
}
async function set(change: Partial<PollSettings> = {}): Promise<void> {
  const { partyId, clock } = scene;
  const usual = { everyMs: EVERY_MS, graceMs: 0, dayCount: 3, leastBytes: 1_000, sinceDay: '2020-01-01' };
  const poll = { ...usual, providerId, ...change, sourceId, partyId, setBy: 'person/7' };
  await db.database.door(partyId, tx => putPoll(tx, poll, clock.now()));
}
/** A record of the source, at noon some days ago. */
async function push(id: number, before: number, mb: string, iccid = scene.iccid): Promise<void> {
  const at = `${day(before)}T12:00:00Z`;
  const record = {
    ...{ id, traffic_type: { id: 5, description: 'Data' }, sim: { iccid } },
    ...{ start_timestamp: at, end_timestamp: at, volume: { total: mb, tx: mb, rx: '0' } },
  };
  async function* bytes() {
    yield Buffer.from(`${JSON.stringify(record)}\n`);
  }
  const actor = { partyId: scene.partyId, label: 'hook/1' };
  await takeIn(doorsOver(db.database).intake, actor, sourceId, `${id}`, bytes());
}
/** The next round, until nothing is due. */
async function round(database: Database = db.database): Promise<void> {
  const { partyId, clock } = scene;
  await db.database.door(partyId, tx => pollSoon(tx, sourceId, clock.now()));
  for (let i = 0; i < 20; i += 1) if (!(await pollFeeds(doorsOver(database)))) return;
}
const shortfalls = (isOpen = true): Promise<ShortfallRow[]> =>
  db.database.door(scene.partyId, tx => shortfallsPage(tx, { sourceId, isOpen }, 0, 500));
const poll = async () => (await db.database.door(scene.partyId, tx => pollOf(tx, sourceId)))!;
async function told(): Promise<unknown[]> {
  const { rows } = await sql<{ day: string }>`
    select body->>'day' as day from observation where kind = 'card-check' and claim = ${`feed:${sourceId}`}
    order by 1`.execute(db.owner);
  return rows.map(row => row.day);
}

describe('CR-24 a feed that is held against what its provider counts', () => {
  test('lacks nothing while all was received, and says up to when it was compared', async () => {
    await polled();
    await side.countDay(scene.iccid, day(2), 1.5, 0.5);
    await push(1, 2, '1.25');
    await push(2, 2, '0.75');
    await round();
    expect(await shortfalls(false)).toEqual([]);
    expect(await poll()).toMatchObject({ cards: 1, uncounted: 0, fault: null, doneDay: day(1), mark: 0 });
    expect(await told()).toEqual([]);
  });

  test('tells a day once of which a push was lost, and that it came after all', async () => {
    await polled();
    const { iccid } = scene;
    await side.countDay(iccid, day(3), 0.5, 0);
    await side.countDay(iccid, day(2), 1, 0);
    await push(1, 3, '0.5');
    await push(2, 2, '0.75');
    await round();
    await round();
    const lost = { card: iccid, day: day(2), countedBytes: 1_000_000, receivedBytes: 750_000 };
    expect(await shortfalls()).toMatchObject([{ ...lost, providerId, endedAtMs: null }]);
    expect(await told()).toEqual([day(2)]);
    await push(3, 2, '0.25');
    await round();
    expect(await shortfalls()).toEqual([]);
    expect((await shortfalls(false)).map(each => each.endedAtMs !== null)).toEqual([true]);
    expect(await told()).toEqual([day(2)]);
  });

  test('takes nothing that another source brought for its own', async () => {
    await polled();
    await push(1, 2, '1');
    await polled();
    await side.countDay(scene.iccid, day(2), 1, 0);
    await round();
    expect(await shortfalls()).toMatchObject([{ receivedBytes: 0 }]);
  });

  test('compares neither a day that has not ended, nor one within the grace, nor one before the first', async () => {
    for (const before of [0, 1, 2, 3]) await side.countDay(scene.iccid, day(before), 1, 0);
    await polled({ graceMs: DAY_MS, sinceDay: day(2) });
    await round();
    expect((await shortfalls()).map(each => each.day)).toEqual([day(2)]);
    await set({ sinceDay: day(0) });
    await round();
    expect(await poll()).toMatchObject({ fault: null, firstDay: null });
    expect(await shortfalls()).toHaveLength(1);
  });

  test('that cannot be asked for keeps what is known, says why, and is asked again', async () => {
    await polled();
    await side.countDay(scene.iccid, day(2), 1, 0);
    await round();
    await side.behave({ busy: 1, retryAfterSeconds: 1 });
    scene.clock.advance(60_000);
    await round();
    expect((await poll()).fault).toBe('provider-busy');
    expect(await shortfalls()).toHaveLength(1);
    scene.clock.advance(60_000);
    await push(1, 2, '1');
    await round();
    expect((await poll()).fault).toBeNull();
    expect(await shortfalls()).toEqual([]);
  });

  test('goes on where a page ended, over more cards than a page has', async () => {
    const all = Array.from({ length: 52 }, (_, i) => `${scene.iccid.slice(0, 14)}${String(90_000 + i)}`);
    for (const iccid of all) await named(iccid);
    const [last] = all.slice(-1);
    await side.setCard(last!, carrier.working);
    await side.countDay(last!, day(2), 1, 0);
    await polled();
    await round();
    expect((await shortfalls()).map(each => each.card)).toEqual([last]);
    expect(await poll()).toMatchObject({ cards: 2, uncounted: 51, mark: 0, doneDay: day(1) });
  });

  test('is let go of by who died with it, and a late answer of theirs changes nothing', async () => {
    await polled();
    await side.countDay(scene.iccid, day(2), 1, 0);
    const { clock } = scene;
    const held = await db.database.corridor(tx => takePoll(tx, clock.now(), clock.now() + 300_000));
    expect(held!.sourceId).toBe(sourceId);
    await round();
    expect(await shortfalls()).toEqual([]);
    clock.advance(300_000);
    await round();
    expect(await shortfalls()).toHaveLength(1);
    // A page that was asked for before the poll was set anew is not entered.
    let isSet = false;
    const slow: Database = {
      ...db.database,
      corridor: async work => {
        const done = await db.database.corridor(work);
        const row = await poll();
        if (!isSet && row.leasedUntilMs > clock.now()) {
          isSet = true;
          await set({ sinceDay: day(0) });
        }
        return done;
      },
    };
    await push(1, 2, '1');
    await round(slow);
    expect(isSet).toBe(true);
    expect(await shortfalls()).toHaveLength(1);
  });

  test.each<Fault>(['not-written', 'answer-lost'])(
    'comes to the same, told once, whichever of its transactions was %s',
    async fault => {
      let n = 1;
      for (; n < 40; n += 1) {
        await polled();
        const { iccid, clock, partyId } = scene;
        await side.countDay(iccid, day(2), 1, 0);
        await push(1, 2, '0.5');
        const broken = breakTransaction(db.database, n, fault);
        await round(broken).catch(cause => {
          if (!(cause instanceof Broken)) throw cause;
        });
        clock.advance(300_000);
        await round();
        const found = (await shortfalls(false)).map(each => [each.day, each.receivedBytes, each.endedAtMs]);
        expect(found, `transaction ${n}`).toEqual([[day(2), 500_000, null]]);
        expect(await told(), `transaction ${n}`).toEqual([day(2)]);
        await push(2, 2, '0.5');
        await round();
        expect(await shortfalls(), `transaction ${n}`).toEqual([]);
        await db.database.door(partyId, tx => endPoll(tx, sourceId));
        if (!broken.didFail()) break;
      }
      expect(n).toBeGreaterThan(6);
    },
  );
});
