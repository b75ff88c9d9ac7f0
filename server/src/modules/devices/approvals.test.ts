/** What a person approves before it is issued (RFC 7030 §4.2.3): devices wait, come back, and find what was decided (IR-28). */
import { generateKeyPairSync } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../kernel/database/test-database.ts';
import { DAY_MS } from '../../kernel/time.ts';
import { type Approval, decideApproval, listApprovals } from './enrolment/approvals.ts';
import { type Enrolment, listEnrolments } from './enrolment/enrolment-store.ts';
import { expectDevices, type Fleet, labelOf, makeFleet } from './enrolment/fleets.ts';
import { answerEst, type EstAnswer } from './est/answer.ts';
import { toBase64 } from './est/forms.ts';
import { type DeviceScene, deviceScene, party } from './testing/device-scene.ts';
import { certificatesIn } from './testing/est-client.ts';
import { deviceRequest } from './testing/test-root.ts';

let db: TestDatabase;
let one: DeviceScene;
let serials = 0;
const fleets: Partial<Record<'first' | 'every', Fleet>> = {};

beforeAll(async () => {
  db = await testDatabase();
  one = await deviceScene(db, 'approving');
  for (const approval of ['first', 'every'] as const)
    fleets[approval] = await makeFleet(one.desk, one.doer, {
      ...{ name: approval, product: 'meter-3', authorityId: one.authority.authorityId, profile: 'device' },
      ...{ makesKeys: true, graceDays: 0, approval },
    });
}, 120_000);
afterAll(async () => {
  await one?.close();
  await db?.close();
});

const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

async function comer(approval: 'first' | 'every' = 'first') {
  serials += 1;
  const serial = `P${serials}`;
  const fleet = fleets[approval] as Fleet;
  const [made] = await expectDevices(one.desk, one.doer, fleet.fleetId, [serial], 60);
  const basic = `Basic ${Buffer.from(`${serial}:${made?.secret ?? ''}`).toString('base64')}`;
  const ask = async (
    keys: ReturnType<typeof pair>,
    { operation = 'simpleenroll', certificate = null as Uint8Array | null } = {},
  ): Promise<EstAnswer> => {
    const { der } = deviceRequest([['commonName', `meter-3:${serial}`]], keys);
    return await answerEst(one.desk, {
      ...{ method: 'POST', path: `/.well-known/est/${labelOf(fleet)}/${operation}`, date: null },
      ...{ contentType: 'application/pkcs10', authorization: certificate === null ? basic : null },
      ...{ certificate, connection: {}, bindings: [], body: Buffer.from(toBase64(der)) },
    });
  };
  return { device: `meter-3:${serial}`, fleet, ask };
}

const waiting = (fleet: Fleet) =>
  db.database.door(one.doer.partyId, tx =>
    listApprovals(tx, { fleetId: fleet.fleetId, state: 'asked' }, 0, 100),
  );
const decide = (approvalId: number, state: 'approved' | 'declined', doer = one.doer) =>
  decideApproval(one.desk, doer, approvalId, state, null);

async function last(fleet: Fleet): Promise<Approval> {
  return (await waiting(fleet)).at(-1) as Approval;
}

async function traced(named: string): Promise<Enrolment | undefined> {
  const [found] = await db.database.door(one.doer.partyId, tx =>
    listEnrolments(tx, { named }, Number.MAX_SAFE_INTEGER, 1),
  );
  return found;
}

test('IR-28 a device is told to come back, waits once however often it comes, and gets its certificate when a person says so', async () => {
  const { device, fleet, ask } = await comer();
  const keys = pair();
  const before = (await waiting(fleet)).length;
  const said = await ask(keys);
  expect([said.status, said.body]).toEqual([202, 'approval-waited-for\n']);
  const afterS = Number(said.headers?.['retry-after']);
  expect(afterS >= 60 && afterS <= 600).toBe(true);
  expect((await ask(keys)).status).toBe(202);
  expect((await waiting(fleet)).length).toBe(before + 1);
  expect((await traced(device))?.steps.at(-1)).toMatchObject({
    step: 'policy',
    outcome: 'approval-waited-for',
  });
  // Days may pass: the request is none of the server's, the device sends it again.
  one.clock.advance(5 * DAY_MS);
  expect((await ask(keys)).status).toBe(202);
  await decide((await last(fleet)).approvalId, 'approved');
  const given = await ask(keys);
  expect(given.status).toBe(200);
  expect(certificatesIn((await ask(keys)).body)).toEqual(certificatesIn(given.body));
  // Another key of the same device is another question.
  expect((await ask(pair())).status).toBe(202);
});

test('what was declined is refused and stays so; whoever decides otherwise is told', async () => {
  const { fleet, ask } = await comer();
  const keys = pair();
  await ask(keys);
  const { approvalId } = await last(fleet);
  await decide(approvalId, 'declined');
  await decide(approvalId, 'declined');
  const said = await ask(keys);
  expect([said.status, said.body]).toEqual([403, 'approval-declined\n']);
  await expect(decide(approvalId, 'approved')).rejects.toMatchObject({ code: 'approval-decided' });
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from ledger_stage
    where party_id = ${one.doer.partyId} and act = 'enrolment-declined' and object = ${`approval/${approvalId}`}
      and entry not like '%repeated%'::bytea`.execute(db.owner);
  expect(rows[0]?.n).toBe(1);
});

test('a decision stands for thirty days, and a device that comes later is asked about anew', async () => {
  const { fleet, ask } = await comer();
  const keys = pair();
  await ask(keys);
  await decide((await last(fleet)).approvalId, 'approved');
  one.clock.advance(30 * DAY_MS + 1);
  expect((await ask(keys)).status).toBe(202);
});

test('three keys of a device wait at most', async () => {
  const { ask } = await comer();
  const said = await Promise.all(Array.from({ length: 3 }, () => ask(pair())));
  expect(said.map(each => each.status)).toEqual([202, 202, 202]);
  expect((await ask(pair())).body).toBe('too-many-keys\n');
});

test('renewals go without a person, save where every certificate is approved', async () => {
  for (const approval of ['first', 'every'] as const) {
    const { fleet, ask } = await comer(approval);
    const keys = pair();
    await ask(keys);
    await decide((await last(fleet)).approvalId, 'approved');
    const [der] = certificatesIn((await ask(keys)).body) as [Buffer];
    const renewed = await ask(pair(), { operation: 'simplereenroll', certificate: der });
    expect([approval, renewed.status]).toEqual([approval, approval === 'first' ? 200 : 202]);
  }
});

test('a key that is made here is approved by the key of the request', async () => {
  const { fleet, ask } = await comer();
  const keys = pair();
  expect((await ask(keys, { operation: 'serverkeygen' })).status).toBe(202);
  await decide((await last(fleet)).approvalId, 'approved');
  expect((await ask(keys, { operation: 'serverkeygen' })).status).toBe(200);
});

test('another party decides nothing (I-38)', async () => {
  const { fleet, ask } = await comer();
  await ask(pair());
  const { approvalId } = await last(fleet);
  const other = await party(db, 'bystander');
  await expect(decide(approvalId, 'approved', other)).rejects.toMatchObject({ code: 'approval-unknown' });
});
