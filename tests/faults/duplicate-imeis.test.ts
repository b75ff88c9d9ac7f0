/** Boards with one IMEI are told of once and kept apart in the registry (CR-10), whichever write breaks. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import type { Database } from '../../server/src/kernel/database/transaction.ts';
import { lookForDuplicates, tellDuplicates } from '../../server/src/modules/cards/duplicates/sweep.ts';
import {
  type BoardScene,
  boardScene,
  TAC,
} from '../../server/src/modules/cards/duplicates/testing/board-scene.ts';
import { Broken, type Fault } from '../measures/faulty-database.ts';
import { breakWrite } from './broken-writes.ts';

const MAKERS = new Map([[TAC, 'Invented Works']]);
let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(async () => await db?.close());

const round = async (scene: BoardScene, database: Database): Promise<void> => {
  await lookForDuplicates(scene.doors(database), MAKERS);
  await tellDuplicates(scene.doors(database), MAKERS);
};
const facts = async ({ partyId }: BoardScene): Promise<unknown[]> => {
  const { rows } = await sql<object>`select s.reference, f.valid_to = 'infinity' as "isOpen" from dated_fact f
    join subject s using (subject_id) where s.party_id = ${partyId} and f.kind like 'duplicate-imei/%'
    and f.retired_at is null order by 1`.execute(db.owner);
  return rows;
};

test.each<Fault>(['not-written', 'answer-lost'])(
  'CR-10: whatever is %s, a duplicate is entered and told once, and so is what speaks against it',
  async fault => {
    for (let n = 1; ; n += 1) {
      const scene = await boardScene(db, 1_000 * (fault === 'not-written' ? 1 : 2) + n);
      await scene.feed([1, 2, 3].map(card => ({ card, hour: 8 })));
      const broken = breakWrite(db.database, n, fault);
      const attempt = async (): Promise<void> => {
        await round(scene, broken).catch(cause => {
          if (!(cause instanceof Broken)) throw cause;
        });
        await round(scene, db.database);
      };
      await attempt();
      const cards = [1, 2, 3].map(scene.iccid);
      expect([n, await facts(scene)]).toEqual([n, cards.map(reference => ({ reference, isOpen: true }))]);
      expect([n, (await scene.told()).map(({ body }) => body['what'])]).toEqual([n, ['boards-apart']]);
      await scene.feed([{ card: 1, hour: 20, more: { service: 'voice' } }]);
      await attempt();
      expect([n, await facts(scene)]).toEqual([n, cards.map(reference => ({ reference, isOpen: false }))]);
      expect([n, (await scene.told()).map(({ body }) => body['what'])]).toEqual([
        n,
        ['boards-apart', 'no-longer-apart'],
      ]);
      // The next scene has the look to itself.
      await sql`delete from observation where party_id = ${scene.partyId}`.execute(db.owner);
      if (broken.didFail()) continue;
      expect(n).toBeGreaterThan(6);
      break;
    }
  },
  240_000,
);
