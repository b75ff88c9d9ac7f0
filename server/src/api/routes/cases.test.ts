import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../kernel/database/test-database.ts';
import { silentLog } from '../../kernel/log.ts';
import { makeScene, type Scene } from '../../spine/measures/testing/scene.ts';
import { addMembership } from '../../spine/registry/people/store.ts';
import type { App, Doors } from '../app.ts';
import { buildApi } from '../server.ts';
import { casesRoutes } from './cases.ts';
import { findingsRoutes } from './findings.ts';
import { measuresRoutes } from './measures.ts';
import { providersRoutes } from './providers.ts';

const kind = { kind: 'stop', applies: 'stop', lifts: 'go', terms: { how: ['hard', 'soft'] } };
let db: TestDatabase;
let app: App;
let scene: Scene;
let other: Scene;
let announced: string[] = [];

beforeAll(async () => {
  db = await testDatabase();
  const side = { url: 'http://127.0.0.1:9', kinds: [kind], adapters: {} };
  scene = await makeScene(db.database, side);
  other = await makeScene(db.database, side);
  const people = [
    { userId: 'officer', partyId: scene.partyId, role: 'case-officer' },
    { userId: 'chief', partyId: scene.partyId, role: 'supervisor' },
    { userId: 'auditor', partyId: scene.partyId, role: 'auditor' },
    { userId: 'stranger', partyId: other.partyId, role: 'administrator' },
  ];
  await db.database.corridor(async tx => {
    for (const one of people) await addMembership(tx, { ...one, grantedBy: 'test', atMs: 0 });
  });
  const doors = {
    database: db.database,
    clock: scene.clock,
    log: silentLog,
    desk: { ...scene.works, adapters: { 'simulated-provider': () => ({}) } },
    rules: { shipped: new Map(), world: {} },
    events: { announce: ({ object }: { object: string }) => announced.push(object) },
    signIn: {
      whose: async ({ bearer }: { bearer?: string }) => ({ userId: bearer }),
      mustHaveSecondFactor: () => false,
      people: async (ids: string[]) => ids.map(userId => ({ userId, name: `Name of ${userId}`, email: '' })),
    },
    wake: () => {},
  } as unknown as Doors;
  app = await buildApi(doors, [findingsRoutes, casesRoutes, measuresRoutes, providersRoutes]);
  for (const name of ['a', 'b', 'c'])
    await scene.raise(scene.finding(name, { observedAtMs: name.charCodeAt(0) * 1_000 }));
  await other.raise(other.finding('theirs'));
});
afterAll(async () => {
  await app?.close();
  await db?.close();
});

async function ask(who: string, method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown) {
  const response = await app.inject({
    method,
    url: `/api/v1${path}`,
    headers: { authorization: `Bearer ${who}` },
    ...(body === undefined ? {} : { payload: body as object }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: answers are read field by field
  return { status: response.statusCode, body: response.json() as any };
}

const caseOf = async (who: string) => (await ask(who, 'GET', '/cases')).body.items[0];

test("findings are listed newest first, page by page, and only one's own", async () => {
  const first = await ask('officer', 'GET', '/findings?limit=2');
  expect(first.body.items.map((finding: { observedAt: string }) => finding.observedAt)).toEqual([
    '1970-01-01T00:01:39.000Z',
    '1970-01-01T00:01:38.000Z',
  ]);
  const second = await ask('officer', 'GET', `/findings?limit=2&after=${first.body.next}`);
  expect([second.body.items.length, second.body.next]).toEqual([1, null]);
  expect(second.body.items[0]).toMatchObject({
    standing: 'found',
    subject: { kind: 'card', reference: scene.iccid },
  });
  expect((await ask('stranger', 'GET', '/findings')).body.items).toHaveLength(1);
  expect((await ask('officer', 'GET', '/findings?after=bm9wZQ')).status).toBe(400);
  expect(
    (await ask('officer', 'GET', `/findings?subject=${scene.iccid}&standing=withdrawn`)).body.items,
  ).toEqual([]);
  const { id } = second.body.items[0];
  const whole = await ask('officer', 'GET', `/findings/${id}`);
  expect(whole.body.standings).toMatchObject([{ standing: 'found', reason: 'judged' }]);
  expect((await ask('stranger', 'GET', `/findings/${id}`)).status).toBe(404);
});

test('a case shows its time line, clocks with title and zone, findings and measures', async () => {
  const { id } = await caseOf('officer');
  const { body } = await ask('auditor', 'GET', `/cases/${id}`);
  expect(body).toMatchObject({ id, state: 'open', ownerId: null, findingCount: 3, measures: [] });
  expect(body.acts.map((act: { kind: string }) => act.kind).slice(0, 2)).toEqual(['opened', 'clock-armed']);
  expect(body.clocks).toMatchObject([
    { clockId: 'card-misuse-disposal', zone: 'Asia/Shanghai', state: 'running', standing: 'house' },
  ]);
  expect(body.clocks[0].title.zh).toBe('违规用卡处置');
  expect(body.findings).toHaveLength(3);
  expect((await ask('stranger', 'GET', `/cases/${id}`)).status).toBe(404);
  const acts = await ask('officer', 'GET', `/cases/${id}/acts?limit=1`);
  expect(acts.body.items).toHaveLength(1);
  expect(acts.body.items[0]).not.toHaveProperty('about');
  const armed = body.acts.find((act: { kind: string }) => act.kind === 'clock-armed');
  expect(armed).toMatchObject({ detail: { clock: 'card-misuse-disposal' }, about: { zh: '违规用卡处置' } });
  expect(acts.body.next).not.toBeNull();
});

test('a clock armed from an edition that is at hand no more still has its title, and no basis', async () => {
  const { id } = await caseOf('officer');
  await sql`update case_clock set catalogue = 'urn:thingward:catalogue:clocks:cards@2001.1' where case_id = ${id}`.execute(
    db.owner,
  );
  const { body } = await ask('auditor', 'GET', `/cases/${id}`);
  expect(body.clocks[0]).toMatchObject({
    catalogue: 'urn:thingward:catalogue:clocks:cards@2001.1',
    title: { zh: '违规用卡处置' },
  });
  expect(body.clocks[0]).not.toHaveProperty('basis');
});

test('a case is noted on, given to somebody with a role, and closed with a reason by those who may', async () => {
  const { id } = await caseOf('officer');
  announced = [];
  expect((await ask('officer', 'POST', `/cases/${id}/notes`, { text: 'called the holder' })).status).toBe(
    201,
  );
  expect(announced).toEqual([`case/${id}`]);
  expect((await ask('auditor', 'POST', `/cases/${id}/notes`, { text: 'no' })).status).toBe(403);
  expect((await ask('stranger', 'POST', `/cases/${id}/notes`, { text: 'no' })).status).toBe(404);
  expect((await ask('officer', 'POST', `/cases/${id}/notes`, { text: 'x', event: 'full-moon' })).status).toBe(
    400,
  );
  expect((await ask('officer', 'POST', `/cases/${id}/assign`, { ownerId: 'stranger' })).status).toBe(422);
  expect((await ask('officer', 'POST', `/cases/${id}/assign`, { ownerId: 'chief' })).status).toBe(200);
  expect(await caseOf('officer')).toMatchObject({ ownerId: 'chief', ownerLabel: 'Name of chief' });
  expect((await ask('officer', 'POST', `/cases/${id}/close`, { reason: ' ' })).body.code).toBe(
    'case-reason-missing',
  );
});

test('a measure is ordered once, shown with its steps, and not lifted before the provider took it', async () => {
  const { id } = await caseOf('officer');
  expect((await ask('auditor', 'POST', `/cases/${id}/measures`, { kind: 'stop' })).status).toBe(403);
  const wrong = await ask('officer', 'POST', `/cases/${id}/measures`, {
    kind: 'stop',
    terms: { how: 'gently' },
  });
  expect([wrong.status, wrong.body.code]).toEqual([422, 'measure-terms-invalid']);
  const ordered = await ask('officer', 'POST', `/cases/${id}/measures`, { kind: 'stop' });
  expect([ordered.status, ordered.body.state, ordered.body.terms]).toEqual([201, 'ordered', { how: 'hard' }]);
  const again = await ask('officer', 'POST', `/cases/${id}/measures`, { kind: 'stop' });
  expect([again.status, again.body.id]).toEqual([200, ordered.body.id]);
  const measure = await ask('officer', 'GET', `/measures/${ordered.body.id}`);
  expect(measure.body.steps.map((step: { to: string }) => step.to)).toEqual(['decided', 'ordered']);
  expect((await ask('officer', 'GET', `/measures?state=ordered&case=${id}`)).body.items).toHaveLength(1);
  expect((await ask('officer', 'POST', `/measures/${ordered.body.id}/lift`, {})).body.code).toBe(
    'measure-not-liftable',
  );
  expect((await ask('stranger', 'POST', `/measures/${ordered.body.id}/lift`, {})).status).toBe(404);
  const closing = await ask('officer', 'POST', `/cases/${id}/close`, { reason: 'done' });
  expect([closing.status, closing.body.code]).toEqual([409, 'measure-still-moving']);
});

test('providers and policies are set by those who may, checked, and seen by their party only', async () => {
  const settings = { url: 'https://carrier.example' };
  const body = { name: 'second', adapter: 'simulated-provider', settings };
  expect((await ask('officer', 'POST', '/providers', body)).status).toBe(403);
  expect(
    (await ask('chief', 'POST', '/providers', { ...body, settings: { url: 'file:///etc/passwd' } })).status,
  ).toBe(422);
  expect((await ask('chief', 'POST', '/providers', { ...body, adapter: 'none' })).status).toBe(422);
  expect((await ask('chief', 'POST', '/providers', body)).status).toBe(201);
  expect((await ask('chief', 'GET', '/providers')).body.items).toHaveLength(2);
  expect((await ask('stranger', 'GET', '/providers')).body.items).toHaveLength(1);
  const policy = { ruleId: 'card-in-another-device', measure: 'stop', mode: 'order' };
  expect((await ask('chief', 'PUT', '/measure-policies', policy)).body).toMatchObject({
    ...policy,
    setBy: 'person/chief',
  });
  expect((await ask('chief', 'PUT', '/measure-policies', { ...policy, measure: 'none' })).status).toBe(422);
  expect((await ask('officer', 'GET', '/measure-policies')).body.items).toHaveLength(1);
  expect((await ask('stranger', 'GET', '/measure-policies')).body.items).toEqual([]);
});
