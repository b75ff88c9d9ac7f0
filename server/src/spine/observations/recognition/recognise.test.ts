import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../kernel/database/test-database.ts';
import type { Database } from '../../../kernel/database/transaction.ts';
import { DAY_MS, settableClock } from '../../../kernel/time.ts';
import { recordDigest } from '../digest.ts';
import { acceptChunk, type IntakeDoors } from '../intake.ts';
import type { Cut } from '../observation.ts';
import { plainProfile } from '../source-profile.ts';
import { addSource, openBatch, type Source, sourceById } from '../store.ts';
import { makeParty } from '../testing/make-party.ts';
import { Recognition } from './recognise.ts';
import { lockedState } from './store.ts';

const T0 = Date.UTC(2026, 10, 20, 12);
const WINDOW_MS = 10 * DAY_MS;

let db: TestDatabase;
let partyId: number;
const clock = settableClock(T0);

beforeAll(async () => {
  db = await testDatabase();
  partyId = await makeParty(db.database);
});
afterAll(() => db.close());

/** The database as another process sees it: with nothing remembered. */
function process(): IntakeDoors {
  const database: Database = { ...db.database };
  return { database, clock, formats: new Map(), leafFor: ms => db.leafFor(ms) };
}

async function source(name: string): Promise<{ source: Source; batchId: number }> {
  return db.database.door(partyId, async tx => {
    const profile = { ...plainProfile, lateWindowMs: WINDOW_MS };
    const id = await addSource(tx, { partyId, name, format: 'lines', profile, atMs: T0 });
    const made = (await sourceById(tx, id)) as Source;
    return { source: made, batchId: await openBatch(tx, made, name, T0) };
  });
}

const cuts = (from: number, count: number): Cut[] =>
  Array.from({ length: count }, (_, i) => ({
    recordNo: i + 1,
    raw: Buffer.from(`line ${from + i}`),
    outcome: {
      reading: { kind: 'usage', claim: `iccid:${from + i}`, timeMark: 'receipt', body: { no: from + i } },
    },
  }));

describe('recognising records', () => {
  it('knows what other processes accepted in the meantime, chunk by chunk', async () => {
    const { source: own, batchId } = await source('two processes');
    const [a, b] = [process(), process()];
    for (let turn = 0; turn < 6; turn++) {
      const [one, other] = turn % 2 === 0 ? [a, b] : [b, a];
      expect(await acceptChunk(one, own, batchId, cuts(turn * 150, 100))).toMatchObject({ accepted: 100 });
      expect(await acceptChunk(other, own, batchId, cuts(turn * 150 + 50, 100))).toMatchObject({
        accepted: 50,
        duplicate: 50,
      });
      expect(await acceptChunk(one, own, batchId, cuts(0, turn * 150 + 150))).toMatchObject({ accepted: 0 });
    }
  });

  it('meets itself when several processes send the same records at once', async () => {
    const { source: own, batchId } = await source('at once');
    const doors = [process(), process(), process()];
    await acceptChunk(doors[0] as IntakeDoors, own, batchId, cuts(0, 10));
    const done = await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        acceptChunk(doors[i % 3] as IntakeDoors, own, batchId, cuts(Math.floor(i / 3) * 200, 300)),
      ),
    );
    expect(done.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(890);
  });

  it('recognises over days up to the late window, and not beyond it', async () => {
    const { source: own, batchId } = await source('over days');
    const doors = process();
    expect(await acceptChunk(doors, own, batchId, cuts(0, 20))).toMatchObject({ accepted: 20 });
    clock.advance(5 * DAY_MS);
    for (const each of [doors, process()])
      expect(await acceptChunk(each, own, batchId, cuts(0, 20))).toMatchObject({ accepted: 0 });
    clock.advance(6 * DAY_MS);
    expect(await acceptChunk(doors, own, batchId, cuts(0, 20))).toMatchObject({ accepted: 20 });
    expect(await acceptChunk(doors, own, batchId, cuts(0, 20))).toMatchObject({ accepted: 0 });
  });

  it('knows the records of a commit whose answer was lost', async () => {
    const { source: own, batchId } = await source('lost answer');
    const doors = process();
    await acceptChunk(doors, own, batchId, cuts(0, 10));
    const door = doors.database.door;
    Object.assign(doors.database, {
      door: async (...given: Parameters<typeof door>) => {
        await door(...given);
        throw new Error('answer lost');
      },
    });
    await expect(acceptChunk(doors, own, batchId, cuts(10, 10))).rejects.toThrow('answer lost');
    Object.assign(doors.database, { door });
    expect(await acceptChunk(doors, own, batchId, cuts(0, 30))).toMatchObject({
      accepted: 10,
      duplicate: 20,
    });
  });

  it('asks exactly, and answers the same, for a source that finds no room in memory', async () => {
    const { source: own, batchId } = await source('no room');
    await acceptChunk(process(), own, batchId, cuts(0, 50));
    const asked = cuts(25, 50).map(cut => recordDigest(own.sourceId, undefined, cut.raw));
    const known = (mostBytes: number) =>
      db.database.door(partyId, async tx => {
        const state = await lockedState(tx, own.sourceId);
        return new Recognition(mostBytes).known(tx, own, state, asked, clock.now());
      });
    const wanted = asked.slice(0, 25).map(digest => digest.toString('hex'));
    expect([...(await known(0))].sort()).toEqual(wanted.toSorted());
    expect([...(await known(1 << 20))].sort()).toEqual(wanted.toSorted());
  });
});
