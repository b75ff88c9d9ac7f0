/** Claim certificates and approvals, whichever of their writes breaks: nothing is counted, asked, issued or told twice. */
import { generateKeyPairSync } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import { isRefusal } from '../../server/src/kernel/refusal.ts';
import { registerDevice } from '../../server/src/modules/devices/devices.ts';
import { decideApproval, listApprovals } from '../../server/src/modules/devices/enrolment/approvals.ts';
import { makeClaim } from '../../server/src/modules/devices/enrolment/claims.ts';
import { enrol } from '../../server/src/modules/devices/enrolment/enrol.ts';
import {
  expectDevices,
  type Fleet,
  labelOf,
  makeFleet,
} from '../../server/src/modules/devices/enrolment/fleets.ts';
import { type DeviceScene, deviceScene } from '../../server/src/modules/devices/testing/device-scene.ts';
import { deviceRequest } from '../../server/src/modules/devices/testing/test-root.ts';
import { useCertificate } from '../../server/src/modules/devices/testing/use-certificate.ts';
import { Broken, breakTransaction, type Fault } from '../measures/faulty-database.ts';

const BOTH = ['not-written', 'answer-lost'] as const satisfies readonly Fault[];
const MOST_WRITES = 20;
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
  const one = await deviceScene(db, `claiming ${made}`);
  scenes.push(one);
  return one;
}

async function fleetOf(one: DeviceScene, approval: 'none' | 'first'): Promise<Fleet> {
  const { authorityId } = one.authority;
  return await makeFleet(one.desk, one.doer, {
    ...{ name: 'meters', product: 'meter-3', authorityId, profile: 'device', makesKeys: false, graceDays: 0 },
    approval,
  });
}

/**
 * Breaks each transaction of some work in turn, then does it again as whoever got no answer; `check` sees what came of it.
 * Ends with the first run in which nothing was left to break.
 */
async function broken(
  fault: Fault,
  prepare: (one: DeviceScene) => Promise<(desk: DeviceScene['desk']) => Promise<unknown>>,
  check: (one: DeviceScene) => Promise<void>,
): Promise<void> {
  for (let n = 1; n < MOST_WRITES; n += 1) {
    const one = await scene();
    const work = await prepare(one);
    const faulty = breakTransaction(db.database, n, fault);
    await work(one.over(faulty)).catch(cause => {
      if (!(cause instanceof Broken)) throw cause;
    });
    await work(one.desk);
    await check(one);
    if (faulty.didFail()) continue;
    expect(n).toBeGreaterThan(1);
    return;
  }
  throw new Error('never done without a fault');
}

async function counted(one: DeviceScene): Promise<Record<string, number>> {
  const { rows } = await sql<Record<string, number>>`
    select (select count(*)::int from device_certificate where party_id = ${one.doer.partyId}) as certificates,
      (select count(*)::int from device_claim where party_id = ${one.doer.partyId}) as claims,
      (select count(*)::int from device_claimed where party_id = ${one.doer.partyId}) as claimed,
      (select count(*)::int from device_approval where party_id = ${one.doer.partyId}) as approvals,
      (select count(*)::int from device_certificate_seen where party_id = ${one.doer.partyId}) as seen,
      (select count(*)::int from ledger_stage where party_id = ${one.doer.partyId}
        and act in ('certificate-issued', 'enrolment-approved') and entry not like '%repeated%'::bytea) as told`.execute(
    db.owner,
  );
  return rows[0] as Record<string, number>;
}

const nothing = { certificates: 0, claims: 0, claimed: 0, approvals: 0, seen: 0, told: 0 };
const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const OF_CLAIM = { title: 'batch', most: 1, mostAnHour: 1, days: 1 };

test.each(BOTH)(
  'one request is one claim, whichever transaction was %s',
  async fault => {
    await broken(
      fault,
      async one => {
        const { fleetId } = await fleetOf(one, 'none');
        const { der: request } = deviceRequest([]);
        return desk => makeClaim(desk, one.doer, { ...OF_CLAIM, fleetId, request, registers: true });
      },
      async one => {
        expect(await counted(one)).toEqual({ ...nothing, certificates: 1, claims: 1, told: 1 });
      },
    );
  },
  240_000,
);

test.each(BOTH)(
  'a claim for one device is used by that one alone, and once, whichever transaction was %s',
  async fault => {
    await broken(
      fault,
      async one => {
        const fleet = await fleetOf(one, 'none');
        const { der: request } = deviceRequest([]);
        const asked = { ...OF_CLAIM, fleetId: fleet.fleetId, request, registers: true };
        const { certificate } = await makeClaim(one.desk, one.doer, asked);
        const keys = pair();
        return desk =>
          enrol(desk, {
            ...{
              operation: 'simpleenroll',
              label: labelOf(fleet),
              certificate: certificate.der,
              basic: null,
            },
            ...{ connection: {}, bindings: [], request: deviceRequest([['commonName', 'A']], keys).der },
          });
      },
      async one => {
        expect(await counted(one)).toEqual({ ...nothing, certificates: 2, claims: 1, claimed: 1, told: 2 });
      },
    );
  },
  240_000,
);

/** Asks, lets a person approve, asks again: as devices do that are told to come back. */
async function approvedAndIssued(one: DeviceScene, desk: DeviceScene['desk'], ask: () => Promise<unknown>) {
  const waited = await ask().then(
    () => false,
    cause => {
      if (isRefusal(cause) && cause.code === 'approval-waited-for') return true;
      throw cause;
    },
  );
  if (!waited) return;
  const [waiting] = await db.database.door(one.doer.partyId, tx => listApprovals(tx, {}, 0, 2));
  await decideApproval(desk, one.doer, waiting?.approvalId ?? 0, 'approved', null);
  await ask();
}

test.each(BOTH)(
  'a device is asked about once, approved once and gets one certificate, whichever transaction was %s',
  async fault => {
    await broken(
      fault,
      async one => {
        const fleet = await fleetOf(one, 'first');
        const [device] = await expectDevices(one.desk, one.doer, fleet.fleetId, ['A'], 1);
        const keys = pair();
        return desk =>
          approvedAndIssued(one, desk, () =>
            enrol(desk, {
              ...{ operation: 'simpleenroll', label: labelOf(fleet), certificate: null, connection: {} },
              ...{ bindings: [], basic: { user: 'A', secret: device?.secret ?? '' } },
              request: deviceRequest([['commonName', 'meter-3:A']], keys).der,
            }),
          );
      },
      async one => {
        expect(await counted(one)).toEqual({ ...nothing, certificates: 1, approvals: 1, told: 2 });
      },
    );
  },
  240_000,
);

test.each(BOTH)(
  'that a certificate was used is kept before its holder is let in, whichever transaction was %s',
  async fault => {
    await broken(
      fault,
      async one => {
        await registerDevice(one.desk, one.doer, { product: 'meter-3', serial: 'A' });
        const { der } = await one.issue('A');
        return desk => useCertificate(desk.database, der, one.clock.now());
      },
      async one => {
        expect((await counted(one))['seen']).toBe(1);
      },
    );
  },
  240_000,
);
