import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import { tellMoves } from '../../server/src/spine/cases/open.ts';
import { actsOf, caseById } from '../../server/src/spine/cases/store.ts';
import { clocksOf } from '../../server/src/spine/clocks/store.ts';
import { record } from '../../server/src/spine/findings/findings.ts';
import { runMeasureRound } from '../../server/src/spine/measures/jobs.ts';
import { closeCase, liftMeasure, noteOnCase, proposeLifting } from '../../server/src/spine/measures/lift.ts';
import type { Measure, MeasureState } from '../../server/src/spine/measures/measure.ts';
import { orderByPolicy, orderMeasure } from '../../server/src/spine/measures/order.ts';
import { putPolicy } from '../../server/src/spine/measures/providers/store.ts';
import { measuresOfCase, stepsOf } from '../../server/src/spine/measures/store.ts';
import { DUE_MS, makeScene, QUIET_MS, type Scene } from '../../server/src/spine/measures/testing/scene.ts';
import { MOST_REST_MS } from '../../server/src/spine/measures/watch.ts';
import { carrierAt } from '../measures/carrier.ts';
import { type ProviderProcess, startProvider } from '../measures/provider-process.ts';

let db: TestDatabase;
let provider: ProviderProcess;
let scene: Scene;

beforeAll(async () => {
  db = await testDatabase();
  provider = await startProvider();
});
afterAll(async () => {
  await provider?.stop();
  await db?.close();
});
beforeEach(async () => {
  await provider.behave({ delayMs: 0, refuseRate: 0, refuseCards: [], repeatAnswers: false, dropAnswers: 0 });
  scene = await makeScene(db.database, carrierAt(provider.url));
});

const hand = () => ({ actor: 'person/7', atMs: scene.clock.now() });

async function openCase(): Promise<number> {
  const opened = await scene.raise(scene.finding('first'));
  return opened!.case.caseId;
}

async function order(caseId: number): Promise<Measure> {
  const { measure } = await db.database.door(scene.partyId, tx =>
    orderMeasure(tx, scene.works, caseId, { kind: 'suspend-card' }, hand()),
  );
  return measure;
}

async function states(measureId: number): Promise<MeasureState[]> {
  return (await db.database.corridor(tx => stepsOf(tx, measureId))).map(step => step.toState);
}

async function acts(caseId: number): Promise<string[]> {
  return (await db.database.corridor(tx => actsOf(tx, caseId, 0, 500))).map(act => act.kind);
}

async function state(measureId: number): Promise<MeasureState> {
  return (await states(measureId)).at(-1) as MeasureState;
}

async function staged(object: string): Promise<string[]> {
  return await db.database.corridor(async tx => {
    const { rows } = await sql<{ act: string }>`
      select act from ledger_stage where object = ${object} order by stage_id`.execute(tx);
    return rows.map(row => row.act);
  });
}

test('a finding becomes a case, its clock runs, the card is suspended, traffic ceases, and the card is lifted', async () => {
  const caseId = await openCase();
  const { measureId } = await order(caseId);
  expect(await provider.stateOf(scene.iccid)).toBe('active');
  await runMeasureRound(scene.works);
  expect(await provider.stateOf(scene.iccid)).toBe('suspended');
  scene.clock.advance(5_000);
  expect(await provider.attempt(scene.iccid, scene.clock.now())).toBe('refused');
  await runMeasureRound(scene.works);
  expect(await states(measureId)).toEqual(['decided', 'ordered', 'accepted', 'effective', 'verified']);
  const clocks = await db.database.corridor(tx => clocksOf(tx, caseId));
  expect(clocks.map(clock => [clock.clockId, clock.state])).toEqual([
    ['card-misuse-disposal', 'met'],
    ['card-restriction-notice', 'running'],
  ]);
  await db.database.door(scene.partyId, tx =>
    liftMeasure(tx, scene.works, measureId, 'verified again', hand()),
  );
  await runMeasureRound(scene.works);
  expect(await state(measureId)).toBe('lifted');
  expect(await provider.stateOf(scene.iccid)).toBe('active');
  await db.database.door(scene.partyId, tx => closeCase(tx, scene.works, caseId, 'holder verified', hand()));
  expect((await db.database.corridor(tx => caseById(tx, caseId)))?.state).toBe('closed');
  expect(await staged(`measure/${measureId}`)).toEqual(
    (await states(measureId)).map(reached => `measure-${reached}`),
  );
  expect(await staged(`case/${caseId}`)).toEqual((await acts(caseId)).map(kind => `case-${kind}`));
});

test('a verified measure closes with its case and can still be lifted after an upheld appeal', async () => {
  const caseId = await openCase();
  const { measureId } = await order(caseId);
  await runMeasureRound(scene.works);
  await provider.attempt(scene.iccid, scene.clock.now());
  await runMeasureRound(scene.works);
  await db.database.door(scene.partyId, tx => closeCase(tx, scene.works, caseId, 'misuse shown', hand()));
  expect(await state(measureId)).toBe('closed');
  const note = { text: 'appeal upheld', event: 'appeal-upheld' } as const;
  await db.database.door(scene.partyId, tx => noteOnCase(tx, scene.works, caseId, note, hand()));
  expect(await state(measureId)).toBe('lift-ordered');
  await runMeasureRound(scene.works);
  expect(await state(measureId)).toBe('lifted');
  const clocks = await db.database.corridor(tx => clocksOf(tx, caseId));
  expect(clocks.find(clock => clock.clockId === 'card-lift-at-once')?.state).toBe('met');
});

test('a case with a measure under way is not closed', async () => {
  const caseId = await openCase();
  await order(caseId);
  const closing = db.database.door(scene.partyId, tx => closeCase(tx, scene.works, caseId, 'done', hand()));
  await expect(closing).rejects.toMatchObject({ code: 'measure-still-moving' });
});

test('a silent feed never verifies; a feed that goes on past the quiet time does', async () => {
  const caseId = await openCase();
  const { measureId } = await order(caseId);
  await runMeasureRound(scene.works);
  scene.clock.advance(100 * QUIET_MS);
  await runMeasureRound(scene.works);
  expect(await state(measureId)).toBe('effective');
  scene.clock.advance(MOST_REST_MS);
  scene.traffic.watermarkMs = scene.clock.now() - 101 * QUIET_MS - MOST_REST_MS;
  await runMeasureRound(scene.works);
  expect(await state(measureId)).toBe('effective');
  scene.clock.advance(MOST_REST_MS);
  scene.traffic.watermarkMs = scene.clock.now();
  await runMeasureRound(scene.works);
  expect(await state(measureId)).toBe('verified');
});

test('traffic after the effective moment is written once, and the measure is not verified until it ceases', async () => {
  const caseId = await openCase();
  const { measureId } = await order(caseId);
  await runMeasureRound(scene.works);
  scene.clock.advance(QUIET_MS);
  scene.traffic.accepted.push(scene.clock.now());
  scene.traffic.watermarkMs = scene.clock.now();
  await runMeasureRound(scene.works);
  await runMeasureRound(scene.works);
  expect(await state(measureId)).toBe('effective');
  expect((await acts(caseId)).filter(kind => kind === 'traffic-after-measure')).toHaveLength(1);
  scene.clock.advance(QUIET_MS);
  scene.traffic.watermarkMs = scene.clock.now();
  await runMeasureRound(scene.works);
  expect(await state(measureId)).toBe('verified');
});

test('a provider that refuses makes the measure fail and the case escalate, and it can be ordered again', async () => {
  await provider.behave({ refuseCards: [scene.iccid] });
  const caseId = await openCase();
  const { measureId } = await order(caseId);
  await runMeasureRound(scene.works);
  expect(await states(measureId)).toEqual(['decided', 'ordered', 'accepted', 'failed']);
  expect(await acts(caseId)).toContain('measure-escalated');
  await provider.behave({ refuseCards: [] });
  const again = await order(caseId);
  expect(again.measureId).not.toBe(measureId);
  await runMeasureRound(scene.works);
  expect(await state(again.measureId)).toBe('effective');
});

test('a card that is suspended already counts as suspended', async () => {
  const caseId = await openCase();
  const body = {
    idempotencyKey: `other-${scene.iccid}`,
    cards: [scene.iccid],
    action: 'suspend',
    kind: 'permanent-reject',
  };
  await fetch(`${provider.url}/orders`, { method: 'POST', body: JSON.stringify(body) });
  const { measureId } = await order(caseId);
  await provider.behave({ repeatAnswers: true });
  await runMeasureRound(scene.works);
  expect(await state(measureId)).toBe('effective');
  expect((await provider.effects()).filter(effect => effect.iccid === scene.iccid)).toHaveLength(1);
});

test('an order not effective in its term is overdue and escalates once, and may still become effective', async () => {
  await provider.behave({ delayMs: 300 });
  const caseId = await openCase();
  const { measureId } = await order(caseId);
  await runMeasureRound(scene.works);
  scene.clock.advance(DUE_MS + 1);
  const late = { ...scene.works, adapters: { 'simulated-provider': unreachable } };
  await runMeasureRound(late);
  await runMeasureRound(late);
  expect(await states(measureId)).toEqual(['decided', 'ordered', 'accepted', 'overdue']);
  expect((await acts(caseId)).filter(kind => kind === 'measure-escalated')).toHaveLength(1);
  await new Promise(resolve => setTimeout(resolve, 350));
  await runMeasureRound(scene.works);
  expect(await state(measureId)).toBe('effective');
});

test('a missed clock is marked once, on the time line and in the ledger; a late act is recorded with its delay', async () => {
  const caseId = await openCase();
  scene.clock.advance(25 * 3_600_000);
  await runMeasureRound(scene.works);
  await runMeasureRound(scene.works);
  expect((await acts(caseId)).filter(kind => kind === 'clock-missed')).toHaveLength(1);
  expect((await staged(`case/${caseId}`)).filter(act => act === 'case-clock-missed')).toHaveLength(1);
  await order(caseId);
  await runMeasureRound(scene.works);
  const [clock] = await db.database.corridor(tx => clocksOf(tx, caseId));
  expect([clock?.state, clock?.endedAtMs]).toEqual(['missed', scene.clock.now()]);
  const late = (await db.database.corridor(tx => actsOf(tx, caseId, 0, 500))).find(
    act => act.kind === 'clock-met-late',
  );
  expect(late?.detail).toMatchObject({ delayMs: 3_600_000 });
});

test('a finding withdrawn, and nothing standing any more, proposes lifting the measure', async () => {
  const caseId = await openCase();
  await order(caseId);
  await runMeasureRound(scene.works);
  const withdraw = () =>
    db.database.corridor(async tx => {
      const occasion = { atMs: scene.clock.now(), actor: 'corridor', reason: 'late-record' };
      const done = await record(tx, [], [scene.finding('first').findingId], [], occasion);
      const shaken = await tellMoves(tx, done.withdrawn, 'finding-withdrawn', occasion);
      return await proposeLifting(tx, shaken, occasion);
    });
  expect(await withdraw()).toBe(1);
  expect(await withdraw()).toBe(0);
  expect((await acts(caseId)).slice(-2)).toEqual(['finding-withdrawn', 'lift-proposed']);
});

test('a policy orders once by itself; without one the measure is suggested once', async () => {
  const opened = await scene.raise(scene.finding('first'));
  const judge = () =>
    db.database.corridor(tx =>
      orderByPolicy(tx, scene.works, opened!.case, 'suspend-card', scene.clock.now()),
    );
  await judge();
  await judge();
  expect((await acts(opened!.case.caseId)).filter(kind => kind === 'measure-suggested')).toHaveLength(1);
  const policy = {
    ruleId: 'card-in-another-device',
    measure: 'suspend-card',
    mode: 'order',
    setBy: 'person/7',
  } as const;
  await db.database.door(scene.partyId, tx =>
    putPolicy(tx, { ...policy, partyId: scene.partyId, setAtMs: scene.clock.now() }),
  );
  expect((await judge())?.state).toBe('ordered');
  expect(await judge()).toBeNull();
  const { caseId } = opened!.case;
  expect(await db.database.corridor(tx => measuresOfCase(tx, caseId))).toHaveLength(1);
});

test('a policy whose kind of measure nobody brings orders nothing and says so, and judging goes on', async () => {
  const opened = await scene.raise(scene.finding('first'));
  const policy = {
    ruleId: 'card-in-another-device',
    measure: 'no-such',
    mode: 'order',
    setBy: 'person/7',
  } as const;
  const ordered = await db.database.corridor(async tx => {
    await putPolicy(tx, { ...policy, partyId: scene.partyId, setAtMs: scene.clock.now() });
    return await orderByPolicy(tx, scene.works, opened!.case, 'suspend-card', scene.clock.now());
  });
  expect(ordered).toBeNull();
  expect(await acts(opened!.case.caseId)).toContain('measure-not-ordered');
});

test('a measure ordered twice at once is one measure and one order', async () => {
  const caseId = await openCase();
  const both = await Promise.all([order(caseId), order(caseId), order(caseId)]);
  expect(new Set(both.map(measure => measure.measureId)).size).toBe(1);
  await Promise.all([runMeasureRound(scene.works), runMeasureRound(scene.works)]);
  expect((await provider.effects()).filter(effect => effect.iccid === scene.iccid)).toHaveLength(1);
});

test("another party's case is not there to be ordered on", async () => {
  const caseId = await openCase();
  const other = await makeScene(db.database, carrierAt(provider.url));
  const ordering = db.database.door(other.partyId, tx =>
    orderMeasure(tx, scene.works, caseId, { kind: 'suspend-card' }, hand()),
  );
  await expect(ordering).rejects.toMatchObject({ code: 'case-not-found' });
});

const unreachable = () => ({
  submit: () => Promise.reject(new Error('unreachable')),
  outcome: () => Promise.reject(new Error('unreachable')),
  state: () => Promise.reject(new Error('unreachable')),
});
