import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import { limitCard } from '../../server/src/modules/cards/measures/limit-card.ts';
import { suspendCard } from '../../server/src/modules/cards/measures/suspend-card.ts';
import { terminateCard } from '../../server/src/modules/cards/measures/terminate-card.ts';
import { actsOf } from '../../server/src/spine/cases/store.ts';
import { takeCase } from '../../server/src/spine/cases/work.ts';
import { runMeasureRound } from '../../server/src/spine/measures/jobs.ts';
import { workLadder } from '../../server/src/spine/measures/ladder/by-hand.ts';
import { actByPolicy } from '../../server/src/spine/measures/ladder/climb.ts';
import { climbFoundAgain } from '../../server/src/spine/measures/ladder/found-again.ts';
import { readLadders } from '../../server/src/spine/measures/ladder/ladder.ts';
import { ladderStepsOf } from '../../server/src/spine/measures/ladder/store.ts';
import { liftMeasure } from '../../server/src/spine/measures/lift.ts';
import { orderMeasure } from '../../server/src/spine/measures/order.ts';
import type { Adapter, MeasureWorks } from '../../server/src/spine/measures/ports.ts';
import { putPolicy } from '../../server/src/spine/measures/providers/store.ts';
import { DUE_MS, makeScene, QUIET_MS, type Scene } from '../../server/src/spine/measures/testing/scene.ts';
import { approveProposal } from '../../server/src/spine/measures/two-persons/decide.ts';
import { markCritical } from '../../server/src/spine/measures/two-persons/marks.ts';
import { listProposals } from '../../server/src/spine/measures/two-persons/store.ts';

const RULE = 'card-in-another-device';
const LADDERS = readLadders(
  `
version: '1'
source: [{ title: house }]
tasks: [{ id: verify-again, title: { en: Verify again, zh: 重新核验 } }]
ladders:
  - id: short
    title: { en: Short, zh: 短 }
    rules: [${RULE}]
    classes: ['*']
    rungs:
      - { deed: limit-card }
      - { deed: suspend-card, terms: { kind: temporary-reject } }
      - { deed: verify-again }
      - { deed: terminate-card }
`,
  'short',
);

let db: TestDatabase;
let scene: Scene;
let works: MeasureWorks;
/** A platform that does at once what it does at all. */
let platform: { slow: string[]; refuses: string[]; refusesLater: string[]; refusedAtMs: number | null };

const adapter: Adapter = () => ({
  submit: async order => {
    if (platform.refuses.includes(order.action)) return { taken: false, reason: 'not-offered' };
    return { taken: true, providerOrder: order.action };
  },
  outcome: async order => {
    if (platform.refusesLater.includes(order)) return { state: 'refused', reason: 'not-offered' };
    return platform.slow.includes(order) ? { state: 'queued' } : { state: 'done', already: false };
  },
  state: async () => ({
    restricted: true,
    sinceMs: scene.clock.now(),
    refusedAttempts: platform.refusedAtMs === null ? 0 : 1,
    lastRefusedMs: platform.refusedAtMs,
  }),
});

beforeAll(async () => {
  db = await testDatabase();
});
afterAll(async () => await db?.close());
beforeEach(async () => {
  platform = { slow: [], refuses: [], refusesLater: [], refusedAtMs: null };
  const kinds = [limitCard, suspendCard, terminateCard];
  const side = { url: 'http://127.0.0.1:1', kinds, adapters: { 'simulated-provider': adapter } };
  scene = await makeScene(db.database, side);
  works = { ...scene.works, ladders: [LADDERS] };
});

async function policy(mode: 'suggest' | 'climb', measure: string): Promise<void> {
  const row = {
    partyId: scene.partyId,
    ruleId: RULE,
    measure,
    mode,
    setBy: 'test',
    setAtMs: scene.clock.now(),
  };
  await db.database.corridor(tx => putPolicy(tx, row));
}

async function found(): Promise<number> {
  const opened = await scene.raise(scene.finding('first'));
  await db.database.corridor(tx => actByPolicy(tx, works, opened!.case, 'suspend-card', scene.clock.now()));
  return opened!.case.caseId;
}

const round = () => runMeasureRound(works);

/** The rule finds the card again, by records that are all younger than a moment. */
async function foundAgain(caseId: number, restsOnlyAfterMs: number): Promise<void> {
  const again = { atMs: scene.clock.now(), restsAfter: (ms: number) => restsOnlyAfterMs > ms };
  await db.database.corridor(async tx => climbFoundAgain(tx, works, await takeCase(tx, caseId), again));
}

/** Rungs with what happened and why, the oldest first. */
async function ladder(caseId: number): Promise<string[]> {
  const steps = await db.database.corridor(tx => ladderStepsOf(tx, caseId, 50));
  return steps.map(step => `${step.rung} ${step.deed} ${step.happened} ${step.reason}`).reverse();
}

async function acts(caseId: number): Promise<string[]> {
  return (await db.database.corridor(tx => actsOf(tx, caseId, 0, 500))).map(act => act.kind);
}

test('a late limit is followed by a suspension, which ends the traffic, and the rung is done', async () => {
  await policy('climb', 'suspend-card');
  const caseId = await found();
  expect(await ladder(caseId)).toEqual(['0 limit-card ordered finding']);
  platform.slow = ['limit'];
  await round();
  scene.clock.advance(DUE_MS + 1);
  await round();
  await round();
  platform.refusedAtMs = scene.clock.now() + 1;
  scene.clock.advance(1_000);
  await round();
  expect(await ladder(caseId)).toEqual([
    '0 limit-card ordered finding',
    '1 suspend-card ordered overdue',
    '1 suspend-card done traffic-ceased',
  ]);
  expect((await acts(caseId)).filter(kind => kind.startsWith('rung-'))).toEqual([
    'rung-ordered',
    'rung-ordered',
    'rung-done',
  ]);
  const { rows } = await sql<{ terms: object }>`
    select terms from measure where case_id = ${caseId} and kind = 'suspend-card'`.execute(db.owner);
  expect(rows).toEqual([{ terms: { kind: 'temporary-reject' } }]);
});

test('without leave to climb the first rung and, after a refusal, the next are proposed and never ordered', async () => {
  const caseId = await found();
  expect(await ladder(caseId)).toEqual(['0 limit-card proposed finding']);
  const { rows } = await sql`select 1 from measure where case_id = ${caseId}`.execute(db.owner);
  expect(rows).toEqual([]);
});

test('a refused rung leads to the next; above the policy it is proposed, for a person to decide', async () => {
  await policy('climb', 'limit-card');
  platform.refuses = ['limit'];
  const caseId = await found();
  await round();
  await round();
  expect(await ladder(caseId)).toEqual([
    '0 limit-card ordered finding',
    '0 limit-card failed refused',
    '1 suspend-card proposed refused',
  ]);
  expect((await acts(caseId)).filter(kind => kind.startsWith('rung-'))).toEqual([
    'rung-ordered',
    'rung-failed',
    'rung-proposed',
  ]);
});

test('what the provider refuses after it took the order has failed, and the next rung is ordered where the policy lets it', async () => {
  await policy('climb', 'suspend-card');
  platform.refusesLater = ['limit'];
  const caseId = await found();
  await round();
  await round();
  expect(await ladder(caseId)).toEqual([
    '0 limit-card ordered finding',
    '0 limit-card failed refused',
    '1 suspend-card ordered refused',
  ]);
});

test('a critical card is stopped by no rung: it waits for two persons, whose yes is its order, and it climbs on from there', async () => {
  await policy('climb', 'terminate-card');
  const caseId = await found();
  await round();
  const { subjectId } = scene;
  const by = (user: string) => ({ actor: `person/${user}`, atMs: scene.clock.now() });
  const door = <T>(act: Parameters<typeof db.database.door<T>>[1]) => db.database.door(scene.partyId, act);
  await door(tx => markCritical(tx, subjectId, 'a ventilator', by('officer')));
  scene.clock.advance(QUIET_MS + 2_000);
  await foundAgain(caseId, scene.clock.now());
  expect(await ladder(caseId)).toEqual([
    '0 limit-card ordered finding',
    '1 suspend-card proposed measure-needs-two-persons',
  ]);
  await expect(work(caseId, 'order')).rejects.toMatchObject({ code: 'measure-needs-two-persons' });
  const [proposal] = await door(tx => listProposals(tx, { caseId }, null, 9));
  expect(proposal).toMatchObject({ kind: 'suspend-card', terms: { kind: 'temporary-reject' }, consents: [] });
  for (const user of ['first', 'second']) {
    const name = `${user}-${scene.partyId}`;
    await sql`
      insert into membership (user_id, party_id, role, granted_by)
      values (${name}, ${scene.partyId}, 'supervisor', 'test')`.execute(db.owner);
    await door(tx => approveProposal(tx, works, proposal!.proposalId, by(name)));
  }
  platform.refuses = ['suspend'];
  await round();
  expect((await ladder(caseId)).slice(1)).toEqual([
    '1 suspend-card proposed measure-needs-two-persons',
    '1 suspend-card ordered two-persons',
    '1 suspend-card failed refused',
    '2 verify-again proposed refused',
  ]);
});

test('traffic that goes on past the quiet time leads to the next rung, and is told once', async () => {
  await policy('climb', 'suspend-card');
  platform.refuses = ['limit'];
  const caseId = await found();
  await round();
  await round();
  scene.clock.advance(QUIET_MS + 2_000);
  scene.traffic.accepted.push(scene.clock.now());
  await round();
  await round();
  expect((await ladder(caseId)).slice(2)).toEqual([
    '1 suspend-card ordered refused',
    '2 verify-again proposed traffic-goes-on',
  ]);
});

test('C-40 a limited card may go on sending: its traffic leads to no other rung, and is not told as traffic after a measure', async () => {
  await policy('climb', 'terminate-card');
  const caseId = await found();
  await round();
  for (let hours = 0; hours < 3; hours++) {
    scene.clock.advance(QUIET_MS * 6);
    scene.traffic.accepted.push(scene.clock.now());
    scene.traffic.watermarkMs = scene.clock.now() + QUIET_MS * 2;
    await round();
  }
  expect(await ladder(caseId)).toEqual(['0 limit-card ordered finding']);
  expect(await acts(caseId)).not.toContain('traffic-after-measure');
  const { rows } = await sql`select state from measure where case_id = ${caseId}`.execute(db.owner);
  expect(rows).toEqual([{ state: 'effective' }]);
});

test('C-40 a limited card that the rule finds again leads to the next rung, by what was observed after the limit alone', async () => {
  await policy('climb', 'suspend-card');
  const caseId = await found();
  await foundAgain(caseId, Number.MAX_SAFE_INTEGER);
  expect(await ladder(caseId)).toEqual(['0 limit-card ordered finding']);
  await round();
  const effectiveAtMs = scene.clock.now();
  await foundAgain(caseId, effectiveAtMs + QUIET_MS);
  expect(await ladder(caseId)).toEqual(['0 limit-card ordered finding']);
  scene.clock.advance(QUIET_MS + 2_000);
  await foundAgain(caseId, effectiveAtMs + QUIET_MS + 1);
  await foundAgain(caseId, effectiveAtMs + QUIET_MS + 1);
  expect(await ladder(caseId)).toEqual([
    '0 limit-card ordered finding',
    '1 suspend-card ordered found-again',
  ]);
});

function work(caseId: number, deed: 'order' | 'done' | 'climb', reason = '') {
  const hand = { actor: 'person/7', atMs: scene.clock.now() };
  return db.database.door(scene.partyId, tx => workLadder(tx, works, caseId, { deed, reason }, hand));
}

test('a person orders what is proposed, climbs, says that a task is done, and comes to the top once', async () => {
  const caseId = await found();
  await expect(work(caseId, 'done')).rejects.toMatchObject({ code: 'ladder-rung-not-proposed' });
  await work(caseId, 'order');
  await expect(work(caseId, 'order')).rejects.toMatchObject({ code: 'ladder-rung-not-proposed' });
  await work(caseId, 'climb', 'it still sends');
  await work(caseId, 'climb');
  await expect(work(caseId, 'order')).rejects.toMatchObject({ code: 'ladder-rung-not-proposed' });
  await work(caseId, 'done', 'seen in the shop');
  await work(caseId, 'climb');
  await work(caseId, 'climb');
  await expect(work(caseId, 'climb')).rejects.toMatchObject({ code: 'ladder-rung-not-proposed' });
  expect(await ladder(caseId)).toEqual([
    '0 limit-card proposed finding',
    '0 limit-card ordered by-hand',
    '1 suspend-card proposed it still sends',
    '2 verify-again proposed not-enough',
    '2 verify-again done seen in the shop',
    '3 terminate-card proposed not-enough',
    '3 terminate-card top not-enough',
  ]);
});

test('a measure ordered beside the ladder while its rung proposes it is climbed past like one ordered from it', async () => {
  const caseId = await found();
  const hand = { actor: 'person/7', atMs: scene.clock.now() };
  await db.database.door(scene.partyId, tx => orderMeasure(tx, works, caseId, { kind: 'limit-card' }, hand));
  platform.refuses = ['limit'];
  await round();
  expect(await ladder(caseId)).toEqual([
    '0 limit-card proposed finding',
    '0 limit-card failed refused',
    '1 suspend-card proposed refused',
  ]);
});

test('two who order the proposed rung at once order it once', async () => {
  const caseId = await found();
  const outcomes = await Promise.allSettled([work(caseId, 'order'), work(caseId, 'order')]);
  expect(outcomes.map(each => each.status).sort()).toEqual(['fulfilled', 'rejected']);
  const { rows } = await sql`select 1 from measure where case_id = ${caseId}`.execute(db.owner);
  expect(rows).toHaveLength(1);
});

test('a case of a rule that no ladder names stands on none, and a person is told so', async () => {
  works = { ...works, ladders: [] };
  const caseId = await found();
  await expect(work(caseId, 'climb')).rejects.toMatchObject({ code: 'ladder-not-stood-on' });
});

test('what ends a card for good is never lifted, and an order that is refused lifting says why', async () => {
  const caseId = await found();
  const hand = { actor: 'person/7', atMs: scene.clock.now() };
  const { measure } = await db.database.door(scene.partyId, tx =>
    orderMeasure(tx, works, caseId, { kind: 'terminate-card' }, hand),
  );
  await round();
  const lifting = db.database.door(scene.partyId, tx =>
    liftMeasure(tx, works, measure.measureId, 'back', hand),
  );
  await expect(lifting).rejects.toMatchObject({ code: 'measure-final' });
});

test('where a case stands is never changed, only added to', async () => {
  await found();
  const change = db.database.corridor(tx => sql`update measure_ladder set rung = 0`.execute(tx));
  await expect(change).rejects.toThrow();
});
