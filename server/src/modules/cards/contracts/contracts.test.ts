import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../kernel/database/test-database.ts';
import { DAY_MS } from '../../../kernel/time.ts';
import type { Clauses } from './clauses.ts';
import { amendContract, draftContract, endContract, redraftContract, signContract } from './contracts.ts';
import { ICCIDS, NOW_MS, type SaleScene, saleScene, WHOLE } from './testing/sale-scene.ts';

let db: TestDatabase;
let scene: SaleScene;

beforeAll(async () => {
  db = await testDatabase();
  scene = await saleScene(db, 'seller');
});
afterAll(async () => db?.close());

const [CARD_1, CARD_2, CARD_3] = ICCIDS;
const draft = (reference: string, change: Partial<Clauses> = {}) =>
  draftContract(scene.doors, scene.one, reference, { ...WHOLE, ...change });

function without(field: keyof Clauses): Clauses {
  return Object.fromEntries(Object.entries(WHOLE).filter(([name]) => name !== field)) as Clauses;
}

describe('a contract is signed only when it says what it must (C-06, C-10)', () => {
  const CASES: Array<[string, Clauses, string]> = [
    ['says nothing', {}, 'realName: duty-not-stated'],
    ['leaves out the real-name duty', without('realName'), 'realName: duty-not-stated'],
    ['has a real-name clause of blanks', { ...WHOLE, realName: { clause: ' ', text: '      ' } }, 'realName'],
    ['leaves out the penalties', without('penalty'), 'penalty: penalties-not-stated'],
    ['is sold online', { ...WHOLE, channel: 'online' }, 'channel: forbidden'],
    ['is sold ONLINE, in full width', { ...WHOLE, channel: ' ＯＮＬＩＮＥ ' }, 'channel: forbidden'],
    ['is sold by a channel nobody knows', { ...WHOLE, channel: 'web-shop' }, 'channel: unknown'],
    ['is over', { ...WHOLE, to: '2026-02-01T00:00:00Z' }, 'to: in-the-past'],
    ['ends before it begins', { ...WHOLE, to: '2025-01-01T00:00:00Z' }, 'to: not-after-from'],
    ['lasts for a lifetime', { ...WHOLE, to: '2066-01-01T00:00:00Z' }, 'to: term-too-long'],
    ['names no zone', { ...WHOLE, from: '2026-01-01T00:00:00' }, 'from: no-moment-with-zone'],
    ['binds to a pool without devices', { ...WHOLE, binding: 'pool' }, 'binding: pool-without-devices'],
    ['never ends its test', { ...WHOLE, testUntil: '2027-06-01T00:00:00Z' }, 'testUntil: outside-the-term'],
    ['tests for most of a year', { ...WHOLE, testUntil: '2026-11-01T00:00:00Z' }, 'testUntil: test-too-long'],
    ['names a region that is none', { ...WHOLE, regions: ['Europe'] }, 'regions: neither-mcc-nor-plmn'],
    ['reaches everything', { ...WHOLE, destinations: ['any'] }, 'destinations: neither-apn-nor-host'],
  ];
  it.each(CASES)('not one that %s', async (what, clauses, fault) => {
    const { contractId } = await draftContract(scene.doors, scene.one, `N ${what}`, clauses);
    await expect(signContract(scene.doors, scene.one, contractId)).rejects.toMatchObject({
      code: 'contract-not-signable',
      detail: { faults: expect.stringContaining(fault) },
    });
    const { rows } = await sql`select 1 from subject where reference = ${`N ${what}`}`.execute(db.corridor);
    expect(rows).toEqual([]);
  });
});

it('a refused signature is on record', async () => {
  const { contractId } = await draft('N record', { channel: 'online' });
  const other = { ...scene.one, label: 'person/three' };
  await expect(signContract(scene.doors, other, contractId)).rejects.toMatchObject({
    code: 'contract-not-signable',
  });
  expect((await scene.acts()).at(-1)).toBe('contract-signed-refused');
});

describe('a signed contract binds its cards', () => {
  it('to the least that they need, and after its term to nothing (C-05)', async () => {
    const { contractId } = await draft('C-1');
    await scene.putUnder(CARD_1, 'C-1');
    const before = await scene.dirty();
    await signContract(scene.doors, scene.one, contractId);
    expect(await scene.boundOf(CARD_1)).toMatchObject({
      contract: 'C-1',
      class: 'metering',
      smsAllowed: false,
      voiceAllowed: false,
      handsetAllowed: false,
      capBytes: 100_000_000,
      mccs: ['460'],
      apns: ['cmiot'],
      destinations: ['meters.example'],
    });
    expect(await scene.boundOf(CARD_1, Date.parse('2027-01-01T00:00:00+08:00') - 1)).toMatchObject({
      capBytes: 100_000_000,
    });
    expect(await scene.boundOf(CARD_1, Date.parse('2027-01-01T00:00:00+08:00'))).toMatchObject({
      contractEnded: true,
      capBytes: 0,
      smsAllowed: false,
    });
    // Its term began two months ago: what the card did since is judged again.
    expect(await scene.dirty()).toBeGreaterThan(before);
    expect((await scene.acts()).slice(-1)).toEqual(['contract-signed']);
  });

  it('once: two who sign at the same time leave one signature', async () => {
    const { contractId } = await draft('C-twice');
    const tries = await Promise.allSettled([
      signContract(scene.doors, scene.one, contractId),
      signContract(scene.doors, scene.two, contractId),
    ]);
    expect(tries.map(each => each.status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(redraftContract(scene.doors, scene.one, contractId, WHOLE)).rejects.toMatchObject({
      code: 'contract-not-a-draft',
    });
  });

  it('otherwise from the moment an amendment begins, and as before until then', async () => {
    const { contractId } = await draft('C-2');
    await signContract(scene.doors, scene.one, contractId);
    await scene.putUnder(CARD_2, 'C-2');
    const fromMs = NOW_MS - 10 * DAY_MS;
    const longer = { ...WHOLE, capBytes: 50_000_000, to: '2027-06-01T00:00:00+08:00' };
    const dirty = await scene.dirty();
    await amendContract(scene.doors, scene.one, contractId, longer, fromMs);
    expect(await scene.dirty()).toBeGreaterThan(dirty);
    expect(await scene.boundOf(CARD_2, fromMs - 1)).toMatchObject({ capBytes: 100_000_000 });
    expect(await scene.boundOf(CARD_2, fromMs)).toMatchObject({ capBytes: 50_000_000 });
    // Where the old term would have ended, the new one goes on; where it ends, nothing is allowed.
    const old = Date.parse('2027-01-01T00:00:00+08:00');
    expect(await scene.boundOf(CARD_2, old)).toMatchObject({ capBytes: 50_000_000 });
    expect(await scene.boundOf(CARD_2, old)).not.toHaveProperty('contractEnded');
    expect(await scene.boundOf(CARD_2, Date.parse(longer.to))).toMatchObject({ contractEnded: true });
    await expect(
      amendContract(scene.doors, scene.one, contractId, WHOLE, fromMs - DAY_MS),
    ).rejects.toMatchObject({ code: 'amendment-untimely' });
  });

  it('no longer, when it is ended before its time', async () => {
    const { contractId } = await draft('C-3');
    await signContract(scene.doors, scene.one, contractId);
    await scene.putUnder(CARD_3, 'C-3');
    for (const endMs of [Date.parse('2020-01-01T00:00:00Z'), Date.parse('2030-01-01T00:00:00Z')])
      await expect(
        endContract(scene.doors, scene.one, contractId, { reason: 'breach', endMs }),
      ).rejects.toMatchObject({ code: 'contract-end-invalid' });
    await expect(endContract(scene.doors, scene.one, contractId, { reason: '  ' })).rejects.toMatchObject({
      code: 'contract-end-invalid',
    });
    await endContract(scene.doors, scene.one, contractId, { reason: 'breach' });
    expect(await scene.boundOf(CARD_3, NOW_MS - 1)).toMatchObject({ capBytes: 100_000_000 });
    expect(await scene.boundOf(CARD_3, NOW_MS)).toMatchObject({ contractEnded: true, capBytes: 0 });
    expect(await scene.boundOf(CARD_3, Date.parse('2028-01-01T00:00:00Z'))).toMatchObject({
      contractEnded: true,
    });
    await expect(amendContract(scene.doors, scene.one, contractId, WHOLE)).rejects.toMatchObject({
      code: 'contract-not-signed',
    });
  });

  it('and lets them be in any device while its test lasts, which ends by itself (C-08)', async () => {
    const { contractId } = await draft('C-4', { testUntil: '2026-03-20T00:00:00Z' });
    await signContract(scene.doors, scene.one, contractId);
    await scene.putUnder(CARD_3, 'C-4', NOW_MS);
    expect(await scene.boundOf(CARD_3)).toMatchObject({ contract: 'C-4', swapWindow: true });
    expect(await scene.boundOf(CARD_3, Date.parse('2026-03-20T00:00:00Z'))).toMatchObject({
      swapWindow: false,
    });
  });
});

it('a contract of another party is not there', async () => {
  const { contractId } = await draft('C-mine');
  const other = await saleScene(db, 'neighbour');
  for (const act of [
    () => signContract(scene.doors, other.one, contractId),
    () => redraftContract(scene.doors, other.one, contractId, WHOLE),
    () => amendContract(scene.doors, other.one, contractId, WHOLE),
    () => endContract(scene.doors, other.one, contractId, { reason: 'mine' }),
  ])
    await expect(act()).rejects.toMatchObject({ code: 'contract-unknown' });
});
