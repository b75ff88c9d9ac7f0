/** C-01, C-45, L-52: no card comes back into use by the lifting of a measure that the gate would not let be in use. */
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TestDatabase } from '../../server/src/kernel/database/test-database.ts';
import { simulatedProvider } from '../../server/src/modules/cards/adapters/simulated-provider.ts';
import { moveCards } from '../../server/src/modules/cards/gate/move-cards.ts';
import { suspendCard } from '../../server/src/modules/cards/measures/suspend-card.ts';
import { assess } from '../../server/src/modules/cards/risk/assess.ts';
import { actsOf } from '../../server/src/spine/cases/store.ts';
import { runMeasureRound } from '../../server/src/spine/measures/jobs.ts';
import { liftMeasure, noteOnCase } from '../../server/src/spine/measures/lift.ts';
import { orderMeasure } from '../../server/src/spine/measures/order.ts';
import { sendLetters } from '../../server/src/spine/measures/outbox/send.ts';
import { stepsOf } from '../../server/src/spine/measures/store.ts';
import { makeScene, type Scene } from '../../server/src/spine/measures/testing/scene.ts';
import { subjectsNumbered } from '../../server/src/spine/views/named-subjects.ts';
import { type ProviderProcess, startProvider } from '../measures/provider-process.ts';
import { gateDatabase, PASSED_HOLDER, verified } from './scene.ts';

let db: TestDatabase;
let provider: ProviderProcess;
let scene: Scene;
let cardId: number;
let holderId: number;
let caseId: number;
let measureId: number;
let count = 0;

beforeAll(async () => {
  db = await gateDatabase();
  provider = await startProvider();
});
afterAll(async () => {
  await provider?.stop();
  await db?.close();
});

/** A card in use by a holder who is verified and passed, suspended by a measure that is in force. */
beforeEach(async () => {
  await sql`update measure set state = 'lifted'`.execute(db.owner);
  await sql`update outbox set done_at = now() where done_at is null`.execute(db.owner);
  scene = await makeScene(db.database, {
    kinds: [suspendCard],
    adapters: { 'simulated-provider': simulatedProvider },
    url: provider.url,
  });
  count += 1;
  const name = `holder-${count}`;
  const { rows } = await sql<{ id: number }>`
    insert into subject (party_id, kind, reference) values (${scene.partyId}, 'holder', ${name}) returning subject_id as id`.execute(
    db.corridor,
  );
  holderId = rows[0]!.id;
  const found = (await scene.raise(scene.finding(`f-${count}`)))!.case;
  caseId = found.caseId;
  cardId = found.subjectId;
  await verified(db.database, holderId);
  await assessed();
  await move('take-in');
  await move('classify', { industryClass: 'industry', scenario: 'metering', deviceType: 'meter' });
  await move('allocate', { holder: name, channel: 'direct' });
  await move('sell');
  await move('activate');
  const ordered = await db.database.door(scene.partyId, tx =>
    orderMeasure(tx, scene.works, caseId, { kind: 'suspend-card' }, hand()),
  );
  measureId = ordered.measure.measureId;
  await round();
  await round();
  expect((await states()).at(-1)).toBe('effective');
});

const hand = () => ({ actor: 'person/7', atMs: scene.clock.now() });
const round = async () => {
  scene.clock.advance(60_000);
  await runMeasureRound(scene.works);
};
const states = async () =>
  (await db.database.corridor(tx => stepsOf(tx, measureId))).map(step => step.toState);
const lift = () =>
  db.database.door(scene.partyId, tx => liftMeasure(tx, scene.works, measureId, 'asked', hand()));
const refusals = async () =>
  (
    await sql<{ code: string }>`
      select convert_from(entry, 'UTF8')::jsonb -> 'detail' ->> 'code' as code from ledger_stage
      where act = 'measure-lift-refused' and object = ${`measure/${measureId}`} order by stage_id`.execute(
      db.owner,
    )
  ).rows.map(row => row.code);
const told = async () =>
  (await db.database.corridor(tx => actsOf(tx, caseId, 0, 500)))
    .filter(act => act.kind === 'lift-refused')
    .map(act => (act.detail as { reason?: string }).reason);

async function move(act: string, asked: object = {}): Promise<void> {
  const [outcome] = await db.database.door(scene.partyId, async tx =>
    moveCards(tx, 'person/7', { act, ...asked }, await subjectsNumbered(tx, [cardId])),
  );
  expect([act, outcome]).toMatchObject([act, { outcome: 'moved' }]);
}

function assessed(over: object = {}, untilMs: number | null = null) {
  const inputs = { ...PASSED_HOLDER, ...over };
  const { partyId } = scene;
  const asked = { subjectId: holderId, partyId, of: 'holder' as const, inputs, untilMs };
  return db.database.corridor(tx =>
    assess(tx, { ...asked, byParty: partyId, actor: 'person/1' }, Date.now()),
  );
}

describe('a suspended card', () => {
  const FAULTS: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['assessment-failed', () => assessed({ creditEntry: true })],
    [
      'assessment-expired',
      async () => {
        await assessed({}, Date.now() + 300);
        await new Promise(done => setTimeout(done, 400));
      },
    ],
    ['identity-unverified', () => verified(db.database, holderId, { outcome: 'withdrawn' })],
    ['card-not-in-use', () => move('suspend')],
    [
      'card-not-in-use',
      async () => {
        await move('suspend');
        await move('terminate');
      },
    ],
  ];
  test.each(FAULTS)('with %s is not lifted when somebody asks', async (code, spoil) => {
    await spoil();
    await expect(lift()).rejects.toMatchObject({ code });
    expect((await states()).at(-1)).toBe('effective');
  });

  test('stays when an appeal is upheld: the verdict stands, and case and ledger say once why', async () => {
    await assessed({ creditEntry: true });
    const uphold = () =>
      db.database.door(scene.partyId, tx =>
        noteOnCase(tx, scene.works, caseId, { text: 'a', event: 'appeal-upheld' }, hand()),
      );
    await uphold();
    await uphold();
    expect((await states()).at(-1)).toBe('effective');
    expect(await told()).toEqual(['assessment-failed']);
    expect(await refusals()).toEqual(['assessment-failed']);
    await assessed();
    await uphold();
    expect((await states()).at(-1)).toBe('lift-ordered');
  });

  test('stays when the assessment fails after the lifting was ordered and before it left', async () => {
    await lift();
    await assessed({ creditEntry: true });
    await round();
    expect((await states()).slice(-2)).toEqual(['lift-ordered', 'effective']);
    expect(await refusals()).toEqual(['assessment-failed']);
    await assessed();
    await lift();
    await round();
    await round();
    expect((await states()).at(-1)).toBe('lifted');
  });

  test('is suspended again when its holder fails while the provider lifts', async () => {
    await lift();
    scene.clock.advance(60_000);
    await sendLetters(scene.works);
    expect((await states()).at(-1)).toBe('lift-accepted');
    await verified(db.database, holderId, { outcome: 'withdrawn' });
    await round();
    expect((await states()).slice(-2)).toEqual(['lift-accepted', 'effective']);
    expect(await told()).toEqual(['identity-unverified']);
    await round();
    await round();
    const { rows } = await sql<{ deed: string; done: boolean }>`
      select deed, done_at is not null and provider_order is not null as done from outbox where measure_id = ${measureId} order by outbox_id`.execute(
      db.owner,
    );
    expect(rows).toEqual([
      { deed: 'apply', done: true },
      { deed: 'lift', done: true },
      { deed: 'apply', done: true },
    ]);
  });
});
