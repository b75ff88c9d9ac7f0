/** A card that was told to have left its area is told when it is back (C-53: the contract's area-change is for both). */
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ask } from '../../server/src/api/testing/test-api.ts';
import { sha256 } from '../../server/src/kernel/bytes.ts';
import type { Database } from '../../server/src/kernel/database/transaction.ts';
import { rfc3339 } from '../../server/src/kernel/time.ts';
import { isWithin } from '../../server/src/modules/cards/camara/subscriptions/back.ts';
import { runEventRound } from '../../server/src/modules/cards/camara/subscriptions/round.ts';
import { breakWrite } from '../faults/broken-writes.ts';
import { Broken, type Fault } from '../measures/faulty-database.ts';
import {
  FENCE,
  makeSubscriptionScene,
  type Receiver,
  type SubscriptionScene,
  startReceiver,
} from './subscription-scene.ts';

const CIRCLE = { latE6: FENCE.fenceLatE6, lonE6: FENCE.fenceLonE6, radiusM: FENCE.fenceRadiusM };
const HOME = { latE6: FENCE.fenceLatE6, lonE6: FENCE.fenceLonE6 };
/** Some hundred kilometres to the north. */
const AWAY = { latE6: FENCE.fenceLatE6 + 1_000_000, lonE6: FENCE.fenceLonE6 };

let scene: SubscriptionScene;
let receiver: Receiver;
let card: { phone: string; imsi: string; subjectId: number };
let records = 0;

beforeAll(async () => {
  scene = await makeSubscriptionScene();
  receiver = await startReceiver();
}, 60_000);
afterAll(async () => {
  receiver?.close();
  await scene?.close();
});
beforeEach(async () => {
  later(60_000);
  card = await scene.makeCard();
  receiver.got = [];
});

const later = (ms: number) => scene.api.clock.set(scene.api.clock.now() + ms);

async function subscribed(what: 'area-change' | 'imei-change', config: object = {}): Promise<string> {
  const answer = await ask(
    scene.api,
    '/api/v1/camara/iot-sim-fraud-prevention-subscriptions/v0.1/subscriptions',
    {
      token: scene.keys.all,
      body: {
        types: [`org.camaraproject.iot-sim-fraud-prevention.v0.${what}`],
        protocol: 'HTTP',
        sink: receiver.url,
        config: { subscriptionDetail: { device: { phoneNumber: card.phone } }, ...config },
      },
    },
  );
  expect(answer.status).toBe(201);
  return (answer.body as { id: string }).id;
}

/** A stored record of the card at a place, seen now. */
async function seen(place: object, how: { readonly mark?: string } = {}): Promise<void> {
  later(10_000);
  records += 1;
  const leaf = await scene.intake.leafFor(scene.api.clock.now());
  const now = rfc3339(scene.api.clock.now());
  await sql`
    insert into ${sql.table(leaf)} (received_at, party_id, source_id, batch_id, chunk_id, record_no, digest, kind, claim,
      observed_at, time_mark, body)
    values (${now}::text::timestamptz, ${scene.partyId}, 1, 1, 1, ${records}, ${sha256(`record ${records}`)}, 'card-usage',
      ${`imsi:${card.imsi}`}, ${now}::text::timestamptz, ${how.mark ?? 'stated'}, ${JSON.stringify(place)}::text::jsonb)`.execute(
    scene.api.db.corridor,
  );
  later(10_000);
}

/** Reads, looks and sends. */
async function rounds(database: Database = scene.api.db.database): Promise<void> {
  for (let i = 0; i < 4; i += 1) await runEventRound({ ...scene.doors, database });
}

const told = () =>
  receiver.got.map(each => JSON.parse(each.body) as { id: string; type: string; data: object });
const ids = () => told().map(each => each.id.split('.')[1]?.split('-')[0]);

describe('a card that left its area', () => {
  test('is told to be back once, by its last two places within the circle', async () => {
    const id = await subscribed('area-change');
    await scene.find(card.subjectId, 'area');
    await rounds();
    expect(ids()).toEqual(['finding']);
    await seen(HOME);
    await rounds();
    expect(ids()).toEqual(['finding']);
    await seen(HOME);
    await rounds();
    await seen(HOME);
    await rounds();
    expect(ids()).toEqual(['finding', 'back']);
    expect(told()[1]).toMatchObject({
      type: 'org.camaraproject.iot-sim-fraud-prevention.v0.area-change',
      data: {
        subscriptionId: id,
        area: { areaType: 'CIRCLE', radius: FENCE.fenceRadiusM },
        device: { phoneNumber: card.phone },
      },
    });
  });

  test('is not back by places before it left, outside, vague, without a place, or of a time nobody believes', async () => {
    await subscribed('area-change');
    await seen(HOME);
    await seen(HOME);
    await scene.find(card.subjectId, 'area');
    await rounds();
    await seen({ mcc: '262' });
    await seen(HOME, { mark: 'implausible' });
    await seen(HOME, { mark: 'implausible' });
    await seen({ ...HOME, accuracyM: FENCE.fenceRadiusM + 1 });
    await seen(HOME);
    await rounds();
    await seen(AWAY);
    await seen(HOME);
    await rounds();
    expect(ids()).toEqual(['finding']);
    await seen(HOME);
    await rounds();
    expect(ids()).toEqual(['finding', 'back']);
  });

  test('and leaves anew is told of both again, and what it is not subscribed to of neither', async () => {
    await subscribed('area-change');
    await subscribed('imei-change');
    for (let i = 0; i < 2; i += 1) {
      await scene.find(card.subjectId, 'area');
      await rounds();
      await seen(HOME);
      await seen(HOME);
      await rounds();
    }
    expect(ids()).toEqual(['finding', 'back', 'finding', 'back']);
    expect(new Set(told().map(each => each.id)).size).toBe(4);
  });

  test('counts its return among the events, and after its end is looked for no more', async () => {
    await subscribed('area-change', { subscriptionMaxEvents: 2 });
    await scene.find(card.subjectId, 'area');
    await rounds();
    await seen(HOME);
    await seen(HOME);
    await rounds();
    expect(ids()).toEqual(['finding', 'back', 'ended']);
    receiver.got = [];
    await subscribed('area-change', { subscriptionMaxEvents: 1 });
    await scene.find(card.subjectId, 'area');
    await rounds();
    await seen(HOME);
    await seen(HOME);
    await rounds();
    expect(ids()).toEqual(['finding', 'ended']);
  });

  test.for<Fault>(['not-written', 'answer-lost'])(
    'is told to be back once, whichever write was %s',
    async fault => {
      for (let n = 1; ; n += 1) {
        card = await scene.makeCard();
        receiver.got = [];
        await subscribed('area-change');
        await scene.find(card.subjectId, 'area');
        await seen(HOME);
        await seen(HOME);
        const broken = breakWrite(scene.api.db.database, n, fault);
        await rounds(broken).catch(cause => expect(cause).toBeInstanceOf(Broken));
        later(60_000);
        await rounds();
        expect([...new Set(ids())], `write ${n}`).toEqual(['finding', 'back']);
        expect(new Set(told().map(each => each.id)).size, `write ${n}`).toBe(2);
        if (broken.didFail()) continue;
        expect(n).toBeGreaterThanOrEqual(6);
        break;
      }
    },
  );
});

test('a circle is as wide from east to west as from north to south', () => {
  const degreesE6 = (metres: number) => metres / 0.1112;
  const narrow = Math.cos((CIRCLE.latE6 / 1e6) * (Math.PI / 180));
  const edge = CIRCLE.radiusM - 1;
  expect(isWithin({ ...HOME, latE6: HOME.latE6 + degreesE6(edge) }, CIRCLE)).toBe(true);
  expect(isWithin({ ...HOME, lonE6: HOME.lonE6 - degreesE6(edge) / narrow }, CIRCLE)).toBe(true);
  expect(isWithin({ ...HOME, lonE6: HOME.lonE6 - degreesE6(edge + 2) / narrow }, CIRCLE)).toBe(false);
  expect(isWithin({ ...HOME, latE6: HOME.latE6 + degreesE6(edge), accuracyM: 2 }, CIRCLE)).toBe(false);
  expect(isWithin({ latE6: '50', lonE6: 7 }, CIRCLE)).toBe(false);
});
