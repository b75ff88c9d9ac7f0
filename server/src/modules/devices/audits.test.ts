/** Audits: each check finds what it says and nothing else, and what is not found any more is cleared (I-22). */
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../kernel/database/test-database.ts';
import { DAY_MS, HOUR_MS } from '../../kernel/time.ts';
import type { IntakeDoors } from '../../spine/observations/intake.ts';
import { auditParty, deviceAuditFormat, listResults, tellResults, verifyResult } from './audits/audit.ts';
import { readChecks } from './audits/checks.ts';
import { type AuditResult, partiesDue } from './audits/result-store.ts';
import { issueCertificate } from './certificates/issue.ts';
import { registerDevice } from './devices.ts';
import { makeClaim } from './enrolment/claims.ts';
import { enrol } from './enrolment/enrol.ts';
import { expectDevices, labelOf, makeFleet } from './enrolment/fleets.ts';
import { type DeviceScene, deviceScene } from './testing/device-scene.ts';
import { deviceRequest } from './testing/test-root.ts';

const TEXT = readFileSync(
  new URL('../../../../content/catalogues/device-audits/checks.yaml', import.meta.url),
  'utf8',
);
const CHECKS = readChecks(new Map([['checks', TEXT.replaceAll('isOn: false', 'isOn: true')]]));
const scenes: DeviceScene[] = [];
let db: TestDatabase;

beforeAll(async () => {
  db = await testDatabase();
}, 120_000);
afterEach(async () => {
  for (const each of scenes.splice(0)) await each.close();
});
afterAll(async () => {
  await db?.close();
});

async function scene(name: string): Promise<DeviceScene> {
  const made = await deviceScene(db, `audited ${name}`);
  scenes.push(made);
  await made.tell();
  return made;
}

const look = (one: DeviceScene) => auditParty(one.desk, one.doer, CHECKS);
const results = (one: DeviceScene, isAll = false) =>
  db.database.door(one.doer.partyId, tx => listResults(tx, { isAll }, 0, 100));
async function found(one: DeviceScene): Promise<string[]> {
  await look(one);
  return (await results(one)).map(({ checkId, reason, claim }) => `${checkId} ${reason} ${claim}`).sort();
}

test('of a party in order nothing is found, and a look again makes nothing twice', async () => {
  const one = await scene('in order');
  await one.issue('A');
  expect(await found(one)).toEqual([]);
  expect(await look(one)).toMatchObject({ standing: 0, fresh: 0, cleared: 0, cut: [] });
});

test('a certificate that ends is found until another follows it, and again when that one has ended', async () => {
  const one = await scene('ending');
  await one.issue('A');
  one.clock.advance(340 * DAY_MS);
  await one.tell();
  const ending = 'device-certificate-ending approaching device:meter-3:A';
  expect(await found(one)).toEqual([ending]);
  expect(await look(one)).toMatchObject({ standing: 1, fresh: 0, cleared: 0 });
  const { der } = deviceRequest([['commonName', 'meter-3:A']]);
  const asked = { device: 'meter-3:A', authorityId: one.authority.authorityId, profile: 'device' };
  await issueCertificate(one.desk, one.doer, { ...asked, request: der });
  expect(await look(one)).toMatchObject({ standing: 0, cleared: 1 });
  one.clock.advance(366 * DAY_MS);
  await one.tell();
  expect(await found(one)).toEqual(['device-certificate-ending past device:meter-3:A']);
  expect((await results(one, true)).map(each => each.clearedAtMs === null)).toEqual([false, true]);
});

test('an old certificate is found where the check is on', async () => {
  const one = await scene('old');
  await registerDevice(one.desk, one.doer, { product: 'meter-3', serial: 'A' });
  const { der } = deviceRequest([['commonName', 'meter-3:A']]);
  await issueCertificate(one.desk, one.doer, {
    ...{ device: 'meter-3:A', authorityId: one.authority.authorityId, request: der },
    profile: 'device-long-lived',
  });
  one.clock.advance(366 * DAY_MS);
  await one.tell();
  expect(await found(one)).toEqual(['device-certificate-age old device:meter-3:A']);
});

test('a weak key is found, of a device and of an authority', async () => {
  const one = await scene('weak');
  await one.issue('A');
  const strong = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const { der } = deviceRequest([['commonName', 'meter-3:A']], strong);
  const asked = { device: 'meter-3:A', authorityId: one.authority.authorityId, profile: 'device' };
  const made = await issueCertificate(one.desk, one.doer, { ...asked, request: der });
  expect(await found(one)).toEqual([]);
  // No weak key is certified here: such a certificate came in another way, and such a key before it was known.
  const weak = generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey;
  const spki = weak.export({ type: 'spki', format: 'der' });
  const strongSpki = strong.publicKey.export({ type: 'spki', format: 'der' });
  await sql`update device_authority_key set spki = ${spki}
    where authority_id = ${one.authority.authorityId} and use = 'authority'`.execute(db.owner);
  const exponent = generateKeyPairSync('rsa', { modulusLength: 2_048, publicExponent: 3 }).publicKey;
  const other = exponent.export({ type: 'spki', format: 'der' });
  const at = made.der.indexOf(strongSpki);
  const swapped = Buffer.concat([made.der.subarray(0, at), other, made.der.subarray(at + strongSpki.length)]);
  await sql`update device_certificate set der = ${relengthened(swapped, other.length - strongSpki.length)}
    where certificate_id = ${made.certificateId}`.execute(db.owner);
  expect(await found(one)).toEqual([
    `authority-key rsa-short authority:${one.authority.authorityId}`,
    'device-certificate-key not-accepted device:meter-3:A',
  ]);
});

/** The two lengths around what became shorter: of the certificate and of what is signed of it. */
function relengthened(der: Buffer, by: number): Buffer {
  const made = Buffer.from(der);
  for (const at of [2, 6]) made.writeUInt16BE(made.readUInt16BE(at) + by, at);
  return made;
}

test('a key asked for in another name is found, on the account of that name (I-15)', async () => {
  const one = await scene('shared');
  const { authorityId } = one.authority;
  const fleet = await makeFleet(one.desk, one.doer, {
    ...{ name: 'meters', product: 'meter-3', authorityId, profile: 'device', makesKeys: false, graceDays: 0 },
  });
  const expected = await expectDevices(one.desk, one.doer, fleet.fleetId, ['A', 'B'], 1);
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ask = (serial: string) =>
    enrol(one.desk, {
      ...{
        operation: 'simpleenroll',
        label: labelOf(fleet),
        certificate: null,
        connection: {},
        bindings: [],
      },
      basic: { user: serial, secret: expected.find(each => each.device.endsWith(serial))?.secret ?? '' },
      request: deviceRequest([['commonName', `meter-3:${serial}`]], keys).der,
    });
  await ask('A');
  expect(await found(one)).toEqual([]);
  await expect(ask('B')).rejects.toMatchObject({ code: 'key-of-another-device' });
  expect(await found(one)).toEqual(['device-key-shared asked-in-another-name device:meter-3:B']);
});

test('an authority that ends soon is found', async () => {
  const one = await scene('authority');
  one.clock.set((one.authority.notAfterMs ?? 0) - 89 * DAY_MS);
  await one.tell();
  expect(await found(one)).toEqual([
    `authority-certificate-ending approaching authority:${one.authority.authorityId}`,
  ]);
});

test('a claim that is wider than a batch needs is found for each way in which it is', async () => {
  const one = await scene('claims');
  const { authorityId } = one.authority;
  const fleet = await makeFleet(one.desk, one.doer, {
    ...{ name: 'meters', product: 'meter-3', authorityId, profile: 'device', makesKeys: false, graceDays: 0 },
  });
  const claim = (more: object) =>
    makeClaim(one.desk, one.doer, {
      ...{ fleetId: fleet.fleetId, title: 'batch', request: deviceRequest([]).der, registers: false },
      ...{ most: 1_000, mostAnHour: 1_000, days: 30, ...more },
    });
  await claim({});
  expect(await found(one)).toEqual([]);
  await claim({ registers: true, most: 5_000, mostAnHour: 5_000, days: 100 });
  const of = `authority:${authorityId}`;
  expect(await found(one)).toEqual(
    ['anybody', 'long', 'no-bound-an-hour'].map(reason => `claim-too-wide ${reason} ${of}`),
  );
});

test('IR-05 a list that cannot be made is found when it is late, and when it ran out', async () => {
  const one = await scene('lists');
  expect(await found(one)).toEqual([]);
  one.clock.advance(4 * HOUR_MS);
  const of = `authority:${one.authority.authorityId}`;
  expect(new Set(await found(one))).toEqual(new Set([`list-overdue late ${of}`]));
  one.clock.advance(24 * HOUR_MS);
  expect(await found(one)).toContain(`list-overdue ran-out ${of}`);
  await one.tell();
  expect(await found(one)).toEqual([]);
});

test('what is found is put on the corridor once, whoever it was found for', async () => {
  const one = await scene('told');
  await one.issue('A');
  one.clock.advance(340 * DAY_MS);
  await one.tell();
  await look(one);
  const { database } = db;
  const clock = one.clock;
  const intake: IntakeDoors = {
    ...{ database, clock, formats: new Map([[deviceAuditFormat.name, deviceAuditFormat]]) },
    leafFor: ms => db.leafFor(ms),
  };
  while (await tellResults({ database, clock, intake }));
  await sql`update device_audit_result set told_at = null where party_id = ${one.doer.partyId}`.execute(
    db.owner,
  );
  while (await tellResults({ database, clock, intake }));
  const { rows } = await sql<{ claim: string; body: object }>`
    select claim, body from observation where party_id = ${one.doer.partyId}`.execute(db.corridor);
  expect(rows).toEqual([
    {
      claim: 'device:meter-3:A',
      body: expect.objectContaining({ check: 'device-certificate-ending', severity: 'medium' }),
    },
  ]);
});

test('a person says what a result is; another party says nothing (I-24, I-38)', async () => {
  const one = await scene('verified');
  await one.issue('A');
  one.clock.advance(340 * DAY_MS);
  await one.tell();
  await look(one);
  const [result] = (await results(one)) as [AuditResult];
  const said = await verifyResult(one.desk, one.doer, result.resultId, 'benign-positive', 'scrapped');
  expect(said).toMatchObject({
    verification: 'benign-positive',
    verificationBy: one.doer.label,
    verificationWhy: 'scrapped',
  });
  await look(one);
  expect((await results(one))[0]?.verification).toBe('benign-positive');
  const other = await scene('stranger');
  await expect(
    verifyResult(other.desk, other.doer, result.resultId, 'true-positive', null),
  ).rejects.toMatchObject({ code: 'audit-result-unknown' });
});

test('parties are due a day after their last look, and those with no authority never', async () => {
  const one = await scene('due');
  const due = async () =>
    (await db.database.corridor(tx => partiesDue(tx, one.clock.now() - CHECKS.everyMs, 1_000))).includes(
      one.doer.partyId,
    );
  expect(await due()).toBe(true);
  await look(one);
  expect(await due()).toBe(false);
  one.clock.advance(25 * HOUR_MS);
  expect(await due()).toBe(true);
});
