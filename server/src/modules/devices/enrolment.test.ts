/** Enrolment over a listener of its own, with clients that nobody here wrote where they are told by name. */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { request as secureRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../kernel/database/test-database.ts';
import { DerReader } from '../../kernel/der/read.ts';
import { silentLog } from '../../kernel/log.ts';
import { DAY_MS } from '../../kernel/time.ts';
import type { LivePart } from '../../spine/contribution.ts';
import { listenForEst } from './adapters/est.ts';
import { holdCertificate, revokeCertificate } from './certificates/standing.ts';
import { type Enrolment, listEnrolments } from './enrolment/enrolment-store.ts';
import { expectDevices, type Fleet, labelOf, makeFleet } from './enrolment/fleets.ts';
import { certificatesOnly, fromBase64, toBase64 } from './est/forms.ts';
import { type DeviceScene, deviceScene, party } from './testing/device-scene.ts';
import { deviceRequest } from './testing/test-root.ts';
import { readCertificate } from './x509/read-certificate.ts';

const folder = mkdtempSync(join(tmpdir(), 'tw-est-'));
const at = (name: string): string => join(folder, name);
let db: TestDatabase;
let one: DeviceScene;
let fleet: Fleet;
let est: LivePart;
let port: number;

beforeAll(async () => {
  db = await testDatabase();
  one = await deviceScene(db, 'enrolling');
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'];
  const name = ['-subj', '/CN=est', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const out = ['-keyout', at('est.key'), '-out', at('est.pem')];
  execFileSync('openssl', ['req', '-x509', ...key, ...name, ...out], { stdio: 'ignore' });
  fleet = await makeFleet(one.desk, one.doer, {
    ...{ name: 'meters', product: 'meter-3', authorityId: one.authority.authorityId, profile: 'device' },
    ...{ makesKeys: true, graceDays: 10 },
  });
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

interface Said {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}
interface Asks {
  readonly method?: string;
  readonly type?: string | null;
  readonly body?: string;
  readonly basic?: string;
  readonly client?: { readonly der: Uint8Array; readonly key: KeyObject };
  readonly label?: string;
  /** Where the label stands in front, as strongSwan puts it. */
  readonly isBefore?: boolean;
}

function ask(what: string, asks: Asks = {}): Promise<Said> {
  const { client, label = labelOf(fleet), type = 'application/pkcs10', basic } = asks;
  return new Promise((resolve, reject) => {
    const sent = secureRequest(
      {
        ...{
          host: '127.0.0.1',
          port,
          path: `${asks.isBefore === true ? `/${label}/.well-known/est` : `/.well-known/est/${label}`}/${what}`,
          ca: readFileSync(at('est.pem')),
        },
        ...{ method: asks.method ?? (asks.body === undefined ? 'GET' : 'POST'), agent: false },
        headers: {
          ...(asks.body === undefined || type === null ? {} : { 'content-type': type }),
          ...(basic === undefined ? {} : { authorization: `Basic ${Buffer.from(basic).toString('base64')}` }),
        },
        ...(client === undefined
          ? {}
          : { cert: pem(client.der), key: client.key.export({ type: 'pkcs8', format: 'pem' }) }),
      },
      response => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(parts).toString('latin1'),
          }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(asks.body);
  });
}

function pem(der: Uint8Array): string {
  return `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString('base64')}\n-----END CERTIFICATE-----\n`;
}

/** The certificates of an answer, as our own reader of DER finds them. */
function inside(body: string): Buffer[] {
  const whole = new DerReader(fromBase64(Buffer.from(body)) as Buffer).enter(0x30);
  whole.oid();
  const data = whole.enter(0xa0).enter(0x30);
  data.small();
  data.element(0x31);
  data.element(0x30);
  const list = data.enter(0xa0);
  const found: Buffer[] = [];
  while (!list.isAtEnd) found.push(Buffer.from(list.whole(list.element(0x30))));
  return found;
}

async function expected(serial: string): Promise<string> {
  const [made] = await expectDevices(one.desk, one.doer, fleet.fleetId, [serial], 30);
  return `${serial}:${made?.secret ?? ''}`;
}

const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const asked = (serial: string, keys = pair()) => {
  const { der } = deviceRequest([['commonName', `meter-3:${serial}`]], keys);
  return { keys, body: toBase64(der) };
};

async function enrolled(serial: string) {
  const basic = await expected(serial);
  const { keys, body } = asked(serial);
  const said = await ask('simpleenroll', { body, basic });
  expect([said.status, said.body.length > 100]).toEqual([200, true]);
  const [der] = inside(said.body) as [Buffer];
  return { basic, keys, der, client: { der, key: keys.privateKey } };
}

async function traces(named: string): Promise<Enrolment[]> {
  return await db.database.door(one.doer.partyId, tx =>
    listEnrolments(tx, { named }, Number.MAX_SAFE_INTEGER, 50),
  );
}
const failedAt = (each: Enrolment | undefined) => each?.steps.at(-1);

describe('a first certificate', () => {
  test('cacerts tells the authority and its root to anybody, in one line of a told length', async () => {
    const said = await ask('cacerts');
    expect(said.status).toBe(200);
    expect(said.headers['content-type']).toBe('application/pkcs7-mime; smime-type=certs-only');
    expect(Number(said.headers['content-length'])).toBe(said.body.length);
    expect(said.body).not.toMatch(/[\r\n]/);
    expect(inside(said.body)).toEqual([one.authority.certificate, one.root.certificate]);
    // I-13: a clock for whoever has none.
    expect(Date.parse(String(said.headers['date']))).toBeGreaterThan(0);
  });

  test('is fetched with the secret of an expected device, and its trace tells each step (I-11)', async () => {
    const { der, client } = await enrolled('E1');
    expect(Buffer.from(readCertificate(der).issuer).equals(one.authority.subject)).toBe(true);
    const [trace] = await traces('meter-3:E1');
    expect(trace?.steps.map(each => `${each.step} ${each.outcome}`)).toEqual([
      ...['connection ok', 'client ok', 'request ok', 'possession ok', 'policy ok', 'issuance ok'],
    ]);
    expect(trace?.usedAtMs).toBeNull();
    await ask('csrattrs', { client });
    expect((await traces('meter-3:E1'))[0]?.usedAtMs).not.toBeNull();
  });

  test('whose answer was lost is asked for again with the same key, and is the same (I-08)', async () => {
    const basic = await expected('E2');
    const keys = pair();
    const first = await ask('simpleenroll', { body: asked('E2', keys).body, basic });
    const again = await ask('simpleenroll', { body: asked('E2', keys).body, basic });
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(inside(again.body)).toEqual(inside(first.body));
  });

  test('may be asked for with three keys while none was seen, and not with a fourth', async () => {
    const basic = await expected('E3');
    const statuses: number[] = [];
    for (let n = 0; n < 4; n += 1)
      statuses.push((await ask('simpleenroll', { body: asked('E3').body, basic })).status);
    expect(statuses).toEqual([200, 200, 200, 403]);
    expect(failedAt((await traces('meter-3:E3'))[0])).toMatchObject({
      step: 'policy',
      outcome: 'too-many-keys',
    });
  });

  test('spends the secret when the device is seen with it', async () => {
    const { basic, client } = await enrolled('E4');
    await ask('csrattrs', { client });
    const said = await ask('simpleenroll', { body: asked('E4').body, basic });
    expect([said.status, said.body]).toEqual([401, 'secret-spent\n']);
    one.clock.advance(1_000);
    expect((await ask('simpleenroll', { body: asked('E4').body, basic: await expected('E4') })).status).toBe(
      200,
    );
  });

  test.each([
    ['nobody', {}, 401, 'client-unknown', 'client'],
    ['a wrong secret', { basic: 'E5:wrong' }, 401, 'secret-wrong', 'client'],
    ['a stranger', { basic: 'E99:wrong' }, 401, 'secret-wrong', 'client'],
  ] as const)('is refused to %s (I-14), with the step on record', async (_, brought, status, code, step) => {
    await expected('E5');
    const said = await ask('simpleenroll', { body: asked('E5').body, ...brought });
    expect([said.status, said.body]).toEqual([status, `${code}\n`]);
    expect(said.headers['www-authenticate']).toContain('Basic');
    const all = await db.database.door(one.doer.partyId, tx =>
      listEnrolments(tx, {}, Number.MAX_SAFE_INTEGER, 5),
    );
    expect(failedAt(all[0])).toMatchObject({ step, outcome: code });
  });

  test('is refused to who does not hold the key, or asks in another name', async () => {
    const basic = await expected('E6');
    const der = fromBase64(Buffer.from(asked('E6').body)) as Buffer;
    der[der.length - 6] = (der[der.length - 6] as number) ^ 1;
    const forged = await ask('simpleenroll', { body: toBase64(der), basic });
    expect([forged.status, forged.body]).toEqual([400, 'request-not-signed\n']);
    expect(failedAt((await traces('meter-3:E6'))[0])).toMatchObject({ step: 'possession' });
    const other = await ask('simpleenroll', { body: asked('E7').body, basic });
    expect([other.status, other.body]).toEqual([403, 'subject-changed\n']);
    expect(failedAt((await traces('meter-3:E6'))[0])).toMatchObject({
      step: 'policy',
      outcome: 'subject-changed',
    });
  });

  test('one key for two devices is told and issues nothing (I-15, IR-29)', async () => {
    const keys = pair();
    const first = await ask('simpleenroll', { body: asked('E8', keys).body, basic: await expected('E8') });
    const second = await ask('simpleenroll', { body: asked('E9', keys).body, basic: await expected('E9') });
    expect([first.status, second.status, second.body]).toEqual([200, 403, 'key-of-another-device\n']);
    expect(failedAt((await traces('meter-3:E9'))[0])).toMatchObject({ outcome: 'key-of-another-device' });
  });

  test('of the form of requests each fault is told', async () => {
    const basic = await expected('E10');
    const { body } = asked('E10');
    const status = async (what: string, asks: Asks) => (await ask(what, asks)).status;
    expect(await status('simpleenroll', { method: 'GET' })).toBe(405);
    expect(await status('cacerts', { method: 'POST', body: 'x' })).toBe(405);
    expect(await status('simpleenroll', { body, basic, type: null })).toBe(415);
    expect(await status('simpleenroll', { body, basic, type: 'text/plain' })).toBe(415);
    expect(await status('simpleenroll', { body: '?', basic })).toBe(400);
    expect(await status('simpleenroll', { body: 'AAAA', basic })).toBe(400);
    expect(await status('simpleenroll', { body: 'A'.repeat(40_000), basic })).toBe(413);
    expect(await status('cacerts', { label: 'meters-999999' })).toBe(404);
    expect(await status('cacerts', { isBefore: true })).toBe(200);
    expect(await status('fullcmc', { body, basic })).toBe(404);
    const lines = body.replace(/.{64}/g, '$&\r\n');
    expect(await status('simpleenroll', { body: lines, basic })).toBe(200);
  });

  test('of a fleet of one party is none of another (I-38)', async () => {
    const other = await party(db, 'another');
    await expect(expectDevices(one.desk, other, fleet.fleetId, ['X1'], 1)).rejects.toMatchObject({
      code: 'fleet-unknown',
    });
    await expect(
      makeFleet(one.desk, other, {
        ...{ name: 'mine', product: 'meter-3', authorityId: one.authority.authorityId, profile: 'device' },
        ...{ makesKeys: false, graceDays: 0 },
      }),
    ).rejects.toMatchObject({ code: 'authority-unknown' });
  });
});

describe('renewal', () => {
  test('with another key is done by who holds the certificate, which stays good (I-08, IR-23, IR-24)', async () => {
    const { client, der } = await enrolled('R1');
    const renewed = await ask('simplereenroll', { body: asked('R1').body, client });
    expect(renewed.status).toBe(200);
    expect(inside(renewed.body)).not.toEqual([der]);
    // The answer was lost and so was its key: the former certificate renews once more.
    expect((await ask('simplereenroll', { body: asked('R1').body, client })).status).toBe(200);
  });

  test('with the same key gives a new certificate once, and that again until it was seen', async () => {
    const { client, der, keys } = await enrolled('R2');
    const first = await ask('simplereenroll', { body: asked('R2', keys).body, client });
    const again = await ask('simplereenroll', { body: asked('R2', keys).body, client });
    expect(inside(first.body)).not.toEqual([der]);
    expect(inside(again.body)).toEqual(inside(first.body));
  });

  test('is refused without a certificate, and for another subject or name', async () => {
    const { client, basic, keys } = await enrolled('R3');
    expect((await ask('simplereenroll', { body: asked('R3').body, basic })).status).toBe(401);
    const other = await ask('simplereenroll', { body: asked('R4').body, client });
    expect([other.status, other.body]).toEqual([403, 'subject-changed\n']);
    const short = deviceRequest([['commonName', 'R3']], keys).der;
    expect((await ask('simplereenroll', { body: toBase64(short), client })).body).toBe('subject-changed\n');
  });

  test('is refused at once to a certificate that is held or revoked', async () => {
    const { client, der } = await enrolled('R5');
    const serial = Buffer.from(readCertificate(der).serial);
    const { rows } = await sql<{ id: number }>`
      select certificate_id as id from device_certificate where serial = ${serial}`.execute(db.owner);
    const id = Number(rows[0]?.id);
    await holdCertificate(one.desk, one.doer, id, { why: 'looked into' });
    expect((await ask('simplereenroll', { body: asked('R5').body, client })).body).toBe('client-suspended\n');
    await revokeCertificate(one.desk, one.doer, id, { reason: 'superseded', why: 'gone' });
    expect((await ask('simplereenroll', { body: asked('R5').body, client })).body).toBe('client-revoked\n');
  });

  test('after the end goes on with the registered key alone, within the grace of the fleet (I-09, IR-21)', async () => {
    const { client, keys } = await enrolled('R6');
    const before = one.clock.now();
    try {
      one.clock.set(before + 368 * DAY_MS);
      expect((await ask('simplereenroll', { body: asked('R6').body, client })).body).toBe('client-expired\n');
      expect((await ask('simplereenroll', { body: asked('R6', keys).body, client })).status).toBe(200);
      one.clock.set(before + 380 * DAY_MS);
      expect((await ask('simplereenroll', { body: asked('R6', keys).body, client })).body).toBe(
        'client-expired\n',
      );
    } finally {
      one.clock.set(before);
    }
  });
});

describe('keys made here', () => {
  test('come with their certificate in two parts, and OpenSSL reads both', async () => {
    const basic = await expected('K1');
    const said = await ask('serverkeygen', { body: asked('K1').body, basic });
    expect(said.status).toBe(200);
    const boundary = /boundary=(\S+)/.exec(String(said.headers['content-type']))?.[1] ?? '?';
    const [, key = '', certificate = ''] = said.body.split(`--${boundary}`);
    const contents = (part: string) => part.split('\r\n\r\n')[1]?.trim() ?? '';
    writeFileSync(at('k1.der'), Buffer.from(contents(key), 'base64'));
    writeFileSync(at('k1.p7'), Buffer.from(contents(certificate), 'base64'));
    const run = (...args: string[]) => execFileSync('openssl', args, { encoding: 'utf8' });
    const certificates = run('pkcs7', '-inform', 'DER', '-in', at('k1.p7'), '-print_certs');
    writeFileSync(at('k1.pem'), certificates);
    expect(run('pkey', '-inform', 'DER', '-in', at('k1.der'), '-pubout')).toBe(
      run('x509', '-in', at('k1.pem'), '-noout', '-pubkey'),
    );
  });
});

test('no RSA key is made at the server, and none at all where the fleet makes none', async () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const said = await ask('serverkeygen', { body: asked('K2', rsa).body, basic: await expected('K2') });
  expect([said.status, said.body]).toEqual([403, 'key-refused\n']);
  const plain = await makeFleet(one.desk, one.doer, {
    ...{ name: 'plain', product: 'meter-3', authorityId: one.authority.authorityId, profile: 'device' },
    ...{ makesKeys: false, graceDays: 0 },
  });
  const [device] = await expectDevices(one.desk, one.doer, plain.fleetId, ['K3'], 1);
  const basic = `K3:${device?.secret ?? ''}`;
  const refused = await ask('serverkeygen', { body: asked('K3').body, basic, label: labelOf(plain) });
  expect([refused.status, refused.body]).toEqual([403, 'keys-not-made-here\n']);
});

test('certificates alone are read by OpenSSL as they were given', () => {
  writeFileSync(at('only.p7'), certificatesOnly([one.root.certificate, one.root.certificate]));
  const text = execFileSync('openssl', ['pkcs7', '-inform', 'DER', '-in', at('only.p7'), '-print_certs'], {
    encoding: 'utf8',
  });
  expect(text.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
});

test('attributes wanted of requests are read by OpenSSL, the plain list and the template', async () => {
  const said = await ask('csrattrs');
  expect(said.headers['content-type']).toBe('application/csrattrs');
  writeFileSync(at('attrs.der'), Buffer.from(said.body, 'base64'));
  const text = execFileSync('openssl', ['asn1parse', '-inform', 'DER', '-in', at('attrs.der')], {
    encoding: 'utf8',
  });
  expect(text).toContain('id-ecPublicKey');
  expect(text).toContain('ecdsa-with-SHA256');
  expect(text).toMatch(/commonName/);
});
