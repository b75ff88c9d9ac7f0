import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import type { Database } from '../../server/src/kernel/database/transaction.ts';
import { silentLog } from '../../server/src/kernel/log.ts';
import { DAY_MS, rfc3339, settableClock } from '../../server/src/kernel/time.ts';
import { billMonth } from '../../server/src/modules/cards/contracts/bindings/first-bills.ts';
import { draftContract, signContract } from '../../server/src/modules/cards/contracts/contracts.ts';
import {
  ICCIDS,
  NOW_MS,
  type SaleScene,
  saleScene,
  WHOLE,
} from '../../server/src/modules/cards/contracts/testing/sale-scene.ts';
import { Broken, breakTransaction, type Fault } from '../measures/faulty-database.ts';

/** The end of March in Shanghai; the scene is of the first of March. */
const MONTH_MS = Date.parse('2026-04-01T00:00:00+08:00');
const IMEI = '35752007426533';
const [CARD] = ICCIDS;

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await sql`select observation_leaf('2026-03-01')`.execute(db.owner);
});
afterAll(async () => db?.close());

let seen = 0;

/** A seller with one card under a contract that binds at the first bill, seen in a device at a moment. */
async function sold(atMs: number, clauses: object = {}): Promise<{ scene: SaleScene; contractId: number }> {
  seen += 1;
  const scene = await saleScene(db, `seller-${seen}`);
  const draft = { ...WHOLE, binding: 'first-bill' as const, ...clauses };
  const { contractId } = await draftContract(scene.doors, scene.one, 'C-bill', draft);
  await signContract(scene.doors, scene.one, contractId);
  await scene.putUnder(CARD, 'C-bill');
  await sql`
    insert into observation_20260301 (received_at, party_id, source_id, batch_id, chunk_id, record_no, digest, kind,
      claim, observed_at, time_mark, body)
    values (${rfc3339(NOW_MS)}, ${scene.partyId}, 1, 1, 1, ${seen}, ${Buffer.from(`bill ${seen}`)}, 'card-usage',
      ${`iccid:${CARD}`}, ${rfc3339(atMs)}, 'stated', ${JSON.stringify({ imei: IMEI })}::jsonb)`.execute(
    db.corridor,
  );
  return { scene, contractId };
}

const billAt = (atMs: number, database: Database = db.database) => {
  const clock = settableClock(atMs);
  return billMonth({ database, clock, log: silentLog }, []);
};
const entries = async (contractId: number): Promise<number> => {
  const { rows } = await sql<{ n: number }>`select count(*) as n from ledger_stage
    where act = 'first-bill-bound' and object like ${`%/${contractId}`}`.execute(db.owner);
  return rows[0]!.n;
};

it('a day after the month a card is bound to the device it was last seen in before its end, once (C-08)', async () => {
  const { scene, contractId } = await sold(MONTH_MS - DAY_MS);
  await billAt(MONTH_MS + DAY_MS - 1);
  expect(await scene.boundOf(CARD, MONTH_MS)).not.toHaveProperty('imeis');
  await billAt(MONTH_MS + DAY_MS);
  expect(await scene.boundOf(CARD, MONTH_MS)).toMatchObject({ imeis: [IMEI] });
  await billAt(MONTH_MS + 2 * DAY_MS);
  expect(await entries(contractId)).toBe(1);
});

it('a card seen after the end waits for the next month, and one in its test period until that is over', async () => {
  const late = await sold(MONTH_MS + 1);
  const tested = await sold(MONTH_MS - DAY_MS, {
    from: '2026-03-01T00:00:00+08:00',
    testUntil: '2026-04-10T00:00:00+08:00',
  });
  await billAt(MONTH_MS + 2 * DAY_MS);
  expect(await late.scene.boundOf(CARD, MONTH_MS)).not.toHaveProperty('imeis');
  expect(await entries(tested.contractId)).toBe(0);
  const mayMs = Date.parse('2026-05-01T00:00:00+08:00');
  await billAt(mayMs + DAY_MS);
  for (const { scene } of [late, tested])
    expect(await scene.boundOf(CARD, mayMs)).toMatchObject({ imeis: [IMEI] });
});

it.for<Fault>(['not-written', 'answer-lost'])('whatever is %s, a card is bound once', async fault => {
  for (let n = 1; ; n += 1) {
    const { scene } = await sold(MONTH_MS - DAY_MS);
    const broken = breakTransaction(db.database, n, fault);
    await billAt(MONTH_MS + DAY_MS, broken).catch(cause => expect(cause).toBeInstanceOf(Broken));
    await billAt(MONTH_MS + DAY_MS);
    expect(await scene.boundOf(CARD, MONTH_MS), `transaction ${n}`).toMatchObject({ imeis: [IMEI] });
    const { rows } = await sql<{
      n: number;
    }>`select count(*) as n from dated_fact f join subject s using (subject_id)
      where s.party_id = ${scene.partyId} and f.kind like 'binding/%' and f.retired_at is null`.execute(
      db.owner,
    );
    expect(rows[0]!.n, `transaction ${n}`).toBe(1);
    if (broken.didFail()) continue;
    expect(n).toBeGreaterThan(2);
    break;
  }
});
