import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../kernel/database/test-database.ts';
import { type Certificate, certificateById } from '../certificates/issue.ts';
import { holdCertificate, revokeCertificate } from '../certificates/standing.ts';
import { listOf, WHOLE } from '../crl/store.ts';
import { registerDevice } from '../devices.ts';
import { respond } from '../ocsp/respond.ts';
import { credentials } from '../presented/credentials.ts';
import { type DeviceScene, deviceScene } from '../testing/device-scene.ts';
import { heard, listed, questionAbout } from '../testing/told.ts';
import * as revocations from './revocations.ts';
import { goOnRevoking } from './work.ts';

let db: TestDatabase;
let scene: DeviceScene;
let one: revocations.Person;
let two: revocations.Person;
let all: Certificate[];
const scenes: DeviceScene[] = [];

beforeAll(async () => {
  db = await testDatabase();
});
afterAll(async () => {
  for (const each of scenes) await each.close();
  await db?.close();
});

async function fresh(count: number): Promise<void> {
  scene = await deviceScene(db, `party ${scenes.length}`);
  scenes.push(scene);
  one = { ...scene.doer, userId: 'user-1' };
  two = { ...scene.doer, label: 'person/two', userId: 'user-2' };
  all = [];
  for (let n = 0; n < count; n += 1) all.push(await scene.issue(`A${n}`));
}

const whole = () => ({ authority: scene.authority.authorityId });
const ask = (change: Partial<revocations.AskedBatch> = {}) =>
  revocations.askRevocation(scene.desk, one, {
    ...{ selection: whole(), reason: 'key-compromise', expected: all.length, why: 'the batch leaked' },
    ...change,
  });
async function run(): Promise<void> {
  while (await goOnRevoking(scene.desk));
}
const stateOf = async ({ certificateId }: Certificate) =>
  (await db.database.door(one.partyId, tx => certificateById(tx, certificateId)))?.state;
const shown = (id: number) => db.database.door(one.partyId, tx => revocations.revocationById(tx, id));

async function entries(): Promise<string[]> {
  const { rows } = await sql<{ act: string }>`
    select act from ledger_stage where party_id = ${one.partyId} and act like '%revo%' order by stage_id`.execute(
    db.owner,
  );
  return rows.map(row => row.act);
}

describe('a revocation of many certificates (I-28)', () => {
  it('is seen first, waits for a second person, and then ends every one of them everywhere', async () => {
    await fresh(5);
    await holdCertificate(scene.desk, one, all[1]!.certificateId, { why: 'looked at' });
    const preview = await revocations.previewRevocation(scene.desk, one.partyId, whole());
    expect(preview).toMatchObject({ certificates: 5, devices: 5, held: 1, authorities: 1 });
    expect(preview.examples).toContain('meter-3:A0');
    const { revocationId } = await ask();
    await run();
    expect(await Promise.all(all.map(stateOf))).toEqual(['valid', 'held', 'valid', 'valid', 'valid']);

    await revocations.approveRevocation(scene.desk, two, revocationId);
    const presented = await credentials.presented(db.database, all[0]!.der, scene.clock.now());
    const { issuerId, changeNo } = (presented as { credential: { issuerId: number; changeNo: number } })
      .credential;
    await run();
    expect(await Promise.all(all.map(stateOf))).toEqual(all.map(() => 'revoked'));
    expect(await shown(revocationId)).toMatchObject({ state: 'ended', certificates: 5 });
    const news = await credentials.news(db.database, new Map([[issuerId, changeNo]]));
    expect(news.ended.map(each => each.credentialId).sort()).toEqual(
      all.map(each => each.certificateId).sort(),
    );
    await scene.tell();
    const answer = await respond(scene.desk, questionAbout(scene.authority, [all[1]!.serial]));
    expect(heard(answer.bytes).said).toEqual(['revoked 1']);
    const delta = await db.database.door(one.partyId, tx =>
      listOf(tx, scene.authority.authorityId, WHOLE, true),
    );
    expect(listed(delta!.bytes).size + listed((await full()).bytes).size).toBeGreaterThanOrEqual(5);
    expect(await entries()).toEqual([
      ...['revocation-asked', 'revocation-approved'],
      ...all.map(() => 'certificate-revoked'),
      'revocation-ended',
    ]);
  });

  const full = async () =>
    (await db.database.door(one.partyId, tx => listOf(tx, scene.authority.authorityId, WHOLE, false)))!;

  it('is not approved by whoever asked for it, nor by a key of theirs, nor past the program', async () => {
    await fresh(1);
    const { revocationId } = await ask();
    for (const person of [one, { ...one, label: 'key/of-one' }])
      await expect(revocations.approveRevocation(scene.desk, person, revocationId)).rejects.toMatchObject({
        code: 'revocation-by-the-asker',
      });
    await expect(
      db.database.door(one.partyId, tx =>
        sql`update device_revocation set state = 'approved', approved_by = 'x', approved_user = asked_user,
          approved_at = now() where revocation_id = ${revocationId}`.execute(tx),
      ),
    ).rejects.toThrow();
    await run();
    expect(await stateOf(all[0]!)).toBe('valid');
  });

  it('is refused when it meets another number than was seen, none, or nothing is named', async () => {
    await fresh(3);
    await expect(ask({ expected: 2 })).rejects.toMatchObject({
      ...{ code: 'revocation-changed', detail: { expected: 2, found: 3 } },
    });
    await expect(ask({ selection: {} })).rejects.toMatchObject({ code: 'revocation-empty' });
    await expect(ask({ selection: { product: 'meter' } })).rejects.toMatchObject({
      code: 'revocation-empty',
    });
    await expect(revocations.previewRevocation(scene.desk, one.partyId, {})).rejects.toMatchObject({
      code: 'revocation-empty',
    });
    await expect(revocations.approveRevocation(scene.desk, two, 987_654)).rejects.toMatchObject({
      code: 'revocation-unknown',
    });
  });

  it('takes what is chosen by product, by time and by number, and nothing that is issued after it was asked for', async () => {
    await fresh(2);
    await registerDevice(scene.desk, one, { product: 'pump', serial: 'A0' });
    const see = (selection: revocations.Selection) =>
      revocations.previewRevocation(scene.desk, one.partyId, selection).then(
        each => each.certificates,
        cause => cause.code,
      );
    expect(await see({ product: 'meter-3' })).toBe(2);
    expect(await see({ product: 'pump' })).toBe('revocation-empty');
    expect(await see({ certificates: [all[1]!.certificateId] })).toBe(1);
    const issuedAtMs = scene.clock.now();
    expect(await see({ product: 'meter-3', issuedFromMs: issuedAtMs + 1 })).toBe('revocation-empty');
    expect(await see({ product: 'meter-3', issuedUntilMs: issuedAtMs + 1 })).toBe(2);
    const { revocationId } = await ask({ selection: { product: 'meter-3' } });
    const later = await scene.issue('LATER');
    await revocations.approveRevocation(scene.desk, two, revocationId);
    await run();
    expect(await stateOf(later)).toBe('valid');
    expect(await stateOf(all[0]!)).toBe('revoked');
  });

  it('passes over what somebody revoked before its turn, which keeps its reason', async () => {
    await fresh(2);
    const { revocationId } = await ask();
    await revokeCertificate(scene.desk, one, all[0]!.certificateId, {
      reason: 'superseded',
      why: 'replaced',
    });
    await revocations.approveRevocation(scene.desk, two, revocationId);
    await run();
    const progress = await db.database.door(one.partyId, tx => revocations.progressOf(tx, revocationId));
    expect(progress).toEqual({ revoked: 1, wasRevoked: 1, waiting: 0 });
    const kept = await db.database.door(one.partyId, tx => certificateById(tx, all[0]!.certificateId));
    expect(kept?.reason).toBe(4);
  });

  it('withdrawn, it ends nothing more; two processes at once revoke none twice', async () => {
    await fresh(4);
    const first = await ask({
      selection: { certificates: all.slice(0, 2).map(each => each.certificateId) },
      expected: 2,
    });
    await revocations.withdrawRevocation(scene.desk, two, first.revocationId, 'not these');
    await expect(revocations.approveRevocation(scene.desk, two, first.revocationId)).rejects.toMatchObject({
      code: 'revocation-decided',
    });
    await expect(
      revocations.withdrawRevocation(scene.desk, one, first.revocationId, 'again'),
    ).rejects.toMatchObject({ code: 'revocation-decided' });
    const { revocationId } = await ask();
    await revocations.approveRevocation(scene.desk, two, revocationId);
    await Promise.all([run(), run(), run()]);
    await run();
    expect((await shown(revocationId))?.state).toBe('ended');
    const { rows } = await sql<{ acts: number }>`
      select count(*)::int as acts from device_certificate_act where party_id = ${one.partyId} and act = 'revoked'
      group by certificate_id`.execute(db.owner);
    expect(rows).toEqual(all.map(() => ({ acts: 1 })));
    await expect(revocations.withdrawRevocation(scene.desk, one, revocationId, 'late')).rejects.toMatchObject(
      { code: 'revocation-decided' },
    );
  });
});
