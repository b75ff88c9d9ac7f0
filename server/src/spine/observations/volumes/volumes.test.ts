import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../kernel/database/test-database.ts';
import { settableClock } from '../../../kernel/time.ts';
import { type IntakeDoors, takeIn } from '../intake.ts';
import { plainProfile, type SourceProfile } from '../source-profile.ts';
import { addSource } from '../store.ts';
import { makeParty } from '../testing/make-party.ts';
import { KINDS, volumeFile, volumeLines } from './testing/volume-lines.ts';
import { confirmVolumes, countJumps, jumpsOf, lookAtVolumes, shownJump } from './volumes.ts';

const T0 = Date.UTC(2026, 10, 20, 12);
const clock = settableClock(T0);
let db: TestDatabase;
let doors: IntakeDoors;
let partyId: number;
let sourceId: number;
let made = 0;

beforeAll(async () => {
  db = await testDatabase();
  partyId = await makeParty(db.database);
  const formats = new Map([[volumeLines.name, volumeLines]]);
  doors = { database: db.database, clock, formats, leafFor: ms => db.leafFor(ms) };
});
afterAll(() => db.close());
beforeEach(async () => {
  sourceId = await source({});
});

async function source(profile: Partial<SourceProfile>): Promise<number> {
  made += 1;
  const asked = { partyId, name: `feed-${made}`, format: volumeLines.name, atMs: T0 };
  return await db.database.door(partyId, tx =>
    addSource(tx, { ...asked, profile: { ...plainProfile, ...profile } }),
  );
}

const feed = (volume: number, cards = 10, records = 60) => {
  made += 1;
  const bytes = volumeFile(made, { volume, cards, records, atMs: T0 });
  return takeIn(doors, { partyId, label: 'person/1' }, sourceId, `file ${made}`, bytes);
};
const look = () => lookAtVolumes({ database: db.database, clock }, KINDS);
const jump = async () => (await db.database.door(partyId, tx => jumpsOf(tx, [sourceId]))).get(sourceId);
const acts = async () => {
  const { rows } = await sql<{ act: string }>`select act from ledger_stage
    where object = ${`source/${sourceId}`} and act like 'source-volumes-%' order by stage_id`.execute(
    db.owner,
  );
  return rows.map(row => row.act);
};

test('CR-27: volumes that leap by a thousand are asked about once, with batch and moment, and every record is taken', async () => {
  for (const volume of [40_000, 50_000, 60_000]) await feed(volume);
  await look();
  expect(await jump()).toBeUndefined();
  const leapt = await feed(50_000_000);
  expect(leapt).toMatchObject({ accepted: 60, quarantined: 0 });
  await look();
  await feed(50_000_000);
  await look();
  await look();
  expect(await jump()).toMatchObject({ direction: 'up', times: 1_000, atMs: T0, batchId: leapt.batchId });
  expect(shownJump(await jump())).toMatchObject({ since: '2026-11-20T12:00:00.000Z' });
  expect(await db.database.corridor(countJumps)).toBe(1);
  expect(await acts()).toEqual(['source-volumes-jumped']);
  await confirmVolumes({ database: db.database, clock }, { partyId, label: 'person/1' }, sourceId);
});

test('CR-27: a person answers for it, once, and the new level is the usual one from then on', async () => {
  for (const volume of [50_000, 50_000, 50]) await feed(volume);
  await look();
  expect(await jump()).toMatchObject({ direction: 'down', times: 1_000 });
  const doer = { partyId, label: 'person/1' };
  await confirmVolumes({ database: db.database, clock }, doer, sourceId);
  expect(await jump()).toBeUndefined();
  await expect(confirmVolumes({ database: db.database, clock }, doer, sourceId)).rejects.toMatchObject({
    code: 'source-volumes-unquestioned',
  });
  for (const volume of [50, 50]) await feed(volume);
  await look();
  expect(await jump()).toBeUndefined();
  await feed(50_000);
  await look();
  expect(await jump()).toMatchObject({ direction: 'up' });
  expect(await acts()).toEqual([
    'source-volumes-jumped',
    'source-volumes-confirmed',
    'source-volumes-confirmed-refused',
    'source-volumes-jumped',
  ]);
});

test('CR-27: what another profile declares is learned anew', async () => {
  for (const volume of [50_000, 50_000, 50_000_000]) await feed(volume);
  await look();
  expect(await jump()).toBeDefined();
  const profile = JSON.stringify({ ...plainProfile, unit: 'kB' });
  await sql`update source set profile = ${profile}::text::jsonb where source_id = ${sourceId}`.execute(
    db.owner,
  );
  await feed(50_000_000);
  await look();
  expect(await jump()).toBeUndefined();
});

test('CR-27: few records wait for more, two cards say nothing, and what is kept is asked of nobody else', async () => {
  for (const volume of [50_000, 50_000]) await feed(volume);
  await feed(50_000_000, 2);
  await feed(50_000_000, 2, 20);
  await look();
  expect(await jump()).toBeUndefined();
  const other = await makeParty(db.database);
  await feed(50_000_000, 3, 3);
  await look();
  expect(await jump()).toBeDefined();
  expect((await db.database.door(other, tx => jumpsOf(tx, [sourceId]))).size).toBe(0);
  const stranger = { partyId: other, label: 'person/2' };
  await expect(confirmVolumes({ database: db.database, clock }, stranger, sourceId)).rejects.toMatchObject({
    code: 'source-unknown',
  });
  expect(await jump()).toBeDefined();
});

test('CR-27: a total that is not stated is the sum of its parts, and a record without volume is none of 0 bytes', async () => {
  for (const volume of [50_000, 50_000]) await feed(volume);
  made += 1;
  const bytes = volumeFile(made, { volume: 50_000_000, cards: 10, records: 60, atMs: T0, inParts: true });
  await takeIn(doors, { partyId, label: 'person/1' }, sourceId, 'parts', bytes);
  await feed(0);
  await look();
  expect(await jump()).toMatchObject({ direction: 'up', times: 1_000 });
});
