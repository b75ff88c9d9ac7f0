/**
 * One or two whole servers over one database, with a gateway and EST each, and devices that have certificates of an
 * authority there; all of it asked of the interface.
 */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type MqttClient } from 'mqtt';
import { type Launched, launchDatabase } from '../../server/src/kernel/database/launch.ts';
import { makeDatabase } from '../../server/src/kernel/database/open.ts';
import { pemOf, pemParts } from '../../server/src/kernel/der/pem.ts';
import { deviceRequest, sha1, testRoot } from '../../server/src/modules/devices/testing/test-root.ts';
import { exact, questionAbout } from '../../server/src/modules/devices/testing/told.ts';
import { keyIdOf } from '../../server/src/modules/devices/x509/certificate.ts';
import { readRequest, subjectIn } from '../../server/src/modules/devices/x509/request.ts';
import { ApiClient } from '../../tests/api-client.ts';
import { type ServerProcess, startServer } from '../../tests/server-process.ts';

export interface Server {
  readonly process: ServerProcess;
  readonly mqttPort: number;
  readonly httpsPort: number;
  readonly estPort: number;
}

export interface Device {
  readonly reference: string;
  readonly serial: string;
  readonly certificateId: number;
  /** Of the certificate, in hexadecimal. */
  readonly number: string;
  readonly cert: string;
  readonly key: string;
  readonly request: Buffer;
}

export interface Scene {
  readonly servers: Server[];
  readonly launched: Launched;
  readonly client: ApiClient;
  readonly authority: number;
  readonly estLabel: string;
  /** The certificate of every listener, which clients trust. */
  readonly ca: string;
  question(device: Device): Buffer;
  devices(count: number): Promise<Device[]>;
  /** A second server over the database of the first. */
  another(): Promise<void>;
  close(): Promise<void>;
}

export async function openScene(): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), 'tw-'));
  chmodSync(folder, 0o755);
  const at = (name: string): string => join(folder, name);
  const launched = await launchDatabase({ dataDir: folder });
  await makeDatabase(launched, 'bench');
  const { superuser, port, host } = launched;
  const url = `postgresql://${superuser}@localhost:${port}/bench?host=${encodeURIComponent(host)}`;
  const pair = certificateOf(at);
  const servers: Server[] = [];
  const start = async (data: string): Promise<Server> => {
    const ports = { mqttPort: await freePort(), httpsPort: await freePort(), estPort: await freePort() };
    const env = {
      DATABASE_URL: url,
      THINGWARD_LEDGER_ORIGIN: 'bench.example/ledger',
      THINGWARD_GATEWAY_MQTT_PORT: String(ports.mqttPort),
      THINGWARD_GATEWAY_HTTPS_PORT: String(ports.httpsPort),
      THINGWARD_EST_PORT: String(ports.estPort),
      ...{ THINGWARD_GATEWAY_CERT: pair.cert, THINGWARD_GATEWAY_KEY: pair.key },
      ...{ THINGWARD_EST_CERT: pair.cert, THINGWARD_EST_KEY: pair.key },
    };
    return { process: await startServer(data, { env }), ...ports };
  };
  const data = (name: string): string => {
    mkdirSync(at(name));
    return at(name);
  };
  const first = await start(data('a'));
  servers.push(first);
  const client = new ApiClient(first.process.address);
  const { email, password } = first.process.first as { email: string; password: string };
  await client.signIn(email, password, 'a long enough pass phrase 8');
  const root = testRoot(Date.now());
  const authority = await client.post<{ id: number; request: string }>('/device-authorities', {
    ...{ name: 'issuing', organization: 'Bench' },
  });
  const [asked = Buffer.alloc(0)] = pemParts(authority.request, 'CERTIFICATE REQUEST');
  await client.post(`/device-authorities/${authority.id}/certificate`, {
    certificate: pemOf('CERTIFICATE', root.certify(asked)),
    above: pemOf('CERTIFICATE', root.certificate),
  });
  const rights = { publish: ['up/{serial}/#'], subscribe: ['down/{serial}/#'] };
  await client.put('/gateway/rights/meter-3', rights);
  const ofFleet = { name: 'bench', product: 'meter-3', authority: authority.id };
  const { label } = await client.post<{ label: string }>('/device-fleets', ofFleet);
  const digests = {
    nameDigests: [sha1(exactly(subjectIn(asked)))],
    keyDigests: [keyIdOf(readRequest(asked).key)],
  };
  const scene: Scene = {
    ...{ servers, launched, client, authority: authority.id, estLabel: label },
    ca: readFileSync(pair.cert, 'utf8'),
    question: ({ number }) =>
      questionAbout(digests as unknown as Parameters<typeof questionAbout>[0], [Buffer.from(number, 'hex')]),
    devices: count =>
      inTurns(
        Array.from({ length: count }, (_, i) => i),
        8,
        i => makeDevice(scene, `D${i}`),
      ),
    another: async () => {
      cpSync(at('a'), at('b'), { recursive: true });
      rmSync(join(at('b'), 'instance.id'), { force: true });
      servers.push(await start(at('b')));
    },
    close: async () => {
      for (const each of servers) await each.process.stop();
      await launched.stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
    },
  };
  return scene;
}

function exactly(bytes: Uint8Array): Buffer {
  return Buffer.from(exact(bytes));
}

function certificateOf(at: (name: string) => string): { cert: string; key: string } {
  const pair = { cert: at('listener.pem'), key: at('listener.key') };
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', pair.key];
  const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '30'];
  execFileSync('openssl', ['req', '-x509', ...made, '-out', pair.cert, ...name], { stdio: 'ignore' });
  return pair;
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

async function makeDevice({ client, authority }: Scene, serial: string): Promise<Device> {
  const reference = `meter-3:${serial}`;
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { der } = deviceRequest([['commonName', reference]], keys);
  await client.post('/devices', { product: 'meter-3', serial });
  const made = await client.post<{ id: number; serial: string; certificate: string }>('/certificates', {
    ...{ device: reference, authority, request: pemOf('CERTIFICATE REQUEST', der) },
  });
  return {
    ...{ reference, serial, certificateId: made.id, number: made.serial, cert: made.certificate },
    key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    request: der,
  };
}

/** Works through all, so many at once; the answers in their order. */
export async function inTurns<A, B>(
  all: readonly A[],
  atOnce: number,
  work: (one: A) => Promise<B>,
): Promise<B[]> {
  const done: B[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < all.length; i = next++) done[i] = await work(all[i] as A);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return done;
}

/** A device by a real client of MQTT, which does not come back by itself. */
export function enter({ ca }: Scene, { mqttPort }: Server, one: Device): Promise<MqttClient> {
  const client = connect({
    ...{ host: '127.0.0.1', port: mqttPort, protocol: 'mqtts', servername: 'localhost' },
    ...{ ca, cert: one.cert, key: one.key, clientId: one.reference },
    ...{ protocolVersion: 4, reconnectPeriod: 0, connectTimeout: 30_000, keepalive: 60 },
  });
  client.on('error', () => {});
  return new Promise((resolve, reject) => {
    client.once('connect', () => resolve(client));
    client.once('close', () => reject(new Error(`${one.reference} was not let in`)));
  });
}
