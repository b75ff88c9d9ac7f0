import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../kernel/database/test-database.ts';
import type { Database } from '../../../kernel/database/transaction.ts';
import { silentLog } from '../../../kernel/log.ts';
import { settableClock } from '../../../kernel/time.ts';
import { Gathering } from '../gathered/gathering.ts';
import type { IntakeDoors } from '../intake.ts';
import type { Body, Cut, Reading } from '../observation.ts';
import { plainProfile } from '../source-profile.ts';
import { addSource, type DeliveredObservation, recordsOf, type Source, sourceById } from '../store.ts';
import { makeParty } from '../testing/make-party.ts';
import { FreshRecords, freshRecordsOf } from './fresh-records.ts';

const T0 = Date.UTC(2026, 10, 20, 12);
const clock = settableClock(T0);
let db: TestDatabase;
let partyId: number;
let source: Source;

beforeAll(async () => {
  db = await testDatabase();
  partyId = await makeParty(db.database);
  const asked = { partyId, name: 'posts', format: 'any', profile: plainProfile, atMs: T0 };
  source = await db.database.door(
    partyId,
    async tx => (await sourceById(tx, await addSource(tx, asked))) as Source,
  );
});
afterAll(() => db.close());

/** The order of judging, of records of one source. */
const byTime = (a: DeliveredObservation, b: DeliveredObservation): number =>
  a.observedAtMs - b.observedAtMs || (a.digest < b.digest ? -1 : 1);

/** Bodies whose names and values a database might keep otherwise than they came. */
const BODIES: readonly Body[] = [
  { upBytes: 5, downBytes: 7, plmn: '26201', imei: '490154203237518' },
  { zz: 1, a: 2, é: 3, bb: 4, 中: 5, '𝄞': 6, aé: 7 },
  { zero: -0, big: 1e21, small: 5e-324, safe: Number.MAX_SAFE_INTEGER, half: 0.1, none: null },
  { yes: true, no: false, text: 'a"\\\u2028\u{1f4f6}', empty: '', digits: '00123' },
  { '10': 1, '9': 2, b: 3, '': 4 },
  JSON.parse('{"__proto__":"own","constructor":"mine"}') as Body,
  { absent: undefined as unknown as null, odd: Number.POSITIVE_INFINITY, plain: 1 },
  {},
];

function cut(no: number, more: Partial<Reading> = {}): Cut {
  const reading = {
    ...{ kind: 'usage', claim: `iccid:${no}`, observedAtMs: T0 - no, timeMark: 'stated' as const },
    ...{ body: BODIES[no % BODIES.length]!, ...more },
  };
  return { recordNo: 1, raw: Buffer.from(`record ${no}`), outcome: { reading } };
}

const CUTS = [
  ...BODIES.map((_, no) => cut(no)),
  cut(20, { series: 'session/1' }),
  cut(21, { series: 's'.repeat(700) }),
  cut(22, { observedAtMs: T0 + 10 * 86_400_000 }),
  cut(23, { observedAtMs: -1 }),
];

/** Posts each record in a commit of its own; the chunks of the source after that, and a database whose shelf heard of them. */
async function posted(cuts: readonly Cut[], over: Database = { ...db.database }) {
  const doors: IntakeDoors = {
    ...{ database: over, clock, formats: new Map(), leafFor: ms => db.leafFor(ms) },
  };
  const gathering = new Gathering(doors, silentLog);
  try {
    for (const each of cuts)
      await gathering.take({ partyId, label: 'key/one' }, source, [each]).catch(() => {});
  } finally {
    await gathering.stop();
  }
  const { rows } = await sql<{ id: number }>`
    select chunk_id as id from chunk where source_id = ${source.sourceId} order by chunk_id`.execute(
    db.owner,
  );
  return { chunks: rows.map(row => row.id), over };
}

const stored = (chunks: readonly number[]) => db.database.corridor(tx => recordsOf(tx, chunks));
const told = async (shelf: FreshRecords, chunks: readonly number[]) =>
  (await db.database.corridor(tx => shelf.recordsOf(tx, chunks))).sort(byTime);

test('a record that was just stored is told to the judge as the database tells it, to the order of its names', async () => {
  // The first opens the batch, which takes the longer way.
  const { chunks, over } = await posted([cut(900), ...CUTS]);
  const wanted = await stored(chunks);
  expect(wanted).toHaveLength(CUTS.length + 1);
  const shelf = freshRecordsOf(over);
  expect(await told(shelf, chunks)).toEqual(wanted);
  expect(JSON.stringify(await told(shelf, chunks))).toBe(JSON.stringify(wanted));
  // And it was not read there.
  await sql`delete from observation where source_id = ${source.sourceId}`.execute(db.owner);
  const [first, ...others] = chunks;
  expect(await stored(chunks)).toEqual([]);
  expect(await told(shelf, chunks)).toEqual(wanted.filter(each => each.chunkId !== first));
  expect(await told(shelf, others.slice(0, 1))).toHaveLength(1);
});

test('what is no longer held, and what another process stored, is read', async () => {
  const { chunks } = await posted([cut(1_000), cut(1_001), cut(1_002), cut(1_003)]);
  const wanted = await stored(chunks);
  const shelf = new FreshRecords(2);
  const row = (no: number) => {
    const { outcome, raw } = cut(no) as Cut & { outcome: { reading: Reading } };
    const placing = { observedAtMs: T0 - no, timeMark: 'stated' as const, statedAtMs: null };
    return { recordNo: 1, digest: Buffer.from(raw), placing, reading: outcome.reading };
  };
  for (const [i, chunkId] of chunks.slice(-3).entries()) shelf.add(source, chunkId, T0, [row(5_000 + i)]);
  const names = (await told(shelf, chunks)).map(each => [each.chunkId, each.claim]);
  // The oldest of three had to go: it is told as stored, the two later ones as they were put there.
  expect(names).toEqual(
    expect.arrayContaining([
      [chunks.at(-3), 'iccid:1001'],
      [chunks.at(-2), 'iccid:5001'],
      [chunks.at(-1), 'iccid:5002'],
    ]),
  );
  expect(names).toHaveLength(wanted.length);
});

test('a commit whose answer was lost leaves nothing on the shelf, and its record is read', async () => {
  let calls = 0;
  const over: Database = {
    ...db.database,
    doorAtOnce: async (party, statements) => {
      const rows = await db.database.doorAtOnce(party, statements);
      calls += 1;
      if (calls === 1) throw new Error('the answer was lost');
      return rows;
    },
  };
  const before = (await posted([])).chunks;
  const { chunks } = await posted([cut(2_000), cut(2_001)], over);
  const added = chunks.filter(id => !before.includes(id));
  expect(calls).toBe(1);
  expect(added).toHaveLength(2);
  const wanted = await stored(added);
  expect(wanted.map(each => each.claim)).toEqual(['iccid:2001', 'iccid:2000']);
  expect(await told(freshRecordsOf(over), added)).toEqual(wanted);
});
