/** Reports from the field about devices at the gateway (identity.md §13): each is a test that fails without its mend. */
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import {
  actsOf,
  issueCertificate,
  listCertificates,
} from '../../server/src/modules/devices/certificates/issue.ts';
import {
  holdCertificate,
  releaseCertificate,
} from '../../server/src/modules/devices/certificates/standing.ts';
import { besideThose } from '../../server/src/modules/devices/forecast/store.ts';
import { newDevice } from '../../server/src/modules/devices/testing/est-client.ts';
import {
  clientOf,
  entered,
  eventually,
  gatewayScene,
  gone,
  type Identity,
  within,
} from '../gateway/gateway-scene.ts';
import { LONG_MS, moment, pemPair, type ReportScene, reportScene, WHY } from './device-reports-scene.ts';

let db: TestDatabase;
let scene: ReportScene;

beforeAll(async () => {
  db = await testDatabase();
  scene = await reportScene(db, 'reports at the gateway');
}, 120_000);
afterEach(() => scene.endClients());
afterAll(async () => {
  await scene?.close();
  await db?.close();
});

const isRefused = (one: Identity) =>
  scene.inside(one).then(
    () => false,
    () => true,
  );

/** What a reader who was never there before is handed of what is kept at a topic, within a moment. */
async function kept(topic: string, of: string): Promise<string[]> {
  const reader = await scene.inside(await scene.newcomer(of));
  const heardThere: string[] = [];
  reader.on('message', (_, payload) => heardThere.push(String(payload)));
  await reader.subscribeAsync(topic, { qos: 1 });
  await moment();
  reader.end(true);
  return heardThere;
}

describe('a revocation', () => {
  test('IR-01, IR-02, IR-07 ends live connections and shuts the door with no restart and no file read again', async () => {
    const [one, other] = [await scene.newcomer(), await scene.newcomer()];
    const [mqtt, bystander] = [await scene.inside(one), await scene.inside(other)];
    const admitted = Number(scene.part.describe()['admitted']);
    const left = gone(mqtt);
    await scene.revoke(one.certificateId);
    expect(await within(LONG_MS, left)).not.toBe('nothing');
    expect(await isRefused(one)).toBe(true);
    await holdCertificate(scene.devices.desk, scene.devices.doer, other.certificateId, WHY);
    expect(await eventually(LONG_MS, () => !bystander.connected)).toBe(true);
    await releaseCertificate(scene.devices.desk, scene.devices.doer, other.certificateId, WHY);
    await scene.inside(other);
    // It is the same gateway all along: it goes on counting where it was.
    expect(Number(scene.part.describe()['admitted'])).toBe(admitted + 1);
  });

  test('IR-03 drops the session with what waits in it', async () => {
    const model = await scene.product(['#'], ['down/{serial}/#']);
    const [one, sender] = [await scene.newcomer(model), await scene.inside(await scene.newcomer(model))];
    const mqtt = await scene.inside(one, { clean: false });
    const topic = `down/${one.serial}/cmd`;
    await mqtt.subscribeAsync(topic, { qos: 1 });
    await mqtt.endAsync();
    await sender.publishAsync(topic, 'late', { qos: 1 });
    await scene.revoke(one.certificateId);
    expect(await eventually(LONG_MS, () => scene.isTold(one, 'withheld', 'revoked'))).toBe(true);
    // The same device with a new certificate finds nothing of it.
    const { desk, doer, authority } = scene.devices;
    const { keys, request } = newDevice(one.reference);
    const asked = { device: one.reference, authorityId: authority.authorityId, profile: 'device' };
    const fresh = await issueCertificate(desk, doer, { ...asked, request: request() });
    const again = scene.outside({ ...one, ...pemPair(fresh.der, keys.privateKey) }, { clean: false });
    const heardThere: string[] = [];
    again.on('message', (_, payload) => heardThere.push(String(payload)));
    await entered(again);
    await again.subscribeAsync(topic, { qos: 1 });
    await sender.publishAsync(topic, 'new', { qos: 1 });
    expect(await eventually(LONG_MS, () => heardThere.includes('new'))).toBe(true);
    expect(heardThere).toEqual(['new']);
  });

  test('IR-04 stands with its certificate: the state, since when, by whom and why, and when the device was seen last', async () => {
    const one = await scene.newcomer();
    (await scene.inside(one)).end(true);
    await scene.revoke(one.certificateId);
    const { desk, doer } = scene.devices;
    const { beside, certificate, acts } = await db.database.door(doer.partyId, async tx => {
      const [beside] = await besideThose(tx, [one.certificateId]);
      const [certificate] = await listCertificates(tx, {}, one.certificateId - 1, 1);
      return { beside, certificate, acts: await actsOf(tx, one.certificateId) };
    });
    expect(certificate).toMatchObject({ state: 'revoked', reason: 1, revokedAtMs: desk.clock.now() });
    expect(acts.at(-1)).toMatchObject({ act: 'revoked', actor: doer.label, ...WHY });
    expect(beside?.lastSeenMs).toBeGreaterThan(0);
  });

  test('IR-05 is felt, and everybody else comes in, though the lists ran out long ago', async () => {
    const [good, bad] = [await scene.newcomer(), await scene.newcomer()];
    await scene.devices.tell();
    await sql`update device_crl set full_next = now() - interval '40 days', full_at = now() - interval '70 days',
      delta_next = now() - interval '40 days', delta_at = now() - interval '41 days'
      where authority_id = ${scene.devices.authority.authorityId}`.execute(db.owner);
    await scene.inside(good);
    await scene.revoke(bad.certificateId);
    expect(await isRefused(bad)).toBe(true);
    await scene.inside(good);
  });

  test('IR-06 of one authority asks nothing of another’s lists, missing as they may be', async () => {
    const one = await scene.newcomer();
    const other = await gatewayScene(db, 'without lists');
    try {
      await sql`update device_crl set full_bytes = null, full_number = null, delta_bytes = null, delta_number = null
        where party_id = ${other.devices.doer.partyId}`.execute(db.owner);
      await scene.inside(one);
      const neighbour = await entered(clientOf(other, await other.device('N1')));
      neighbour.end(true);
    } finally {
      await other.close();
    }
  });
});

describe('a session of MQTT', () => {
  test('IR-13 that goes on has no more rights than its device has now', async () => {
    const model = await scene.product(['all/#', 'down/#'], ['all/#', 'down/{serial}/#']);
    const [one, sender] = [await scene.newcomer(model), await scene.inside(await scene.newcomer(model))];
    const mqtt = await scene.inside(one, { clean: false });
    await mqtt.subscribeAsync(['all/#', `down/${one.serial}/#`], { qos: 1 });
    await mqtt.endAsync();
    await scene.rights(['all/#', 'down/#'], ['down/{serial}/#'], model);
    const isFelt = async () => {
      const probe = await scene.inside(await scene.newcomer(model));
      return await probe.subscribeAsync('all/#', { qos: 1 }).then(
        () => false,
        () => true,
      );
    };
    expect(await eventually(LONG_MS, isFelt)).toBe(true);
    await sender.publishAsync('all/x', 'while away', { qos: 1 });
    const back = scene.outside(one, { clean: false });
    const heardThere: string[] = [];
    back.on('message', (_, payload) => heardThere.push(String(payload)));
    await entered(back);
    await sender.publishAsync('all/x', 'while here', { qos: 1 });
    await sender.publishAsync(`down/${one.serial}/x`, 'its own', { qos: 1 });
    expect(await eventually(LONG_MS, () => heardThere.includes('its own'))).toBe(true);
    expect(heardThere).toEqual(['its own']);
  });

  test('IR-14 under another name than its certificate’s is refused, and the device that tried is on record', async () => {
    const one = await scene.newcomer();
    await expect(scene.inside(one, { clientId: 'legacy-17' })).rejects.toMatchObject({ code: 2 });
    expect(await eventually(LONG_MS, () => scene.isTold(one, 'refused', 'client-id'))).toBe(true);
  });

  test('IR-15 leaves no will behind that its device may not publish any more', async () => {
    const model = await scene.product(['wills/{device}'], ['wills/#']);
    const willOf = ({ reference }: Identity) => ({
      ...{ topic: `wills/${reference}`, payload: Buffer.from(reference), qos: 1 as const, retain: false },
    });
    const [first, one] = [await scene.newcomer(model), await scene.newcomer(model)];
    const eyes = await scene.inside(await scene.newcomer(model));
    const heardThere: string[] = [];
    eyes.on('message', (_, payload) => heardThere.push(String(payload)));
    await eyes.subscribeAsync('wills/#', { qos: 1 });
    (await scene.inside(first, { will: willOf(first) })).stream.destroy();
    expect(await eventually(LONG_MS, () => heardThere.includes(first.reference))).toBe(true);
    const mqtt = await scene.inside(one, { will: willOf(one) });
    await scene.rights(['up/{serial}/#'], ['wills/#'], model);
    const isFelt = async () => {
      const probe = await scene.newcomer(model);
      return await scene.inside(probe, { will: willOf(probe) }).then(
        () => false,
        () => true,
      );
    };
    expect(await eventually(LONG_MS, isFelt)).toBe(true);
    mqtt.stream.destroy();
    expect(await eventually(LONG_MS, () => scene.isTold(one, 'ended', 'closed'))).toBe(true);
    await moment();
    expect(heardThere).not.toContain(one.reference);
  });

  test('IR-16 is handed nothing kept by one who may not publish there any more', async () => {
    const model = await scene.product(['up/{serial}/#'], ['up/+/state']);
    const one = await scene.newcomer(model);
    const topic = `up/${one.serial}/state`;
    await (await scene.inside(one)).publishAsync(topic, 'kept', { qos: 1, retain: true });
    expect(await kept(topic.replace(one.serial, '+'), model)).toEqual(['kept']);
    await scene.rights(['elsewhere/{serial}'], ['up/+/state'], model);
    const isGone = async () => (await kept('up/+/state', model)).length === 0;
    expect(await eventually(LONG_MS, isGone)).toBe(true);
  });

  test('IR-20 has topics that are observed as they were written, every character of them', async () => {
    const one = await scene.newcomer();
    const mqtt = await scene.inside(one);
    const characters = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).filter(
      each => !'+#'.includes(each),
    );
    const topics = characters.map(each => `up/${one.serial}/x${each}y`);
    for (const topic of topics) await mqtt.publishAsync(topic, 'v', { qos: 1 });
    const seen = (await scene.observed('device-telemetry'))
      .filter(each => each.claim === `device:${one.reference}`)
      .map(each => each.body['topic']);
    expect(seen.sort()).toEqual([...topics].sort());
  });
});
