/** Devices that come in by MQTT over mutual TLS with a real client: what they send, what they may, how they are ended. */
import type { MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import type { Database } from '../../server/src/kernel/database/transaction.ts';
import {
  holdCertificate,
  releaseCertificate,
  revokeCertificate,
} from '../../server/src/modules/devices/certificates/standing.ts';
import {
  clientOf,
  entered,
  eventually,
  type GatewayScene,
  gatewayScene,
  gone,
  type Identity,
  within,
} from './gateway-scene.ts';

const WHY = { why: 'stolen from its place' };
let db: TestDatabase;
let scene: GatewayScene;
/** Set by a test: what happens to transactions of the gateway at the door of a party. */
let disturb: ((commit: () => Promise<unknown>) => Promise<unknown>) | null = null;
const clients: MqttClient[] = [];
let serials = 0;

beforeAll(async () => {
  db = await testDatabase();
  scene = await gatewayScene(db, 'gateway by mqtt', disturbed);
  await scene.rights(['up/{serial}/#', 'wills/{device}'], ['down/{serial}/#', 'up/+/state', 'all/#']);
});
afterEach(() => {
  disturb = null;
  for (const client of clients.splice(0)) client.end(true);
});
afterAll(async () => {
  await scene?.close();
  await db?.close();
});

function disturbed(database: Database): Database {
  const through = <T>(partyId: number, commit: () => Promise<T>): Promise<T> =>
    partyId === 0 || disturb === null ? commit() : (disturb(commit) as Promise<T>);
  return {
    corridor: work => database.corridor(work),
    door: (partyId, work) => through(partyId, () => database.door(partyId, work)),
    doorAtOnce: (partyId, statements) => through(partyId, () => database.doorAtOnce(partyId, statements)),
  };
}

async function device(): Promise<Identity & { serial: string }> {
  serials += 1;
  const serial = `M${serials}`;
  return { ...(await scene.device(serial)), serial };
}

function client(one: Identity, more = {}): MqttClient {
  const made = clientOf(scene, one, more);
  made.on('error', () => {});
  clients.push(made);
  return made;
}

const inside = (one: Identity, more = {}) => entered(client(one, more));
const sentBy = async ({ reference }: Identity) =>
  (await scene.observed('device-telemetry')).filter(each => each.claim === `device:${reference}`);
const eventsOf = async ({ reference }: Identity) =>
  (await scene.observed('device-connection'))
    .filter(each => each.claim === `device:${reference}`)
    .map(each => `${each.body['event']} ${each.body['reason']}`.trim());

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

describe('what a device sends', () => {
  it('is an observation of the device once it is acknowledged (E-01, C1)', async () => {
    const one = await device();
    const mqtt = await inside(one);
    await mqtt.publishAsync(`up/${one.serial}/state`, '21.5', { qos: 1 });
    expect((await sentBy(one)).map(each => each.body)).toEqual([
      expect.objectContaining({
        ...{ topic: `up/${one.serial}/state`, text: '21.5', transport: 'mqtt', qos: 1, sizeBytes: 4 },
        isWill: false,
      }),
    ]);
    await mqtt.publishAsync(`up/${one.serial}/state`, '21.5', { qos: 1 });
    await mqtt.publishAsync(`up/${one.serial}/state`, '21.5', { qos: 2 });
    expect(await sentBy(one), 'the same value again is another message').toHaveLength(3);
    expect(await eventually(5_000, async () => (await eventsOf(one)).includes('connected'))).toBe(true);
  });

  it('is not acknowledged before its commit', async () => {
    const one = await device();
    const mqtt = await inside(one);
    let letGo = (): void => {};
    const held = new Promise<void>(resolve => {
      letGo = resolve;
    });
    disturb = async commit => {
      await held;
      return await commit();
    };
    const acknowledged = mqtt.publishAsync(`up/${one.serial}/state`, 'late', { qos: 1 });
    expect(await within(500, acknowledged)).toBe('nothing');
    expect(await sentBy(one)).toEqual([]);
    letGo();
    await acknowledged;
    expect(await sentBy(one)).toHaveLength(1);
  });

  it.each(['not written', 'answer lost'] as const)(
    'is stored once when its commit breaks (%s), and the client sends it again',
    async fault => {
      const one = await device();
      const mqtt = client(one, { reconnectPeriod: 100, clean: false });
      await entered(mqtt);
      let broken = 0;
      disturb = async commit => {
        if (broken >= 3) return await commit();
        broken += 1;
        if (fault === 'answer lost') await commit();
        throw new Error(fault);
      };
      await mqtt.publishAsync(`up/${one.serial}/state`, 'once', { qos: 1 });
      expect(broken).toBeGreaterThan(0);
      expect(await sentBy(one)).toHaveLength(1);
    },
  );

  it('with no acknowledgement ends the connection while nothing can be written', async () => {
    const one = await device();
    const mqtt = await inside(one);
    disturb = async () => {
      throw new Error('away');
    };
    const left = gone(mqtt);
    let isAcknowledged = false;
    mqtt.publish(`up/${one.serial}/state`, 'lost', { qos: 1 }, error => {
      isAcknowledged = error === undefined || error === null;
    });
    expect(await within(20_000, left)).not.toBe('nothing');
    expect(isAcknowledged).toBe(false);
    disturb = null;
    expect(await sentBy(one)).toEqual([]);
  });
});

describe('what a device may', () => {
  it('is nothing where its product was given no rights (I-19)', async () => {
    const stranger = await gatewayScene(db, 'gateway without rights');
    try {
      const one = await stranger.device('N1');
      const mqtt = await entered(clientOf(stranger, one));
      mqtt.on('error', () => {});
      const left = gone(mqtt);
      mqtt.publish('anything', 'x', { qos: 1 }, () => {});
      expect(await within(10_000, left)).not.toBe('nothing');
      expect(await stranger.observed('device-telemetry')).toEqual([]);
      expect(stranger.part.describe()).toMatchObject({ productsWithoutRights: 1 });
      await stranger.rights(['#'], ['#']);
      const again = await entered(clientOf(stranger, one));
      expect(await eventually(3_000, () => stranger.part.describe()['productsWithoutRights'] === 0)).toBe(
        true,
      );
      await again.publishAsync('anything', 'x', { qos: 1 });
      again.end(true);
    } finally {
      await stranger.close();
    }
  });

  it('does not begin with another name, none, or a will that it may not publish (I-16, IR-11, IR-15)', async () => {
    const [one, other] = [await device(), await device()];
    const refused = (more: object) => entered(client(one, more));
    await expect(refused({ clientId: other.reference })).rejects.toMatchObject({ code: 2 });
    await expect(refused({ clientId: '', clean: true })).rejects.toMatchObject({ code: 2 });
    const will = { topic: `up/${other.serial}/state`, payload: Buffer.from('gone'), qos: 1 as const };
    await expect(refused({ will })).rejects.toMatchObject({ code: 5 });
    expect(await eventually(5_000, async () => (await eventsOf(one)).length >= 3)).toBe(true);
    expect((await eventsOf(one)).sort()).toEqual(['refused client-id', 'refused client-id', 'refused will']);
  });

  it('never is to take the session of another, or what waits in it (IR-11, IR-12)', async () => {
    const [owner, thief, sender] = [await device(), await device(), await device()];
    await scene.rights(['#'], ['down/{serial}/#', 'up/+/state', 'all/#']);
    await pause(1_000);
    const mqtt = await inside(owner, { clean: false });
    await mqtt.subscribeAsync(`down/${owner.serial}/cmd`, { qos: 1 });
    await mqtt.endAsync();
    const other = await inside(sender);
    await other.publishAsync(`down/${owner.serial}/cmd`, 'secret', { qos: 1 });
    await expect(inside(thief, { clientId: owner.reference, clean: false })).rejects.toMatchObject({
      code: 2,
    });
    const back = client(owner, { clean: false });
    const heard = new Promise<string>(resolve =>
      back.once('message', (_, payload) => resolve(String(payload))),
    );
    await entered(back);
    expect(await within(5_000, heard)).toBe('secret');
    await scene.rights(['up/{serial}/#', 'wills/{device}'], ['down/{serial}/#', 'up/+/state', 'all/#']);
  });

  it('is asked of the filter whole: one that reaches further is refused (I-18)', async () => {
    const one = await device();
    const mqtt = await inside(one);
    const granted = async (topic: string) => (await mqtt.subscribeAsync(topic, { qos: 1 }))[0]?.qos;
    expect(await granted(`down/${one.serial}/#`)).toBe(1);
    for (const topic of ['#', 'down/#', 'down/+/cmd', '$SYS/#', '$share/g/all/#'])
      await expect(mqtt.subscribeAsync(topic, { qos: 1 }), topic).rejects.toThrow();
  });

  it('changes for those who are in, within a second, with no reconnection (I-18, IR-17)', async () => {
    const [one, other] = [await device(), await device()];
    const [reader, writer] = [await inside(one), await inside(other)];
    const heard: string[] = [];
    reader.on('message', (_, payload) => heard.push(String(payload)));
    await reader.subscribeAsync('up/+/state', { qos: 1 });
    await writer.publishAsync(`up/${other.serial}/state`, 'first', { qos: 1 });
    expect(await eventually(5_000, () => heard.length === 1)).toBe(true);
    await scene.rights(['up/{serial}/#', 'wills/{device}'], ['down/{serial}/#', 'all/#']);
    await pause(1_000);
    await writer.publishAsync(`up/${other.serial}/state`, 'second', { qos: 1 });
    await pause(300);
    expect(heard).toEqual(['first']);
    expect(reader.connected && writer.connected).toBe(true);
    await scene.rights(['up/{serial}/#', 'wills/{device}'], ['down/{serial}/#', 'up/+/state', 'all/#']);
  });
});

describe('a certificate that is ended', () => {
  it.each(['revoked', 'held'] as const)(
    'ends the live session in under a second and lets nobody in again (%s, I-01)',
    async how => {
      const one = await device();
      const mqtt = await inside(one);
      const left = gone(mqtt);
      const { desk, doer } = scene.devices;
      const begunMs = performance.now();
      if (how === 'revoked')
        await revokeCertificate(desk, doer, one.certificateId, { reason: 'key-compromise', ...WHY });
      else await holdCertificate(desk, doer, one.certificateId, WHY);
      // From the answer to whoever ended it: by then it is committed.
      const endedMs = performance.now() - begunMs;
      const leftMs = await within(5_000, left);
      expect(Number(leftMs) - endedMs).toBeLessThan(1_000);
      await expect(inside(one)).rejects.toThrow();
      const word = how === 'revoked' ? 'revoked' : 'suspended';
      expect(await eventually(5_000, async () => (await eventsOf(one)).includes(`refused ${word}`))).toBe(
        true,
      );
      expect(await eventsOf(one)).toContain(`ended ${word}`);
      if (how === 'revoked') return;
      await releaseCertificate(desk, doer, one.certificateId, WHY);
      expect((await inside(one)).connected).toBe(true);
    },
  );

  it('takes its will, what it keeps at topics and what waits for it along (I-03, IR-03)', async () => {
    const [one, watcher] = [await device(), await device()];
    const will = {
      topic: `wills/${one.reference}`,
      payload: Buffer.from('gone'),
      qos: 1 as const,
      retain: false,
    };
    await scene.rights(
      ['up/{serial}/#', 'wills/{device}', 'all/#'],
      ['down/{serial}/#', 'up/+/state', 'all/#', 'wills/#'],
    );
    const mqtt = await inside(one, { will });
    await mqtt.publishAsync(`up/${one.serial}/state`, 'kept', { qos: 1, retain: true });
    const eyes = await inside(watcher);
    const heard: string[] = [];
    eyes.on('message', (topic, payload) => heard.push(`${topic} ${payload}`));
    await pause(1_000);
    await eyes.subscribeAsync('wills/#', { qos: 1 });
    await eyes.subscribeAsync('up/+/state', { qos: 1 });
    expect(await eventually(5_000, () => heard.includes(`up/${one.serial}/state kept`))).toBe(true);
    const left = gone(mqtt);
    const { desk, doer } = scene.devices;
    await revokeCertificate(desk, doer, one.certificateId, { reason: 'key-compromise', ...WHY });
    expect(await within(5_000, left)).toBeLessThan(1_000);
    await pause(500);
    expect(heard.filter(each => each.startsWith('wills/'))).toEqual([]);
    const late = await inside(await device());
    const lateHeard: string[] = [];
    late.on('message', (topic, payload) => lateHeard.push(`${topic} ${payload}`));
    await late.subscribeAsync('up/+/state', { qos: 1 });
    await pause(500);
    expect(lateHeard).not.toContain(`up/${one.serial}/state kept`);
    expect(await eventsOf(one)).toContain('withheld revoked');
    // A device that merely loses its connection has its will told.
    const other = await device();
    const dying = await inside(other, { will: { ...will, topic: `wills/${other.reference}` } });
    dying.stream.destroy();
    expect(await eventually(5_000, () => heard.includes(`wills/${other.reference} gone`))).toBe(true);
  });
});
