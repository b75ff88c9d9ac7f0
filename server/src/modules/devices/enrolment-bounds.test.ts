/** What enrolment refuses and where it ends: other names, channels, fleets and parties, ended secrets, floods, races. */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { copyFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type SecureVersion, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../kernel/database/test-database.ts';
import { ia5, octets, oid, printable, seq, setOf, tlv } from '../../kernel/der/encode.ts';
import { silentLog } from '../../kernel/log.ts';
import { DAY_MS } from '../../kernel/time.ts';
import type { LivePart } from '../../spine/contribution.ts';
import { listenForEst } from './adapters/est.ts';
import { holdCertificate, releaseCertificate, revokeCertificate } from './certificates/standing.ts';
import { type AskedEnrolment, enrol } from './enrolment/enrol.ts';
import { type Enrolment, listEnrolments } from './enrolment/enrolment-store.ts';
import { endFleet, expectDevices, type Fleet, labelOf, makeFleet } from './enrolment/fleets.ts';
import { toBase64 } from './est/forms.ts';
import { type DeviceScene, deviceScene } from './testing/device-scene.ts';
import { deviceRequest } from './testing/test-root.ts';
import { OID } from './x509/extensions.ts';

const folder = mkdtempSync(join(tmpdir(), 'tw-bounds-'));
const at = (name: string): string => join(folder, name);
let db: TestDatabase;
let one: DeviceScene;
let fleet: Fleet;
let est: LivePart;
let port: number;

beforeAll(async () => {
  db = await testDatabase();
  one = await deviceScene(db, 'bounded');
  fleet = await fleetNamed('meters');
  serverCertificate('est');
  est = await listenForEst(one.desk, silentLog, {
    ...{ port: 0, host: '127.0.0.1', certFile: at('est.pem'), keyFile: at('est.key') },
  });
  port = est.describe()['port'] as number;
}, 120_000);
afterAll(async () => {
  await est?.close();
  await one?.close();
  await db?.close();
});

function serverCertificate(name: string): void {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'];
  const out = ['-keyout', at(`${name}.key`), '-out', at(`${name}.pem`)];
  execFileSync('openssl', ['req', '-x509', ...key, '-subj', `/CN=${name}`, ...out], { stdio: 'ignore' });
}

async function fleetNamed(name: string, product = 'meter-3', scene = one): Promise<Fleet> {
  const { authorityId } = scene.authority;
  return await makeFleet(scene.desk, scene.doer, {
    ...{ name, product, authorityId, profile: 'device', makesKeys: false, graceDays: 0 },
  });
}

async function secretOf(serial: string, days = 30, of = fleet): Promise<{ user: string; secret: string }> {
  const [made] = await expectDevices(one.desk, one.doer, of.fleetId, [serial], days);
  return { user: serial, secret: made?.secret ?? '' };
}

const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const request = (serial: string, attributes: readonly Uint8Array[] = [], keys = pair()) =>
  deviceRequest([['commonName', `meter-3:${serial}`]], keys, attributes).der;

type Asks = Partial<AskedEnrolment> & { readonly serial: string };
const ask = ({ serial, ...more }: Asks, desk = one.desk) =>
  enrol(desk, {
    ...{ operation: 'simpleenroll', label: labelOf(fleet), certificate: null, basic: null },
    ...{ connection: {}, bindings: [], request: request(serial), ...more },
  });

async function latest(of = fleet): Promise<Enrolment | undefined> {
  const filter = { fleetId: of.fleetId };
  const [found] = await db.database.door(one.doer.partyId, tx =>
    listEnrolments(tx, filter, Number.MAX_SAFE_INTEGER, 1),
  );
  return found;
}

const uriTag = 0x86;
const names = (...list: readonly string[]) =>
  seq(
    oid(OID.extensionRequest),
    setOf(
      seq(
        seq(
          oid(OID.subjectAltName),
          octets(seq(...list.map(each => tlv(uriTag, Buffer.from(each, 'latin1'))))),
        ),
      ),
    ),
  );
const challenge = (text: string, as: (value: string) => Buffer = printable) =>
  seq(oid(OID.challengePassword), setOf(as(text)));

describe('a request', () => {
  test('with the name of another device is refused, and with its own is not (RFC 7030 §4.2.2)', async () => {
    const basic = await secretOf('B1');
    const own = 'urn:thingward:device:meter-3:B1';
    for (const list of [['urn:thingward:device:meter-3:B2'], [own, 'urn:thingward:device:meter-3:B2']])
      await expect(
        ask({ serial: 'B1', basic, request: request('B1', [names(...list)]) }),
      ).rejects.toMatchObject({ code: 'names-changed' });
    expect((await latest())?.steps.at(-1)).toMatchObject({ step: 'policy', outcome: 'names-changed' });
    await ask({ serial: 'B1', basic, request: request('B1', [names(own)]) });
  });

  test('linked to another channel, or with a password somebody wrote into it, is refused', async () => {
    const basic = await secretOf('B3');
    for (const as of [printable, ia5])
      await expect(
        ask({ serial: 'B3', basic, bindings: ['AAAA'], request: request('B3', [challenge('BBBB', as)]) }),
      ).rejects.toMatchObject({ code: 'channel-of-another' });
    await ask({ serial: 'B3', basic, bindings: ['AAAA'], request: request('B3', [challenge('AAAA')]) });
  });
});

/** One POST over a connection of a version, whose body is made when the connection stands. */
async function overTls(
  version: SecureVersion,
  basic: string,
  body: (socket: TLSSocket) => Buffer,
): Promise<string> {
  const socket = connect({
    ...{ host: '127.0.0.1', port, minVersion: version, maxVersion: version, rejectUnauthorized: false },
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  const text = toBase64(body(socket));
  socket.write(
    [
      `POST /.well-known/est/${labelOf(fleet)}/simpleenroll HTTP/1.1`,
      ...['Host: localhost', 'Connection: close', 'Content-Type: application/pkcs10'],
      `Authorization: Basic ${Buffer.from(basic).toString('base64')}`,
      ...[`Content-Length: ${text.length}`, '', text],
    ].join('\r\n'),
  );
  const parts: Buffer[] = [];
  for await (const part of socket) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('latin1');
}

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('over %s', version => {
  /** What the client takes for the value of its channel: RFC 5929 §3, RFC 9266 §2. */
  const bindingOf = (socket: TLSSocket): string =>
    (version === 'TLSv1.3'
      ? socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
      : (socket.getFinished() as Buffer)
    ).toString('base64');

  test('a request linked to its own channel is taken, and the same on another channel is not', async () => {
    const serial = `T${version.at(-1)}`;
    const { user, secret } = await secretOf(serial);
    let first: Buffer = Buffer.alloc(0);
    const own = await overTls(version, `${user}:${secret}`, socket => {
      first = request(serial, [challenge(bindingOf(socket))]);
      return first;
    });
    expect(own).toMatch(/^HTTP\/1\.1 200 /);
    const replayed = await overTls(version, `${user}:${secret}`, () => first);
    expect(replayed).toMatch(/^HTTP\/1\.1 403 [\s\S]*channel-of-another\n$/);
  });
});

describe('who asks', () => {
  async function device(
    serial: string,
  ): Promise<{ keys: { privateKey: KeyObject; publicKey: KeyObject }; der: Buffer; id: number }> {
    const keys = pair();
    const basic = await secretOf(serial);
    const { certificate } = await ask({ serial, basic, request: request(serial, [], keys) });
    return { keys, der: certificate.der, id: certificate.certificateId };
  }

  test('with a certificate of another product or another party finds no way in (I-38)', async () => {
    const { der } = await device('C1');
    const renew = { operation: 'simplereenroll', serial: 'C1', certificate: der } as const;
    const pumps = await fleetNamed('pumps', 'pump-1');
    await expect(ask({ ...renew, label: labelOf(pumps) })).rejects.toMatchObject({
      code: 'client-of-another-fleet',
    });
    const other = await deviceScene(db, 'neighbour');
    try {
      const theirs = await fleetNamed('meters', 'meter-3', other);
      await expect(ask({ ...renew, label: labelOf(theirs) })).rejects.toMatchObject({
        code: 'client-unknown',
      });
    } finally {
      await other.close();
    }
    await ask(renew);
  });

  test('comes too late with a secret that ended, and in vain to a fleet that is closed', async () => {
    const basic = await secretOf('C2', 1);
    const before = one.clock.now();
    one.clock.set(before + DAY_MS + 1);
    try {
      await expect(ask({ serial: 'C2', basic })).rejects.toMatchObject({ code: 'secret-ended' });
    } finally {
      one.clock.set(before);
    }
    const closing = await fleetNamed('closing');
    const opens = { serial: 'C3', basic: await secretOf('C3', 30, closing), label: labelOf(closing) };
    await ask(opens);
    await endFleet(one.desk, one.doer, closing.fleetId);
    await expect(ask(opens)).rejects.toMatchObject({ code: 'fleet-closed' });
    expect((await latest(closing))?.steps.at(-1)).toMatchObject({ step: 'client', outcome: 'fleet-closed' });
  });

  test('with the secret of a device whose certificate was revoked or is held gets no other, seen or not (I-01)', async () => {
    const serial = 'C4';
    const basic = await secretOf(serial);
    const { certificate } = await ask({ serial, basic });
    await holdCertificate(one.desk, one.doer, certificate.certificateId, { why: 'looked into' });
    await expect(ask({ serial, basic })).rejects.toMatchObject({ code: 'secret-spent' });
    await releaseCertificate(one.desk, one.doer, certificate.certificateId, { why: 'found again' });
    await ask({ serial, basic });
    await revokeCertificate(one.desk, one.doer, certificate.certificateId, {
      reason: 'key-compromise',
      why: 'stolen',
    });
    await expect(ask({ serial, basic })).rejects.toMatchObject({ code: 'secret-spent' });
    one.clock.advance(1_000);
    await ask({ serial, basic: await secretOf(serial) });
  });

  /** Requests are read between the transaction that finds out who asks and the one that issues. */
  function deskWhere(happens: () => Promise<unknown>) {
    const { signing } = one.desk.keys;
    let isFirst = true;
    const slow: typeof signing = Object.assign(Object.create(signing), {
      requests: async (list: Parameters<typeof signing.requests>[0]) => {
        if (isFirst) {
          isFirst = false;
          await happens();
        }
        return await signing.requests(list);
      },
    });
    return { ...one.desk, keys: Object.assign(Object.create(one.desk.keys), { signing: slow }) };
  }

  test('is not renewed when the revocation comes after it was found out who asks (I-02)', async () => {
    const { der, id } = await device('C5');
    const desk = deskWhere(() =>
      revokeCertificate(one.desk, one.doer, id, { reason: 'superseded', why: 'just now' }),
    );
    await expect(
      ask({ operation: 'simplereenroll', serial: 'C5', certificate: der }, desk),
    ).rejects.toMatchObject({ code: 'client-revoked' });
  });

  test('gets nothing by a secret in whose place another came meanwhile', async () => {
    const basic = await secretOf('C7');
    const desk = deskWhere(async () => {
      one.clock.advance(1_000);
      await secretOf('C7');
    });
    await expect(ask({ serial: 'C7', basic }, desk)).rejects.toMatchObject({ code: 'secret-wrong' });
  });

  test('with one secret and many keys at once gets no more certificates than one after the other', async () => {
    const basic = await secretOf('C6');
    const all = await Promise.allSettled(Array.from({ length: 8 }, () => ask({ serial: 'C6', basic })));
    const codes = all.map(each =>
      each.status === 'fulfilled' ? 'issued' : (each.reason as { code: string }).code,
    );
    expect(codes.sort()).toEqual([
      ...['issued', 'issued', 'issued'],
      ...Array.from({ length: 5 }, () => 'too-many-keys'),
    ]);
  });
});

test('strangers with ever new names fill no table: beyond 200 in a minute they are counted under none', async () => {
  const flooded = await fleetNamed('flooded');
  const label = labelOf(flooded);
  const body = request('F');
  for (let n = 0; n < 220; n += 1)
    await expect(
      ask({ serial: 'F', label, request: body, basic: { user: `F${n}`, secret: 'x' } }),
    ).rejects.toMatchObject({ code: 'secret-wrong' });
  const all = await db.database.door(one.doer.partyId, tx =>
    listEnrolments(tx, { fleetId: flooded.fleetId }, Number.MAX_SAFE_INTEGER, 500),
  );
  expect([all.length, all[0]?.named, all[0]?.times]).toEqual([201, '', 20]);
});

test('a request that is too long is told so, however much of it is still to come', async () => {
  const { user, secret } = await secretOf('L1');
  for (let n = 0; n < 5; n += 1) {
    const said = await overTls('TLSv1.3', `${user}:${secret}`, () => Buffer.alloc(3_000_000));
    expect(said).toMatch(/^HTTP\/1\.1 413 [\s\S]*too long\n$/);
  }
});

test('an answer that left is on record as delivered (I-11)', async () => {
  const { user, secret } = await secretOf('D1');
  expect(await overTls('TLSv1.3', `${user}:${secret}`, () => request('D1'))).toMatch(/^HTTP\/1\.1 200 /);
  await expect.poll(async () => (await latest())?.deliveredAtMs).toBe(one.clock.now());
});

test('a certificate of the listener that was renewed on the disk is served within seconds (IR-08)', async () => {
  const served = async (): Promise<string> => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve);
      socket.once('error', reject);
    });
    const { subject } = socket.getPeerCertificate();
    socket.destroy();
    return String(subject.CN);
  };
  expect(await served()).toBe('est');
  serverCertificate('next');
  copyFileSync(at('next.key'), at('est.key'));
  // Key and certificate do not fit: for looks on end what was served before stays, and the looking does not slow down.
  await new Promise(resolve => setTimeout(resolve, 3_500));
  expect(await served()).toBe('est');
  copyFileSync(at('next.pem'), at('est.pem'));
  const fitMs = performance.now();
  await expect.poll(served, { timeout: 10_000, interval: 200 }).toBe('next');
  expect(performance.now() - fitMs).toBeLessThan(3_000);
});

test('a listener whose key is not its certificate’s, or whose port is taken, names the settings to mend', async () => {
  serverCertificate('other');
  const place = { port: 0, host: '127.0.0.1', certFile: at('est.pem'), keyFile: at('other.key') };
  await expect(listenForEst(one.desk, silentLog, place)).rejects.toMatchObject({
    code: 'listener-tls-refused',
    detail: { cert: 'THINGWARD_EST_CERT', key: 'THINGWARD_EST_KEY' },
  });
  const taken = { ...place, port, keyFile: at('est.key') };
  await expect(listenForEst(one.desk, silentLog, taken)).rejects.toMatchObject({
    code: 'listener-port-refused',
    detail: { port, portSetting: 'THINGWARD_EST_PORT', hostSetting: 'THINGWARD_EST_HOST' },
  });
});
