import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import { stateOf } from '../../server/src/spine/measures/batches/batch.ts';
import { runBatchRound } from '../../server/src/spine/measures/batches/work.ts';
import { makeBatchScene } from '../measures/batch-scene.ts';
import { effort } from '../prove.ts';

/** A list of thousands: what a card costs does not grow with the list (C-43). `npm run prove` takes all 5,000. */
const CARDS = effort(400, 5_000);
const SHARE = CARDS / 4;
/** Far more than a card costs: on a machine that does much else besides. */
const LONGEST_MS = 60_000 + CARDS * 300;

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(async () => await db?.close());

/** Answers what waits as a provider would that takes everything and has done it at once. */
async function answerAll(): Promise<void> {
  await sql`with sent as (update outbox set done_at = now(), provider_order = 'x', attempts = 1 where done_at is null returning measure_id)
    update measure set state = 'effective', effective_at = now() where measure_id in (select measure_id from sent)`.execute(
    db.owner,
  );
}

test(
  `a list of ${CARDS} cards is taken at once, and no card costs more than those before it`,
  async () => {
    const scene = await makeBatchScene(db, CARDS);
    const { clock, works } = scene;
    const begun = performance.now();
    const batch = await scene.order({}, scene.cards);
    const takenMs = performance.now() - begun;
    expect(takenMs).toBeLessThan(30_000);
    const shares: number[] = [];
    let settled = 0;
    let from = performance.now();
    while (settled < CARDS) {
      settled += await runBatchRound(works);
      await answerAll();
      clock.advance(1_000);
      if (settled < SHARE * (shares.length + 1)) continue;
      shares.push(performance.now() - from);
      from = performance.now();
    }
    await runBatchRound(works);
    expect(stateOf(await scene.batch(batch.batchId))).toBe('done');
    expect(await scene.counts(batch.batchId)).toEqual({ done: CARDS });
    const perCard = shares.map(ms => ms / SHARE);
    process.stdout.write(
      `batch cards=${CARDS} taken=${takenMs.toFixed(0)} ms per card ${perCard.map(ms => ms.toFixed(1)).join(' ')} ms\n`,
    );
    expect(Math.min(...perCard.slice(2))).toBeLessThan(3 * Math.max(...perCard.slice(0, 2)));
  },
  LONGEST_MS,
);
