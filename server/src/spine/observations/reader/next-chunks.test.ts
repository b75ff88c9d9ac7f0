import { sql } from 'kysely';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../kernel/database/test-database.ts';
import { makeParty } from '../testing/make-party.ts';
import { FairShare } from './fair-share.ts';
import { pickChunks } from './next-chunks.ts';
import { type ChunkRef, type Fence, lag, lockPosition, markAhead, movePosition, takeOver } from './store.ts';

let db: TestDatabase | undefined;
let [noisy, quiet] = [0, 0];
let fence: Fence;

beforeEach(async () => {
  await db?.close();
  db = await testDatabase();
  [noisy, quiet] = [await makeParty(db.database), await makeParty(db.database)];
  fence = (await db.database.corridor(tx => takeOver(tx, 0, 'test'))) as Fence;
});
afterAll(() => db?.close());

/** So many chunks of a party, ten records each, each a transaction of its own in a batch of theirs. */
async function wait(partyId: number, count: number): Promise<void> {
  const pool = db!.corridor;
  await sql`
    with s as (insert into source (party_id, name, format, profile)
      values (${partyId}, ${`s${Math.floor(performance.now() * 1e6)}`}, 'any', '{}') returning source_id)
    insert into batch (party_id, source_id, name, opened_at) select ${partyId}, source_id, 'b', now() from s`.execute(
    pool,
  );
  for (let left = count; left > 0; left -= 1)
    await sql`
      insert into chunk (party_id, source_id, batch_id, received_at, accepted)
      select party_id, source_id, batch_id, now(), 10 from batch where party_id = ${partyId} order by batch_id desc limit 1`.execute(
      pool,
    );
  // What other databases of the server have under way holds the horizon back that chunks are read below.
  for (let tries = 0; tries < 1_500; tries += 1) {
    const { rows } = await sql<{ isAbove: boolean }>`
      select exists (select from chunk where xid >= pg_snapshot_xmin(pg_current_snapshot())) as "isAbove"`.execute(
      pool,
    );
    if (rows[0]?.isAbove === false) return;
    await new Promise(resolve => setTimeout(resolve, 10));
  }
}

/** One step of judging as far as the position goes. */
function step(share: FairShare, mostRecords: number, isLost = false): Promise<readonly ChunkRef[]> {
  const run = db!.database.corridor(async tx => {
    const position = await lockPosition(tx, fence);
    if (position === undefined) throw new Error('fenced');
    const { chunks, upTo, ahead } = await pickChunks(tx, 0, position, mostRecords, share);
    const next = upTo === null ? position : { ...position, xid: upTo.xid, chunk: upTo.chunkId };
    await markAhead(tx, 0, ahead, next);
    await movePosition(tx, fence, next);
    if (isLost) throw new Error('not written');
    return chunks;
  });
  return isLost ? run.catch(() => []) : run;
}

const waiting = () => db!.database.corridor(tx => lag(tx, 0));
const idsOf = (chunks: readonly ChunkRef[]) => chunks.map(chunk => chunk.chunkId);

describe('what is judged next', () => {
  it("a party's chunk behind the backlog of another is judged in the second step, however long that is (E-05)", async () => {
    await wait(noisy, 300);
    await wait(quiet, 2);
    const share = new FairShare();
    const steps = [
      await step(share, 10),
      await step(share, 10),
      await step(share, 10),
      await step(share, 10),
    ];
    const parties = steps.map(chunks => chunks.map(chunk => chunk.partyId));
    expect(parties).toEqual([[noisy], [quiet], [noisy], [quiet]]);
    expect(await waiting()).toEqual({ chunks: 298, records: 2980 });
  });

  it('every chunk is judged once, those of a party in their order, while more come and steps are lost', async () => {
    await wait(noisy, 280);
    await wait(quiet, 20);
    const judged: ChunkRef[] = [];
    let share = new FairShare();
    for (let turn = 0; (await waiting()).chunks > 0; turn += 1) {
      if (turn === 2) await wait(quiet, 5);
      if (turn === 3) await wait(noisy, 5);
      // A process that begins anew remembers nothing of what was shared out.
      if (turn % 4 === 3) share = new FairShare();
      await step(share, 150, true);
      judged.push(...(await step(share, 150)));
    }
    expect(new Set(idsOf(judged)).size).toBe(310);
    expect(judged).toHaveLength(310);
    for (const partyId of [noisy, quiet]) {
      const own = idsOf(judged.filter(chunk => chunk.partyId === partyId));
      expect(own).toEqual(own.toSorted((a, b) => a - b));
    }
    expect(await step(share, 150)).toEqual([]);
    const { rows } = await sql`select 1 from judged_ahead`.execute(db!.corridor);
    expect(rows).toEqual([]);
  });
});

describe('sharing out', () => {
  const chunk = (chunkId: number, partyId: number, accepted = 10): ChunkRef => ({
    xid: '1',
    ...{ chunkId, partyId, accepted },
  });

  it('counts records, not chunks: small chunks of one party make up for a large one of another', () => {
    const share = new FairShare();
    const chunks = [
      chunk(1, 1, 100),
      chunk(2, 1, 100),
      ...Array.from({ length: 12 }, (_, i) => chunk(3 + i, 2)),
    ];
    expect(share.pick(chunks, 220).map(each => each.partyId)).toEqual([1, ...Array(10).fill(2), 1]);
  });

  it('gives a party that comes late no claim to what it did not ask for before', () => {
    const share = new FairShare();
    for (let turn = 0; turn < 50; turn += 1) share.pick([chunk(turn, 1)], 10);
    const both = Array.from({ length: 8 }, (_, i) => [chunk(100 + 2 * i, 1), chunk(101 + 2 * i, 2)]).flat();
    expect(share.pick(both, 60).map(each => each.partyId)).toEqual([1, 2, 1, 2, 1, 2]);
  });
});
