import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../../kernel/database/test-database.ts';
import { DAY_MS } from '../../../../kernel/time.ts';
import { amendContract, draftContract, endContract, signContract } from '../contracts.ts';
import { ICCIDS, NOW_MS, type SaleScene, saleScene, WHOLE } from '../testing/sale-scene.ts';
import { type AskedOpening, approveOpening, askOpening, refuseOpening, revokeOpening } from './openings.ts';

let db: TestDatabase;
let scene: SaleScene;
let contractId: number;
const [CARD_1, CARD_2, CARD_3] = ICCIDS;

beforeAll(async () => {
  db = await testDatabase();
  scene = await saleScene(db, 'seller');
  contractId = (await draftContract(scene.doors, scene.one, 'C-1', WHOLE)).contractId;
  await signContract(scene.doors, scene.one, contractId);
  await scene.putUnder(CARD_1, 'C-1');
  await scene.putUnder(CARD_2, 'C-1');
});
afterAll(async () => db?.close());

const ask = (change: Partial<AskedOpening> = {}) =>
  askOpening(scene.doors, scene.one, {
    contractId,
    what: 'sms',
    why: 'alarms go by SMS',
    untilMs: NOW_MS + 30 * DAY_MS,
    ...change,
  });
const approve = (openingId: number, by = scene.two) => approveOpening(scene.doors, by, openingId);

describe('more than the least is open only when a second person said so (C-05)', () => {
  it('asked for, nothing is open; approved, it is, until its end and for whom it was asked', async () => {
    const { openingId } = await ask({ card: CARD_1 });
    expect(await scene.boundOf(CARD_1)).toMatchObject({ smsAllowed: false });
    await approve(openingId);
    expect(await scene.boundOf(CARD_1)).toMatchObject({ smsAllowed: true, capBytes: 100_000_000 });
    expect(await scene.boundOf(CARD_2)).toMatchObject({ smsAllowed: false });
    expect(await scene.boundOf(CARD_1, NOW_MS - 1)).toMatchObject({ smsAllowed: false });
    expect(await scene.boundOf(CARD_1, NOW_MS + 30 * DAY_MS)).toMatchObject({ smsAllowed: false });
    expect((await scene.acts()).slice(-2)).toEqual(['opening-asked', 'opening-approved']);
  });

  it('nobody approves what they asked for, nor by a key of theirs, nor past the program', async () => {
    const { openingId } = await ask();
    await expect(approve(openingId, scene.one)).rejects.toMatchObject({ code: 'opening-by-the-asker' });
    const byKey = { ...scene.one, label: 'key/of-one' };
    await expect(approve(openingId, byKey)).rejects.toMatchObject({ code: 'opening-by-the-asker' });
    expect((await scene.acts()).at(-1)).toBe('opening-approved-refused');
    await expect(
      db.database.door(scene.partyId, tx =>
        sql`update card_opening set state = 'approved', decided_by = 'x', decided_user = asked_user, decided_at = now()
          where opening_id = ${openingId}`.execute(tx),
      ),
    ).rejects.toThrow();
  });

  it('two who approve at once approve once', async () => {
    const { openingId } = await ask();
    const tries = await Promise.allSettled([approve(openingId), approve(openingId)]);
    expect(tries.map(each => each.status).sort()).toEqual(['fulfilled', 'rejected']);
    const { rows } = await sql`
      select 1 from dated_fact where kind = ${`opening/${openingId}`} and retired_at is null`.execute(
      db.corridor,
    );
    expect(rows).toHaveLength(1);
  });

  it('one approves while another refuses: one of them is told that it was decided', async () => {
    const { openingId } = await ask();
    const tries = await Promise.allSettled([
      approve(openingId),
      refuseOpening(scene.doors, scene.two, openingId, 'no'),
    ]);
    expect(tries.filter(each => each.status === 'rejected')).toMatchObject([
      { reason: { code: 'opening-decided' } },
    ]);
  });

  it.each<[string, Partial<AskedOpening>, string]>([
    [
      'that outlives the contract',
      { untilMs: Date.parse('2027-01-01T00:00:00+08:00') + 1 },
      'opening-outlives-contract',
    ],
    ['that ended yesterday', { untilMs: NOW_MS - DAY_MS }, 'opening-term-invalid'],
    ['that ends before it begins', { fromMs: NOW_MS + 40 * DAY_MS }, 'opening-term-invalid'],
    ['without a reason', { why: '   ' }, 'opening-term-invalid'],
    ['of a function that was not agreed', { what: 'voice' }, 'opening-beyond-contract'],
    ['of more than was agreed', { what: 'cap', value: 500_000_001 }, 'opening-beyond-contract'],
    ['of a cap without a figure', { what: 'cap' }, 'opening-beyond-contract'],
    ['of a region that was not agreed', { what: 'region', value: ['262', '310'] }, 'opening-beyond-contract'],
    ['for a card of nobody', { card: '8986009999999999999' }, 'opening-card-elsewhere'],
  ])('nothing opens %s', async (_, change, code) => {
    await expect(ask(change)).rejects.toMatchObject({ code });
  });

  it('a cap and a region are opened beside what is open already', async () => {
    await approve((await ask({ card: CARD_2, what: 'cap', value: 500_000_000 })).openingId);
    await approve((await ask({ card: CARD_2, what: 'region', value: ['262', '20801'] })).openingId);
    expect(await scene.boundOf(CARD_2)).toMatchObject({
      capBytes: 500_000_000,
      mccs: ['460', '262'],
      plmns: ['20801'],
    });
  });

  it('what is revoked closes, and what was meanwhile stays as it was', async () => {
    const made = await draftContract(scene.doors, scene.one, 'C-revoked', WHOLE);
    await signContract(scene.doors, scene.one, made.contractId);
    await scene.putUnder(CARD_3, 'C-revoked');
    const { openingId } = await ask({ contractId: made.contractId });
    await approve(openingId);
    scene.clock.advance(DAY_MS);
    await revokeOpening(scene.doors, scene.one, openingId, 'not needed');
    expect(await scene.boundOf(CARD_3)).toMatchObject({ smsAllowed: false });
    expect(await scene.boundOf(CARD_3, NOW_MS + 1)).toMatchObject({ smsAllowed: true });
    await expect(revokeOpening(scene.doors, scene.one, openingId, 'again')).rejects.toMatchObject({
      code: 'opening-not-approved',
    });
  });
});

describe('an opening hangs on its contract', () => {
  it('a restriction of the card’s own stays closed under an opening of the contract’s', async () => {
    const other = await draftContract(scene.doors, scene.one, 'C-own', WHOLE);
    await signContract(scene.doors, scene.one, other.contractId);
    const subjectId = await scene.putUnder('8986001234567890156', 'C-own');
    await db.database.door(scene.partyId, tx =>
      sql`insert into dated_fact (party_id, subject_id, kind, body, stated_by)
        values (${scene.partyId}, ${subjectId}, 'restriction', '{"smsAllowed": false}', 'x')`.execute(tx),
    );
    await approve((await ask({ contractId: other.contractId })).openingId);
    expect(await scene.boundOf('8986001234567890156')).toMatchObject({ smsAllowed: false });
  });

  it('when the contract ends, it closes; a card that moves away takes nothing along', async () => {
    const one = await draftContract(scene.doors, scene.one, 'C-old', WHOLE);
    const two = await draftContract(scene.doors, scene.one, 'C-new', WHOLE);
    for (const each of [one, two]) await signContract(scene.doors, scene.one, each.contractId);
    await scene.putUnder('8986001234567890164', 'C-old');
    await scene.putUnder('8986001234567890172', 'C-old');
    for (const card of ['8986001234567890164', '8986001234567890172'])
      await approve((await ask({ contractId: one.contractId, card })).openingId);
    const atMs = scene.clock.now();
    expect(await scene.boundOf('8986001234567890164')).toMatchObject({ smsAllowed: true });
    await scene.putUnder('8986001234567890164', 'C-new', atMs + 1);
    expect(await scene.boundOf('8986001234567890164', atMs + 1)).toMatchObject({
      contract: 'C-new',
      smsAllowed: false,
    });
    await endContract(scene.doors, scene.one, one.contractId, { reason: 'breach', endMs: atMs + 1_000 });
    expect(await scene.boundOf('8986001234567890172', atMs + 1)).toMatchObject({ smsAllowed: true });
    expect(await scene.boundOf('8986001234567890172', atMs + 1_000)).toMatchObject({
      smsAllowed: false,
      capBytes: 0,
    });
  });

  it('asked for before the contract ended, it is not approved after', async () => {
    const made = await draftContract(scene.doors, scene.one, 'C-late', WHOLE);
    await signContract(scene.doors, scene.one, made.contractId);
    const { openingId } = await ask({ contractId: made.contractId });
    await endContract(scene.doors, scene.two, made.contractId, { reason: 'breach' });
    await expect(approve(openingId)).rejects.toMatchObject({ code: 'contract-not-signed' });
  });

  it('no amendment undercuts it', async () => {
    const made = await draftContract(scene.doors, scene.one, 'C-less', WHOLE);
    await signContract(scene.doors, scene.one, made.contractId);
    await approve((await ask({ contractId: made.contractId })).openingId);
    await expect(
      amendContract(scene.doors, scene.one, made.contractId, { ...WHOLE, functions: [] }),
    ).rejects.toMatchObject({ code: 'amendment-below-openings' });
  });
});
