import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../../server/src/kernel/database/transaction.ts';
import { silentLog } from '../../server/src/kernel/log.ts';
import { HOUR_MS, settableClock } from '../../server/src/kernel/time.ts';
import { cards } from '../../server/src/modules/cards/module.ts';
import { actsOf } from '../../server/src/spine/cases/store.ts';
import { runWatchRound } from '../../server/src/spine/measures/jobs.ts';
import type { Adapter, MeasureWorks } from '../../server/src/spine/measures/ports.ts';
import { referenceOf, trafficPort } from '../../server/src/spine/traffic.ts';
import { breakTransaction, type Fault } from '../measures/faulty-database.ts';
import { type CorridorScene, makeCorridorScene } from './corridor-scene.ts';

/** Traffic after a block is looked at as soon as it is judged; a kill before that only makes it later (C-40). */
const NOW = Date.UTC(2026, 10, 20);
const LATER_MS = NOW + 6 * HOUR_MS;
const CARD = '8986001234500000014';
const [OWN, OTHER] = ['35752007426533', '86012345000001'];
const row = (imei: string, time: string) => `${CARD},${imei},2026-11-${time}:00Z,10,10`;
const contributions = [cards({ cardClasses: new Map(), deviceModels: new Map() })];

/** A platform that has the card stopped, whatever the feed says. */
const adapter: Adapter = () => ({
  submit: async () => ({ taken: true, providerOrder: '1' }),
  outcome: async () => ({ state: 'done', already: false }),
  state: async () => ({ restricted: true, sinceMs: 0, refusedAttempts: 0, lastRefusedMs: null }),
});

let scene: CorridorScene;

/** A card whose block took effect on the 15th, and that rests until its next look in six hours. */
beforeEach(async () => {
  scene = await makeCorridorScene();
  await scene.register(scene.database, 'cards', `iccid,class\n${CARD},other\n`);
  await scene.feed(scene.database, 'a', [row(OWN, '10T08:00'), row(OTHER, '10T12:00')]);
  await scene.judge(scene.database);
  const { rows } = await scene.database.corridor(tx =>
    sql`
    update measure set state = 'effective', effective_at = '2026-11-15T00:00:00Z',
      next_look_at = to_timestamp(${LATER_MS}::float8 / 1000), looked_since = '2026-11-15T00:00:00Z'
    returning 1`.execute(tx),
  );
  expect(rows).toHaveLength(1);
  await scene.feed(scene.database, 'b', [row(OTHER, '19T08:00')]);
});
afterEach(async () => await scene?.close());

const nextLook = () =>
  scene.database.corridor(async tx => {
    const { rows } = await sql<{ ms: number }>`
      select (extract(epoch from next_look_at) * 1000)::bigint as ms from measure`.execute(tx);
    return rows[0]!.ms;
  });

/** What a round of the background work at that time finds of the case. */
async function seenAt(atMs: number): Promise<unknown[]> {
  const works: MeasureWorks = {
    catalogues: [],
    kinds: contributions.flatMap(each => each.measures),
    adapters: { 'simulated-provider': adapter },
    database: scene.database,
    clock: settableClock(atMs),
    log: silentLog,
    traffic: trafficPort(contributions),
    referenceOf,
    changed: () => {},
  };
  await runWatchRound(works);
  return await scene.database.corridor(async tx => {
    const { rows } = await sql<{ id: number }>`select case_id as id from measure`.execute(tx);
    const acts = await actsOf(tx, rows[0]!.id, 0, 500);
    return acts.filter(act => act.kind === 'traffic-after-measure').map(act => act.detail);
  });
}

/** A database whose wake fails: the transaction after the one that judged something. */
function breakWake(database: Database, fault: Fault): Database & { didFail(): boolean } {
  let judged = false;
  let broken: ReturnType<typeof breakTransaction> | null = null;
  return {
    ...database,
    didFail: () => broken?.didFail() === true,
    corridor: async work => {
      if (judged && broken === null) {
        broken = breakTransaction(database, 1, fault);
        return await broken.corridor(work);
      }
      const result = await database.corridor(work);
      judged = typeof result === 'object' && result !== null && 'heardOf' in result;
      return result;
    },
  };
}

test('a record of a blocked card makes its measure due as soon as it is judged, and the case says so', async () => {
  expect(await seenAt(NOW)).toEqual([]);
  await scene.judge(scene.database);
  expect(await nextLook()).toBe(NOW);
  expect(await seenAt(NOW)).toMatchObject([{ lastAcceptedMs: Date.UTC(2026, 10, 19, 8), records: 1 }]);
});

test('killed between the commit and the wake, what was judged stays, and the traffic is found at the next look', async () => {
  const broken = breakWake(scene.database, 'not-written');
  await scene.judge(broken);
  expect(broken.didFail()).toBe(true);
  await scene.restart();
  expect(await nextLook()).toBe(LATER_MS);
  expect(await seenAt(NOW)).toEqual([]);
  expect(await seenAt(LATER_MS)).toMatchObject([{ lastAcceptedMs: Date.UTC(2026, 10, 19, 8), records: 1 }]);
});

test('a wake whose answer was lost has woken', async () => {
  const broken = breakWake(scene.database, 'answer-lost');
  await scene.judge(broken);
  expect(broken.didFail()).toBe(true);
  expect(await nextLook()).toBe(NOW);
});
