import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../kernel/database/test-database.ts';
import type { Database } from '../../../kernel/database/transaction.ts';
import { silentLog } from '../../../kernel/log.ts';
import { settableClock } from '../../../kernel/time.ts';
import { addApiKey, revokeApiKey } from '../../registry/people/store.ts';
import { acceptChunk, type IntakeDoors } from '../intake.ts';
import type { Cut } from '../observation.ts';
import { plainProfile } from '../source-profile.ts';
import {
  addSource,
  type Batch,
  batchById,
  breakOpenBatches,
  openBatch,
  type Source,
  sourceById,
} from '../store.ts';
import { makeParty } from '../testing/make-party.ts';
import { closeLeftOpen, OPEN_MS } from './gathered-batch.ts';
import { Gathering, type GatheringBounds, usualBounds } from './gathering.ts';

const T0 = Date.UTC(2026, 10, 20, 12);
const clock = settableClock(T0);
let db: TestDatabase;
let [quiet, noisy] = [0, 0];

beforeAll(async () => {
  db = await testDatabase();
  quiet = await makeParty(db.database);
  noisy = await makeParty(db.database);
});
afterAll(() => db.close());
beforeEach(() => clock.set(T0));

let sources = 0;
async function sourceOf(partyId: number): Promise<Source> {
  sources += 1;
  const asked = { partyId, name: `posts-${sources}`, format: 'any', profile: plainProfile, atMs: T0 };
  return db.database.door(partyId, async tx => (await sourceById(tx, await addSource(tx, asked))) as Source);
}

function gathering(over: Database = db.database, bounds: Partial<GatheringBounds> = {}): Gathering {
  const doors: IntakeDoors = { database: over, clock, formats: new Map(), leafFor: ms => db.leafFor(ms) };
  return new Gathering(doors, silentLog, { ...usualBounds, ...bounds });
}

const sender = (partyId: number, label = 'key/one') => ({ partyId, label });

/** A record that is read, or, when `no` is below nought, one that is not. */
function cut(no: number, more: { offsetMin?: number } = {}): Cut {
  const raw = Buffer.from(`record ${no}`);
  if (no < 0)
    return { recordNo: 1, raw, outcome: { unread: { place: 'line 1', reason: 'shape', detail: {} } } };
  const reading = {
    ...{ kind: 'usage', claim: `iccid:${no}`, observedAtMs: T0 - 1000, timeMark: 'stated' as const },
    ...{ body: { bytes: no }, ...more },
  };
  return { recordNo: 1, raw, outcome: { reading } };
}

/** The same database, counting what commits at the door; `before` may hold a transaction back or break it. */
function watched(
  before: (no: number) => Promise<void> | void = () => {},
  after: (no: number) => void = () => {},
) {
  const seen = { commits: 0, atOnce: 0 };
  const through = async <T>(commit: () => Promise<T>): Promise<T> => {
    seen.commits += 1;
    const no = seen.commits;
    await before(no);
    const result = await commit();
    after(no);
    return result;
  };
  const over: Database = {
    corridor: work => db.database.corridor(work),
    door: (partyId, work) => through(() => db.database.door(partyId, work)),
    doorAtOnce: (partyId, statements) =>
      through(async () => {
        const rows = await db.database.doorAtOnce(partyId, statements);
        seen.atOnce += 1;
        return rows;
      }),
  };
  return { over, seen };
}

/** A key of the party, as the sender's are. */
async function keyOf(partyId: number): Promise<{ digest: Buffer; revoke(): Promise<unknown> }> {
  const digest = randomBytes(32);
  const keyId = digest.toString('hex').slice(0, 10);
  const made = { partyId, title: 'posts', scopes: ['observations:write'] as const, createdBy: 'somebody' };
  await db.database.door(partyId, tx =>
    addApiKey(tx, { ...made, keyId, keyHash: digest, expiresAtMs: null, atMs: T0 }),
  );
  return { digest, revoke: () => db.database.door(partyId, tx => revokeApiKey(tx, keyId, T0)) };
}

const outcomes = (answer: { fates: readonly { outcome: string }[] }) =>
  answer.fates.map(each => each.outcome);
const batchOf = (batchId: number) => db.database.corridor(tx => batchById(tx, batchId)) as Promise<Batch>;
async function storedOf(source: Source): Promise<string[]> {
  const { rows } = await sql<{ claim: string }>`
    select claim from observation where source_id = ${source.sourceId} order by claim`.execute(db.corridor);
  return rows.map(row => row.claim);
}

describe('records posted one by one', () => {
  it('share commits, and each post is told what became of its own records (E-01)', async () => {
    const { over, seen } = watched();
    const all = gathering(over);
    const source = await sourceOf(quiet);
    const posts = [
      [cut(1)],
      [cut(2), cut(-2)],
      [cut(1)],
      [cut(-2)],
      ...Array.from({ length: 60 }, (_, i) => [cut(10 + i)]),
    ];
    const answers = await Promise.all(posts.map(cuts => all.take(sender(quiet), source, cuts)));
    expect(answers.slice(0, 5).map(outcomes)).toEqual([
      ['accepted'],
      ['accepted', 'quarantined'],
      ['duplicate'],
      ['duplicate'],
      ['accepted'],
    ]);
    expect(seen.commits).toBeLessThanOrEqual(2);
    expect(await storedOf(source)).toHaveLength(62);
    const [batchId] = new Set(answers.map(answer => answer.batchId));
    expect(await batchOf(batchId as number)).toMatchObject({
      ...{ state: 'receiving', received: 65, accepted: 62, duplicate: 2, quarantined: 1 },
    });
    await all.stop();
    expect(await batchOf(batchId as number)).toMatchObject({ state: 'complete', received: 65 });
  });

  it('are answered after their commit and not before it', async () => {
    let letGo = () => {};
    const held = new Promise<void>(resolve => {
      letGo = resolve;
    });
    const all = gathering(watched(() => held).over);
    const source = await sourceOf(quiet);
    const told: string[] = [];
    const post = all.take(sender(quiet), source, [cut(1)]).then(() => told.push('answered'));
    await new Promise(resolve => setTimeout(resolve, 50));
    expect([told, await storedOf(source)]).toEqual([[], []]);
    letGo();
    await post;
    expect(await storedOf(source)).toHaveLength(1);
    await all.stop();
  });

  it('of a sender who may no longer post by the time of the commit are refused, and nothing of them is stored', async () => {
    const all = gathering();
    const source = await sourceOf(quiet);
    const key = await keyOf(quiet);
    const asked = { ...sender(quiet), keyDigest: key.digest };
    for (const no of [1, 2, 3])
      expect(outcomes(await all.take(asked, source, [cut(no)]))).toEqual(['accepted']);
    await key.revoke();
    const posts = [4, 5].map(no => all.take(asked, source, [cut(no)]));
    for (const end of await Promise.allSettled(posts))
      expect(end).toMatchObject({ status: 'rejected', reason: { code: 'sender-ended' } });
    expect(await storedOf(source)).toHaveLength(3);
    await all.stop();
  });

  it('go in one trip to the database once their batch is open, and ask first where that could be wrong', async () => {
    const { over, seen } = watched();
    const all = gathering(over);
    const source = await sourceOf(quiet);
    const post = async (...nos: number[]) =>
      outcomes(
        await all.take(
          sender(quiet),
          source,
          nos.map(no => cut(no)),
        ),
      );
    expect(await post(1)).toEqual(['accepted']);
    expect([await post(2, 3, 3), seen.atOnce]).toEqual([['accepted', 'accepted', 'duplicate'], 1]);
    expect([await post(2), seen.atOnce], 'met before').toEqual([['duplicate'], 1]);
    expect([await post(4), seen.atOnce]).toEqual([['accepted'], 2]);
    // Another process writes to the source.
    const elsewhere = { database: { ...db.database }, clock, formats: new Map(), leafFor: db.leafFor };
    const batchId = await db.database.door(quiet, tx => openBatch(tx, source, 'elsewhere', T0));
    await acceptChunk(elsewhere, source, batchId, [cut(5), cut(6)]);
    expect([await post(5, 7), seen.atOnce], 'moved on').toEqual([['duplicate', 'accepted'], 2]);
    expect([await post(8), seen.atOnce]).toEqual([['accepted'], 3]);
    expect([await post(-9), seen.atOnce], 'unread').toEqual([['quarantined'], 3]);
    expect([await post(10), seen.atOnce], 'a record waits to be settled').toEqual([['accepted'], 3]);
    expect(await storedOf(source)).toHaveLength(9);
    await all.stop();
  });

  it.each(['before', 'after'] as const)(
    'are stored once when a commit in one trip is broken %s it was written',
    async when => {
      const fail = (no: number): void => {
        if (no === 2) throw new Error('broken off');
      };
      const { over } = when === 'before' ? watched(fail) : watched(() => {}, fail);
      const all = gathering(over);
      const source = await sourceOf(quiet);
      await all.take(sender(quiet), source, [cut(1)]);
      const post = () => all.take(sender(quiet), source, [cut(2)]);
      await expect(post()).rejects.toThrow('broken off');
      expect(await storedOf(source)).toHaveLength(when === 'before' ? 1 : 2);
      expect(outcomes(await post())).toEqual([when === 'before' ? 'accepted' : 'duplicate']);
      expect(outcomes(await all.take(sender(quiet), source, [cut(3)]))).toEqual(['accepted']);
      expect(await storedOf(source)).toHaveLength(3);
      await all.stop();
    },
  );

  it('that the database will not hold are refused alone: the others of their commit are stored', async () => {
    const all = gathering();
    const source = await sourceOf(quiet);
    const posts = Array.from({ length: 20 }, (_, i) => [cut(i, i === 13 ? { offsetMin: 99_999 } : {})]);
    const answers = await Promise.allSettled(posts.map(cuts => all.take(sender(quiet), source, cuts)));
    expect(answers.flatMap((answer, i) => (answer.status === 'rejected' ? [i] : []))).toEqual([13]);
    expect(await storedOf(source)).toHaveLength(19);
    await all.stop();
  });

  it.each(['before', 'after'] as const)(
    'are stored once and answered for when a commit is broken %s it was written',
    async when => {
      const fail = (no: number): void => {
        if (no === 1) throw new Error('broken off');
      };
      const all = gathering((when === 'before' ? watched(fail) : watched(() => {}, fail)).over);
      const source = await sourceOf(quiet);
      const answers = await Promise.all([1, 2, 3].map(no => all.take(sender(quiet), source, [cut(no)])));
      const wanted = when === 'before' ? 'accepted' : 'duplicate';
      expect(answers.flatMap(outcomes)).toEqual([wanted, wanted, wanted]);
      expect(await storedOf(source)).toHaveLength(3);
      await all.stop();
    },
  );

  it('are refused past the bound before anything is dropped, and one party leaves room for the others (E-05)', async () => {
    let letGo = () => {};
    const held = new Promise<void>(resolve => {
      letGo = resolve;
    });
    const all = gathering(watched(() => held).over, { mostRecordsOfParty: 30, mostRecords: 50 });
    const [source, other] = [await sourceOf(noisy), await sourceOf(quiet)];
    const posts = Array.from({ length: 200 }, (_, i) => all.take(sender(noisy), source, [cut(i)]));
    const quietPost = all.take(sender(quiet), other, [cut(1)]);
    const settled = Promise.allSettled(posts);
    expect(all.state).toMatchObject({ waitingRecords: 31, refused: 170 });
    expect(() => all.refuseWhenFull(noisy)).toThrow(expect.objectContaining({ code: 'intake-full' }));
    expect(() => all.refuseWhenFull(quiet)).not.toThrow();
    letGo();
    expect(outcomes(await quietPost)).toEqual(['accepted']);
    const ends = (await settled).map(each => each.status);
    expect(ends.filter(each => each === 'fulfilled')).toHaveLength(30);
    expect(await storedOf(source)).toHaveLength(30);
    expect(all.state).toMatchObject({ waitingRecords: 0, waitingBytes: 0 });
    await all.stop();
  });

  it('are refused while bodies of their party that are still being read fill its room', async () => {
    const all = gathering(db.database, { mostBytesOfParty: 1_000 });
    const leave = [all.makeRoom(noisy, 600), all.makeRoom(noisy, 300)];
    expect(() => all.makeRoom(noisy, 200)).toThrow(expect.objectContaining({ code: 'intake-full' }));
    all.makeRoom(quiet, 900)();
    for (const give of [...leave, ...leave]) give();
    expect(all.state).toMatchObject({ waitingBytes: 0, refused: 1 });
    all.makeRoom(noisy, 5_000)();
    await all.stop();
  });

  it('go into one batch for each sender and minute, which the ledger is told of', async () => {
    const all = gathering();
    const source = await sourceOf(quiet);
    const post = async (no: number, label: string): Promise<number> =>
      (await all.take(sender(quiet, label), source, [cut(no)])).batchId;
    const [one, other] = [await post(1, 'key/one'), await post(2, 'key/two')];
    expect(one).not.toBe(other);
    expect(await post(3, 'key/one')).toBe(one);
    clock.set(T0 + OPEN_MS);
    expect(await post(4, 'key/one')).toBe(one);
    await expect.poll(async () => (await batchOf(one)).state).toBe('complete');
    expect(await post(5, 'key/one')).not.toBe(one);
    await all.stop();
    const { rows } = await sql<{ entry: Buffer }>`
      select entry from ledger_stage where object = ${`batch/${one}`}`.execute(db.corridor);
    expect(JSON.parse(String(rows[0]?.entry))).toMatchObject({
      ...{ act: 'batch-accepted', actor: 'key/one' },
      detail: { accepted: 3, contentSha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });

  it('that a dead process gathered are whole at the next start, and whoever still writes opens another batch', async () => {
    const all = gathering();
    const source = await sourceOf(quiet);
    const { batchId } = await all.take(sender(quiet), source, [cut(1)]);
    await db.database.corridor(tx => breakOpenBatches(tx, T0));
    expect(await batchOf(batchId)).toMatchObject({ state: 'receiving' });
    for (let start = 0; start < 2; start += 1) await db.database.corridor(tx => closeLeftOpen(tx, T0));
    expect(await batchOf(batchId)).toMatchObject({ state: 'complete', accepted: 1 });
    const next = await all.take(sender(quiet), source, [cut(2), cut(1)]);
    expect(outcomes(next)).toEqual(['accepted', 'duplicate']);
    expect(next.batchId).not.toBe(batchId);
    expect(await batchOf(batchId)).toMatchObject({ received: 1 });
    const { rows } = await sql`select 1 from ledger_stage where object = ${`batch/${batchId}`}`.execute(
      db.corridor,
    );
    expect(rows).toHaveLength(1);
    await all.stop();
  });
});
