import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { settableClock } from '../kernel/time.ts';
import { openSignIn } from '../spine/registry/people/open-sign-in.ts';
import { ask, enterFirst, GOOD_PASSWORD, makeParty, type TestApi, testApi } from './testing/test-api.ts';

let api: TestApi;
let admin: string;

beforeAll(async () => {
  api = await testApi([], { idleMs: 300 * 86_400_000, longestMs: 300 * 86_400_000 });
  admin = await enterFirst(api);
});
afterAll(() => api.close());

const opens = async (key: string) => (await ask(api, '/api/v1/me', { token: key })).status === 200;
const rotate = (token: string, id: string, body: object = {}) =>
  ask(api, `/api/v1/api-keys/${id}/rotation`, { token, body });
const make = async (token: string, more: object = {}) =>
  (
    await ask(api, '/api/v1/api-keys', {
      token,
      body: { title: 'feed', scopes: ['status:read', 'observations:write'], ...more },
    })
  ).body as { id: string; key: string };

describe('the rotation of an API key', () => {
  test('gives a new key with the same scopes, and the old one opens until its grace is over', async () => {
    const old = await make(admin);
    const { status, body } = await rotate(admin, old.id, { graceHours: 2 });
    expect(status).toBe(201);
    expect([await opens(old.key), await opens(body.key)]).toEqual([true, true]);
    const me = await ask(api, '/api/v1/me', { token: body.key });
    expect(me.body.scopes).toEqual(['status:read', 'observations:write']);
    api.clock.advance(2 * 3_600_000 + 1);
    expect([await opens(old.key), await opens(body.key)]).toEqual([false, true]);
    expect((await rotate(admin, old.id)).body.code).toBe('api-key-unknown');
  });

  test('never lengthens a key’s life, and without grace ends it at once', async () => {
    const short = await make(admin, { expiresInDays: 1 });
    const { body } = await rotate(admin, short.id, { graceHours: 720 });
    expect(Date.parse(body.oldEndsAt) - api.clock.now()).toBeLessThanOrEqual(86_400_000);
    expect(Date.parse(body.expiresAt)).toBe(Date.parse(body.oldEndsAt));
    const old = await make(admin);
    const next = await rotate(admin, old.id, { graceHours: 0 });
    expect([await opens(old.key), await opens(next.body.key)]).toEqual([false, true]);
  });

  test('is refused to one without the scopes, to another party, and to a key itself', async () => {
    const { token } = await makeParty(api, admin, 'Elsewhere');
    const old = await make(admin);
    expect((await rotate(token, old.id)).body.code).toBe('api-key-unknown');
    expect((await rotate(old.key, old.id)).body.code).toBe('right-missing');
    expect(await opens(old.key)).toBe(true);
    const acts = (await api.acts()).map(each => each.act);
    expect(acts).toContain('api-key-rotated');
    expect(acts).toContain('api-key-rotated-refused');
  });

  test('at the same moment twice leaves the old one with one end', async () => {
    const old = await make(admin);
    const answers = await Promise.all([rotate(admin, old.id), rotate(admin, old.id)]);
    expect(answers.map(each => each.status)).toEqual([201, 201]);
    expect(await opens(old.key)).toBe(true);
    api.clock.advance(24 * 3_600_000 + 1);
    expect(await opens(old.key)).toBe(false);
  });
});

test('a renewed session secret ends sessions, and second factors sealed under the old one still count', async () => {
  const pool = api.db.rawPool({ role: 'owner', schema: 'thingward_auth', max: 2, isPlain: true });
  const base = { database: api.db.database, clock: settableClock(Date.now()) };
  const open = (secret: string, oldSecrets = new Map<number, string>()) =>
    openSignIn(base, { pool, secret, oldSecrets, baseUrl: 'http://localhost' });
  const [first, second] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')];
  const before = await open(first);
  const person = await before.create({ email: 'keeper@example.org', name: 'Keeper' });
  const who = { email: person.email, peer: '192.0.2.9' };
  const entered = await before.enter({
    ...who,
    password: person.oneTimePassword,
    newPassword: GOOD_PASSWORD,
  });
  const bearer = { bearer: entered.token };
  const made = await before.beginSecondFactor(bearer, { password: GOOD_PASSWORD, peer: who.peer });
  const { generate } = await import('otplib');
  await before.confirmSecondFactor(bearer, { code: await generate({ secret: made.secret }), peer: who.peer });
  const again = await before.enter({ ...who, password: GOOD_PASSWORD, code: made.recoveryCodes[0] });

  const after = await open(second, new Map([[1, first]]));
  expect(await after.whose({ bearer: again.token })).toBeNull();
  const code = made.recoveryCodes[1];
  expect((await after.enter({ ...who, password: GOOD_PASSWORD, code })).userId).toBe(person.userId);
  const lost = await open(randomBytes(32).toString('hex'));
  await expect(
    lost.enter({ ...who, password: GOOD_PASSWORD, code: made.recoveryCodes[2] }),
  ).rejects.toThrow();
});
