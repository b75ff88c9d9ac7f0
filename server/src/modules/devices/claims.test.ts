/** Claim certificates: a batch of devices carries one, for first certificates alone, so many, so fast and so long (I-14). */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../kernel/database/test-database.ts';
import { DAY_MS, HOUR_MS } from '../../kernel/time.ts';
import { holdCertificate, releaseCertificate, revokeCertificate } from './certificates/standing.ts';
import { registerDevice } from './devices.ts';
import { type AskedClaim, listClaims, makeClaim } from './enrolment/claims.ts';
import { type AskedEnrolment, enrol } from './enrolment/enrol.ts';
import { type Enrolment, listEnrolments } from './enrolment/enrolment-store.ts';
import { expectDevices, type Fleet, labelOf, makeFleet } from './enrolment/fleets.ts';
import { answerEst } from './est/answer.ts';
import { toBase64 } from './est/forms.ts';
import { credentials } from './presented/credentials.ts';
import { type DeviceScene, deviceScene } from './testing/device-scene.ts';
import { deviceRequest } from './testing/test-root.ts';
import { useCertificate } from './testing/use-certificate.ts';
import { readCertificate } from './x509/read-certificate.ts';

let db: TestDatabase;
let one: DeviceScene;
let fleet: Fleet;
let serials = 0;

beforeAll(async () => {
  db = await testDatabase();
  one = await deviceScene(db, 'claiming');
  fleet = await fleetNamed('meters');
}, 120_000);
afterAll(async () => {
  await one?.close();
  await db?.close();
});

async function fleetNamed(name: string, product = 'meter-3'): Promise<Fleet> {
  const { authorityId } = one.authority;
  const asked = { name, product, authorityId, profile: 'device', makesKeys: false, graceDays: 0 };
  return await makeFleet(one.desk, one.doer, asked);
}

interface Carried {
  readonly id: number;
  readonly der: Buffer;
  readonly key: { readonly privateKey: KeyObject; readonly publicKey: KeyObject };
}

async function claim(more: Partial<AskedClaim> = {}): Promise<Carried> {
  const key = pair();
  const { der: request } = deviceRequest([], key);
  const asked = { fleetId: fleet.fleetId, title: 'batch', request, most: 5, mostAnHour: 5, days: 10 };
  const made = await makeClaim(one.desk, one.doer, { ...asked, registers: false, ...more });
  return { id: made.claim.claimId, der: made.certificate.der, key };
}

const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

async function registered(): Promise<string> {
  serials += 1;
  const serial = `C${serials}`;
  await registerDevice(one.desk, one.doer, { product: 'meter-3', serial });
  return `meter-3:${serial}`;
}

type Asks = Partial<AskedEnrolment> & { readonly as: string; readonly keys?: ReturnType<typeof pair> };
const ask = ({ as, keys = pair(), ...more }: Asks, carried: Carried) =>
  enrol(one.desk, {
    ...{ operation: 'simpleenroll', label: labelOf(fleet), certificate: carried.der, basic: null },
    ...{ connection: {}, bindings: [], request: deviceRequest([['commonName', as]], keys).der, ...more },
  });

async function latest(named: string): Promise<Enrolment | undefined> {
  const [found] = await db.database.door(one.doer.partyId, tx =>
    listEnrolments(tx, { named }, Number.MAX_SAFE_INTEGER, 1),
  );
  return found;
}

test('a claim gives a registered device its first certificate, and each use is traced', async () => {
  const carried = await claim();
  const device = await registered();
  const { certificate } = await ask({ as: device }, carried);
  expect(Buffer.from(readCertificate(certificate.der).subject).toString('latin1')).toContain(device);
  expect(await latest(device)).toMatchObject({ code: 'issued' });
  expect((await latest(device))?.steps[1]).toMatchObject({
    detail: { by: 'claim', device: `claim/${carried.id}` },
  });
  const [kept] = await db.database.door(one.doer.partyId, tx =>
    listClaims(tx, fleet.fleetId, carried.id - 1, 1),
  );
  expect(kept).toMatchObject({ claimId: carried.id, devices: 1, state: 'valid' });
});

test('it renews nothing, opens no other fleet, and its own key gets no certificate', async () => {
  const carried = await claim();
  const device = await registered();
  await expect(ask({ as: device, operation: 'simplereenroll' }, carried)).rejects.toMatchObject({
    code: 'claim-renews-nothing',
  });
  const others = await fleetNamed('others');
  await expect(ask({ as: device, label: labelOf(others) }, carried)).rejects.toMatchObject({
    code: 'client-of-another-fleet',
  });
  await expect(ask({ as: device, keys: carried.key }, carried)).rejects.toMatchObject({
    code: 'key-of-another-device',
  });
  await expect(ask({ as: 'pump-1:X' }, carried)).rejects.toMatchObject({ code: 'subject-changed' });
});

test('it lets nobody in who sends anything: the register of credentials does not know it', async () => {
  const carried = await claim();
  expect(await credentials.presented(db.database, carried.der, one.clock.now())).toEqual({
    fault: 'unknown',
    of: null,
  });
});

test('whoever holds it finds no device in the attributes of requests', async () => {
  const carried = await claim();
  const said = await answerEst(one.desk, {
    ...{ method: 'GET', path: `/.well-known/est/${labelOf(fleet)}/csrattrs`, contentType: null, date: null },
    ...{ authorization: null, body: Buffer.alloc(0), certificate: carried.der, connection: {}, bindings: [] },
  });
  expect(said.status).toBe(200);
  expect(Buffer.from(said.body, 'base64').toString('latin1')).not.toContain('claim/');
});

test('a device that nobody registered is refused, and registered where the claim says so', async () => {
  await expect(ask({ as: 'meter-3:NEW1' }, await claim())).rejects.toMatchObject({ code: 'device-unknown' });
  const carried = await claim({ registers: true });
  await ask({ as: 'NEW1' }, carried);
  expect(await latest('meter-3:NEW1')).toMatchObject({ code: 'issued' });
});

test('a device that has a certificate of its own is not taken over by whoever holds a claim', async () => {
  const carried = await claim();
  const device = await registered();
  const { certificate } = await ask({ as: device }, carried);
  // An answer that was lost is asked for again, with the same key or another.
  await ask({ as: device }, carried);
  await useCertificate(db.database, certificate.der, one.clock.now());
  await expect(ask({ as: device }, carried)).rejects.toMatchObject({ code: 'claim-spent' });
  expect((await latest(device))?.steps.at(-1)).toMatchObject({ step: 'policy', outcome: 'claim-spent' });
  await one.issue('BYHAND');
  await expect(ask({ as: 'meter-3:BYHAND' }, carried)).rejects.toMatchObject({ code: 'claim-spent' });
  const [expected] = await expectDevices(one.desk, one.doer, fleet.fleetId, ['EX1'], 1);
  const basic = { user: 'EX1', secret: expected?.secret ?? '' };
  const own = await enrol(one.desk, {
    ...{
      operation: 'simpleenroll',
      label: labelOf(fleet),
      certificate: null,
      basic,
      connection: {},
      bindings: [],
    },
    request: deviceRequest([['commonName', 'meter-3:EX1']]).der,
  });
  await revokeCertificate(one.desk, one.doer, own.certificate.certificateId, {
    reason: 'superseded',
    why: 'x',
  });
  await expect(ask({ as: 'meter-3:EX1' }, carried)).rejects.toMatchObject({ code: 'claim-spent' });
});

test('it asks for three keys of one device at most, also when they come at once', async () => {
  const carried = await claim();
  const device = await registered();
  const all = await Promise.allSettled(Array.from({ length: 6 }, () => ask({ as: device }, carried)));
  const codes = all.map(each => (each.status === 'fulfilled' ? 'issued' : each.reason.code));
  expect(codes.sort()).toEqual([...Array(3).fill('issued'), ...Array(3).fill('too-many-keys')]);
});

test('it is good for so many devices, also when all come at once; those that came before come again', async () => {
  const carried = await claim({ most: 3 });
  const devices = [];
  for (let n = 0; n < 6; n += 1) devices.push({ as: await registered(), keys: pair() });
  const all = await Promise.allSettled(devices.map(each => ask(each, carried)));
  const codes = all.map(each => (each.status === 'fulfilled' ? 'issued' : each.reason.code));
  expect([...codes].sort()).toEqual([...Array(3).fill('claim-used-up'), ...Array(3).fill('issued')]);
  for (const [i, each] of devices.entries()) if (codes[i] === 'issued') await ask(each, carried);
});

test('it lets so many new devices in within an hour, and tells the others when to come again', async () => {
  const carried = await claim({ mostAnHour: 1 });
  await ask({ as: await registered() }, carried);
  const late = await registered();
  const said = await answerEst(one.desk, {
    ...{ method: 'POST', path: `/.well-known/est/${labelOf(fleet)}/simpleenroll`, date: null },
    ...{ contentType: 'application/pkcs10', authorization: null, certificate: carried.der },
    ...{
      connection: {},
      bindings: [],
      body: Buffer.from(toBase64(deviceRequest([['commonName', late]]).der)),
    },
  });
  expect([said.status, said.body]).toEqual([503, 'claim-too-fast\n']);
  const afterS = Number(said.headers?.['retry-after']);
  expect(afterS).toBeGreaterThanOrEqual(60);
  const before = one.clock.now();
  one.clock.set(before + HOUR_MS + 1_000);
  try {
    await ask({ as: late }, carried);
  } finally {
    one.clock.set(before);
  }
});

test('it ends, and its certificate with it; suspended or revoked it opens nothing to anybody who carries it', async () => {
  const carried = await claim({ days: 2 });
  const { notAfterMs } = readCertificate(carried.der);
  const before = one.clock.now();
  expect(notAfterMs).toBeLessThan(before + 2 * DAY_MS);
  one.clock.set(before + 2 * DAY_MS + 1);
  try {
    await expect(ask({ as: await registered() }, carried)).rejects.toMatchObject({ code: 'claim-ended' });
  } finally {
    one.clock.set(before);
  }
  await holdCertificate(one.desk, one.doer, carried.id, { why: 'counted' });
  await expect(ask({ as: await registered() }, carried)).rejects.toMatchObject({ code: 'client-suspended' });
  await releaseCertificate(one.desk, one.doer, carried.id, { why: 'all there' });
  const device = await registered();
  const keys = pair();
  await ask({ as: device, keys }, carried);
  await revokeCertificate(one.desk, one.doer, carried.id, { reason: 'key-compromise', why: 'read out' });
  // Not even to a device that asks for the answer it lost.
  await expect(ask({ as: device, keys }, carried)).rejects.toMatchObject({ code: 'client-revoked' });
});

test('the same request is one claim, whatever bounds are asked for again', async () => {
  const { der: request } = deviceRequest([]);
  const asked = { fleetId: fleet.fleetId, title: 'batch', request, mostAnHour: 1, days: 1, registers: false };
  const first = await makeClaim(one.desk, one.doer, { ...asked, most: 2 });
  const again = await makeClaim(one.desk, one.doer, { ...asked, most: 900 });
  expect(again.claim).toEqual({ ...first.claim });
  expect(again.certificate.der.equals(first.certificate.der)).toBe(true);
});
