import { X509Certificate } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../kernel/database/test-database.ts';
import { DAY_MS } from '../../../kernel/time.ts';
import { issueCertificate } from '../certificates/issue.ts';
import { revokeCertificate } from '../certificates/standing.ts';
import { listOf, WHOLE } from '../crl/store.ts';
import { fleetById } from '../enrolment/fleet-store.ts';
import { makeFleet } from '../enrolment/fleets.ts';
import { respond } from '../ocsp/respond.ts';
import { type DeviceScene, deviceScene } from '../testing/device-scene.ts';
import { deviceRequest } from '../testing/test-root.ts';
import { heard, listed, questionAbout } from '../testing/told.ts';
import { type Authority, authorityById, installAuthority, retireAuthority } from './authorities.ts';
import { rotateAuthority } from './rotation.ts';

let db: TestDatabase;
let scene: DeviceScene;
let former: Authority;

beforeAll(async () => {
  db = await testDatabase();
  scene = await deviceScene(db, 'rotating');
  former = scene.authority;
});
afterAll(async () => {
  await scene?.close();
  await db?.close();
});

const install = (made: Authority) =>
  installAuthority(scene.desk, scene.doer, made.authorityId, {
    certificate: scene.root.certify(made.request),
    above: [scene.root.certificate],
  });
const stateOf = async (authorityId: number) =>
  (await db.database.door(scene.doer.partyId, tx => authorityById(tx, authorityId)))?.state;

async function issueFrom(authorityId: number, device: string) {
  const { der } = deviceRequest([['commonName', device]]);
  const asked = { device, authorityId, profile: 'device', request: der };
  return await issueCertificate(scene.desk, scene.doer, asked);
}

it('the key of an authority is changed: a successor issues, and the former is told of until its certificates end', async () => {
  const { desk, doer, clock } = scene;
  const old = await scene.issue('OLD');
  const fleet = await makeFleet(desk, doer, {
    ...{ name: 'meters', product: 'meter-3', authorityId: former.authorityId, profile: 'device' },
    ...{ makesKeys: false, graceDays: 0 },
  });
  const made = await rotateAuthority(desk, doer, former.authorityId);
  expect(made).toMatchObject({
    name: 'issuing-2',
    state: 'requested',
    generation: 2,
    followsId: former.authorityId,
  });
  // Its answer was lost: the same successor is given again.
  expect((await rotateAuthority(desk, doer, former.authorityId)).authorityId).toBe(made.authorityId);
  await issueFrom(former.authorityId, 'meter-3:OLD');

  const next = await install(made);
  expect(await stateOf(former.authorityId)).toBe('retired');
  const moved = await db.database.door(doer.partyId, tx => fleetById(tx, fleet.fleetId));
  expect(moved?.authorityId).toBe(next.authorityId);
  await expect(issueFrom(former.authorityId, 'meter-3:OLD')).rejects.toMatchObject({
    code: 'authority-not-installed',
  });
  const renewed = new X509Certificate((await issueFrom(next.authorityId, 'meter-3:OLD')).der);
  expect(renewed.checkIssued(new X509Certificate(next.certificate as Buffer))).toBe(true);
  expect(renewed.issuer).toContain('CN=issuing-2');
  expect(renewed.issuer).toContain('O=Test');

  // Long after: what the former issued is revoked, told by list and answer, each under its own key.
  clock.advance(90 * DAY_MS);
  await scene.tell();
  await revokeCertificate(desk, doer, old.certificateId, { reason: 'superseded', why: 'renewed' });
  await scene.tell();
  const delta = await db.database.door(doer.partyId, tx => listOf(tx, former.authorityId, WHOLE, true));
  expect(listed(delta!.bytes).get(old.serial.toString('hex'))).toBe(4);
  expect(delta!.nextMs).toBeGreaterThan(clock.now());
  for (const [authority, serial, said] of [
    [former, old.serial, 'revoked 4'],
    [next, Buffer.alloc(16, 7), 'unknown'],
  ] as const)
    expect(heard((await respond(desk, questionAbout(authority, [serial]))).bytes).said).toEqual([said]);
  const { rows } = await sql<{ act: string }>`
    select act from ledger_stage where object = ${`authority/${former.authorityId}`} and act like 'authority-%'
    order by stage_id`.execute(db.owner);
  expect(rows.map(row => row.act)).toEqual([
    ...['authority-key-made', 'authority-installed', 'authority-rotated', 'authority-rotated'],
    'authority-succeeded',
  ]);

  const third = await rotateAuthority(desk, doer, next.authorityId, { keyType: 'ec-p384' });
  expect(third).toMatchObject({ name: 'issuing-3', generation: 3, followsId: next.authorityId });
});

it('one that does not issue has no successor', async () => {
  const { desk, doer } = scene;
  await expect(rotateAuthority(desk, doer, 987_654)).rejects.toMatchObject({ code: 'authority-unknown' });
  const other = await deviceScene(db, 'retired');
  await retireAuthority(other.desk, other.doer, other.authority.authorityId);
  await expect(rotateAuthority(other.desk, other.doer, other.authority.authorityId)).rejects.toMatchObject({
    code: 'authority-not-installed',
  });
  await other.close();
});
