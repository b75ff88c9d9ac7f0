import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { canonicalJson } from '../../kernel/canonical-json.ts';
import { type TestDatabase, testDatabase } from '../../kernel/database/test-database.ts';
import { opens } from '../../kernel/seal/commitment.ts';
import { openSalts } from '../../kernel/seal/store.ts';
import type { NewFinding } from './finding.ts';
import { type Recorded, record } from './findings.ts';
import { standingsOf, storedFindings } from './store.ts';
import { type Finder, makeFinder } from './testing/finder.ts';

let db: TestDatabase;
let scene: Finder;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db?.close());
beforeEach(async () => {
  scene = await makeFinder(db.database);
});

function write(
  added: readonly NewFinding[],
  withdrawn: readonly string[] = [],
  reinstated: readonly string[] = [],
): Promise<Recorded> {
  const occasion = { atMs: scene.clock.now(), actor: 'corridor', reason: 'late-record' };
  return db.database.corridor(tx => record(tx, added, withdrawn, reinstated, occasion));
}

const acts = (findingId: string) =>
  db.database.corridor(async tx => {
    const { rows } = await sql<{ act: string; entry: Buffer }>`
      select act, entry from ledger_stage where object = ${`finding/${findingId}`} order by stage_id`.execute(
      tx,
    );
    return rows;
  });

test('a finding handed in twice, also within one batch, is written once with one ledger entry', async () => {
  const finding = scene.finding('a');
  expect((await write([finding, finding])).added).toHaveLength(1);
  expect((await write([finding])).added).toHaveLength(0);
  expect((await acts(finding.findingId)).map(row => row.act)).toEqual(['finding-found']);
});

test('the same finding from two writers at once is found by one of them', async () => {
  const finding = scene.finding('b');
  const both = await Promise.all([write([finding]), write([finding]), write([finding])]);
  expect(both.flatMap(done => done.added)).toHaveLength(1);
});

test('the last row decides: withdrawn and reinstated count once each, and what is not so changes nothing', async () => {
  const { findingId } = scene.finding('c');
  await write([scene.finding('c')]);
  expect((await write([], [], [findingId])).reinstated).toEqual([]);
  expect((await write([], [findingId, findingId])).withdrawn).toHaveLength(1);
  expect((await write([], [findingId])).withdrawn).toEqual([]);
  const stored = () =>
    db.database.corridor(tx => storedFindings(tx, ['card-in-another-device'], [scene.subjectId], 0));
  expect((await stored())[0]?.standing).toBe('withdrawn');
  expect((await write([scene.finding('c')])).reinstated).toHaveLength(1);
  expect((await stored())[0]?.standing).toBe('reinstated');
  const rows = await db.database.corridor(tx => standingsOf(tx, findingId));
  expect(rows.map(row => row.standing)).toEqual(['found', 'withdrawn', 'reinstated']);
});

test('stored findings are those of the rule and subjects from the moment on', async () => {
  await write([scene.finding('d', { observedAtMs: 1_000 }), scene.finding('e', { observedAtMs: 2_000 })]);
  const from = (ms: number, ids = [scene.subjectId]) =>
    db.database.corridor(tx => storedFindings(tx, ['card-in-another-device'], ids, ms));
  expect(await from(1_000)).toHaveLength(2);
  expect(await from(1_001)).toMatchObject([{ findingId: scene.finding('e').findingId, observedAtMs: 2_000 }]);
  expect(await from(0, [])).toEqual([]);
});

test('the ledger shows a commitment to the evidence, and the kept salt opens it', async () => {
  const finding = scene.finding('f', { evidence: { was: '35693803564380', now: '35693803564399' } });
  await write([finding]);
  const [row] = await acts(finding.findingId);
  const text = row?.entry.toString('utf8') ?? '';
  expect(text).not.toContain('35693803564380');
  const { detail } = JSON.parse(text) as { detail: { evidence: string } };
  const [salt] = await db.database.corridor(tx => openSalts(tx, `finding/${finding.findingId}`));
  const evidence = canonicalJson(finding.evidence);
  expect(opens(Buffer.from(detail.evidence, 'hex'), salt?.salt as Buffer, evidence)).toBe(true);
});
