/** Authorities, certificates and what is told of them, whichever of their writes breaks and however often it is tried again. */
import { renameSync } from 'node:fs';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import {
  installAuthority,
  requestAuthority,
} from '../../server/src/modules/devices/authorities/authorities.ts';
import { issueCertificate } from '../../server/src/modules/devices/certificates/issue.ts';
import {
  holdCertificate,
  revokeCertificate,
} from '../../server/src/modules/devices/certificates/standing.ts';
import { listOf, WHOLE } from '../../server/src/modules/devices/crl/store.ts';
import { registerDevice } from '../../server/src/modules/devices/devices.ts';
import { respond } from '../../server/src/modules/devices/ocsp/respond.ts';
import {
  type DeviceScene,
  deviceScene,
  keysOf,
} from '../../server/src/modules/devices/testing/device-scene.ts';
import { deviceRequest } from '../../server/src/modules/devices/testing/test-root.ts';
import { heard, listed, questionAbout } from '../../server/src/modules/devices/testing/told.ts';
import { Broken, breakTransaction, type Fault } from '../measures/faulty-database.ts';

const WHY = { why: 'lost in the field' };
let db: TestDatabase;
let made = 0;
const scenes: DeviceScene[] = [];
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(async () => {
  for (const each of scenes) await each.close();
  await db?.close();
});

async function scene(): Promise<DeviceScene> {
  made += 1;
  const one = await deviceScene(db, `party ${made}`, { shards: 2 });
  scenes.push(one);
  return one;
}

/** Tries with the n-th transaction broken, then as whoever got no answer does: again. */
async function attempt<T>(
  { over }: DeviceScene,
  n: number,
  fault: Fault,
  work: (desk: DeviceScene['desk']) => Promise<T>,
): Promise<{ readonly last: T; readonly didFail: boolean }> {
  const broken = breakTransaction(db.database, n, fault);
  await work(over(broken)).catch(cause => {
    if (!(cause instanceof Broken)) throw cause;
  });
  return { last: await work(over(db.database)), didFail: broken.didFail() };
}

async function count(partyId: number): Promise<object> {
  const { rows } = await sql<object>`
    select (select count(*)::int from device_certificate where party_id = ${partyId}) as certificates,
      (select count(*)::int from device_certificate_act where party_id = ${partyId}) as acts,
      (select count(*)::int from ledger_stage where party_id = ${partyId} and act = 'certificate-issued'
        and entry not like '%repeated%'::bytea) as issued`.execute(db.owner);
  return rows[0] as object;
}

test.each<Fault>(['not-written', 'answer-lost'])(
  'one request is one certificate with one act and one entry, whichever transaction was %s',
  async fault => {
    for (let n = 1; n < 20; n += 1) {
      const one = await scene();
      await registerDevice(one.desk, one.doer, { product: 'meter-3', serial: 'A' });
      const { der } = deviceRequest([['commonName', 'meter-3:A']]);
      const { authorityId } = one.authority;
      const asked = { device: 'meter-3:A', authorityId, profile: 'device', request: der };
      const { last, didFail } = await attempt(one, n, fault, desk => issueCertificate(desk, one.doer, asked));
      expect([n, await count(one.doer.partyId)]).toEqual([n, { certificates: 1, acts: 1, issued: 1 }]);
      await one.tell();
      const said = heard((await respond(one.desk, questionAbout(one.authority, [last.serial]))).bytes).said;
      expect(said).toEqual(['good']);
      if (!didFail) {
        expect(n).toBeGreaterThan(1);
        return;
      }
    }
    throw new Error('never done without a fault');
  },
  240_000,
);

test.each<Fault>(['not-written', 'answer-lost'])(
  'what was held and then revoked is so once, and everything that is told says so, whichever transaction was %s',
  async fault => {
    for (let n = 1; n < 40; n += 1) {
      const one = await scene();
      const certificate = await one.issue('B');
      const { certificateId, serial } = certificate;
      const { authorityId } = one.authority;
      await one.tell();
      const { didFail } = await attempt(one, n, fault, async desk => {
        const seen = await holdCertificate(desk, one.doer, certificateId, WHY).catch(cause => {
          // The first try got further than holding.
          if ((cause as { code?: string }).code !== 'certificate-revoked') throw cause;
        });
        await revokeCertificate(desk, one.doer, certificateId, { reason: 'superseded', ...WHY });
        await one.tell(desk);
        return seen;
      });
      await one.tell();
      const { rows } = await sql<{ acts: string[] }>`
        select array_agg(act order by act_id) as acts from device_certificate_act
        where certificate_id = ${certificateId}`.execute(db.owner);
      expect([n, rows[0]?.acts]).toEqual([n, ['issued', 'held', 'revoked']]);
      const key = serial.toString('hex');
      for (const shard of [WHOLE, certificate.shard]) {
        const delta = await db.database.door(one.doer.partyId, tx => listOf(tx, authorityId, shard, true));
        expect([n, listed(delta!.bytes).get(key)]).toEqual([n, 4]);
      }
      const answer = await respond(one.desk, questionAbout(one.authority, [serial]));
      expect([n, heard(answer.bytes).said]).toEqual([n, ['revoked 4']]);
      const numbers = await sql<{ signed: number; last: number }>`
        select (select count(*)::int from ledger_stage where party_id = ${one.doer.partyId} and act = 'crl-signed') as signed,
          (select sum(last_number)::int from device_crl where authority_id = ${authorityId}) as last`.execute(
        db.owner,
      );
      // Every use of the key is on record: a full list has its delta with it, under one number.
      const { signed, last } = numbers.rows[0]!;
      expect([n, signed]).toEqual([n, last + 3]);
      if (!didFail) {
        expect(n).toBeGreaterThan(5);
        return;
      }
    }
    throw new Error('never done without a fault');
  },
  400_000,
);

test.each<Fault>(['not-written', 'answer-lost'])(
  'an authority is made and installed once, whichever transaction was %s',
  async fault => {
    for (let n = 1; n < 20; n += 1) {
      const one = await scene();
      const asked = {
        name: 'second',
        organization: 'Test',
        store: 'sealed',
        keyType: 'ec-p256',
        shards: 1,
      } as const;
      const { last, didFail } = await attempt(one, n, fault, async desk => {
        const request = { ...asked, baseUrl: 'http://pki.example' };
        const found = await requestAuthority(desk, one.doer, request).catch(async cause => {
          if ((cause as { code?: string }).code !== 'authority-exists') throw cause;
          const { rows } = await sql<{ authorityId: number; request: Buffer; certificate: Buffer | null }>`
            select authority_id as "authorityId", request, certificate from device_authority
            where party_id = ${one.doer.partyId} and name = 'second'`.execute(db.owner);
          return rows[0]!;
        });
        const certificate = found.certificate ?? one.root.certify(found.request);
        const given = { certificate, above: [one.root.certificate] };
        return await installAuthority(desk, one.doer, found.authorityId, given);
      });
      expect([n, last.state]).toEqual([n, 'active']);
      const { rows } = await sql<{ keys: number }>`
        select count(*)::int as keys from device_authority_key where authority_id = ${last.authorityId}`.execute(
        db.owner,
      );
      expect([n, rows[0]?.keys]).toEqual([n, 1]);
      if (!didFail) {
        expect(n).toBeGreaterThan(3);
        return;
      }
    }
    throw new Error('never done without a fault');
  },
  240_000,
);

test('a house that begins again over the same files signs on with the same keys, and says no when they are gone', async () => {
  const one = await scene();
  const certificate = await one.issue('C');
  await one.tell();
  await one.close();
  const again = await one.issue('D');
  expect(again.authorityId).toBe(certificate.authorityId);
  const asked = questionAbout(one.authority, [certificate.serial, again.serial]);
  expect(heard((await respond(one.desk, asked)).bytes).said).toEqual(['good', 'good']);
  await one.close();
  renameSync(keysOf(db), `${keysOf(db)}.away`);
  await expect(one.issue('E')).rejects.toMatchObject({ code: 'authority-keys-lost' });
  renameSync(`${keysOf(db)}.away`, keysOf(db));
  expect((await one.issue('E')).authorityId).toBe(certificate.authorityId);
});
