/** Every write on the way from a finding to a receiver, broken both ways, then done again: nothing lost, nothing doubled (C-53). */
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Database } from '../../server/src/kernel/database/transaction.ts';
import { DAY_MS } from '../../server/src/kernel/time.ts';
import { runEventRound } from '../../server/src/modules/cards/camara/subscriptions/round.ts';
import { subscribe } from '../../server/src/modules/cards/camara/subscriptions/subscriptions.ts';
import { breakWrite } from '../faults/broken-writes.ts';
import { Broken, type Fault } from '../measures/faulty-database.ts';
import {
  makeSubscriptionScene,
  type Receiver,
  type SubscriptionScene,
  startReceiver,
} from './subscription-scene.ts';

const FAULTS: readonly Fault[] = ['not-written', 'answer-lost'];
let scene: SubscriptionScene;
let receiver: Receiver;

beforeAll(async () => {
  scene = await makeSubscriptionScene();
  receiver = await startReceiver();
});
afterAll(async () => {
  receiver?.close();
  await scene?.close();
});
beforeEach(() => {
  receiver.got = [];
});

async function makeSubscription(
  database: Database,
  card: { phone: string; subjectId: number },
  beginsLater = false,
) {
  const { clock } = scene.doors;
  const outside = scene.doors.desk.outside!;
  const asked = {
    ...{ what: 'imei-change' as const, sink: receiver.url, maxEvents: 2, expiresAtMs: null, detail: {} },
    ...{ credential: { authorization: 'Bearer token', untilMs: clock.now() + 900 * DAY_MS } },
    wantsInitial: false,
  };
  const who = { partyId: scene.partyId, label: 'key/k' };
  const of = { subjectId: card.subjectId, facts: [] };
  const device = { phoneNumber: card.phone };
  return await subscribe({ database, clock, outside }, who, of, asked, device, beginsLater);
}

/** Reads, sends and ends, over the database given. */
async function walk(database: Database): Promise<void> {
  for (let i = 0; i < 4; i += 1) await runEventRound({ ...scene.doors, database });
}

test.for(FAULTS)('a round broken at each of its writes, %s, and done again', async fault => {
  let n = 1;
  for (; ; n += 1) {
    receiver.got = [];
    const card = await scene.makeCard();
    const { subscriptionId } = await makeSubscription(scene.api.db.database, card);
    const found = [await scene.find(card.subjectId, 'imei'), await scene.find(card.subjectId, 'imei')];
    const broken = breakWrite(scene.api.db.database, n, fault);
    const thrown: unknown = await walk(broken).then(
      () => null,
      cause => cause,
    );
    if (!broken.didFail() && thrown !== null) throw thrown;
    if (broken.didFail()) expect(thrown, `write ${n}`).toBeInstanceOf(Broken);
    // What was being sent is taken up by another when it was held long enough.
    scene.api.clock.set(scene.api.clock.now() + 60_000);
    await walk(scene.api.db.database);
    const ids = receiver.got.map(each => JSON.parse(each.body).id as string);
    const wanted = [...found.map(each => `${subscriptionId}.finding-${each}`), `${subscriptionId}.ended`];
    expect([...new Set(ids)].sort(), `write ${n}`).toEqual(wanted.sort());
    expect(ids.length, `write ${n}`).toBeLessThanOrEqual(4);
    const { rows } = await sql<{ n: number; told: number; acts: number }>`
      select (select count(*) from camara_event e where e.subscription_id = s.subscription_id and done_at is not null) as n,
        told, (select count(*) from ledger_stage where act = 'camara-subscription-ended'
          and object = ${`camara-subscription/${subscriptionId}`}) +
        (select count(*) from ledger_entry where act = 'camara-subscription-ended'
          and object = ${`camara-subscription/${subscriptionId}`}) as acts
      from camara_subscription s where subscription_id = ${subscriptionId}`.execute(scene.api.db.corridor);
    expect(rows[0], `write ${n}`).toEqual({ n: 3, told: 2, acts: 1 });
    if (!broken.didFail()) break;
  }
  // Reading and writing events, and taking and noting each of three.
  expect(n).toBeGreaterThanOrEqual(7);
});

test.for(FAULTS)('what begins later begins once, though its round breaks at any write: %s', async fault => {
  for (let n = 1; ; n += 1) {
    receiver.got = [];
    const card = await scene.makeCard();
    const { subscriptionId } = await makeSubscription(scene.api.db.database, card, true);
    const broken = breakWrite(scene.api.db.database, n, fault);
    await walk(broken).catch(cause => expect(cause).toBeInstanceOf(Broken));
    scene.api.clock.set(scene.api.clock.now() + 60_000);
    await walk(scene.api.db.database);
    const ids = receiver.got.map(each => JSON.parse(each.body).id as string);
    expect([...new Set(ids)], `write ${n}`).toEqual([`${subscriptionId}.started`]);
    const { rows } = await sql<{ act: string }>`
      select act from ledger_stage where object = ${`camara-subscription/${subscriptionId}`}
        and act = 'camara-subscription-begun'`.execute(scene.api.db.corridor);
    expect(rows, `write ${n}`).toHaveLength(1);
    if (broken.didFail()) continue;
    expect(n).toBeGreaterThanOrEqual(3);
    break;
  }
});

test.for(FAULTS)('to subscribe is written with its entry or not at all: %s', async fault => {
  const card = await scene.makeCard();
  const broken = breakWrite(scene.api.db.database, 1, fault);
  await expect(makeSubscription(broken, card)).rejects.toBeInstanceOf(Broken);
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from camara_subscription where subject_id = ${card.subjectId}`.execute(
    scene.api.db.corridor,
  );
  const { rows: entries } = await sql<{ n: number }>`
    select count(*) as n from ledger_stage l join camara_subscription s
      on l.object = 'camara-subscription/' || s.subscription_id
    where l.act = 'camara-subscribed' and s.subject_id = ${card.subjectId}`.execute(scene.api.db.corridor);
  const wanted = fault === 'answer-lost' ? 1 : 0;
  expect([rows[0]!.n, entries[0]!.n]).toEqual([wanted, wanted]);
});
