/** Devices that post by HTTPS over mutual TLS: the rules of MQTT, and the same end. */
import { Agent, request } from 'node:https';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import type { Database } from '../../server/src/kernel/database/transaction.ts';
import { revokeCertificate } from '../../server/src/modules/devices/certificates/standing.ts';
import { eventually, type GatewayScene, gatewayScene, type Identity } from './gateway-scene.ts';

let db: TestDatabase;
let scene: GatewayScene;
let broken: 'not written' | 'answer lost' | null = null;

beforeAll(async () => {
  db = await testDatabase();
  scene = await gatewayScene(db, 'gateway by https', breaking);
  await scene.rights(['up/{serial}/#']);
});
afterAll(async () => {
  await scene?.close();
  await db?.close();
});

/** Every commit for a party breaks while `broken` says so. */
function breaking(database: Database): Database {
  const through = async <T>(partyId: number, commit: () => Promise<T>): Promise<T> => {
    if (partyId === 0 || broken === null) return await commit();
    if (broken === 'answer lost') await commit();
    throw new Error(broken);
  };
  return {
    corridor: work => database.corridor(work),
    door: (partyId, work) => through(partyId, () => database.door(partyId, work)),
    doorAtOnce: (partyId, statements) => through(partyId, () => database.doorAtOnce(partyId, statements)),
  };
}

function agentOf(one: Partial<Identity>, more = {}): Agent {
  return new Agent({
    keepAlive: true,
    maxSockets: 1,
    cert: one.cert,
    key: one.key,
    ca: scene.serverCert,
    ...more,
  });
}

function post(
  agent: Agent,
  path: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
  method = 'POST',
): Promise<{ status: number; code: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { agent, host: '127.0.0.1', port: scene.httpsPort, servername: 'localhost', path, method, headers },
      answer => {
        let text = '';
        answer.on('data', part => {
          text += part;
        });
        answer.on('end', () => {
          resolve({ status: answer.statusCode ?? 0, code: text === '' ? '' : JSON.parse(text).code });
        });
        answer.on('error', reject);
      },
    );
    asked.on('error', reject);
    asked.end(body);
  });
}

const stored = async ({ reference }: Identity) =>
  (await scene.observed('device-telemetry')).filter(each => each.claim === `device:${reference}`);

it('stores a post before it answers, and a post with the same key once (E-01)', async () => {
  const one = await scene.device('H1');
  const agent = agentOf(one);
  expect(await post(agent, '/telemetry/up/H1/state', '21.5')).toEqual({ status: 204, code: '' });
  expect((await stored(one)).map(each => each.body)).toEqual([
    expect.objectContaining({ topic: 'up/H1/state', text: '21.5', transport: 'https' }),
  ]);
  const key = { 'idempotency-key': 'k-1' };
  for (const _ of [1, 2]) expect((await post(agent, '/telemetry/up/H1/state', '22', key)).status).toBe(204);
  expect(await stored(one)).toHaveLength(2);
  agent.destroy();
});

it.each(['not written', 'answer lost'] as const)(
  'answers 503 when its commit breaks (%s), and the post sent again is stored once',
  async fault => {
    const one = await scene.device(fault === 'not written' ? 'H2' : 'H3');
    const serial = one.reference.split(':')[1];
    const agent = agentOf(one);
    const send = () => post(agent, `/telemetry/up/${serial}/state`, 'once', { 'idempotency-key': 'k' });
    expect((await post(agent, `/telemetry/up/${serial}/first`, 'x')).status).toBe(204);
    broken = fault;
    expect((await send()).status).toBe(503);
    broken = null;
    expect(await stored(one)).toHaveLength(fault === 'not written' ? 1 : 2);
    expect((await send()).status).toBe(204);
    expect(await stored(one)).toHaveLength(2);
    agent.destroy();
  },
);

it('refuses what the device may not, and whoever has no certificate of ours', async () => {
  const one = await scene.device('H4');
  const agent = agentOf(one);
  expect(await post(agent, '/telemetry/up/H1/state', 'x')).toEqual({
    status: 403,
    code: 'topic-not-allowed',
  });
  expect((await post(agent, '/telemetry/up/H4/%2B', 'x')).status).toBe(403);
  expect((await post(agent, '/telemetry/up/H4/%E0%A4%A', 'x')).status).toBe(404);
  expect((await post(agent, '/elsewhere', 'x')).status).toBe(404);
  expect((await post(agent, '/telemetry/up/H4/state', '', {}, 'PUT')).status).toBe(405);
  expect((await post(agentOf(one), '/telemetry/up/H4/state', Buffer.alloc(200_000))).status).toBe(413);
  const bare = agentOf({});
  expect(await post(bare, '/telemetry/up/H4/state', 'x')).toEqual({
    status: 401,
    code: 'certificate-unknown',
  });
  const stranger = agentOf({ cert: scene.serverCert, key: scene.serverKey });
  expect(await post(stranger, '/telemetry/up/H4/state', 'x')).toMatchObject({ status: 401 });
  expect(await stored(one)).toEqual([]);
  for (const each of [agent, bare, stranger]) each.destroy();
});

it('ends the connection of a revoked certificate in under a second, and resumes none (I-01, I-02)', async () => {
  const one = await scene.device('H5');
  // These keep the sessions of TLS they were given, and offer them again.
  const returning = (['TLSv1.2', 'TLSv1.3'] as const).map(maxVersion =>
    agentOf(one, { maxVersion, keepAlive: false, maxCachedSessions: 10 }),
  );
  for (const each of [...returning, ...returning])
    expect((await post(each, '/telemetry/up/H5/state', 'x')).status).toBe(204);
  const agent = agentOf(one);
  expect((await post(agent, '/telemetry/up/H5/state', 'x')).status).toBe(204);
  const [socket] = Object.values(agent.freeSockets).flat();
  const begunMs = performance.now();
  const { desk, doer } = scene.devices;
  await revokeCertificate(desk, doer, one.certificateId, { reason: 'key-compromise', why: 'stolen' });
  expect(await eventually(5_000, () => socket?.destroyed === true)).toBe(true);
  expect(performance.now() - begunMs).toBeLessThan(1_000);
  for (const each of returning) {
    expect(await post(each, '/telemetry/up/H5/state', 'x')).toEqual({
      ...{ status: 401, code: 'certificate-revoked' },
    });
    each.destroy();
  }
  agent.destroy();
});
