/**
 * Messages of QoS 1 by MQTT over mutual TLS, durable before their acknowledgement: microseconds of CPU for each, 16 under
 * way, of our gateway with its embedded broker and PostgreSQL, against Debian's Mosquitto.
 *
 * Both hand each message on to one subscriber whose session is kept. Mosquitto writes its store after every change
 * (`autosave_interval 1`, `autosave_on_changes true`); that file is not flushed to the disk before it acknowledges, so it
 * promises less. Both take turns in one run with the same client, whose CPU is not counted.
 *
 * Printed too: the same messages by MQTT 5, which the gateway commits and then relays to a Mosquitto of its own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { connectAsync, type MqttClient } from 'mqtt';
import { launchDatabase } from '../server/src/kernel/database/launch.ts';
import { makeDatabase } from '../server/src/kernel/database/open.ts';
import type { Identity } from '../tests/gateway/gateway-scene.ts';
import { startMosquitto } from '../tests/gateway/mosquitto-process.ts';
import { missingMosquitto, mosquittoForGateways } from '../tests/interop/mosquitto/mosquitto-scene.ts';
import type { Told } from './mqtt-ours.ts';
import { cpuOf, postgresCpu } from './processes/cpu.ts';

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '4000' },
    rounds: { type: 'string', default: '3' },
    'in-flight': { type: 'string', default: '16' },
    octets: { type: 'string', default: '100' },
  },
});
const messages = Number(values.messages);
const rounds = Number(values.rounds);
const inFlight = Number(values['in-flight']);
const payload = 'x'.repeat(Number(values.octets));

/** Microseconds of CPU for each message, and messages a second. */
interface Round {
  readonly broker: number;
  readonly postgres: number;
  readonly rate: number;
}

const why = await missingMosquitto();
if (why !== null) throw new Error(why);
const folder = mkdtempSync(join(tmpdir(), 'tw-'));
chmodSync(folder, 0o755);
const launched = await launchDatabase({ dataDir: folder });
await makeDatabase(launched, 'bench');
const { superuser, port: at, host } = launched;
const url = `postgresql://${superuser}@localhost:${at}/bench?host=${encodeURIComponent(host)}`;
const behind = await mosquittoForGateways(join(folder, 'behind'));
const given = [url, folder, `127.0.0.1:${behind.port}`, behind.passwordFile];
const ours = spawn(process.execPath, [join(import.meta.dirname, 'mqtt-ours.ts'), ...given], {
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
});
try {
  await bench(await messageOf<Told>());
} finally {
  if (ours.exitCode === null && ours.signalCode === null) {
    const gone = once(ours, 'exit');
    ours.disconnect();
    await gone;
  }
  await launched.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
}

async function messageOf<T>(): Promise<T> {
  const gone = once(ours, 'exit').then(() => {
    throw new Error('the gateway of the benchmark ended');
  });
  gone.catch(() => {});
  return (await Promise.race([once(ours, 'message'), gone]))[0] as T;
}

async function bench(told: Told): Promise<void> {
  const mosquitto = await mosquittoFor(told);
  const results: Record<'ours' | 'mosquitto' | 'relay', Round[]> = { ours: [], mosquitto: [], relay: [] };
  try {
    for (let round = 0; round <= rounds; round += 1) {
      const one = await measured(told, told.port, [ours], true);
      const other = await measured(told, mosquitto.port, [mosquitto.child], false);
      const relayed = await measured(told, told.port5, [ours, behind.process.child], true, 5);
      // The first is to warm up.
      if (round === 0) continue;
      results.ours.push(one);
      results.mosquitto.push(other);
      results.relay.push(relayed);
    }
  } finally {
    await mosquitto.stop();
  }
  ours.send('count');
  const stored = await messageOf<number>();
  if (stored !== 2 * messages * (rounds + 1)) throw new Error(`${stored} messages are stored`);
  const of = (name: keyof typeof results, figure: keyof Round) =>
    median(results[name].map(each => each[figure])).toFixed(0);
  const ratios = results.ours.map(({ broker, postgres }, i) => {
    return (results.mosquitto[i]?.broker ?? Number.NaN) / (broker + postgres);
  });
  console.log(`durable=${told.durable} messages=${messages} in_flight=${inFlight} octets=${payload.length}`);
  console.log(
    `ours cpu_us_per_message gateway=${of('ours', 'broker')} postgres=${of('ours', 'postgres')} messages_per_s=${of('ours', 'rate')}`,
  );
  console.log(
    `mosquitto cpu_us_per_message=${of('mosquitto', 'broker')} messages_per_s=${of('mosquitto', 'rate')}`,
  );
  console.log(
    `relay cpu_us_per_message gateway_and_mosquitto=${of('relay', 'broker')} postgres=${of('relay', 'postgres')} messages_per_s=${of('relay', 'rate')}`,
  );
  console.log(`rounds ${ratios.map(each => each.toFixed(2)).join(' ')}`);
  console.log(`mqtt/mosquitto=${median(ratios).toFixed(2)} (1 or more is meant)`);
}

async function mosquittoFor({ above, serverCert, serverKey }: Told) {
  const at = (name: string): string => join(folder, 'mosquitto', name);
  mkdirSync(at('store'), { recursive: true });
  writeFileSync(at('above.pem'), above);
  writeFileSync(at('cert.pem'), serverCert);
  writeFileSync(at('key.pem'), serverKey);
  const port = await freePort();
  return await startMosquitto(at('.'), port, [
    `listener ${port} 127.0.0.1`,
    ...[`cafile ${at('above.pem')}`, `certfile ${at('cert.pem')}`, `keyfile ${at('key.pem')}`],
    ...['require_certificate true', 'use_identity_as_username true', 'set_tcp_nodelay true'],
    ...['persistence true', `persistence_location ${at('store')}/`],
    ...['autosave_interval 1', 'autosave_on_changes true', 'log_type error', 'max_queued_messages 0'],
  ]);
}

async function measured(
  told: Told,
  port: number,
  brokers: readonly ChildProcess[],
  isOurs: boolean,
  version: 4 | 5 = 4,
): Promise<Round> {
  const used = () => brokers.reduce((sum, each) => sum + cpuOf(each.pid), 0);
  const subscriber = await client(told, port, told.subscriber, version);
  let heard = 0;
  subscriber.on('message', () => {
    heard += 1;
  });
  await subscriber.subscribeAsync('up/#', { qos: 1 });
  const publisher = await client(told, port, told.publisher, version);
  const before = [used(), isOurs ? postgresCpu(launched.pid) : 0] as const;
  const beganAt = performance.now();
  let left = messages;
  const send = async (): Promise<void> => {
    while (left-- > 0) await publisher.publishAsync('up/P1/state', payload, { qos: 1 });
  };
  await Promise.all(Array.from({ length: inFlight }, send));
  const tookMs = performance.now() - beganAt;
  while (heard < messages) await new Promise(resolve => setTimeout(resolve, 20));
  const after = [used(), isOurs ? postgresCpu(launched.pid) : 0] as const;
  await publisher.endAsync();
  await subscriber.endAsync();
  return {
    broker: (after[0] - before[0]) / messages,
    postgres: (after[1] - before[1]) / messages,
    rate: (messages / tookMs) * 1_000,
  };
}

function client({ serverCert }: Told, port: number, one: Identity, version: 4 | 5): Promise<MqttClient> {
  return connectAsync({
    ...{ host: '127.0.0.1', port, protocol: 'mqtts', servername: 'localhost', ca: serverCert },
    ...{ cert: one.cert, key: one.key, clientId: one.reference, clean: false },
    ...{ protocolVersion: version, reconnectPeriod: 0 },
    ...(version === 5 ? { properties: { sessionExpiryInterval: 3_600 } } : {}),
  });
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}
