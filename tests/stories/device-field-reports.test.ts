/** Reports from the field about certificates of devices (identity.md §13): each is a test that fails without its mend. */
import { createVerify, type KeyObject, randomBytes, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttp, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import { silentLog } from '../../server/src/kernel/log.ts';
import { DAY_MS, MINUTE_MS } from '../../server/src/kernel/time.ts';
import { listenForEst } from '../../server/src/modules/devices/adapters/est.ts';
import { issueCertificate, listCertificates } from '../../server/src/modules/devices/certificates/issue.ts';
import { listEnrolments } from '../../server/src/modules/devices/enrolment/enrolment-store.ts';
import { expectDevices, labelOf, makeFleet } from '../../server/src/modules/devices/enrolment/fleets.ts';
import { toBase64 } from '../../server/src/modules/devices/est/forms.ts';
import { planFor } from '../../server/src/modules/devices/forecast/plan.ts';
import { besideThose } from '../../server/src/modules/devices/forecast/store.ts';
import { respond } from '../../server/src/modules/devices/ocsp/respond.ts';
import { deviceScene } from '../../server/src/modules/devices/testing/device-scene.ts';
import {
  askEst,
  certificatesIn,
  listenerFiles,
  newDevice,
} from '../../server/src/modules/devices/testing/est-client.ts';
import { deviceRequest } from '../../server/src/modules/devices/testing/test-root.ts';
import { heard, questionAbout } from '../../server/src/modules/devices/testing/told.ts';
import { useCertificate } from '../../server/src/modules/devices/testing/use-certificate.ts';
import { type ReportScene, reportScene } from './device-reports-scene.ts';

let db: TestDatabase;
let scene: ReportScene;

beforeAll(async () => {
  db = await testDatabase();
  scene = await reportScene(db, 'reports of certificates');
}, 120_000);
afterEach(() => scene.endClients());
afterAll(async () => {
  await scene?.close();
  await db?.close();
});

/** Renews over a connection that stands, and reads until it ends. */
async function renewedOver(socket: TLSSocket, reference: string): Promise<string> {
  const text = toBase64(newDevice(reference).request());
  socket.write(
    [
      `POST /.well-known/est/${scene.place.label}/simplereenroll HTTP/1.1`,
      ...['Host: localhost', 'Connection: close', 'Content-Type: application/pkcs10'],
      ...[`Content-Length: ${text.length}`, '', text],
    ].join('\r\n'),
  );
  const parts: Buffer[] = [];
  for await (const part of socket) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('latin1');
}

test.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'IR-33 a revocation counts on a connection of %s that offers a session again',
  async version => {
    const one = await scene.newcomer();
    const options = {
      ...{
        host: '127.0.0.1',
        port: scene.place.port,
        ca: scene.place.ca,
        servername: '',
        cert: one.cert,
        key: one.key,
      },
      ...{ minVersion: version, maxVersion: version, checkServerIdentity: () => undefined },
    };
    const renewedBy = async (session?: Buffer): Promise<{ said: string; session: Buffer | undefined }> => {
      const socket = connect({ ...options, ...(session === undefined ? {} : { session }) });
      const given: Buffer[] = [];
      socket.on('session', (each: Buffer) => given.push(each));
      await new Promise<void>((resolve, reject) => {
        socket.once('secureConnect', resolve);
        socket.once('error', reject);
      });
      return { said: await renewedOver(socket, one.reference), session: given.at(-1) };
    };
    const first = await renewedBy();
    expect(first.said).toMatch(/^HTTP\/1\.1 200 /);
    await scene.revoke(one.certificateId);
    const { said } = await renewedBy(first.session);
    expect(said).toMatch(/^HTTP\/1\.1 403 [\s\S]*client-revoked\n$/);
  },
);

describe('certificates', () => {
  test('IR-22 of one device have a plan each, whatever became of the others', async () => {
    const { desk, doer, authority } = scene.devices;
    const one = await scene.newcomer();
    const asked = { device: one.reference, authorityId: authority.authorityId };
    const server = await issueCertificate(desk, doer, {
      ...{ ...asked, profile: 'device-server', request: newDevice(one.reference).request() },
    });
    const next = await issueCertificate(desk, doer, {
      ...{ ...asked, profile: 'device', request: newDevice(one.reference).request() },
    });
    const plans = async (nowMs: number) =>
      await db.database.door(doer.partyId, async tx => {
        const all = await listCertificates(tx, { subjectId: server.subjectId }, 0, 10);
        const beside = await besideThose(
          tx,
          all.map(each => each.certificateId),
        );
        return all.map(each =>
          planFor(each, beside.find(other => other.certificateId === each.certificateId)!, nowMs),
        );
      });
    const usedAt = (atMs: number) => useCertificate(db.database, next.der, atMs);
    const nowMs = desk.clock.now();
    // The second of the same profile may end within the same second, and then neither follows the other.
    await sql`update device_certificate set not_after = not_after + interval '1 day'
      where certificate_id = ${next.certificateId}`.execute(db.owner);
    expect(await plans(nowMs)).toEqual(['changing', 'stands', 'stands']);
    await usedAt(nowMs);
    expect(await plans(nowMs)).toEqual(['followed', 'stands', 'stands']);
    expect(await plans(nowMs + 340 * DAY_MS)).toEqual(['followed', 'out-of-reach', 'out-of-reach']);
    await usedAt(nowMs + 339 * DAY_MS);
    expect(await plans(nowMs + 340 * DAY_MS)).toEqual(['followed', 'due', 'due']);
    expect(await plans(nowMs + 367 * DAY_MS)).toEqual(['gone', 'gone', 'gone']);
  });

  test('IR-25 begin in the past, so that a device whose clock is slow may use its own at once', async () => {
    const { desk, doer, authority } = scene.devices;
    const one = await scene.newcomer();
    const asked = { device: one.reference, authorityId: authority.authorityId, profile: 'device' };
    const made = await issueCertificate(desk, doer, {
      ...asked,
      request: newDevice(one.reference).request(),
    });
    const slowMs = desk.clock.now() - 55 * MINUTE_MS;
    const { validFrom, validTo } = new X509Certificate(made.der);
    expect(Date.parse(validFrom)).toBeLessThan(slowMs);
    expect(Date.parse(validTo)).toBeGreaterThan(slowMs);
  });

  test('IR-26 the time is told, signed, to a device that has no clock to check anybody’s validity with', async () => {
    const { desk, authority } = scene.devices;
    await scene.devices.tell();
    const nonce = randomBytes(32);
    const made = await scene.devices.issue('TIME1');
    const { bytes } = (await respond(desk, questionAbout(authority, [made.serial], nonce))) as {
      bytes: Buffer;
    };
    const { basic, status } = heard(bytes);
    expect(status).toBe(0);
    expect(Math.abs(Number(basic?.tbsResponseData.producedAt) - desk.clock.now())).toBeLessThan(60_000);
    // Its own question is answered: the nonce says that the answer is not an old one.
    expect(bytes.includes(nonce)).toBe(true);
    // Whose time it is: a responder's, certified by the authority whose certificate the device was made with.
    const [responder] = (basic?.certs ?? []).map(
      each => new X509Certificate(Buffer.from(each.toSchema().toBER())),
    );
    const issuer = new X509Certificate(authority.certificate as Buffer);
    expect(responder?.verify(issuer.publicKey)).toBe(true);
    const signed = Buffer.from(basic?.tbsResponseData.tbsView ?? []);
    const signature = Buffer.from(basic?.signature.valueBlock.valueHexView ?? []);
    const verify = createVerify('sha256').update(signed);
    expect(verify.verify(responder?.publicKey as KeyObject, signature)).toBe(true);
  });

  test.each([
    ['client', 'secret-wrong', { basic: 'S1:wrong' }],
    ['request', 'body-no-base64', { request: null }],
    ['possession', 'request-not-signed', { isForged: true }],
    ['policy', 'subject-changed', { as: 'meter-3:ANOTHER' }],
    ['issuance', 'authority-not-installed', { isRetired: true }],
  ] as const)('IR-27 that were not given are traced to the step that failed: %s', async (step, code, how) => {
    const aside = await deviceScene(db, `aside ${step}`);
    const listener = await listenForEst(aside.desk, silentLog, {
      ...{ port: 0, host: '127.0.0.1', certFile: scene.files.certFile },
      keyFile: scene.files.keyFile,
    });
    try {
      const { authorityId } = aside.authority;
      const fleet = await makeFleet(aside.desk, aside.doer, {
        ...{
          name: 'meters',
          product: 'meter-3',
          authorityId,
          profile: 'device',
          makesKeys: false,
          graceDays: 0,
        },
      });
      const [made] = await expectDevices(aside.desk, aside.doer, fleet.fleetId, ['S1'], 1);
      const {
        basic = `S1:${made?.secret ?? ''}`,
        as = 'meter-3:S1',
        request,
        isForged,
        isRetired,
      } = {
        ...(how as { basic?: string; as?: string; request?: null; isForged?: true; isRetired?: true }),
      };
      if (isRetired)
        await sql`update device_authority set state = 'retired' where authority_id = ${authorityId}`.execute(
          db.owner,
        );
      const der = deviceRequest([['commonName', as]]).der;
      if (isForged) der[der.length - 6] = (der[der.length - 6] as number) ^ 1;
      const at = { port: listener.describe()['port'] as number, ca: scene.place.ca, label: labelOf(fleet) };
      const sent = request === null ? Buffer.from('') : der;
      const said = await askEst(at, 'simpleenroll', { request: sent, basic });
      expect([said.status >= 400, said.body]).toEqual([true, `${code}\n`]);
      const [trace] = await db.database.door(aside.doer.partyId, tx =>
        listEnrolments(tx, { fleetId: fleet.fleetId }, Number.MAX_SAFE_INTEGER, 1),
      );
      expect(trace?.steps.at(-1)).toMatchObject({ step, outcome: code });
      expect(trace?.steps.slice(0, -1).every(each => each.outcome === 'ok')).toBe(true);
    } finally {
      await listener.close();
      await aside.close();
    }
  });
});

describe('behind a proxy', () => {
  let proxy: Server;
  afterAll(() => {
    proxy?.closeAllConnections();
    proxy?.close();
  });

  test('IR-34 that ends TLS nobody is let in, whatever certificate its headers tell of', async () => {
    const basic = await scene.expected('PROXY1');
    const own = newDevice('meter-3:PROXY1');
    const first = await askEst(scene.place, 'simpleenroll', { request: own.request(), basic });
    const [der = Buffer.alloc(0)] = certificatesIn(first.body);
    const cert = new X509Certificate(der).toString();
    const told = encodeURIComponent(cert);
    const headers = {
      ...{
        'x-ssl-cert': told,
        'x-ssl-client-verify': 'SUCCESS',
        'x-forwarded-client-cert': `Cert="${told}"`,
      },
      'client-cert': `:${der.toString('base64')}:`,
    };
    proxy = createHttp((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', part => parts.push(part));
      request.on('end', () => {
        void askEst(scene.place, 'simplereenroll', {
          ...{ request: Buffer.from(Buffer.concat(parts).toString(), 'base64'), headers },
        }).then(said => response.writeHead(said.status).end(said.body));
      });
    });
    await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as AddressInfo;
    const body = toBase64(own.request());
    const said = await new Promise<string>((resolve, reject) => {
      const sent = httpRequest({ host: '127.0.0.1', port, method: 'POST' }, answer => {
        let text = `${answer.statusCode} `;
        answer.on('data', part => {
          text += part;
        });
        answer.on('end', () => resolve(text));
      });
      sent.on('error', reject);
      sent.end(body);
    });
    expect(said).toBe('401 client-unknown\n');
    // By itself the same device renews.
    const certificate = { der, key: own.keys.privateKey };
    expect(
      (await askEst(scene.place, 'simplereenroll', { request: own.request(), certificate })).status,
    ).toBe(200);
  });
});

test('IR-08 a listener tells until when its certificate is good, and for thirty days that it ends soon', async () => {
  const told = ({ certificateUntil, certificateEndsSoon }: Readonly<Record<string, unknown>>) => [
    certificateUntil,
    certificateEndsSoon,
  ];
  const endOf = (file: string) => new Date(new X509Certificate(readFileSync(file)).validTo).toISOString();
  expect(told(scene.est.describe())).toEqual([endOf(scene.files.certFile), false]);
  const folder = mkdtempSync(join(tmpdir(), 'tw-soon-'));
  const { certFile, keyFile } = listenerFiles(folder, 29);
  const place = { port: 0, host: '127.0.0.1', certFile, keyFile };
  const soon = await listenForEst(scene.devices.desk, silentLog, place);
  try {
    expect(told(soon.describe())).toEqual([endOf(certFile), true]);
  } finally {
    await soon.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('IR-10 one page says what a revocation does on each path, and every line of it names the test that shows it', () => {
  const page = readFileSync(new URL('../../docs/operating/certificates.md', import.meta.url), 'utf8');
  const [, part = ''] = page.split('## What a revocation does');
  const [table = ''] = part.split('\n## ');
  const rows = table.split('\n').filter(line => /^\| (?!-|path)/.test(line));
  for (const path of ['MQTT', 'HTTPS', 'EST', 'OCSP', 'CRL']) expect(rows.join('\n')).toContain(path);
  for (const row of rows) {
    const [, file = '', name = ''] = /`([^`]+) › ([^`]+)`/.exec(row) ?? [];
    const source = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
    expect([row, source.includes(name) && name !== '']).toEqual([row, true]);
  }
});
