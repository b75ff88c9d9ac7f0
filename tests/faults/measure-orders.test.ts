import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import type { Database } from '../../server/src/kernel/database/transaction.ts';
import { openFor } from '../../server/src/spine/cases/open.ts';
import { record } from '../../server/src/spine/findings/findings.ts';
import { runMeasureRound } from '../../server/src/spine/measures/jobs.ts';
import { orderByPolicy } from '../../server/src/spine/measures/order.ts';
import { putPolicy } from '../../server/src/spine/measures/providers/store.ts';
import { makeScene, type Scene } from '../../server/src/spine/measures/testing/scene.ts';
import { carrierAt } from '../measures/carrier.ts';
import { Broken, breakTransaction, type Fault } from '../measures/faulty-database.ts';
import { type ProviderProcess, startProvider } from '../measures/provider-process.ts';

let db: TestDatabase;
let provider: ProviderProcess;

beforeAll(async () => {
  db = await testDatabase();
  provider = await startProvider();
});
afterAll(async () => {
  await provider?.stop();
  await db?.close();
});

/** From the finding to the verified measure, as judging and the jobs do it, over the database given. */
async function walk(scene: Scene, database: Database): Promise<void> {
  const finding = scene.finding('first');
  await database.corridor(async tx => {
    const occasion = { atMs: scene.clock.now(), actor: 'corridor', reason: 'judged' };
    const done = await record(tx, [finding], [], [], occasion);
    for (const added of done.added) {
      const opened = await openFor(tx, scene.works, { ...added, subjectKind: 'card' }, occasion);
      if (opened !== null) await orderByPolicy(tx, scene.works, opened.case, 'suspend-card', occasion.atMs);
    }
  });
  const works = { ...scene.works, database };
  await runMeasureRound(works);
  await provider.attempt(scene.iccid, scene.clock.now());
  // What is in force for minutes is looked at every few seconds.
  scene.clock.advance(60_000);
  await runMeasureRound(works);
}

async function count(scene: Scene): Promise<Record<string, number>> {
  return await db.database.corridor(async tx => {
    const { rows } = await sql<Record<string, number>>`
      select
        (select count(*) from finding where party_id = ${scene.partyId}) as findings,
        (select count(*) from incident where party_id = ${scene.partyId}) as cases,
        (select count(*) from measure where party_id = ${scene.partyId} and state = 'verified') as verified,
        (select count(*) from measure where party_id = ${scene.partyId}) as measures,
        (select count(*) from outbox where party_id = ${scene.partyId} and done_at is not null) as sent,
        (select count(*) from outbox where party_id = ${scene.partyId}) as letters,
        (select count(*) from measure_step where party_id = ${scene.partyId}) as steps,
        (select count(*) from case_clock where party_id = ${scene.partyId}) as clocks,
        (select count(*) from case_act where party_id = ${scene.partyId}) as acts,
        (select count(*) from ledger_stage where party_id = ${scene.partyId}) as entries`.execute(tx);
    return rows[0]!;
  });
}

async function prepared(): Promise<Scene> {
  const scene = await makeScene(db.database, carrierAt(provider.url));
  const policy = {
    ruleId: 'card-in-another-device',
    measure: 'suspend-card',
    mode: 'order',
    setBy: 'test',
  } as const;
  await db.database.corridor(tx =>
    putPolicy(tx, { ...policy, partyId: scene.partyId, setAtMs: scene.clock.now() }),
  );
  return scene;
}

async function effectsOn(scene: Scene): Promise<number> {
  return (await provider.effects()).filter(effect => effect.iccid === scene.iccid).length;
}

test.for<Fault>(['not-written', 'answer-lost'])(
  'every transaction from finding to verified, %s, then a restart: nothing is missing and nothing doubled',
  async fault => {
    const whole = await prepared();
    await walk(whole, db.database);
    const wanted = await count(whole);
    expect(wanted).toMatchObject({
      findings: 1,
      cases: 1,
      verified: 1,
      measures: 1,
      sent: 1,
      letters: 1,
      steps: 5,
    });
    let n = 1;
    for (; ; n += 1) {
      const scene = await prepared();
      const broken = breakTransaction(db.database, n, fault);
      await walk(scene, broken).catch(cause => {
        if (!(cause instanceof Broken)) throw cause;
      });
      if (!broken.didFail()) break;
      scene.clock.advance(120_000);
      await walk(scene, db.database);
      expect(await count(scene), `transaction ${n}`).toEqual(wanted);
      expect(await effectsOn(scene), `transaction ${n}`).toBe(1);
      expect(await provider.ordersFor(scene.iccid), `transaction ${n}`).toHaveLength(1);
    }
    expect(n).toBeGreaterThan(8);
  },
);

test('an order whose answer the provider cut off is sent again and suspends the card once', async () => {
  const scene = await prepared();
  await provider.behave({ dropAnswers: 2 });
  for (let i = 0; i < 3; i += 1) {
    await walk(scene, db.database);
    scene.clock.advance(60_000);
  }
  await provider.behave({ dropAnswers: 0 });
  expect(await count(scene)).toMatchObject({ verified: 1, measures: 1, sent: 1, letters: 1, steps: 5 });
  expect(await effectsOn(scene)).toBe(1);
  expect(await provider.ordersFor(scene.iccid)).toMatchObject([{ count: 3 }]);
});
