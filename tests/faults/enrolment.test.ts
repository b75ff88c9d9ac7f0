/** Enrolment over EST, whichever of its writes breaks: a device that got no answer asks again and is not locked out (I-08). */
import { generateKeyPairSync } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import { type AskedEnrolment, enrol } from '../../server/src/modules/devices/enrolment/enrol.ts';
import { expectDevices, labelOf, makeFleet } from '../../server/src/modules/devices/enrolment/fleets.ts';
import { type DeviceScene, deviceScene } from '../../server/src/modules/devices/testing/device-scene.ts';
import { deviceRequest } from '../../server/src/modules/devices/testing/test-root.ts';
import { Broken, breakTransaction, type Fault } from '../measures/faulty-database.ts';

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

test.each<Fault>(['not-written', 'answer-lost'])(
  'one key is one certificate, one act and one trace, whichever transaction was %s',
  async fault => {
    for (let n = 1; n < 20; n += 1) {
      made += 1;
      const one = await deviceScene(db, `enrolling ${made}`);
      scenes.push(one);
      const { authorityId } = one.authority;
      const ofFleet = { name: 'meters', product: 'meter-3', authorityId, profile: 'device' };
      const fleet = await makeFleet(one.desk, one.doer, { ...ofFleet, makesKeys: false, graceDays: 0 });
      const [device] = await expectDevices(one.desk, one.doer, fleet.fleetId, ['A'], 1);
      const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      // Each try signs anew, as devices do: the request is another, the key is the same.
      const ask = (): AskedEnrolment => ({
        ...{
          operation: 'simpleenroll',
          label: labelOf(fleet),
          certificate: null,
          connection: {},
          bindings: [],
        },
        basic: { user: 'A', secret: device?.secret ?? '' },
        request: deviceRequest([['commonName', 'meter-3:A']], keys).der,
      });
      const broken = breakTransaction(db.database, n, fault);
      await enrol(one.over(broken), ask()).catch(cause => {
        if (!(cause instanceof Broken)) throw cause;
      });
      await enrol(one.desk, ask());
      const { rows } = await sql<object>`
        select (select count(*)::int from device_certificate where party_id = ${one.doer.partyId}) as certificates,
          (select count(*)::int from device_certificate_act where party_id = ${one.doer.partyId}) as acts,
          (select count(*)::int from device_enrolled where party_id = ${one.doer.partyId}) as enrolled,
          (select count(*) > 0 from device_enrolment where party_id = ${one.doer.partyId} and code = 'issued') as traced`.execute(
        db.owner,
      );
      expect([n, rows[0]]).toEqual([n, { certificates: 1, acts: 1, enrolled: 1, traced: true }]);
      if (!broken.didFail()) {
        expect(n).toBeGreaterThan(3);
        return;
      }
    }
    throw new Error('never done without a fault');
  },
  240_000,
);

test.each<Fault>(['not-written', 'answer-lost'])(
  'devices are expected with secrets that open, whichever transaction was %s',
  async fault => {
    for (let n = 1; n < 20; n += 1) {
      made += 1;
      const one = await deviceScene(db, `expecting ${made}`);
      scenes.push(one);
      const { authorityId } = one.authority;
      const ofFleet = { name: 'meters', product: 'meter-3', authorityId, profile: 'device' };
      const fleet = await makeFleet(one.desk, one.doer, { ...ofFleet, makesKeys: false, graceDays: 0 });
      const broken = breakTransaction(db.database, n, fault);
      const ask = (desk: DeviceScene['desk']) => expectDevices(desk, one.doer, fleet.fleetId, ['A', 'B'], 1);
      await ask(one.over(broken)).catch(cause => {
        if (!(cause instanceof Broken)) throw cause;
      });
      const [, second] = await ask(one.desk);
      const { rows } = await sql<{ n: number }>`
        select count(*)::int as n from device_expected where fleet_id = ${fleet.fleetId}`.execute(db.owner);
      expect([n, rows[0]?.n]).toEqual([n, 2]);
      await enrol(one.desk, {
        ...{
          operation: 'simpleenroll',
          label: labelOf(fleet),
          certificate: null,
          connection: {},
          bindings: [],
        },
        basic: { user: 'B', secret: second?.secret ?? '' },
        request: deviceRequest([['commonName', 'meter-3:B']]).der,
      });
      if (!broken.didFail()) {
        expect(n).toBeGreaterThan(1);
        return;
      }
    }
    throw new Error('never done without a fault');
  },
  240_000,
);
