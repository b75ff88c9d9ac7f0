import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import type { TestDatabase } from '../../server/src/kernel/database/test-database.ts';
import type { Database } from '../../server/src/kernel/database/transaction.ts';
import { pemOf } from '../../server/src/kernel/der/pem.ts';
import { silentLog } from '../../server/src/kernel/log.ts';
import { issueCertificate } from '../../server/src/modules/devices/certificates/issue.ts';
import { registerDevice } from '../../server/src/modules/devices/devices.ts';
import { credentials } from '../../server/src/modules/devices/presented/credentials.ts';
import { type DeviceScene, deviceScene } from '../../server/src/modules/devices/testing/device-scene.ts';
import { deviceRequest } from '../../server/src/modules/devices/testing/test-root.ts';
import { gateway } from '../../server/src/modules/gateway/module.ts';
import { setRights } from '../../server/src/modules/gateway/rights/set-rights.ts';
import type { Credentials } from '../../server/src/spine/credentials.ts';
import type { LiveDoors, LivePart } from '../../server/src/spine/live-part.ts';
import { serverPair } from './server-pair.ts';

/** A certificate of a device with its key, as a client uses them. */
export interface Identity {
  readonly reference: string;
  readonly certificateId: number;
  readonly cert: string;
  readonly key: string;
}

export interface GatewayScene {
  readonly devices: DeviceScene;
  readonly part: LivePart;
  readonly mqttPort: number;
  readonly httpsPort: number;
  /** The gateway's own certificate, which clients trust. */
  readonly serverCert: string;
  readonly serverKey: string;
  device(serial: string): Promise<Identity>;
  rights(publish: readonly string[], subscribe?: readonly string[], product?: string): Promise<void>;
  /** Observations of a kind, the oldest first. */
  observed(kind: string): Promise<readonly { claim: string; body: Record<string, unknown> }[]>;
  close(): Promise<void>;
}

export interface SceneMore {
  /** Another one before the register of certificates. */
  readonly register?: Credentials;
  readonly settings?: LiveDoors['settings'];
}

/** A gateway on free ports over the database of a test; `through` puts another way into the database before it. */
export async function gatewayScene(
  db: TestDatabase,
  name: string,
  through: (database: Database) => Database = each => each,
  more: SceneMore = {},
): Promise<GatewayScene> {
  const devices = await deviceScene(db, name, { nowMs: Date.now() });
  const { doer, desk, authority } = devices;
  const { certFile, keyFile } = serverPair();
  const part = await openPart(db, through, more);
  const { mqttPort, httpsPort } = part.describe() as { mqttPort: number; httpsPort: number };
  return {
    ...{ devices, part, mqttPort, httpsPort, serverCert: readFileSync(certFile, 'utf8') },
    serverKey: readFileSync(keyFile, 'utf8'),
    device: async serial => {
      const made = await registerDevice(desk, doer, { product: 'meter-3', serial });
      const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const { der } = deviceRequest([['commonName', made.reference]], keys);
      const asked = {
        device: made.reference,
        authorityId: authority.authorityId,
        profile: 'device',
        request: der,
      };
      const issued = await issueCertificate(desk, doer, asked);
      return {
        ...{ reference: made.reference, certificateId: issued.certificateId },
        cert: pemOf('CERTIFICATE', issued.der),
        key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      };
    },
    rights: async (publish, subscribe = [], product = 'meter-3') => {
      await setRights({ database: db.database, clock: { now: () => Date.now() } }, doer, product, {
        publish,
        subscribe,
      });
    },
    observed: async kind => {
      const { rows } = await sql<{ claim: string; body: Record<string, unknown> }>`
        select claim, body from observation where kind = ${kind} and party_id = ${doer.partyId}
        order by chunk_id, observed_at`.execute(db.corridor);
      return rows;
    },
    close: async () => {
      await part.close();
      await devices.close();
    },
  };
}

/** One gateway more before a database, on free ports. */
export async function openPart(
  db: TestDatabase,
  through: (database: Database) => Database = each => each,
  { register = credentials, settings = {} }: SceneMore = {},
): Promise<LivePart> {
  const clock = { now: () => Date.now() };
  const database = through(db.database);
  const { certFile, keyFile } = serverPair();
  return (await gateway().open?.({
    ...{ database, clock, log: silentLog, credentials: register },
    intake: { database, clock, formats: new Map(), leafFor: ms => db.leafFor(ms) },
    settings: {
      ...{ gatewayMqttPort: 0, gatewayHttpsPort: 0, gatewayHost: '127.0.0.1' },
      ...{ gatewayCert: certFile, gatewayKey: keyFile, ...settings },
    },
  })) as LivePart;
}

/** A real client of MQTT, which does not come back by itself unless told. */
export function clientOf(scene: GatewayScene, one: Identity, more: IClientOptions = {}): MqttClient {
  return connect({
    ...{ host: '127.0.0.1', port: scene.mqttPort, protocol: 'mqtts', servername: 'localhost' },
    ...{ ca: scene.serverCert, cert: one.cert, key: one.key },
    ...{ clientId: one.reference, protocolVersion: 4, reconnectPeriod: 0, connectTimeout: 20_000, ...more },
  });
}

/** The client once it is in; rejects with what kept it out. */
export function entered(client: MqttClient): Promise<MqttClient> {
  return new Promise((resolve, reject) => {
    client.once('connect', () => resolve(client));
    client.once('error', reject);
    client.once('close', () => reject(new Error('closed')));
  });
}

/** Milliseconds until the connection is gone. */
export function gone(client: MqttClient): Promise<number> {
  const begunMs = performance.now();
  return new Promise(resolve => client.once('close', () => resolve(performance.now() - begunMs)));
}

export function within<T>(ms: number, work: Promise<T>): Promise<T | 'nothing'> {
  return Promise.race([work, new Promise<'nothing'>(resolve => setTimeout(resolve, ms, 'nothing'))]);
}

export async function eventually(ms: number, look: () => Promise<boolean> | boolean): Promise<boolean> {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs) {
    if (await look()) return true;
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  return false;
}
