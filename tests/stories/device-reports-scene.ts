import { type KeyObject, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MqttClient } from 'mqtt';
import type { TestDatabase } from '../../server/src/kernel/database/test-database.ts';
import { silentLog } from '../../server/src/kernel/log.ts';
import { listenForEst } from '../../server/src/modules/devices/adapters/est.ts';
import { issueCertificate } from '../../server/src/modules/devices/certificates/issue.ts';
import { revokeCertificate } from '../../server/src/modules/devices/certificates/standing.ts';
import { registerDevice } from '../../server/src/modules/devices/devices.ts';
import { expectDevices, labelOf, makeFleet } from '../../server/src/modules/devices/enrolment/fleets.ts';
import {
  type EstPlace,
  listenerFiles,
  newDevice,
} from '../../server/src/modules/devices/testing/est-client.ts';
import type { LivePart } from '../../server/src/spine/live-part.ts';
import {
  clientOf,
  entered,
  type GatewayScene,
  gatewayScene,
  type Identity,
} from '../gateway/gateway-scene.ts';

export const WHY = { why: 'stolen from its place' };
/** How long is waited for what comes within a second where the machine is not loaded. */
export const LONG_MS = 20_000;

export type ReportDevice = Identity & { readonly serial: string };

/** A gateway and a listener of EST over one database, for reports from the field. */
export interface ReportScene extends GatewayScene {
  readonly est: LivePart;
  readonly place: EstPlace;
  /** The files of the listener's certificate and key. */
  readonly files: { readonly certFile: string; readonly keyFile: string };
  /** A product of its own with rights of its own: they are felt at once by devices that were never there before. */
  product(publish: readonly string[], subscribe?: readonly string[]): Promise<string>;
  /** A device that was never there before, of a product that may publish below `up/`. */
  newcomer(product?: string): Promise<ReportDevice>;
  /** Its client, on its way in. */
  outside(one: Identity, more?: object): MqttClient;
  /** Its client, once it is in. */
  inside(one: Identity, more?: object): Promise<MqttClient>;
  /** `user:secret` of a device that is expected over EST. */
  expected(serial: string): Promise<string>;
  revoke(certificateId: number): Promise<unknown>;
  /** Whether an event of the device's connections was observed. */
  isTold(one: Identity, event: string, reason: string): Promise<boolean>;
  endClients(): void;
}

export async function reportScene(db: TestDatabase, name: string): Promise<ReportScene> {
  const scene = await gatewayScene(db, name);
  const folder = mkdtempSync(join(tmpdir(), 'tw-reports-'));
  const { desk, doer, authority } = scene.devices;
  const { authorityId } = authority;
  await scene.rights(['up/{serial}/#']);
  const fleet = await makeFleet(desk, doer, {
    ...{ name: 'meters', product: 'meter-3', authorityId, profile: 'device', makesKeys: false, graceDays: 0 },
  });
  const { ca, ...files } = listenerFiles(folder);
  const est = await listenForEst(desk, silentLog, { port: 0, host: '127.0.0.1', ...files });
  const clients: MqttClient[] = [];
  let [products, serials] = [0, 0];
  const outside = (one: Identity, more: object = {}): MqttClient => {
    const made = clientOf(scene, one, more);
    made.on('error', () => {});
    clients.push(made);
    return made;
  };
  return {
    ...scene,
    ...{ est, files },
    place: { port: est.describe()['port'] as number, ca, label: labelOf(fleet) },
    product: async (publish, subscribe = []) => {
      products += 1;
      const made = `model-${products}`;
      await scene.rights(publish, subscribe, made);
      return made;
    },
    newcomer: async (product = 'meter-3') => {
      serials += 1;
      const serial = `F${serials}`;
      const { reference } = await registerDevice(desk, doer, { product, serial });
      const { keys, request } = newDevice(reference);
      const asked = { device: reference, authorityId, profile: 'device', request: request() };
      const { certificateId, der } = await issueCertificate(desk, doer, asked);
      return { reference, serial, certificateId, ...pemPair(der, keys.privateKey) };
    },
    outside,
    inside: (one, more = {}) => entered(outside(one, more)),
    expected: async serial => {
      const [made] = await expectDevices(desk, doer, fleet.fleetId, [serial], 30);
      return `${serial}:${made?.secret ?? ''}`;
    },
    revoke: certificateId =>
      revokeCertificate(desk, doer, certificateId, { reason: 'key-compromise', ...WHY }),
    isTold: async (one, event, reason) =>
      (await scene.observed('device-connection')).some(
        ({ claim, body }) =>
          claim === `device:${one.reference}` && body['event'] === event && body['reason'] === reason,
      ),
    endClients: () => {
      for (const client of clients.splice(0)) client.end(true);
    },
    close: async () => {
      await est.close();
      await scene.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A certificate and its key as clients take them. */
export function pemPair(der: Uint8Array, key: KeyObject): { cert: string; key: string } {
  return {
    cert: new X509Certificate(der).toString(),
    key: key.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}

export const moment = (ms = 400) => new Promise(resolve => setTimeout(resolve, ms));
