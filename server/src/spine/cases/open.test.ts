import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../kernel/database/test-database.ts';
import { record } from '../findings/findings.ts';
import { addMembership } from '../registry/people/store.ts';
import { tellMoves } from './open.ts';
import { actsOf, caseById, findingIdsOf } from './store.ts';
import { type CaseScene, makeCaseScene } from './testing/case-scene.ts';
import { assignCase, closeTakenCase, noteOn, takeOpenCase } from './work.ts';

let db: TestDatabase;
let scene: CaseScene;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db?.close());
beforeEach(async () => {
  scene = await makeCaseScene(db.database);
});

const hand = () => ({ actor: 'person/7', atMs: scene.clock.now() });
const close = (caseId: number, reason: string) =>
  db.database.door(scene.partyId, async tx =>
    closeTakenCase(tx, scene.desk, await takeOpenCase(tx, caseId), reason, hand()),
  );
const acts = async (caseId: number) =>
  (await db.database.corridor(tx => actsOf(tx, caseId, 0, 500))).map(act => act.kind);

test('findings of one card and rule from many judges at once are one case, opened once', async () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const opened = await Promise.all(names.map(name => scene.raise(scene.finding(name))));
  expect(new Set(opened.map(one => one?.case.caseId)).size).toBe(1);
  expect(opened.filter(one => one?.isNew)).toHaveLength(1);
  const caseId = opened[0]!.case.caseId;
  expect(await db.database.corridor(tx => findingIdsOf(tx, caseId))).toHaveLength(5);
  const line = await acts(caseId);
  expect(line.filter(kind => kind === 'opened')).toHaveLength(1);
  expect(line.filter(kind => kind === 'clock-armed')).toHaveLength(1);
});

test('a finding joins once; a graver one raises the case', async () => {
  const first = await scene.raise(scene.finding('a', { severity: 'medium' }));
  expect((await scene.raise(scene.finding('a', { severity: 'medium' })))?.isJoined).toBe(false);
  await scene.raise(scene.finding('b', { severity: 'critical' }));
  await scene.raise(scene.finding('c', { severity: 'low' }));
  const { caseId } = first!.case;
  expect((await db.database.corridor(tx => caseById(tx, caseId)))?.severity).toBe('critical');
  expect((await acts(caseId)).filter(kind => kind === 'severity-raised')).toHaveLength(1);
});

test('a historical finding opens nothing', async () => {
  expect(await scene.raise(scene.finding('a', { historical: true }))).toBeNull();
});

test('another rule, and a finding after the case was closed, open cases of their own', async () => {
  const first = await scene.raise(scene.finding('a'));
  await close(first!.case.caseId, 'explained');
  const second = await scene.raise(scene.finding('b'));
  expect(second?.isNew).toBe(true);
  expect((await scene.raise(scene.finding('a')))?.case.caseId).toBe(first!.case.caseId);
});

test('a case is closed with a reason, once, and then only takes notes', async () => {
  const { caseId } = (await scene.raise(scene.finding('a')))!.case;
  await expect(close(caseId, '  ')).rejects.toMatchObject({ code: 'case-reason-missing' });
  const assign = () => db.database.door(scene.partyId, tx => assignCase(tx, caseId, 'user-1', hand()));
  await expect(assign()).rejects.toMatchObject({ code: 'case-owner-unknown' });
  await db.database.corridor(tx =>
    addMembership(tx, {
      userId: 'user-1',
      partyId: scene.partyId,
      role: 'case-officer',
      grantedBy: 'test',
      atMs: 0,
    }),
  );
  await assign();
  await close(caseId, 'explained');
  await expect(close(caseId, 'again')).rejects.toMatchObject({ code: 'case-closed' });
  await db.database.door(scene.partyId, tx => noteOn(tx, scene.desk, caseId, { text: 'filed' }, hand()));
  expect((await acts(caseId)).slice(3)).toEqual(['assigned', 'closed', 'clock-met', 'note']);
});

test('a noted re-verification notice starts its clock, and the verification meets it', async () => {
  const { caseId } = (await scene.raise(scene.finding('a')))!.case;
  const note = (event: 're-verification-notice' | 're-verified') =>
    db.database.door(scene.partyId, tx => noteOn(tx, scene.desk, caseId, { text: 'told', event }, hand()));
  await note('re-verification-notice');
  scene.clock.advance(3_600_000);
  await note('re-verified');
  expect((await acts(caseId)).slice(3)).toEqual(['event', 'clock-armed', 'event', 'clock-met']);
});

test('a case hears of its findings withdrawn and standing again, and counts what stands', async () => {
  const { caseId } = (await scene.raise(scene.finding('a')))!.case;
  await scene.raise(scene.finding('b'));
  const ids = ['a', 'b'].map(name => scene.finding(name).findingId);
  const shake = (withdrawn: string[], reinstated: string[]) =>
    db.database.corridor(async tx => {
      const occasion = { atMs: scene.clock.now(), actor: 'corridor', reason: 'late-record' };
      const done = await record(tx, [], withdrawn, reinstated, occasion);
      const gone = await tellMoves(tx, done.withdrawn, 'finding-withdrawn', occasion);
      const back = await tellMoves(tx, done.reinstated, 'finding-reinstated', occasion);
      return [...gone, ...back].map(one => [one.case.caseId, one.standing]);
    });
  expect(await shake([ids[0] as string], [])).toEqual([[caseId, 1]]);
  expect(await shake(ids, [])).toEqual([[caseId, 0]]);
  expect(await shake([], ids)).toEqual([[caseId, 2]]);
});
