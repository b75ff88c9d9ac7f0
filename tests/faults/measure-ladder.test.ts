import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import type { Database } from '../../server/src/kernel/database/transaction.ts';
import { limitCard } from '../../server/src/modules/cards/measures/limit-card.ts';
import { suspendCard } from '../../server/src/modules/cards/measures/suspend-card.ts';
import { runMeasureRound } from '../../server/src/spine/measures/jobs.ts';
import { actByPolicy } from '../../server/src/spine/measures/ladder/climb.ts';
import { readLadders } from '../../server/src/spine/measures/ladder/ladder.ts';
import type { Adapter, MeasureWorks } from '../../server/src/spine/measures/ports.ts';
import { putPolicy } from '../../server/src/spine/measures/providers/store.ts';
import { DUE_MS, makeScene, type Scene } from '../../server/src/spine/measures/testing/scene.ts';
import { Broken, breakTransaction, type Fault } from '../measures/faulty-database.ts';

const RULE = 'card-in-another-device';
const LADDERS = readLadders(
  `{ version: '1', source: [{ title: house }], ladders: [{ id: two, title: { en: Two, zh: 二 }, rules: ['*'], classes: ['*'],
    rungs: [{ deed: limit-card }, { deed: suspend-card }] }] }`,
  'two',
);

/** A platform that takes every order and never says that it has limited a card. */
const adapter: Adapter = () => ({
  submit: async order => ({ taken: true, providerOrder: order.action }),
  outcome: async order => (order === 'limit' ? { state: 'queued' } : { state: 'done', already: false }),
  state: async () => ({ restricted: true, sinceMs: 0, refusedAttempts: 0, lastRefusedMs: null }),
});

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(async () => await db?.close());

async function prepared(): Promise<{ scene: Scene; works: MeasureWorks }> {
  const kinds = [limitCard, suspendCard];
  const scene = await makeScene(db.database, {
    url: 'http://127.0.0.1:1',
    kinds,
    adapters: { 'simulated-provider': adapter },
  });
  const works = { ...scene.works, ladders: [LADDERS] };
  const opened = await scene.raise(scene.finding('first'));
  const policy = { ruleId: RULE, measure: 'suspend-card', mode: 'climb', setBy: 'test' } as const;
  await db.database.corridor(async tx => {
    await putPolicy(tx, { ...policy, partyId: scene.partyId, setAtMs: scene.clock.now() });
    await actByPolicy(tx, works, opened!.case, 'suspend-card', scene.clock.now());
  });
  await runMeasureRound(works);
  scene.clock.advance(DUE_MS + 1);
  return { scene, works };
}

/** The limit is late: the next rung is ordered and goes out. */
async function walk(works: MeasureWorks, database: Database): Promise<void> {
  await runMeasureRound({ ...works, database });
  await runMeasureRound({ ...works, database });
}

async function count(scene: Scene): Promise<unknown> {
  const { rows } = await sql`
    select
      (select array_agg(rung || happened order by ladder_step_id) from measure_ladder where party_id = ${scene.partyId}) as steps,
      (select array_agg(kind || ' ' || state order by measure_id) from measure where party_id = ${scene.partyId}) as measures,
      (select count(*)::int from case_act where party_id = ${scene.partyId}) as acts,
      (select count(*)::int from ledger_stage where party_id = ${scene.partyId}) as entries`.execute(
    db.owner,
  );
  return rows[0];
}

test.for<Fault>(['not-written', 'answer-lost'])(
  'every transaction of going on to the next rung, %s, then a restart: climbed once, ordered once',
  async fault => {
    const whole = await prepared();
    await walk(whole.works, db.database);
    const wanted = await count(whole.scene);
    expect(wanted).toMatchObject({
      steps: ['0ordered', '1ordered'],
      measures: ['limit-card overdue', 'suspend-card effective'],
    });
    let n = 1;
    for (; ; n += 1) {
      const { scene, works } = await prepared();
      const broken = breakTransaction(db.database, n, fault);
      await walk(works, broken).catch(cause => {
        if (!(cause instanceof Broken)) throw cause;
      });
      if (!broken.didFail()) break;
      scene.clock.advance(120_000);
      await walk(works, db.database);
      expect(await count(scene), `transaction ${n}`).toEqual(wanted);
    }
    expect(n).toBeGreaterThan(6);
  },
);
