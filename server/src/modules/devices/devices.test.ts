import { generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../kernel/database/test-database.ts';
import { DAY_MS, HOUR_MS } from '../../kernel/time.ts';
import { retireAuthority } from './authorities/authorities.ts';
import { issueCertificate, listCertificates } from './certificates/issue.ts';
import { holdCertificate, releaseCertificate, revokeCertificate } from './certificates/standing.ts';
import { listOf, WHOLE } from './crl/store.ts';
import { registerDevice } from './devices.ts';
import { respond } from './ocsp/respond.ts';
import { type DeviceScene, deviceScene, party } from './testing/device-scene.ts';
import { deviceRequest } from './testing/test-root.ts';
import { heard, listed, questionAbout } from './testing/told.ts';

const WHY = { why: 'stolen from the meter room' };
let db: TestDatabase;
const scenes: DeviceScene[] = [];
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(async () => {
  for (const each of scenes) await each.close();
  await db?.close();
});

async function scene(name: string, shards = 1): Promise<DeviceScene> {
  const made = await deviceScene(db, name, { shards });
  scenes.push(made);
  return made;
}

const inDoor = <T>({ doer }: DeviceScene, work: Parameters<typeof db.database.door<T>>[1]) =>
  db.database.door(doer.partyId, work);
const entries = async (object: string) => {
  const { rows } = await sql<{ entry: Buffer }>`
    select entry from ledger_stage where object = ${object} order by stage_id`.execute(db.corridor);
  return rows.map(
    row => JSON.parse(row.entry.toString()) as { act: string; detail: Record<string, unknown> },
  );
};

describe('a certificate', () => {
  it('says what the register and the profile say, and is on record with its key’s use', async () => {
    const made = await scene('said');
    const one = await made.issue('A1');
    const seen = new X509Certificate(one.der);
    expect(seen.subject).toBe('CN=meter-3:A1');
    expect(seen.subjectAltName).toBe('URI:urn:thingward:device:meter-3:A1');
    expect(seen.verify(new X509Certificate(made.authority.certificate as Buffer).publicKey)).toBe(true);
    expect(seen.ca).toBe(false);
    expect(Date.parse(seen.validFrom)).toBe(made.clock.now() - HOUR_MS);
    expect(Date.parse(seen.validTo)).toBe(made.clock.now() + 365 * DAY_MS - 1_000);
    const [entry] = await entries(`certificate/${one.certificateId}`);
    expect(entry).toMatchObject({
      act: 'certificate-issued',
      detail: { serial: `sn:${one.serial.toString('hex')}` },
    });
  });

  it('asked for again by the same request is the same, one by one and at once', async () => {
    const made = await scene('again');
    await registerDevice(made.desk, made.doer, { product: 'meter-3', serial: 'B' });
    const { der } = deviceRequest([['commonName', 'meter-3:B']]);
    const asked = {
      ...{ device: 'meter-3:B', authorityId: made.authority.authorityId, profile: 'device', request: der },
    };
    const all = await Promise.all([1, 2, 3].map(() => issueCertificate(made.desk, made.doer, asked)));
    expect(new Set(all.map(each => each.certificateId)).size).toBe(1);
    const longer = await issueCertificate(made.desk, made.doer, { ...asked, profile: 'device-long-lived' });
    expect(longer.certificateId).not.toBe(all[0]?.certificateId);
  });

  it('is refused for a device that is not there, a key of another device, a key given up, another’s name', async () => {
    const made = await scene('refused');
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    for (const serial of ['C1', 'C2'])
      await registerDevice(made.desk, made.doer, { product: 'meter-3', serial });
    const { authorityId } = made.authority;
    const ask = (device: string, name: string, keys = pair, profile = 'device') =>
      issueCertificate(made.desk, made.doer, {
        ...{ device, authorityId, profile, request: deviceRequest([['commonName', name]], keys).der },
      });
    await expect(ask('meter-3:none', 'none')).rejects.toMatchObject({ code: 'device-unknown' });
    await expect(ask('meter-3:C1', 'meter-3:C2')).rejects.toMatchObject({ code: 'request-of-another' });
    await expect(ask('meter-3:C1', 'C1', pair, 'issuing')).rejects.toMatchObject({ code: 'profile-unknown' });
    const one = await ask('meter-3:C1', 'C1');
    await expect(ask('meter-3:C2', 'C2')).rejects.toMatchObject({ code: 'key-of-another-device' });
    await revokeCertificate(made.desk, made.doer, one.certificateId, { reason: 'key-compromise', ...WHY });
    await expect(ask('meter-3:C2', 'C2')).rejects.toMatchObject({ code: 'key-revoked' });
    const stranger = await party(db, 'stranger of refused');
    await expect(
      issueCertificate(made.desk, stranger, {
        ...{ device: 'meter-3:C1', authorityId, profile: 'device', request: deviceRequest([]).der },
      }),
    ).rejects.toMatchObject({ code: 'device-unknown' });
    await expect(
      revokeCertificate(made.desk, stranger, one.certificateId, { reason: 'superseded', ...WHY }),
    ).rejects.toMatchObject({ code: 'certificate-unknown' });
    await retireAuthority(made.desk, made.doer, authorityId);
    await expect(
      ask('meter-3:C2', 'C2', generateKeyPairSync('ec', { namedCurve: 'P-256' })),
    ).rejects.toMatchObject({
      code: 'authority-not-installed',
    });
  });

  it('of a device whose name brokers and paths would read as structure is never made: it is not registered (I-17)', async () => {
    const made = await scene('names');
    for (const serial of ['+', 'a#b', 'a/b', '$sys', 'a:b', 'a b', 'a\0b', '', 'x'.repeat(40), 'ü'])
      await expect(registerDevice(made.desk, made.doer, { product: 'p', serial })).rejects.toMatchObject({
        code: 'device-name-refused',
      });
  });
});

describe('what is told of certificates', () => {
  it('agrees in list, delta and answer with the register, through holding, releasing and revoking (I-06, I-07)', async () => {
    const made = await scene('told', 3);
    const { desk, doer, authority } = made;
    const { authorityId } = authority;
    const certificates = [];
    for (let n = 0; n < 8; n += 1) certificates.push(await made.issue(`D${n}`));
    await made.tell();
    const [a, b, c] = certificates.map(each => each.certificateId) as [number, number, number];

    const lists = async (shard: number) => {
      const [full, delta] = await Promise.all(
        [false, true].map(isDelta => inDoor(made, tx => listOf(tx, authorityId, shard, isDelta))),
      );
      const all = listed(full!.bytes);
      for (const [serial, reason] of listed(delta!.bytes))
        if (reason === 8) all.delete(serial);
        else all.set(serial, reason);
      return all;
    };
    const agreed = async () => {
      await made.tell();
      const register = await inDoor(made, tx => listCertificates(tx, { authorityId }, 0, 100));
      const wanted = new Map(
        register.flatMap(each =>
          each.state === 'valid' ? [] : [[each.serial.toString('hex'), each.reason]],
        ),
      );
      const whole = await lists(WHOLE);
      const shards = [...(await lists(0)), ...(await lists(1)), ...(await lists(2))];
      const question = questionAbout(
        authority,
        register.map(each => each.serial),
      );
      const { said } = heard((await respond(desk, question)).bytes);
      const answered = new Map(
        register.flatMap((each, n) =>
          said[n] === 'good' ? [] : [[each.serial.toString('hex'), Number(said[n]?.split(' ')[1])]],
        ),
      );
      const sorted = (map: Iterable<readonly [string, number | null]>) => [...map].sort();
      expect(sorted(whole)).toEqual(sorted(wanted));
      expect(sorted(shards)).toEqual(sorted(wanted));
      expect(sorted(answered)).toEqual(sorted(wanted));
      return wanted.size;
    };
    expect(await agreed()).toBe(0);
    await holdCertificate(desk, doer, a, WHY);
    await revokeCertificate(desk, doer, b, { reason: 'superseded', ...WHY });
    expect(await agreed()).toBe(2);
    await releaseCertificate(desk, doer, a, WHY);
    await holdCertificate(desk, doer, c, WHY);
    await revokeCertificate(desk, doer, c, { reason: 'key-compromise', ...WHY });
    expect(await agreed()).toBe(2);
    // Half of a list's time later everything is made anew, and says the same.
    made.clock.advance(13 * HOUR_MS);
    expect(await agreed()).toBe(2);
    await expect(releaseCertificate(desk, doer, b, WHY)).rejects.toMatchObject({
      code: 'certificate-revoked',
    });
    await expect(holdCertificate(desk, doer, b, WHY)).rejects.toMatchObject({ code: 'certificate-revoked' });
    await expect(releaseCertificate(desk, doer, a, WHY)).rejects.toMatchObject({
      code: 'certificate-not-held',
    });
    // Who, why and by which reason stands in the ledger; the words themselves do not (I-04).
    const acts = await entries(`certificate/${b}`);
    expect(acts.at(-3)).toMatchObject({ act: 'certificate-revoked', detail: { reason: 4 } });
    expect(JSON.stringify(acts)).not.toContain(WHY.why);
    const uses = await entries(`authority/${authorityId}`);
    expect(uses.map(each => each.act)).toEqual(expect.arrayContaining(['responder-certified', 'crl-signed']));
  });

  it('echoes a nonce, refuses one that is too long, knows no strangers and no serial it never gave (RFC 9654, I-05)', async () => {
    const made = await scene('nonce');
    const one = await made.issue('E');
    await made.tell();
    const nonce = randomBytes(128);
    const answer = heard(
      (await respond(made.desk, questionAbout(made.authority, [one.serial], nonce))).bytes,
    );
    expect([answer.status, answer.said]).toEqual([0, ['good']]);
    expect(Buffer.from(answer.basic!.toSchema().toBER()).includes(nonce)).toBe(true);
    const long = await respond(made.desk, questionAbout(made.authority, [one.serial], randomBytes(129)));
    expect(heard(long.bytes).status).toBe(1);
    expect(heard((await respond(made.desk, Buffer.from('3000', 'hex'))).bytes).status).toBe(1);
    const unknown = [randomBytes(16), Buffer.of(5), Buffer.concat([Buffer.of(0x7f), randomBytes(19)])].map(
      each => {
        each[0] = (each[0] as number) & 0x7f || 1;
        return each;
      },
    );
    expect(heard((await respond(made.desk, questionAbout(made.authority, unknown))).bytes).said).toEqual([
      'unknown',
      'unknown',
      'unknown',
    ]);
    const strange = { ...made.authority, keyDigests: made.authority.keyDigests.map(() => randomBytes(20)) };
    expect(heard((await respond(made.desk, questionAbout(strange, [one.serial]))).bytes).status).toBe(6);
  });

  it('signs the deltas of one shard and of the whole for one revocation, however many shards there are', async () => {
    const made = await scene('shards', 64);
    const one = await made.issue('S');
    await made.tell();
    const signed = async () =>
      (await entries(`authority/${made.authority.authorityId}`)).filter(each => each.act === 'crl-signed');
    const before = (await signed()).length;
    await revokeCertificate(made.desk, made.doer, one.certificateId, { reason: 'superseded', ...WHY });
    await made.tell();
    await made.tell();
    const after = (await signed()).slice(before);
    expect(after.map(each => each.detail['shard']).sort()).toEqual([WHOLE, one.shard].sort());
  });

  it('comes to an end with the authority: no responder outlives it or is made twice, and nothing is issued any more', async () => {
    const made = await scene('ending');
    const { authorityId, notAfterMs } = made.authority;
    const one = await made.issue('G');
    const responders = async () => {
      await made.tell();
      const uses = await entries(`authority/${authorityId}`);
      return uses.filter(each => each.act === 'responder-certified').length;
    };
    expect(await responders()).toBe(1);
    made.clock.set((notAfterMs as number) - 10 * DAY_MS);
    expect([await responders(), await responders(), await responders()]).toEqual([2, 2, 2]);
    const late = await made.issue('H');
    expect(late.notAfterMs).toBe(notAfterMs);
    made.clock.set((notAfterMs as number) + 1);
    expect(await responders()).toBe(2);
    const uses = (await entries(`authority/${authorityId}`)).length;
    await made.tell();
    expect((await entries(`authority/${authorityId}`)).length).toBe(uses);
    await expect(made.issue('I')).rejects.toMatchObject({ code: 'authority-not-installed' });
    expect(one.state).toBe('valid');
  });

  it('is signed by a responder that is renewed before it ends, and never by the authority’s own key (I-39)', async () => {
    const made = await scene('responder');
    const one = await made.issue('F');
    await made.tell();
    const certificateIn = async () => {
      const { basic } = heard((await respond(made.desk, questionAbout(made.authority, [one.serial]))).bytes);
      return Buffer.from(basic!.certs![0]!.toSchema().toBER()).toString('base64');
    };
    const first = await certificateIn();
    made.clock.advance(14 * DAY_MS);
    await made.tell();
    expect(await certificateIn()).toBe(first);
    made.clock.advance(2 * DAY_MS);
    await made.tell();
    const second = await certificateIn();
    expect(second).not.toBe(first);
    const seen = new X509Certificate(Buffer.from(second, 'base64'));
    expect(seen.keyUsage).toEqual(['1.3.6.1.5.5.7.3.9']);
    expect(seen.verify(new X509Certificate(made.authority.certificate as Buffer).publicKey)).toBe(true);
    made.clock.advance(40 * DAY_MS);
    expect(heard((await respond(made.desk, questionAbout(made.authority, [one.serial]))).bytes).status).toBe(
      3,
    );
  });
});
