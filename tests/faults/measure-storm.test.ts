import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import type { Database } from '../../server/src/kernel/database/transaction.ts';
import { MINUTE_MS } from '../../server/src/kernel/time.ts';
import { suspendCard } from '../../server/src/modules/cards/measures/suspend-card.ts';
import { runMeasureRound } from '../../server/src/spine/measures/jobs.ts';
import { readLadders } from '../../server/src/spine/measures/ladder/ladder.ts';
import { orderMeasure } from '../../server/src/spine/measures/order.ts';
import type { Adapter, MeasureWorks } from '../../server/src/spine/measures/ports.ts';
import { resumeProvider } from '../../server/src/spine/measures/storm.ts';
import { makeScene, type Scene } from '../../server/src/spine/measures/testing/scene.ts';
import { Broken, breakTransaction, type Fault } from '../measures/faulty-database.ts';

const MOST = 100;
const LADDERS = readLadders(
  `{ version: '1', source: [{ title: house }], storm: { watchMinutes: 60, mostRefused: ${MOST}, pauseMinutes: 60 },
    ladders: [{ id: one, title: { en: One, zh: 一 }, rules: ['*'], classes: ['*'], rungs: [{ deed: suspend-card }] }] }`,
  'one',
);

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(async () => await db?.close());

interface Prepared {
  readonly scene: Scene;
  readonly works: MeasureWorks;
  readonly caseId: number;
  readonly providerId: number;
}

/** An ordered block at a platform that turns more attempts away than the bound as soon as it is in force. */
async function prepared(): Promise<Prepared> {
  const adapter: Adapter = () => ({
    submit: async order => ({ taken: true, providerOrder: order.action }),
    outcome: async () => ({ state: 'done', already: false }),
    state: async () => {
      const nowMs = scene.clock.now();
      return { restricted: true, sinceMs: nowMs, refusedAttempts: MOST + 1, lastRefusedMs: nowMs };
    },
  });
  const adapters = { 'simulated-provider': adapter };
  const scene = await makeScene(db.database, { url: 'http://127.0.0.1:1', kinds: [suspendCard], adapters });
  const works = { ...scene.works, ladders: [LADDERS] };
  const { caseId } = (await scene.raise(scene.finding('first')))!.case;
  const hand = { actor: 'person/7', atMs: scene.clock.now() };
  const { measure } = await db.database.door(scene.partyId, tx =>
    orderMeasure(tx, works, caseId, { kind: 'suspend-card' }, hand),
  );
  return { scene, works, caseId, providerId: measure.providerId };
}

/** The block takes effect, is watched, and its storm pauses the provider. */
async function blocked({ scene, works }: Prepared, database: Database): Promise<void> {
  for (let i = 0; i < 3; i += 1) {
    await runMeasureRound({ ...works, database });
    scene.clock.advance(MINUTE_MS);
  }
}

/** A person resumes it, again where no answer came, and the attempts go on. */
async function resumed({ scene, works, providerId }: Prepared, database: Database): Promise<void> {
  const hand = { actor: 'person/7', atMs: scene.clock.now() };
  await database.door(scene.partyId, tx => resumeProvider(tx, providerId, 'calm', hand));
  scene.clock.advance(MINUTE_MS);
  await runMeasureRound({ ...works, database });
}

async function count({ scene, caseId, providerId }: Prepared): Promise<Record<string, unknown>> {
  const { rows } = await sql<Record<string, unknown>>`
    select
      (select paused_until is not null from provider where provider_id = ${providerId}) as paused,
      (select array_agg(storm_until is not null) from measure where case_id = ${caseId}) as watched,
      (select array_agg(state) from measure where case_id = ${caseId}) as states,
      (select count(*)::int from case_act where case_id = ${caseId} and kind = 'storm-after-measure') as storms,
      (select array_agg(act order by stage_id) from ledger_stage where party_id = ${scene.partyId} and act like 'provider-%') as entries,
      (select count(*)::int from ledger_stage where party_id = ${scene.partyId}) as staged`.execute(db.owner);
  return rows[0]!;
}

const WALKS = {
  pausing: {
    before: async () => {},
    walk: blocked,
    wanted: { paused: true, watched: [true], storms: 1, entries: ['provider-paused'] },
  },
  resuming: {
    before: (it: Prepared) => blocked(it, db.database),
    walk: resumed,
    wanted: { paused: false, watched: [false], storms: 1, entries: ['provider-paused', 'provider-resumed'] },
  },
} as const;

test.for([
  ['pausing', 'not-written'],
  ['pausing', 'answer-lost'],
  ['resuming', 'not-written'],
  ['resuming', 'answer-lost'],
] as const)(
  'every transaction of %s, %s, then a restart: told once, and paused or not as if nothing had been',
  async ([name, fault]) => {
    const { before, walk, wanted } = WALKS[name];
    const whole = await prepared();
    await before(whole);
    await walk(whole, db.database);
    const told = await count(whole);
    expect(told).toMatchObject(wanted);
    let n = 1;
    for (; ; n += 1) {
      const it = await prepared();
      await before(it);
      const broken = breakTransaction(db.database, n, fault as Fault);
      await walk(it, broken).catch(cause => {
        if (!(cause instanceof Broken)) throw cause;
      });
      if (!broken.didFail()) break;
      // A sender that died holds its letter for a while.
      it.scene.clock.advance(MINUTE_MS);
      await walk(it, db.database);
      expect(await count(it), `transaction ${n}`).toEqual(told);
    }
    expect(n).toBeGreaterThan(name === 'pausing' ? 8 : 3);
  },
);
