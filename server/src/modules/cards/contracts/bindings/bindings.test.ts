import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../../kernel/database/test-database.ts';
import { DAY_MS, rfc3339 } from '../../../../kernel/time.ts';
import { draftContract, signContract } from '../contracts.ts';
import { ICCIDS, NOW_MS, type SaleScene, saleScene, WHOLE } from '../testing/sale-scene.ts';
import { bindAtFirstBill, bindCard, declareSwap } from './bindings.ts';

let db: TestDatabase;
let scene: SaleScene;
const [CARD_1, CARD_2, CARD_3] = ICCIDS;
const [OLD, NEW] = ['35752007426533', '86012345000001'];

beforeAll(async () => {
  db = await testDatabase();
  scene = await saleScene(db, 'seller');
});
afterAll(async () => db?.close());

it('a card is bound to one device; within a declared window to either, after it to the new one (C-08)', async () => {
  await scene.putUnder(CARD_1, 'C-1');
  await bindCard(scene.doors, scene.one, CARD_1, OLD);
  await bindCard(scene.doors, scene.one, CARD_1, `${OLD}7`);
  await expect(bindCard(scene.doors, scene.one, CARD_1, NEW)).rejects.toMatchObject({
    code: 'binding-needs-swap-window',
  });
  const window = {
    iccid: CARD_1,
    imei: NEW,
    fromMs: NOW_MS + DAY_MS,
    toMs: NOW_MS + 2 * DAY_MS,
    reason: 'broken',
  };
  for (const [change, code] of [
    [{ fromMs: NOW_MS - 1 }, 'swap-window-in-the-past'],
    [{ toMs: window.fromMs }, 'swap-window-invalid'],
    [{ toMs: window.fromMs + 8 * DAY_MS }, 'swap-window-invalid'],
    [{ imei: 'none' }, 'swap-window-invalid'],
    [{ reason: ' ' }, 'swap-window-invalid'],
    [{ iccid: CARD_3 }, 'card-unknown'],
  ] as const)
    await expect(declareSwap(scene.doors, scene.one, { ...window, ...change })).rejects.toMatchObject({
      code,
    });
  await declareSwap(scene.doors, scene.one, window);
  expect(await scene.boundOf(CARD_1)).toMatchObject({ imeis: [OLD], swapWindow: false });
  expect(await scene.boundOf(CARD_1, window.fromMs)).toMatchObject({ imeis: [OLD, NEW], swapWindow: true });
  expect(await scene.boundOf(CARD_1, window.toMs)).toMatchObject({ imeis: [NEW], swapWindow: false });
});

it('at the first bill a card is bound to the device it was last seen in, and one never seen stays unbound', async () => {
  const { contractId } = await draftContract(scene.doors, scene.one, 'C-bill', {
    ...WHOLE,
    binding: 'first-bill',
  });
  await signContract(scene.doors, scene.one, contractId);
  for (const card of [CARD_2, CARD_3]) await scene.putUnder(card, 'C-bill');
  await sql`select observation_leaf(${rfc3339(NOW_MS).slice(0, 10)}::date)`.execute(db.owner);
  for (const [days, imei] of [
    [-3, OLD],
    [-2, NEW],
    [2, OLD],
  ] as const)
    await sql`
      insert into observation_20260301 (received_at, party_id, source_id, batch_id, chunk_id, record_no, digest, kind,
        claim, observed_at, time_mark, body)
      values (${rfc3339(NOW_MS)}, ${scene.partyId}, 1, 1, 1, 1, ${Buffer.from(String(days))}, 'card-usage',
        ${`iccid:${CARD_2}`}, ${rfc3339(NOW_MS + days * DAY_MS)}, 'stated', ${JSON.stringify({ imei })}::jsonb)`.execute(
      db.corridor,
    );
  expect(await bindAtFirstBill(scene.doors, scene.one, contractId, NOW_MS)).toEqual({ bound: 1, unseen: 1 });
  expect(await scene.boundOf(CARD_2)).toMatchObject({ imeis: [NEW] });
  expect(await scene.boundOf(CARD_3)).not.toHaveProperty('imeis');
  expect(await bindAtFirstBill(scene.doors, scene.one, contractId, NOW_MS)).toEqual({ bound: 0, unseen: 1 });
});
