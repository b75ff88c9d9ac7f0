import { sql } from 'kysely';
import { afterAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import type { Database } from '../../server/src/kernel/database/transaction.ts';
import type { Hand } from '../../server/src/spine/cases/work.ts';
import { cancelBatch } from '../../server/src/spine/measures/batches/cancel.ts';
import { closeCasesOf } from '../../server/src/spine/measures/batches/close-cases.ts';
import { noteOnCase } from '../../server/src/spine/measures/lift.ts';
import { markCritical } from '../../server/src/spine/measures/two-persons/marks.ts';
import { type BatchScene, codeOf, makeBatchScene } from '../measures/batch-scene.ts';
import { Broken, type Fault } from '../measures/faulty-database.ts';
import { breakWrite } from './broken-writes.ts';

/** Every transaction of a batch that writes, broken both ways, then a restart: each card is ordered once (C-43). */
let db: TestDatabase;
// The rounds go on with whatever is due, so each walk has a database of its own.
async function anew(): Promise<void> {
  await db?.close();
  db = await testDatabase();
}
afterAll(async () => await db?.close());

type Walk = 'ordered' | 'cancelled' | 'lifted' | 'closed';

/** Four cards: one goes well, one is critical, one is refused by the provider, one is unknown to us. */
async function prepared(walk: Walk): Promise<BatchScene> {
  await anew();
  const scene = await makeBatchScene(db, 3);
  const { partyId, subjectIds, platform, cards } = scene;
  const hand = { actor: `person/lead-${partyId}`, atMs: scene.clock.now() };
  if (walk !== 'lifted' && walk !== 'closed')
    await db.database.door(partyId, tx => markCritical(tx, subjectIds[1]!, 'a ventilator', hand));
  if (walk !== 'closed') platform.refuses.add(cards[2]!);
  return scene;
}

/** As the caller and the background work would do it, again after a restart; what was done before changes nothing. */
async function walkThrough(scene: BatchScene, through: Database, walk: Walk): Promise<void> {
  const names = [...scene.cards, '8986099999999999999'];
  const kind = walk === 'closed' ? 'limit-card' : 'suspend-card';
  const { batchId } = await scene.order({ kind }, names, undefined, through);
  await scene.rounds(8, through);
  const hand = { actor: `person/lead-${scene.partyId}`, atMs: scene.clock.now() };
  if (walk === 'cancelled')
    await codeOf(through.door(scene.partyId, tx => cancelBatch(tx, batchId, 'the wrong list', hand)));
  if (walk === 'lifted') await scene.order({ key: 'up', deed: 'lift' }, scene.cards, undefined, through);
  if (walk === 'closed') {
    scene.clock.advance(120_000);
    await scene.rounds(8, through);
    await closeAll(scene, through, batchId, hand);
  }
  await scene.rounds(8, through);
  // A letter that was taken when it broke off is due again, and an ended batch is looked at again.
  scene.clock.advance(120_000);
  await scene.rounds(8, through);
}

/** The holders are told first, each in a transaction of its own. */
async function closeAll(scene: BatchScene, through: Database, batchId: number, hand: Hand): Promise<void> {
  const told = { text: 'told', event: 'restriction-notice' } as const;
  for (const { caseId } of await scene.members(batchId))
    if (caseId !== null)
      await db.database.door(scene.partyId, tx => noteOnCase(tx, scene.works, caseId, told, hand));
  const asked = { reason: 'handed on', afterPlace: 0 };
  await codeOf(through.door(scene.partyId, tx => closeCasesOf(tx, scene.works, batchId, asked, hand)));
}

async function count({ partyId }: BatchScene): Promise<unknown> {
  const { rows } = await sql`
    select
      (select array_agg(deed || ' ' || coalesce(end_state, 'running') order by measure_batch_id)
        from measure_batch where party_id = ${partyId}) as batches,
      (select array_agg(outcome || coalesce(' ' || reason, '') order by measure_batch_id, place)
        from measure_batch_member where party_id = ${partyId}) as outcomes,
      (select array_agg(kind || ' ' || state order by subject_id) from measure where party_id = ${partyId}) as measures,
      (select array_agg(coalesce(d.decision, 'waits') order by p.proposal_id) from measure_proposal p
        left join measure_decision d using (proposal_id) where p.party_id = ${partyId}) as proposals,
      (select count(*)::int from outbox where party_id = ${partyId} and done_at is not null) as letters,
      (select array_agg(state || coalesce(' ' || close_reason, '') order by case_id) from incident where party_id = ${partyId}) as cases,
      (select array_agg(act order by object, stage_id) from ledger_stage
        where party_id = ${partyId} and (act like 'measure-batch-%' or act like '%-refused')) as entries`.execute(
    db.owner,
  );
  return rows[0];
}

test.for<[Fault, Walk]>([
  ['not-written', 'ordered'],
  ['answer-lost', 'ordered'],
  ['not-written', 'cancelled'],
  ['answer-lost', 'cancelled'],
  ['not-written', 'lifted'],
  ['answer-lost', 'lifted'],
  ['not-written', 'closed'],
  ['answer-lost', 'closed'],
])('every writing transaction of a batch %s (%s), then a restart: each card once', async ([fault, walk]) => {
  const calm = await prepared(walk);
  await walkThrough(calm, db.database, walk);
  const wanted = await count(calm);
  expect(wanted).toMatchObject(
    {
      ordered: { batches: ['apply running'], proposals: ['waits'] },
      cancelled: { batches: ['apply cancelled'], proposals: ['withdrawn'] },
      lifted: { batches: ['apply partly-failed', 'lift done'], proposals: null },
      closed: { cases: Array(3).fill('closed handed on') },
    }[walk],
  );
  let n = 1;
  for (; ; n += 1) {
    const scene = await prepared(walk);
    const broken = breakWrite(db.database, n, fault);
    await walkThrough(scene, broken, walk).catch(cause => {
      if (!(cause instanceof Broken)) throw cause;
    });
    if (!broken.didFail()) break;
    scene.clock.advance(30_000);
    await walkThrough(scene, db.database, walk);
    expect(await count(scene), `writing transaction ${n}`).toEqual(wanted);
    const { handedIn, acted } = scene.platform;
    expect(acted.size, `orders acted on, ${n}`).toBe(new Set(acted.values()).size);
    expect(handedIn.length).toBeGreaterThanOrEqual(acted.size);
  }
  expect(n).toBeGreaterThan(5);
});
