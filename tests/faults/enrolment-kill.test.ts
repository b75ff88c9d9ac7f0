/**
 * A certificate is issued and the server is killed before it answers (I-08). The database has it, the device does not: it
 * asks again and gets one that is good. Nothing is issued twice, and each issue is on record.
 */
import { X509Certificate } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { emptyDatabase } from '../../server/src/kernel/database/test-database.ts';
import { pemOf, pemParts } from '../../server/src/kernel/der/pem.ts';
import {
  askEst,
  certificatesIn,
  type EstPlace,
  listenerFiles,
  newDevice,
} from '../../server/src/modules/devices/testing/est-client.ts';
import { type TestRoot, testRoot } from '../../server/src/modules/devices/testing/test-root.ts';
import { ApiClient, until } from '../api-client.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';
import { type CommitTrap, startCommitTrap } from './commit-trap.ts';

const PASSWORD = 'a long enough pass phrase 4';
const WITHIN_MS = 120_000;
/** The statement that issues; the answer to its commit is the one that is kept. */
const ISSUING = /insert into device_certificate \(/;

interface Items<T> {
  readonly items: readonly T[];
}
interface Certificate {
  readonly id: number;
  readonly device: string | null;
  readonly serial: string;
  readonly state: string;
}

const folder = dataFolder();
const data = join(folder.path, 'data');
const env: Record<string, string> = {};
let trap: CommitTrap;
let server: ServerProcess;
let client: ApiClient;
let root: TestRoot;
let authorityPem = '';
let fleetId = 0;
let est: EstPlace;

beforeAll(async () => {
  const reach = await emptyDatabase();
  if (reach.by !== 'login') throw new Error('the test server is reached by login');
  const sockets = join(folder.path, 's');
  mkdirSync(sockets);
  trap = await startCommitTrap(sockets, reach.host, reach.port);
  const { certFile, keyFile, ca } = listenerFiles(folder.path);
  const port = await freePort();
  Object.assign(env, {
    DATABASE_URL: `postgresql://${reach.superuser}@localhost:${reach.port}/${reach.database}?host=${encodeURIComponent(trap.host)}`,
    THINGWARD_EST_PORT: String(port),
    THINGWARD_EST_CERT: certFile,
    THINGWARD_EST_KEY: keyFile,
  });
  server = await startServer(data, { env });
  client = new ApiClient(server.address);
  await client.signIn(server.first!.email, server.first!.password, PASSWORD);
  root = testRoot(Date.now());
  const asked = { name: 'issuing', organization: 'Test' };
  const made = await client.post<{ id: number; request: string }>('/device-authorities', asked);
  const [request = Buffer.alloc(0)] = pemParts(made.request, 'CERTIFICATE REQUEST');
  authorityPem = pemOf('CERTIFICATE', root.certify(request));
  await client.post(`/device-authorities/${made.id}/certificate`, {
    ...{ certificate: authorityPem, above: pemOf('CERTIFICATE', root.certificate) },
  });
  const ofFleet = { name: 'meters', product: 'meter-3', authority: made.id };
  const fleet = await client.post<{ id: number; label: string }>('/device-fleets', ofFleet);
  fleetId = fleet.id;
  est = { port, ca, label: fleet.label };
}, WITHIN_MS);
afterAll(async () => {
  await server?.stop();
  await trap?.close();
  folder.remove();
});

/** A port that was free a moment ago: the server is to be found at the same one after each start. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>(resolve => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise(resolve => probe.close(resolve));
  return port;
}

async function restarted(): Promise<void> {
  const { token } = client;
  server = await startServer(data, { env });
  client = new ApiClient(server.address);
  client.token = token;
}

/** Asks for a certificate and kills the server once the database has it; the device hears nothing. */
async function killedWhileIssuing(ask: () => Promise<unknown>): Promise<void> {
  // A statement is sent in words once for each connection: nothing was issued over those of this server yet.
  const committed = trap.keepNext(ISSUING);
  const answer = ask().then(
    () => 'answered',
    () => 'cut off',
  );
  await committed;
  await server.kill();
  expect(await answer).toBe('cut off');
  await restarted();
}

async function ofDevice(reference: string): Promise<readonly Certificate[]> {
  const { items } = await client.get<Items<Certificate>>('/certificates?limit=500');
  return items.filter(each => each.device === reference);
}

/** Waits until the ledger says that the certificate was issued. */
async function isOnRecord(certificateId: number): Promise<void> {
  const object = encodeURIComponent(`certificate/${certificateId}`);
  const headers = { authorization: `Bearer ${client.token}` };
  await until(
    `an entry of certificate ${certificateId}`,
    async () => {
      const answer = await fetch(`${client.address}/api/v1/ledger/proofs?object=${object}`, { headers });
      if (!answer.ok) return false;
      const { items } = (await answer.json()) as Items<{ entry: string }>;
      return items.some(each => Buffer.from(each.entry, 'base64').includes('"certificate-issued"'));
    },
    WITHIN_MS,
  );
}

async function isGood(der: Buffer): Promise<void> {
  const [seen, authority] = [new X509Certificate(der), new X509Certificate(authorityPem)];
  expect(seen.checkIssued(authority) && seen.verify(authority.publicKey)).toBe(true);
}

test('what nobody was told of is given again: a first certificate and then its renewal, each once and on record', async () => {
  const path = `/device-fleets/${fleetId}/expected`;
  const { items } = await client.post<Items<{ secret: string }>>(path, { serials: ['K1'] });
  const basic = `K1:${items[0]?.secret ?? ''}`;
  const device = newDevice('meter-3:K1');
  // The device signs anew each time it asks: the key is the same, the request is not.
  const enrol = () => askEst(est, 'simpleenroll', { request: device.request(), basic });
  await killedWhileIssuing(enrol);
  const [issued, ...more] = await ofDevice(device.reference);
  expect([issued?.state, more.length]).toEqual(['valid', 0]);
  const der = await givenAgain(enrol, issued);
  expect(await ofDevice(device.reference)).toHaveLength(1);

  // It is good: the device renews with it, and the server is killed again.
  const certificate = { der, key: device.keys.privateKey };
  const next = newDevice(device.reference);
  const renew = () => askEst(est, 'simplereenroll', { request: next.request(), certificate });
  await killedWhileIssuing(renew);
  const both = await ofDevice(device.reference);
  expect(both.map(each => each.state)).toEqual(['valid', 'valid']);
  await givenAgain(renew, both[1]);
  expect(await ofDevice(device.reference)).toHaveLength(2);
  for (const each of both) await isOnRecord(each.id);
}, 400_000);

/** Asks again after the restart: the answer is the certificate that was issued before the kill. */
async function givenAgain(
  ask: () => ReturnType<typeof askEst>,
  issued: Certificate | undefined,
): Promise<Buffer> {
  const said = await ask();
  expect(said.status).toBe(200);
  const [der = Buffer.alloc(0)] = certificatesIn(said.body);
  await isGood(der);
  expect(new X509Certificate(der).serialNumber.toLowerCase()).toBe(issued?.serial);
  return der;
}
