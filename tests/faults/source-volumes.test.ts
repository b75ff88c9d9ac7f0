/** Volumes that leap as between two units are asked about once (CR-27), whichever write of the look or the answer breaks. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import { settableClock } from '../../server/src/kernel/time.ts';
import { type IntakeDoors, takeIn } from '../../server/src/spine/observations/intake.ts';
import { plainProfile } from '../../server/src/spine/observations/source-profile.ts';
import { addSource } from '../../server/src/spine/observations/store.ts';
import { makeParty } from '../../server/src/spine/observations/testing/make-party.ts';
import {
  KINDS,
  volumeFile,
  volumeLines,
} from '../../server/src/spine/observations/volumes/testing/volume-lines.ts';
import {
  confirmVolumes,
  jumpsOf,
  lookAtVolumes,
} from '../../server/src/spine/observations/volumes/volumes.ts';
import { Broken, type Fault } from '../measures/faulty-database.ts';
import { breakWrite } from './broken-writes.ts';

const T0 = Date.UTC(2026, 10, 20, 12);
const clock = settableClock(T0);
let db: TestDatabase;
let intake: IntakeDoors;
beforeAll(async () => {
  db = await testDatabase();
  const formats = new Map([[volumeLines.name, volumeLines]]);
  intake = { database: db.database, clock, formats, leafFor: ms => db.leafFor(ms) };
});
afterAll(async () => await db?.close());

let made = 0;

/** A source of two usual files and one that leapt. */
async function leapt(): Promise<{ partyId: number; sourceId: number }> {
  const partyId = await makeParty(db.database);
  const sourceId = await db.database.door(partyId, tx =>
    addSource(tx, { partyId, name: 'feed', format: volumeLines.name, profile: plainProfile, atMs: T0 }),
  );
  for (const volume of [50_000, 50_000, 50_000_000]) {
    made += 1;
    const bytes = volumeFile(made, { volume, cards: 10, records: 60, atMs: T0 });
    await takeIn(intake, { partyId, label: 'person/1' }, sourceId, `file ${made}`, bytes);
  }
  return { partyId, sourceId };
}

const tried = (work: Promise<unknown>) =>
  work.catch(cause => {
    if (!(cause instanceof Broken)) throw cause;
  });
const acts = async (sourceId: number): Promise<string[]> => {
  const { rows } = await sql<{ act: string }>`select act from ledger_stage
    where object = ${`source/${sourceId}`} and act like 'source-volumes-%' order by stage_id`.execute(
    db.owner,
  );
  return rows.map(row => row.act);
};

it.for<Fault>(['not-written', 'answer-lost'])(
  'CR-27: whatever is %s, a leap is told once and stands until it is answered',
  async fault => {
    for (let n = 1; ; n += 1) {
      const { partyId, sourceId } = await leapt();
      const broken = breakWrite(db.database, n, fault);
      await tried(lookAtVolumes({ database: broken, clock }, KINDS));
      await lookAtVolumes({ database: db.database, clock }, KINDS);
      const jumps = await db.database.door(partyId, tx => jumpsOf(tx, [sourceId]));
      expect(jumps.get(sourceId), `write ${n}`).toMatchObject({ direction: 'up', times: 1_000 });
      expect(await acts(sourceId), `write ${n}`).toEqual(['source-volumes-jumped']);
      if (broken.didFail()) continue;
      expect(n).toBeGreaterThan(1);
      break;
    }
  },
);

it.for<Fault>(['not-written', 'answer-lost'])(
  'CR-27: whatever of the answer is %s, it counts once',
  async fault => {
    const { partyId, sourceId } = await leapt();
    await lookAtVolumes({ database: db.database, clock }, KINDS);
    const doer = { partyId, label: 'person/1' };
    const broken = breakWrite(db.database, 1, fault);
    await tried(confirmVolumes({ database: broken, clock }, doer, sourceId));
    expect(broken.didFail()).toBe(true);
    const again = confirmVolumes({ database: db.database, clock }, doer, sourceId);
    if (fault === 'not-written') await again;
    else await expect(again).rejects.toMatchObject({ code: 'source-volumes-unquestioned' });
    const jumps = await db.database.door(partyId, tx => jumpsOf(tx, [sourceId]));
    expect(jumps.size).toBe(0);
    const told = (await acts(sourceId)).filter(act => act === 'source-volumes-confirmed');
    expect(told).toEqual(['source-volumes-confirmed']);
  },
);
