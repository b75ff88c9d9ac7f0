/** What a gateway does when a certificate is ended, as it stands on record: who was cut off, and what was withheld (I-03, I-04). */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import {
  holdCertificate,
  releaseCertificate,
  revokeCertificate,
} from '../../server/src/modules/devices/certificates/standing.ts';
import { credentials } from '../../server/src/modules/devices/presented/credentials.ts';
import { party } from '../../server/src/modules/devices/testing/device-scene.ts';
import { listEndings, listWithheld } from '../../server/src/modules/gateway/ended/store.ts';
import type { Credentials } from '../../server/src/spine/credentials.ts';
import { until } from '../api-client.ts';
import { clientOf, entered, type GatewayScene, gatewayScene, gone, type Identity } from './gateway-scene.ts';

const WHY = { why: 'stolen from its place' };
let db: TestDatabase;
let scene: GatewayScene;
/** How the next note that a certificate is in use breaks. */
let broken: 'not written' | 'answer lost' | null = null;
const clients: MqttClient[] = [];

beforeAll(async () => {
  db = await testDatabase();
  scene = await gatewayScene(db, 'gateway on record', each => each, { register: breaking });
  await scene.rights(['up/{serial}/#', 'down/#', 'wills/{device}'], ['down/{serial}/#', 'up/#']);
});
afterEach(() => {
  broken = null;
  for (const client of clients.splice(0)) client.end(true);
});
afterAll(async () => {
  await scene?.close();
  await db?.close();
});

/** The register, of which one note of use breaks when `broken` says so. */
const breaking: Credentials = {
  ...credentials,
  used: async (database, one, atMs) => {
    const fault = broken;
    broken = null;
    if (fault !== 'not written') await credentials.used(database, one, atMs);
    if (fault !== null) throw new Error(fault);
  },
};

function client(one: Identity, more = {}): MqttClient {
  const made = clientOf(scene, one, more);
  made.on('error', () => {});
  clients.push(made);
  return made;
}

const party1 = () => scene.devices.doer.partyId;
const endingsOf = ({ certificateId }: Identity, of = party1()) =>
  db.database.door(of, tx => listEndings(tx, certificateId, 0, 100));
const withheldOf = ({ certificateId }: Identity, of = party1()) =>
  db.database.door(of, tx => listWithheld(tx, certificateId, 0, 100));

/** What is staged for, or stands in, the ledger about a certificate by gateways. */
async function entriesOf({ certificateId }: Identity): Promise<readonly Record<string, unknown>[]> {
  const { rows } = await sql<{ entry: Buffer }>`
    select entry from ledger_stage where act = 'gateway-closed' and object = ${`certificate/${certificateId}`}
    order by 1`.execute(db.owner);
  return rows.map(({ entry }) => JSON.parse(entry.toString()) as Record<string, unknown>);
}

async function revoke(one: Identity): Promise<void> {
  const { desk, doer } = scene.devices;
  await revokeCertificate(desk, doer, one.certificateId, { reason: 'key-compromise', ...WHY });
}

const onRecord = (one: Identity, count = 1) =>
  until(`endings of ${one.reference}`, async () => {
    const found = await endingsOf(one);
    return found.length >= count && found;
  });

it('is one row and one entry that tells what was withheld, and no other party’s to read', async () => {
  const [one, other] = [await scene.device('E1'), await scene.device('E2')];
  const will = {
    topic: `wills/${one.reference}`,
    payload: Buffer.from('gone'),
    qos: 1 as const,
    retain: false,
  };
  const mqtt = await entered(client(one, { will, clean: false }));
  await mqtt.publishAsync('up/E1/state', 'kept', { qos: 1, retain: true });
  await mqtt.subscribeAsync('down/E1/cmd', { qos: 1 });
  // From now on it acknowledges nothing: what is sent to it waits.
  mqtt.handleMessage = () => {};
  const sender = await entered(client(other));
  await sender.publishAsync('down/E1/cmd', 'open', { qos: 1 });
  const left = gone(mqtt);
  await revoke(one);
  await left;
  const [ending] = await onRecord(one);
  expect(ending).toMatchObject({ device: one.reference, fault: 'revoked', connections: 1 });
  const withheld = await withheldOf(one);
  const told = withheld.map(each => ({ ...each, payload: each.payload.toString() }));
  expect(told).toEqual([
    expect.objectContaining({ what: 'will', topic: will.topic, sender: one.reference, payload: 'gone' }),
    expect.objectContaining({
      what: 'waiting',
      topic: 'down/E1/cmd',
      sender: other.reference,
      payload: 'open',
    }),
    expect.objectContaining({ what: 'kept', topic: 'up/E1/state', sender: one.reference, payload: 'kept' }),
  ]);
  const whole = createHash('sha256');
  for (const { what, topic, qos, sender: from, payload } of withheld) {
    const own = createHash('sha256').update(payload).digest('hex');
    whole.update(`${JSON.stringify([what, topic, qos, from, own])}\n`);
  }
  const digest = `sha256:${whole.digest('hex')}`;
  expect(await entriesOf(one)).toEqual([
    expect.objectContaining({
      actor: `gateway/${ending?.node}`,
      at: new Date(ending?.endedAtMs ?? 0).toISOString(),
      detail: {
        ...{ fault: 'revoked', connections: 1 },
        withheld: { waiting: 1, kept: 1, will: 1, digest },
      },
    }),
  ]);
  const stranger = await party(db, 'a stranger to endings');
  expect(await endingsOf(one, stranger.partyId)).toEqual([]);
  expect(await withheldOf(one, stranger.partyId)).toEqual([]);
});

it('tells of a suspension and of the revocation after it, and of one that held no connection', async () => {
  const one = await scene.device('E3');
  const { desk, doer } = scene.devices;
  const mqtt = await entered(client(one));
  const left = gone(mqtt);
  await holdCertificate(desk, doer, one.certificateId, WHY);
  await left;
  await onRecord(one);
  await releaseCertificate(desk, doer, one.certificateId, WHY);
  await revoke(one);
  const both = await onRecord(one, 2);
  expect(both.map(({ fault, connections }) => [fault, connections])).toEqual([
    ['suspended', 1],
    ['revoked', 0],
  ]);
  expect(await entriesOf(one)).toHaveLength(2);
});

it.each(['not written', 'answer lost'] as const)(
  'is let in only when it is on record that its certificate came into use (%s, I-08)',
  async what => {
    const one = await scene.device(`U${what.length}`);
    const seen = async () => {
      const { rows } = await sql<{ n: number }>`
        select count(*)::int as n from device_certificate_seen where certificate_id = ${one.certificateId}`.execute(
        db.owner,
      );
      return rows[0]?.n;
    };
    broken = what;
    await expect(entered(client(one))).rejects.toThrow();
    expect(await seen()).toBe(what === 'not written' ? 0 : 1);
    expect((await entered(client(one))).connected).toBe(true);
    expect(await seen()).toBe(1);
  },
);
