/** The change of an authority's key, whichever of its writes breaks: one successor, which takes the place once. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import { installAuthority } from '../../server/src/modules/devices/authorities/authorities.ts';
import { rotateAuthority } from '../../server/src/modules/devices/authorities/rotation.ts';
import { makeFleet } from '../../server/src/modules/devices/enrolment/fleets.ts';
import { type DeviceScene, deviceScene } from '../../server/src/modules/devices/testing/device-scene.ts';
import { Broken, type Fault } from '../measures/faulty-database.ts';
import { breakWrite } from './broken-writes.ts';

let db: TestDatabase;
const scenes: DeviceScene[] = [];
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(async () => {
  for (const each of scenes) await each.close();
  await db?.close();
});

test.each<Fault>(['not-written', 'answer-lost'])(
  'an authority has one successor, with one key and its fleets, whichever write was %s',
  async fault => {
    let n = 1;
    for (let didFail = true; didFail; n += 1) {
      const one = await deviceScene(db, `party ${scenes.length}`);
      scenes.push(one);
      const { authorityId } = one.authority;
      const asked = { name: 'meters', product: 'meter-3', authorityId, profile: 'device' };
      await makeFleet(one.desk, one.doer, { ...asked, makesKeys: false, graceDays: 0 });
      const broken = breakWrite(db.database, n, fault);
      const work = async (desk: DeviceScene['desk']) => {
        const made = await rotateAuthority(desk, one.doer, authorityId);
        const certificate = made.certificate ?? one.root.certify(made.request);
        return await installAuthority(desk, one.doer, made.authorityId, {
          ...{ certificate, above: [one.root.certificate] },
        });
      };
      await work(one.over(broken)).catch(cause => {
        if (!(cause instanceof Broken)) throw cause;
      });
      didFail = broken.didFail();
      const last = await work(one.desk);
      const { partyId } = one.doer;
      const { rows } = await sql<object>`
        select (select count(*)::int from device_authority where follows = ${authorityId}) as successors,
          (select count(*)::int from device_authority_key where authority_id = ${last.authorityId}) as keys,
          (select state from device_authority where authority_id = ${authorityId}) as former,
          (select authority_id from device_fleet where party_id = ${partyId}) as fetches,
          (select count(*)::int from ledger_stage where party_id = ${partyId} and act = 'authority-succeeded') as told`.execute(
        db.owner,
      );
      const wanted = { successors: 1, keys: 1, former: 'retired', fetches: last.authorityId, told: 1 };
      expect([n, rows[0]]).toEqual([n, wanted]);
    }
    // Making the successor, installing it: each was broken.
    expect(n).toBeGreaterThan(3);
  },
  240_000,
);
