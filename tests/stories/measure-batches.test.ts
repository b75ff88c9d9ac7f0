import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import { Refusal } from '../../server/src/kernel/refusal.ts';
import { suspendCard } from '../../server/src/modules/cards/measures/suspend-card.ts';
import { actsOf } from '../../server/src/spine/cases/store.ts';
import { stateOf } from '../../server/src/spine/measures/batches/batch.ts';
import { cancelBatch } from '../../server/src/spine/measures/batches/cancel.ts';
import { closeCasesOf } from '../../server/src/spine/measures/batches/close-cases.ts';
import { judgeMembers } from '../../server/src/spine/measures/batches/judge.ts';
import { runBatchRound } from '../../server/src/spine/measures/batches/work.ts';
import { noteOnCase } from '../../server/src/spine/measures/lift.ts';
import { orderMeasure } from '../../server/src/spine/measures/order.ts';
import { sendLetters } from '../../server/src/spine/measures/outbox/send.ts';
import { approveProposal } from '../../server/src/spine/measures/two-persons/decide.ts';
import { markCritical } from '../../server/src/spine/measures/two-persons/marks.ts';
import { type BatchScene, codeOf, makeBatchScene } from '../measures/batch-scene.ts';

/** Batches of orders on the real station and database, with a provider in memory (C-43). */
let db: TestDatabase;
// The rounds go on with whatever is due, so each test has a database of its own.
beforeEach(async () => {
  db = await testDatabase();
});
afterEach(async () => await db?.close());

const by = (scene: BatchScene, name: string) => ({
  actor: `person/${name}-${scene.partyId}`,
  atMs: scene.clock.now(),
});
const suspended = (scene: BatchScene) => [...scene.platform.restricted.keys()].sort();
const entriesOf = async (object: string): Promise<string[]> => {
  const { rows } = await sql<{ act: string }>`
    select act from ledger_stage where object = ${object} order by stage_id`.execute(db.owner);
  return rows.map(row => row.act);
};

test('a batch orders each card once, tells each result, and ends', async () => {
  const scene = await makeBatchScene(db, 60);
  const { cards, platform } = scene;
  platform.refuses.add(cards[3]!);
  platform.restricted.set(cards[4]!, 0);
  const names = [...cards, '8986099999999999999', cards[0]!];
  const batch = await scene.order({}, names);
  expect(batch).toMatchObject({ memberCount: 61, repeated: 1, origin: 'list' });
  expect(stateOf(batch)).toBe('running');
  expect(await scene.counts(batch.batchId)).toEqual({ pending: 60, unknown: 1 });
  await scene.rounds();
  expect(await scene.counts(batch.batchId)).toEqual({ done: 58, failed: 1, already: 1, unknown: 1 });
  const rows = await scene.members(batch.batchId);
  expect(rows[3]).toMatchObject({ result: 'failed', reason: 'card-unknown-to-provider' });
  expect(rows[60]).toMatchObject({ result: 'unknown', reason: 'not-yours-or-unknown', subjectId: null });
  expect(suspended(scene)).toHaveLength(59);
  expect(new Set(platform.handedIn).size).toBe(platform.handedIn.length);
  scene.clock.advance(60_000);
  await scene.rounds();
  expect(stateOf(await scene.batch(batch.batchId))).toBe('partly-failed');
  expect(await entriesOf(`measure-batch/${batch.batchId}`)).toEqual([
    'measure-batch-ordered',
    'measure-batch-ended',
  ]);
});

test('the same batch sent twice orders nothing twice, and another under its key is refused', async () => {
  const scene = await makeBatchScene(db, 3);
  const first = await scene.order({ key: 'monday' }, scene.cards);
  await scene.rounds();
  const again = await scene.order({ key: 'monday' }, scene.cards);
  expect(again.batchId).toBe(first.batchId);
  const [one, two] = await Promise.all([
    scene.order({ key: 'tuesday' }, scene.cards),
    scene.order({ key: 'tuesday' }, scene.cards),
  ]);
  expect(one!.batchId).toBe(two!.batchId);
  expect(await codeOf(scene.order({ key: 'monday' }, scene.cards.slice(1)))).toBe('measure-batch-key-reused');
  await scene.rounds();
  // Another batch of the same cards finds them in that state, which is success.
  expect(await scene.counts(one!.batchId)).toEqual({ already: 3 });
  expect(scene.platform.handedIn).toHaveLength(3);
  expect(stateOf(await scene.batch(one!.batchId))).toBe('done');
});

test('two batches at once over the same cards order each card once; the other follows', async () => {
  const scene = await makeBatchScene(db, 40);
  const [a, b] = await Promise.all([
    scene.order({ key: 'a' }, scene.cards),
    scene.order({ key: 'b' }, [...scene.cards].reverse()),
  ]);
  await Promise.all([1, 2, 3].map(() => runBatchRound(scene.works)));
  await scene.rounds();
  for (const { batchId } of [a!, b!]) expect(await scene.counts(batchId)).toEqual({ done: 40 });
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from measure where party_id = ${scene.partyId}`.execute(db.owner);
  expect(rows[0]!.n).toBe(40);
  expect(scene.platform.handedIn).toHaveLength(40);
  const both = [...(await scene.members(a!.batchId)), ...(await scene.members(b!.batchId))];
  expect(both.filter(row => row.reason === 'under-another-order')).toHaveLength(40);
});

test('a card with an open case is ordered in it, one without gets a case that says why', async () => {
  const scene = await makeBatchScene(db, 2);
  const [first, second] = scene.subjectIds as [number, number];
  const opened = await scene.raise(scene.finding('x', { subjectId: first, findingId: 'a'.repeat(64) }));
  const batch = await scene.order({}, scene.cards);
  await scene.rounds();
  const [one, two] = await scene.members(batch.batchId);
  expect(one!.caseId).toBe(opened!.case.caseId);
  const acts = await db.database.corridor(tx => actsOf(tx, two!.caseId!, 0, 50));
  expect(acts[0]).toMatchObject({ kind: 'opened', detail: { rule: 'measure-batch', batch: batch.batchId } });
  expect(two!.subjectId).toBe(second);
});

test('a single order made meanwhile leaves before the rest of a batch, whose letters never pile up', async () => {
  const scene = await makeBatchScene(db, 300);
  const { works, partyId, platform } = scene;
  platform.isReachable = false;
  const batch = await scene.order({}, scene.cards.slice(0, 299));
  for (let i = 0; i < 20; i += 1) {
    await runBatchRound(works);
    scene.clock.advance(300);
  }
  const counts = await scene.counts(batch.batchId);
  expect(counts.ordered).toBe(50);
  expect(counts.pending).toBe(249);
  const opened = await scene.raise(
    scene.finding('single', { subjectId: scene.subjectIds[299]!, findingId: 'b'.repeat(64) }),
  );
  await db.database.door(partyId, tx =>
    orderMeasure(tx, works, opened!.case.caseId, { kind: 'suspend-card' }, by(scene, 'officer')),
  );
  scene.clock.advance(60_000);
  platform.isReachable = true;
  platform.handedIn.length = 0;
  await sendLetters(works, 3);
  expect(platform.handedIn[0]).toBe(`suspend ${scene.cards[299]}`);
});

test('cancelled midway, what was not ordered stays unordered and says so', async () => {
  const scene = await makeBatchScene(db, 200);
  const { works, partyId } = scene;
  const batch = await scene.order({}, scene.cards);
  await runBatchRound(works);
  const [cancelled] = await Promise.all([
    db.database.door(partyId, tx => cancelBatch(tx, batch.batchId, 'the wrong list', by(scene, 'lead'))),
    runBatchRound(works),
  ]);
  expect(cancelled).toMatchObject({ cancelReason: 'the wrong list' });
  const before = await scene.counts(batch.batchId);
  expect(before.pending).toBeUndefined();
  await scene.rounds();
  scene.clock.advance(60_000);
  await scene.rounds();
  const after = await scene.counts(batch.batchId);
  expect(after.cancelled).toBe(before.cancelled);
  expect(after.cancelled).toBeGreaterThan(100);
  expect(suspended(scene)).toHaveLength(200 - (after.cancelled ?? 0));
  expect(stateOf(await scene.batch(batch.batchId))).toBe('cancelled');
  const again = await db.database.door(partyId, tx =>
    cancelBatch(tx, batch.batchId, 'again', by(scene, 'lead')),
  );
  expect(again.cancelReason).toBe('the wrong list');
  expect(await entriesOf(`measure-batch/${batch.batchId}`)).toEqual([
    'measure-batch-ordered',
    'measure-batch-cancelled',
    'measure-batch-ended',
  ]);
});

test('critical cards wait for a second person within the batch; a key gets them refused; cancelling takes them back', async () => {
  const scene = await makeBatchScene(db, 4);
  const { works, partyId, subjectIds } = scene;
  const door = db.database.door.bind(db.database, partyId) as typeof db.database.corridor;
  for (const id of subjectIds.slice(0, 3))
    await door(tx => markCritical(tx, id, 'a ventilator', by(scene, 'officer')));
  const machine = await scene.order({ key: 'machine' }, scene.cards.slice(0, 1), 'key/abc');
  await scene.rounds();
  expect((await scene.members(machine.batchId))[0]).toMatchObject({
    result: 'refused',
    reason: 'proposal-needs-person',
  });
  expect(await entriesOf(`subject/${subjectIds[0]}`)).toContain('measure-order-refused');
  const batch = await scene.order({}, scene.cards);
  await scene.rounds();
  expect(await scene.counts(batch.batchId)).toEqual({ waiting: 3, done: 1 });
  expect(stateOf(await scene.batch(batch.batchId))).toBe('running');
  const [one] = await scene.members(batch.batchId);
  await door(tx => approveProposal(tx, works, one!.proposalId!, by(scene, 'lead')));
  await scene.rounds();
  expect(await scene.counts(batch.batchId)).toEqual({ waiting: 2, done: 2 });
  await door(tx => cancelBatch(tx, batch.batchId, 'enough', by(scene, 'lead')));
  await scene.rounds();
  expect(await scene.counts(batch.batchId)).toEqual({ refused: 2, done: 2 });
  const rows = await scene.members(batch.batchId);
  expect(rows.map(row => row.reason)).toEqual([null, 'withdrawn', 'withdrawn', null]);
  expect(suspended(scene)).toEqual([scene.cards[0], scene.cards[3]]);
});

test('a batch lifts what a batch ordered; what the gate shuts stays and says why', async () => {
  const scene = await makeBatchScene(db, 4);
  const ordered = await scene.order({}, scene.cards.slice(0, 3));
  await scene.rounds();
  const shut = {
    ...suspendCard,
    whyNotLifted: async (_tx: unknown, id: number) =>
      id === scene.subjectIds[1] ? new Refusal('assessment-failed') : null,
  };
  const works = { ...scene.works, kinds: [shut] };
  const order = { deed: 'lift', kind: 'suspend-card', providerId: null, actor: 'person/x' } as const;
  const asked = scene.subjectIds.map(subjectId => ({ subjectId, partyId: scene.partyId }));
  const seen = await db.database.door(scene.partyId, tx => judgeMembers(tx, works, order, asked));
  expect([...seen.values()].map(each => [each.outcome, each.reason])).toEqual([
    ['ordered', null],
    ['refused', 'assessment-failed'],
    ['ordered', null],
    ['already', null],
  ]);
  const lifting = await scene.order({ key: 'up', deed: 'lift', why: 'a mistake' }, scene.cards);
  await scene.rounds();
  expect(await scene.counts(lifting.batchId)).toEqual({ done: 3, already: 1 });
  expect(suspended(scene)).toEqual([]);
  expect(await scene.counts(ordered.batchId)).toEqual({ undone: 3 });
  expect(await codeOf(scene.order({ key: 'x', deed: 'lift', kind: 'terminate-card' }, scene.cards))).toBe(
    'measure-final',
  );
});

test('what its provider does not offer is refused before anything is ordered', async () => {
  const scene = await makeBatchScene(db, 2);
  const side = scene.works.adapters['simulated-provider']!;
  const adapters = { 'simulated-provider': Object.assign(side, { actions: ['suspend', 'resume'] }) };
  const order = { deed: 'apply', kind: 'limit-card', providerId: null, actor: 'person/x' } as const;
  const asked = scene.subjectIds.map(subjectId => ({ subjectId, partyId: scene.partyId }));
  const seen = await db.database.door(scene.partyId, tx =>
    judgeMembers(tx, { ...scene.works, adapters }, order, asked),
  );
  expect([...seen.values()].map(each => each.reason)).toEqual(['action-not-offered', 'action-not-offered']);
});

test('another party’s cards are unknown like nobody’s, by reference, by number and by name', async () => {
  const east = await makeBatchScene(db, 2);
  const west = await makeBatchScene(db, 1);
  const batch = await west.order({}, [
    west.cards[0]!,
    east.cards[0]!,
    `subject/${east.subjectIds[1]}`,
    '8986099999999999999',
    'subject/987654321',
    'no card at all',
  ]);
  await west.rounds();
  const rows = await west.members(batch.batchId);
  expect(rows.slice(1).map(row => [row.result, row.reason, row.subjectId])).toEqual(
    Array.from({ length: 5 }, () => ['unknown', 'not-yours-or-unknown', null]),
  );
  expect(rows[0]!.result).toBe('done');
  const { rows: theirs } = await sql<{ n: number }>`
    select count(*)::int as n from measure where party_id = ${east.partyId}`.execute(db.owner);
  expect(theirs[0]!.n).toBe(0);
  const seen = await db.database.door(east.partyId, async tx => {
    const { rows: found } =
      await sql`select * from measure_batch where measure_batch_id = ${batch.batchId}`.execute(tx);
    return found;
  });
  expect(seen).toEqual([]);
});

test('neither who a member is nor its outcome can be written again, by no role', async () => {
  const scene = await makeBatchScene(db, 2);
  const batch = await scene.order({}, scene.cards);
  await scene.rounds();
  for (const change of [sql`outcome = 'refused'`, sql`subject_id = ${scene.subjectIds[1]}`, sql`given = 'x'`])
    await expect(
      sql`update measure_batch_member set ${change} where measure_batch_id = ${batch.batchId}`.execute(
        db.owner,
      ),
    ).rejects.toThrow('written once');
});

test('C-43 cases of a batch are closed together once its orders have taken effect, but for those on which something stands', async () => {
  const scene = await makeBatchScene(db, 12);
  const [first, second, third] = scene.subjectIds as [number, number, number];
  const kept = await scene.raise(scene.finding('stands', { subjectId: first, findingId: 'a'.repeat(64) }));
  const batch = await scene.order({ kind: 'limit-card' }, [...scene.cards, '8986099999999999999']);
  const close = (afterPlace: number) =>
    db.database.door(scene.partyId, tx =>
      closeCasesOf(
        tx,
        scene.works,
        batch.batchId,
        { reason: 'handed on', afterPlace, most: 8 },
        by(scene, 'officer'),
      ),
    );
  expect(await codeOf(close(0))).toBe('measure-batch-not-effective');
  await scene.rounds();
  const members = await scene.members(batch.batchId);
  const caseOf = (subjectId: number) => members.find(each => each.subjectId === subjectId)!.caseId!;
  const told = { text: 'told', event: 'restriction-notice' } as const;
  for (const { caseId, subjectId } of members)
    if (caseId !== null && subjectId !== third)
      await db.database.door(scene.partyId, tx =>
        noteOnCase(tx, scene.works, caseId, told, by(scene, 'officer')),
      );
  const hand = by(scene, 'officer');
  await db.database.door(scene.partyId, tx =>
    orderMeasure(tx, scene.works, caseOf(second), { kind: 'suspend-card' }, hand),
  );
  const page = await close(0);
  expect(page.left).toEqual([
    { caseId: kept!.case.caseId, why: 'finding-stands' },
    { caseId: caseOf(second), why: 'measure-still-moving' },
    { caseId: caseOf(third), why: 'clock-running' },
  ]);
  expect([page.closed.length, page.next]).toEqual([5, 8]);
  const rest = await close(page.next!);
  expect([rest.closed.length, rest.left, rest.next]).toEqual([4, [], null]);
  // Done again it closes nothing twice; limits that were in force stay so.
  expect((await close(0)).closed).toEqual([]);
  const { rows } = await sql<{ state: string; n: number }>`
    select state, count(*)::int as n from measure where party_id = ${scene.partyId} and kind = 'limit-card'
    group by 1 order by 1`.execute(db.owner);
  expect(rows).toEqual([
    { state: 'closed', n: 9 },
    { state: 'effective', n: 3 },
  ]);
  expect(scene.platform.limited.size).toBe(12);
  expect((await entriesOf(`measure-batch/${batch.batchId}`)).slice(-2)).toEqual([
    'measure-batch-cases-closed',
    'measure-batch-cases-closed',
  ]);
});

test('a batch is bounded: 1 to 10,000 names', async () => {
  const scene = await makeBatchScene(db, 1);
  expect(await codeOf(scene.order({}, []))).toBe('measure-batch-empty');
  const many = Array.from({ length: 10_001 }, (_, i) => String(8_986_000_000_000_000 + i));
  expect(await codeOf(scene.order({}, many))).toBe('measure-batch-too-large');
});
