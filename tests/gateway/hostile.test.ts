/** What is no MQTT, or too much of it, thrown at the port of devices: nobody else is hurt and memory stays bounded. */

import { connect as connectTcp } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import {
  clientOf,
  entered,
  eventually,
  type GatewayScene,
  gatewayScene,
  type Identity,
} from './gateway-scene.ts';

const ROUNDS = Number(process.env['FUZZ_MQTT'] ?? 300);
let db: TestDatabase;
let scene: GatewayScene;
let one: Identity;

beforeAll(async () => {
  db = await testDatabase();
  scene = await gatewayScene(db, 'gateway under attack');
  await scene.rights(['up/{serial}/#'], ['down/{serial}/#']);
  one = await scene.device('X1');
});
afterAll(async () => {
  await scene?.close();
  await db?.close();
});

/** xorshift32: the same inputs in every run. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
};
const packet = (head: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  const length = body.length < 128 ? [body.length] : [(body.length & 127) | 128, body.length >> 7];
  return Buffer.concat([Buffer.from([head, ...length]), body]);
};

function whole(): Buffer[] {
  const opened = Buffer.from([4, 2, 0, 60]);
  return [
    packet(0x10, text('MQTT'), opened, text(one.reference)),
    packet(0x82, Buffer.from([0, 1]), text('down/X1/#'), Buffer.from([1])),
    packet(0x32, text('up/X1/state'), Buffer.from([0, 2]), Buffer.from('21.5')),
    packet(0x34, text('up/X1/state'), Buffer.from([0, 3]), Buffer.from('21.5')),
    packet(0x62, Buffer.from([0, 3])),
    packet(0xc0),
    packet(0xe0),
  ];
}

function disturbed(random: (below: number) => number): Buffer {
  const packets = whole();
  const kept = packets.filter((_, i) => i === 0 || random(3) > 0);
  if (random(4) === 0) kept.reverse();
  const bytes = Buffer.concat(kept);
  for (let i = random(6); i > 0; i--) bytes[random(bytes.length)] = random(256);
  return random(5) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes;
}

function opened(pair: { cert?: string; key?: string } = one): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const trust = { ca: scene.serverCert, servername: 'localhost' };
    const socket = connectTls({
      port: scene.mqttPort,
      host: '127.0.0.1',
      cert: pair.cert,
      key: pair.key,
      ...trust,
    });
    socket.once('secureConnect', () => resolve(socket));
    socket.once('error', reject);
  });
}

async function thrown(bytes: Buffer): Promise<void> {
  const socket = await opened();
  socket.on('error', () => {});
  socket.resume();
  socket.write(bytes);
  await new Promise<void>(resolve => {
    socket.once('close', () => resolve());
    setTimeout(() => resolve(socket.destroy() as never), 20);
  });
}

it(`stands ${ROUNDS} streams of disturbed packets`, async () => {
  const random = chance(20_261_127);
  for (let round = 0; round < ROUNDS; round++) await thrown(disturbed(random));
  expect(await eventually(10_000, () => scene.part.describe()['connections'] === 0)).toBe(true);
  const client = await entered(clientOf(scene, one));
  await client.publishAsync('up/X1/state', 'still here', { qos: 1 });
  client.end(true);
});

it('does not gather what a packet says it has', async () => {
  const before = process.memoryUsage().rss;
  const head = Buffer.concat([whole()[0] as Buffer, Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f])]);
  const socket = await opened();
  socket.on('error', () => {});
  let isClosed = false;
  socket.once('close', () => {
    isClosed = true;
  });
  socket.write(head);
  for (let i = 0; i < 256 && !isClosed; i++) {
    socket.write(Buffer.alloc(1 << 20));
    await new Promise(resolve => setTimeout(resolve, 2));
  }
  expect(await eventually(5_000, () => isClosed)).toBe(true);
  expect(process.memoryUsage().rss - before).toBeLessThan(200 << 20);
});

it('hears nothing from whoever speaks no TLS, has no certificate, or only another’s', async () => {
  const plain = connectTcp({ port: scene.mqttPort, host: '127.0.0.1' });
  plain.on('error', () => {});
  plain.resume();
  plain.write(Buffer.concat(whole()));
  expect(await eventually(15_000, () => plain.destroyed || plain.readableEnded)).toBe(true);
  for (const pair of [{}, { cert: scene.serverCert, key: scene.serverKey }]) {
    const socket = await opened(pair);
    let heard = 0;
    socket.on('error', () => {});
    socket.on('data', part => {
      heard += part.length;
    });
    socket.write(Buffer.concat(whole()));
    expect(await eventually(5_000, () => socket.destroyed)).toBe(true);
    expect(heard).toBe(0);
  }
});
