/**
 * MQTT 5 through Debian's Mosquitto, for real: a gateway with Mosquitto and its dynamic security behind it, devices that
 * are `mosquitto_pub`, `mosquitto_sub` and another client, and a second gateway that shares their sessions.
 *
 * One line for each check. Where Mosquitto cannot be had it is skipped by name.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { IClientOptions, MqttClient } from 'mqtt';
import { migrationFolders } from '../../server/src/kernel/database/migrate.ts';
import { openDatabase } from '../../server/src/kernel/database/open.ts';
import type { TestDatabase } from '../../server/src/kernel/database/test-database.ts';
import type { Database } from '../../server/src/kernel/database/transaction.ts';
import { silentLog } from '../../server/src/kernel/log.ts';
import { revokeCertificate } from '../../server/src/modules/devices/certificates/standing.ts';
import {
  clientOf,
  entered,
  eventually,
  type GatewayScene,
  gatewayScene,
  gone,
  type Identity,
  openPart,
  within,
} from '../gateway/gateway-scene.ts';
import { ran } from './certificates/scene.ts';
import { missingMosquitto, mosquittoForGateways, type SharedMosquitto } from './mosquitto/mosquitto-scene.ts';

let hasFailed = false;

function tell(name: string, isOk: boolean, said = ''): void {
  console.log(`${isOk ? 'ok' : 'FAIL'} ${name}`);
  if (!isOk && said !== '') console.log(said.trim().replace(/^/gm, '    '));
  hasFailed ||= !isOk;
}

let disturb: ((commit: () => Promise<unknown>) => Promise<unknown>) | null = null;

function disturbed(database: Database): Database {
  const through = <T>(partyId: number, commit: () => Promise<T>): Promise<T> =>
    partyId === 0 || disturb === null ? commit() : (disturb(commit) as Promise<T>);
  return {
    corridor: work => database.corridor(work),
    door: (partyId, work) => through(partyId, () => database.door(partyId, work)),
    doorAtOnce: (partyId, statements) => through(partyId, () => database.doorAtOnce(partyId, statements)),
  };
}

interface Place {
  readonly scene: GatewayScene;
  readonly port: number;
  readonly db: TestDatabase;
  readonly mosquitto: SharedMosquitto;
  readonly settings: Readonly<Record<string, string | number>>;
  at(name: string): string;
}

const clients: MqttClient[] = [];

function client({ scene }: Place, one: Identity, port: number, more: IClientOptions = {}): MqttClient {
  const made = clientOf({ ...scene, mqttPort: port }, one, { protocolVersion: 5, ...more });
  made.on('error', () => {});
  clients.push(made);
  return made;
}

/** The code that a client was turned away with. */
const refusedWith = (coming: MqttClient): Promise<unknown> =>
  entered(coming).then(
    () => 'let in',
    (cause: { code?: unknown; message: string }) => cause.code ?? cause.message,
  );

async function byMosquittoClients(place: Place): Promise<void> {
  const { scene, port, at } = place;
  const [one, other] = [await scene.device('C1'), await scene.device('C2')];
  const files = (each: Identity, name: string): string[] => {
    writeFileSync(at(`${name}.pem`), each.cert);
    writeFileSync(at(`${name}.key`), each.key, { mode: 0o600 });
    writeFileSync(at('server.pem'), scene.serverCert);
    const own = ['--cafile', at('server.pem'), '--cert', at(`${name}.pem`), '--key', at(`${name}.key`)];
    return ['-h', 'localhost', '-p', String(port), '-V', '5', ...own, '-i', each.reference];
  };
  const heard = ran(
    'mosquitto_sub',
    ...files(other, 'c2'),
    '-t',
    'up/C1/state',
    '-q',
    '1',
    '-C',
    '1',
    '-W',
    '20',
  );
  await new Promise(resolve => setTimeout(resolve, 1_500));
  const sent = await ran('mosquitto_pub', ...files(one, 'c1'), '-t', 'up/C1/state', '-q', '1', '-m', '21.5');
  tell('mosquitto_pub is acknowledged', sent.isGood && sent.said === '', sent.said);
  const got = await heard;
  tell('mosquitto_sub hears it', got.said.trim() === '21.5', got.said);
  const stored = await scene.observed('device-telemetry');
  tell(
    'what was acknowledged is stored',
    stored.length === 1 && stored[0]?.body['text'] === '21.5',
    JSON.stringify(stored),
  );
}

async function whoComesIn(place: Place): Promise<void> {
  const { scene, port } = place;
  const [one, other] = [await scene.device('W1'), await scene.device('W2')];
  const name = await refusedWith(client(place, one, port, { clientId: other.reference }));
  tell('a client of another name is refused (0x85, I-16)', name === 0x85, String(name));
  const will = { topic: 'up/W2/state', payload: Buffer.from('gone'), qos: 1 as const };
  const willed = await refusedWith(client(place, one, port, { will }));
  tell('a will that it may not publish is refused (0x87, IR-15)', willed === 0x87, String(willed));
  const older = await refusedWith(client(place, one, port, { protocolVersion: 4 }));
  tell('MQTT 3.1.1 is told that its version is not taken (1)', older === 1, String(older));
  const mqtt = await entered(client(place, one, port));
  const granted = await mqtt
    .subscribeAsync({ 'down/W1/a': { qos: 1 }, '#': { qos: 1 }, 'down/W1/b': { qos: 0 } })
    .then(
      all => all.map(each => each.qos),
      (cause: { packet?: { granted?: number[] }; message: string }) => cause.packet?.granted ?? cause.message,
    );
  tell(
    'of three filters the one that reaches further is refused (I-18)',
    JSON.stringify(granted) === '[1,135,0]',
    JSON.stringify(granted),
  );
  const left = gone(mqtt);
  mqtt.publish('up/W2/state', 'x', { qos: 1 }, () => {});
  tell('a publish that is not allowed ends the connection', (await within(10_000, left)) !== 'nothing');
}

async function durable(place: Place): Promise<void> {
  const { scene, port } = place;
  const one = await scene.device('A1');
  const mqtt = await entered(client(place, one, port));
  const sentBy = async () =>
    (await scene.observed('device-telemetry')).filter(each => each.claim === `device:${one.reference}`)
      .length;
  let letGo = (): void => {};
  const held = new Promise<void>(resolve => {
    letGo = resolve;
  });
  disturb = async commit => {
    await held;
    return await commit();
  };
  const acknowledged = mqtt.publishAsync('up/A1/state', 'late', { qos: 1 });
  const early = await within(700, acknowledged);
  const before = await sentBy();
  letGo();
  await acknowledged;
  disturb = null;
  tell('PUBACK follows the commit (E-01)', early === 'nothing' && before === 0 && (await sentBy()) === 1);
  await mqtt.publishAsync('up/A1/state', 'twice', { qos: 2 });
  tell('a message of QoS 2 is stored once', (await sentBy()) === 2);
  disturb = async () => {
    throw new Error('away');
  };
  const left = gone(mqtt);
  mqtt.publish('up/A1/state', 'lost', { qos: 1 }, () => {});
  const ended = await within(20_000, left);
  disturb = null;
  tell('nothing is acknowledged while nothing can be written', ended !== 'nothing' && (await sentBy()) === 2);
}

async function rightsChange(place: Place): Promise<void> {
  const { scene, port } = place;
  const [one, other] = [await scene.device('R1'), await scene.device('R2')];
  const [reader, writer] = [
    await entered(client(place, one, port)),
    await entered(client(place, other, port)),
  ];
  const heard: string[] = [];
  reader.on('message', (_, payload) => heard.push(String(payload)));
  await reader.subscribeAsync('up/+/state', { qos: 1 });
  await writer.publishAsync('up/R2/state', 'first', { qos: 1 });
  const hasHeard = await eventually(10_000, () => heard.length === 1);
  await scene.rights(UP, ['down/{serial}/#']);
  await new Promise(resolve => setTimeout(resolve, 1_200));
  await writer.publishAsync('up/R2/state', 'second', { qos: 1 });
  await new Promise(resolve => setTimeout(resolve, 700));
  const isHeld = heard.join() === 'first' && reader.connected;
  await scene.rights(UP, DOWN);
  tell('a right that is taken away is felt by who is in (I-18)', hasHeard && isHeld, heard.join());
}

async function revoked(place: Place): Promise<void> {
  const { scene, port, db } = place;
  const [one, watcher, sender] = [
    await scene.device('X1'),
    await scene.device('X2'),
    await scene.device('X3'),
  ];
  const will = { topic: 'wills/X1', payload: Buffer.from('gone'), qos: 1 as const };
  const mqtt = await entered(
    client(place, one, port, { will, clean: false, properties: { sessionExpiryInterval: 3_600 } }),
  );
  await mqtt.publishAsync('up/X1/state', 'kept', { qos: 1, retain: true });
  await mqtt.subscribeAsync('down/X1/cmd', { qos: 1 });
  mqtt.handleMessage = () => {};
  const eyes = await entered(client(place, watcher, port));
  const heard: string[] = [];
  eyes.on('message', topic => heard.push(topic));
  await eyes.subscribeAsync('wills/#', { qos: 1 });
  const other = await entered(client(place, sender, port));
  for (let i = 0; i < 30; i += 1) await other.publishAsync('down/X1/cmd', `open ${i}`, { qos: 1 });
  const left = gone(mqtt);
  const { desk, doer } = scene.devices;
  const grounds = { reason: 'key-compromise', why: 'stolen' } as const;
  await revokeCertificate(desk, doer, one.certificateId, grounds);
  const leftMs = Number(await within(5_000, left));
  tell('a revoked device is cut off within a second (I-01)', leftMs < 1_000, String(leftMs));
  const again = await refusedWith(client(place, one, port));
  tell('it does not come in again', again !== 'let in', String(again));
  const count = async (what: string): Promise<number> => {
    const { rows } = await sql<{ n: number }>`
      select count(*)::int as n from gateway_withheld w join gateway_ending e using (ending_id)
      where e.certificate_id = ${one.certificateId} and w.what = ${what}`.execute(db.owner);
    return rows[0]?.n as number;
  };
  const isOnRecord = await eventually(
    15_000,
    async () => (await count('waiting')) === 30 && (await count('kept')) === 1,
  );
  tell(
    'what waited for it and what it kept are withheld, on record (I-03)',
    isOnRecord,
    `${await count('waiting')} ${await count('kept')}`,
  );
  const late = await entered(client(place, await scene.device('X4'), port));
  const lateHeard: string[] = [];
  late.on('message', topic => lateHeard.push(topic));
  await late.subscribeAsync('up/X1/state', { qos: 1 });
  await new Promise(resolve => setTimeout(resolve, 700));
  tell(
    'what it kept is not handed out, and its will is not told',
    lateHeard.length + heard.length === 0,
    [...lateHeard, ...heard].join(),
  );
  const dying = await scene.device('X5');
  const willOf = { ...will, topic: 'wills/X5' };
  (await entered(client(place, dying, port, { will: willOf }))).stream.destroy();
  tell(
    'the will of one that merely lost its connection is told',
    await eventually(10_000, () => heard.includes('wills/X5')),
  );
}

async function told(place: Place): Promise<void> {
  const { desk, doer } = place.scene.devices;
  const one = await place.scene.device('T1');
  const mqtt = await entered(client(place, one, place.port));
  const reason = new Promise<number | undefined>(resolve =>
    mqtt.once('disconnect', packet => resolve(packet.reasonCode)),
  );
  await revokeCertificate(desk, doer, one.certificateId, { reason: 'superseded', why: 'replaced' });
  const said = await within(5_000, reason);
  tell('a device that is revoked is told that it is ended by us (0x98)', said === 0x98, String(said));
}

/** Sessions are Mosquitto's: two gateways share them, and they outlive both. */
async function shared(place: Place): Promise<void> {
  const { scene, port, db, settings } = place;
  const [one, other] = [await scene.device('S1'), await scene.device('S2')];
  const second = await openPart(db, each => each, { settings });
  const { mqtt5Port } = second.describe() as { mqtt5Port: number };
  const keep = { clean: false, properties: { sessionExpiryInterval: 3_600 } };
  const reader = await entered(client(place, one, port, keep));
  await reader.subscribeAsync('down/S1/cmd', { qos: 1 });
  const heard = new Promise<string>(resolve =>
    reader.once('message', (_, payload) => resolve(String(payload))),
  );
  const writer = await entered(client(place, other, mqtt5Port));
  await writer.publishAsync('down/S1/cmd', 'across', { qos: 1 });
  tell('what is sent at one gateway is heard at another', (await within(10_000, heard)) === 'across');
  await reader.endAsync();
  await writer.publishAsync('down/S1/cmd', 'meanwhile', { qos: 1 });
  const back = client(place, one, mqtt5Port, keep);
  const waited = new Promise<string>(resolve =>
    back.once('message', (_, payload) => resolve(String(payload))),
  );
  await entered(back);
  tell(
    'a session goes on at another gateway, with what waited',
    (await within(10_000, waited)) === 'meanwhile',
  );
  await second.close();
}

async function apart({ db, settings, mosquitto }: Place, first: Place): Promise<void> {
  const other = await gatewayScene(db, 'another party by mqtt 5', each => each, { settings });
  await other.rights(UP, ['#']);
  const { mqtt5Port } = other.part.describe() as { mqtt5Port: number };
  const place = { ...first, scene: other };
  const reader = await entered(client(place, await other.device('C1'), mqtt5Port));
  const heard: string[] = [];
  reader.on('message', (topic, payload) => heard.push(`${topic} ${payload}`));
  await reader.subscribeAsync('#', { qos: 1 });
  const writer = await entered(client(first, await first.scene.device('Z1'), first.port));
  await writer.publishAsync('up/Z1/state', 'theirs', { qos: 1, retain: true });
  await reader.publishAsync('up/C1/state', 'ours', { qos: 1 });
  await eventually(5_000, () => heard.length > 0);
  await new Promise(resolve => setTimeout(resolve, 500));
  tell(
    'two parties with devices of one name never meet (I-38)',
    heard.join() === 'up/C1/state ours',
    heard.join(),
  );
  await other.close();
  const at = ['-h', '127.0.0.1', '-p', String(mosquitto.port), '-W', '3', '-C', '1', '-t'];
  const nobody = await ran('mosquitto_sub', ...at, 'd/#');
  tell('dynamic security lets nobody in but gateways', /not authori[sz]ed/i.test(nobody.said), nobody.said);
  const user = ['-u', 'gateway', '-P', mosquitto.password];
  for (const topic of ['#', '$SYS/#', '$CONTROL/dynamic-security/v1/response']) {
    const beyond = await ran('mosquitto_sub', ...at, topic, ...user);
    tell(
      `and gateways to nothing but their tree: ${topic}`,
      /denied|not authori[sz]ed|rejected/i.test(beyond.said),
      beyond.said,
    );
  }
}

const UP = ['up/{serial}/#', 'down/#', 'wills/{serial}'];
const DOWN = ['down/{serial}/#', 'up/+/state', 'wills/#'];

async function main(): Promise<void> {
  const why = await missingMosquitto();
  if (why !== null) return console.log(`skipped MQTT 5: ${why}`);
  const folder = mkdtempSync(join(tmpdir(), 'tw-'));
  chmodSync(folder, 0o755);
  const at = (name: string): string => join(folder, name);
  const mosquitto = await mosquittoForGateways(at('mosquitto'));
  const opened = await openDatabase({ dataDir: folder, log: silentLog, migrations: migrationFolders() });
  await opened.leafFor(Date.now());
  const db = opened as unknown as TestDatabase;
  const settings = {
    ...{ gatewayMqtt5Port: 0, gatewayMosquitto: `127.0.0.1:${mosquitto.port}` },
    gatewayMosquittoPassword: mosquitto.passwordFile,
  };
  const scene = await gatewayScene(db, 'gateway by mqtt 5', disturbed, { settings });
  const { mqtt5Port: port } = scene.part.describe() as { mqtt5Port: number };
  try {
    await scene.rights(UP, DOWN);
    const place: Place = { scene, port, db, mosquitto, settings, at };
    for (const part of [byMosquittoClients, whoComesIn, durable, rightsChange, revoked, told, shared]) {
      await part(place);
      for (const each of clients.splice(0)) each.end(true);
    }
    await apart(place, place);
  } finally {
    for (const each of clients.splice(0)) each.end(true);
    await scene.close();
    await opened.close();
    await mosquitto.process.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
  }
  process.exitCode = hasFailed ? 1 : 0;
}

await main();
