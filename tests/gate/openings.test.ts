/** C-01, C-05: more than the least is not opened for a card whose holder the gate would turn away. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestDatabase } from '../../server/src/kernel/database/test-database.ts';
import { DAY_MS } from '../../server/src/kernel/time.ts';
import { draftContract, signContract } from '../../server/src/modules/cards/contracts/contracts.ts';
import { approveOpening, askOpening } from '../../server/src/modules/cards/contracts/openings/openings.ts';
import {
  ICCIDS,
  NOW_MS,
  type SaleScene,
  saleScene,
  WHOLE,
} from '../../server/src/modules/cards/contracts/testing/sale-scene.ts';
import { moveCards } from '../../server/src/modules/cards/gate/move-cards.ts';
import { assess } from '../../server/src/modules/cards/risk/assess.ts';
import { subjectsNumbered } from '../../server/src/spine/views/named-subjects.ts';
import { gateDatabase, PASSED_HOLDER, verified } from './scene.ts';

let db: TestDatabase;
let scene: SaleScene;
beforeAll(async () => {
  db = await gateDatabase();
  scene = await saleScene(db, 'seller');
});
afterAll(() => db?.close());

test('what was asked for while the holder was good is not approved once they failed, nor asked for again', async () => {
  const [card] = ICCIDS;
  const { contractId } = await draftContract(scene.doors, scene.one, 'C-1', WHOLE);
  await signContract(scene.doors, scene.one, contractId);
  const cardId = await scene.putUnder(card, 'C-1');
  const { partyId } = scene;
  const { rows } = await sql<{ id: number }>`
    insert into subject (party_id, kind, reference) values (${partyId}, 'holder', 'h') returning subject_id as id`.execute(
    db.corridor,
  );
  const subjectId = rows[0]!.id;
  const assessed = (over: object) => {
    const asked = { subjectId, partyId, of: 'holder' as const, inputs: { ...PASSED_HOLDER, ...over } };
    return db.database.corridor(tx =>
      assess(tx, { ...asked, untilMs: null, byParty: partyId, actor: 'person/1' }, Date.now()),
    );
  };
  await verified(db.database, subjectId);
  await assessed({});
  const classed = { industryClass: 'industry', scenario: 'metering', deviceType: 'meter' };
  for (const asked of [
    { act: 'take-in' },
    { act: 'classify', ...classed },
    { act: 'allocate', holder: 'h', channel: 'direct' },
    { act: 'sell' },
    { act: 'activate' },
  ]) {
    const [outcome] = await db.database.door(partyId, async tx =>
      moveCards(tx, 'person/1', asked, await subjectsNumbered(tx, [cardId])),
    );
    expect(outcome).toMatchObject({ outcome: 'moved' });
  }
  const wanted = { contractId, what: 'sms' as const, why: 'alarms', untilMs: NOW_MS + 30 * DAY_MS, card };
  const { openingId } = await askOpening(scene.doors, scene.one, wanted);
  await assessed({ creditEntry: true });
  const code = 'assessment-failed';
  await expect(approveOpening(scene.doors, scene.two, openingId)).rejects.toMatchObject({ code });
  expect((await scene.acts()).at(-1)).toBe('opening-approved-refused');
  await expect(askOpening(scene.doors, scene.one, wanted)).rejects.toMatchObject({ code });
  expect(await scene.boundOf(card)).toMatchObject({ smsAllowed: false });
  await assessed({});
  await approveOpening(scene.doors, scene.two, openingId);
  expect(await scene.boundOf(card)).toMatchObject({ smsAllowed: true });
});
