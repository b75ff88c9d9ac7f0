/** A revocation of many certificates, whichever of its writes breaks and however often it is tried again (I-28). */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import type { Database } from '../../server/src/kernel/database/transaction.ts';
import * as revocations from '../../server/src/modules/devices/revocations/revocations.ts';
import { goOnRevoking } from '../../server/src/modules/devices/revocations/work.ts';
import { type DeviceScene, deviceScene } from '../../server/src/modules/devices/testing/device-scene.ts';
import { Broken, type Fault } from '../measures/faulty-database.ts';
import { breakWrite } from './broken-writes.ts';

const CERTIFICATES = 3;
let db: TestDatabase;
const scenes: DeviceScene[] = [];
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(async () => {
  for (const each of scenes) await each.close();
  await db?.close();
});

async function scene(): Promise<DeviceScene> {
  const one = await deviceScene(db, `party ${scenes.length}`);
  scenes.push(one);
  for (let n = 0; n < CERTIFICATES; n += 1) await one.issue(`A${n}`);
  return one;
}

/** Asked for, approved and done, each tried again by whoever got no answer. */
async function walk({ over, doer, authority }: DeviceScene, database: Database): Promise<void> {
  const desk = over(database);
  const [one, two] = [
    { ...doer, userId: 'user-1' },
    { ...doer, label: 'person/two', userId: 'user-2' },
  ];
  const again = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      if (!(cause instanceof Broken)) throw cause;
      return await work();
    }
  };
  const made = await again(async () => {
    const [known] = await desk.database.door(doer.partyId, tx => revocations.listRevocations(tx, 0, 10));
    if (known !== undefined) return known;
    return await revocations.askRevocation(desk, one, {
      ...{ selection: { authority: authority.authorityId }, reason: 'key-compromise' },
      ...{ expected: CERTIFICATES, why: 'the batch leaked' },
    });
  });
  await again(() => revocations.approveRevocation(desk, two, made.revocationId));
  await again(async () => {
    while (await goOnRevoking(desk));
  });
}

test.each<Fault>(['not-written', 'answer-lost'])(
  'every certificate is revoked once, with one act and one entry, whichever write was %s',
  async fault => {
    let n = 1;
    for (let didFail = true; didFail; n += 1) {
      const one = await scene();
      const broken = breakWrite(db.database, n, fault);
      await walk(one, broken);
      didFail = broken.didFail();
      const { partyId } = one.doer;
      const { rows } = await sql<object>`
        select (select count(*)::int from device_certificate where party_id = ${partyId} and state = 'revoked') as revoked,
          (select count(*)::int from device_certificate_act where party_id = ${partyId} and act = 'revoked') as acts,
          (select count(*)::int from device_revocation where party_id = ${partyId} and state = 'ended') as ended,
          (select count(*)::int from ledger_stage where party_id = ${partyId} and act = 'certificate-revoked') as told,
          (select count(*)::int from ledger_stage where party_id = ${partyId} and act = 'revocation-ended') as ends,
          (select changes::int from device_authority where party_id = ${partyId}) as changes`.execute(
        db.owner,
      );
      expect([n, rows[0]]).toEqual([
        n,
        {
          ...{ revoked: CERTIFICATES, acts: CERTIFICATES, told: CERTIFICATES },
          ended: 1,
          ends: 1,
          changes: 1,
        },
      ]);
    }
    // Asking, approving, revoking, ending: each was broken.
    expect(n).toBeGreaterThan(4);
  },
  240_000,
);
