import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MINUTE_MS } from '../kernel/time.ts';
import { LIMITS } from '../spine/registry/people/lock-out.ts';
import { ask, enterFirst, GOOD_PASSWORD, makeParty, type TestApi, testApi } from './testing/test-api.ts';

let api: TestApi;
let admin: string;

beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api.close());

const login = (email: string, password: string, more: object = {}, headers = {}, peer = '192.0.2.1') =>
  ask(api, '/api/v1/login', { body: { email, password, ...more }, headers, peer });

describe('the first sign-in', () => {
  test('a one-time password alone opens nothing and asks for a new one', async () => {
    const answer = await login(api.first.email, api.first.oneTimePassword);
    expect(answer.status).toBe(403);
    expect(answer.body.code).toBe('new-password-needed');
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  test('a new password that is too short is refused before anything is spent', async () => {
    const answer = await login(api.first.email, api.first.oneTimePassword, { newPassword: 'short' });
    expect(answer.status).toBe(422);
    expect(answer.body.facts).toEqual({ least: 8, most: 128 });
  });

  test('with a password of their own the administrator is in, and the one-time password is spent', async () => {
    admin = await enterFirst(api);
    const me = await ask(api, '/api/v1/me', { token: admin });
    expect(me.body).toMatchObject({
      email: api.first.email,
      roles: ['administrator'],
      party: { zh: '根单位' },
    });
    expect((await login(api.first.email, api.first.oneTimePassword)).status).toBe(401);
    expect((await login(api.first.email, GOOD_PASSWORD)).status).toBe(200);
  });

  test('two who use one one-time password at once: one is in', async () => {
    const person = await ask(api, '/api/v1/people', {
      token: admin,
      body: { email: 'twice@example.org', name: 'Twice', role: 'auditor' },
    });
    const password = person.body.oneTimePassword as string;
    const answers = await Promise.all(
      ['first password of two', 'second password of two'].map(newPassword =>
        login('twice@example.org', password, { newPassword }),
      ),
    );
    expect(answers.map(answer => answer.status).sort()).toEqual([200, 401]);
  });
});

describe('sessions', () => {
  test('without a session every address under /api/v1 is closed', async () => {
    for (const url of [
      'me',
      'parties',
      'people',
      'api-keys',
      'imports',
      'subjects',
      'events',
      'contested-claims',
    ]) {
      expect((await ask(api, `/api/v1/${url}`)).body.code, url).toBe('not-signed-in');
    }
  });

  test('a forged or foreign token opens nothing', async () => {
    const forged = `${admin.slice(0, 10)}${admin.slice(10, 30).toUpperCase()}${admin.slice(30)}`;
    for (const token of [forged, 'nonsense', `${admin}x`, 'tw_aaaaaaaaaa_wrong']) {
      expect((await ask(api, '/api/v1/me', { token })).status).toBe(401);
    }
  });

  test('a cookie works, is httpOnly and strict, and ends with sign-out', async () => {
    const entered = await login(api.first.email, GOOD_PASSWORD);
    const cookie = String(entered.headers['set-cookie']);
    expect(cookie).toMatch(/^thingward\.session_token=.*HttpOnly.*SameSite=Strict/i);
    const headers = { cookie: cookie.split(';')[0]! };
    expect((await ask(api, '/api/v1/me', { headers })).status).toBe(200);
    const same = { ...headers, origin: 'http://localhost', host: 'localhost' };
    expect((await ask(api, '/api/v1/logout', { body: {}, headers: same })).status).toBe(200);
    expect((await ask(api, '/api/v1/me', { headers })).status).toBe(401);
  });

  test('a write with a cookie from another site, or without saying from where, is refused', async () => {
    const entered = await login(api.first.email, GOOD_PASSWORD);
    const cookie = String(entered.headers['set-cookie']).split(';')[0]!;
    const party = { kind: 'customer', name: { en: 'Sly', zh: '狡' } };
    for (const origin of [{ origin: 'https://evil.example' }, { origin: 'null' }, {}]) {
      const answer = await ask(api, '/api/v1/parties', {
        body: party,
        headers: { cookie, host: 'localhost', ...origin },
      });
      expect(answer.body.code).toBe('origin-refused');
    }
    const own = { cookie, host: 'localhost', origin: 'http://localhost' };
    expect((await ask(api, '/api/v1/parties', { body: party, headers: own })).status).toBe(201);
  });

  test('a changed password ends the other sessions and keeps this one', async () => {
    const { email, token } = await makeParty(api, admin, 'Changer');
    const other = (await login(email, GOOD_PASSWORD)).body.token;
    const change = (current: string, next: string) =>
      ask(api, '/api/v1/me/password', { token, body: { current, next } });
    expect((await change('not the password', 'another good password')).body.code).toBe('sign-in-refused');
    expect((await change(GOOD_PASSWORD, 'another good password')).status).toBe(200);
    expect((await ask(api, '/api/v1/me', { token: other })).status).toBe(401);
    expect((await ask(api, '/api/v1/me', { token })).status).toBe(200);
    expect((await login(email, 'another good password')).status).toBe(200);
  });

  test('are listed to their owner, who ends one of them or all others', async () => {
    const { email, token } = await makeParty(api, admin, 'Lister');
    const enter = async () => (await login(email, GOOD_PASSWORD, {}, { 'user-agent': 'a lamp' })).body.token;
    const [second, third] = [await enter(), await enter()];
    const listed = await ask(api, '/api/v1/me/sessions', { token });
    expect(listed.body.items.length).toBe(3);
    const others = listed.body.items.filter((each: { isThisOne: boolean }) => !each.isThisOne);
    expect(others[0]).toMatchObject({ from: '192.0.2.1', client: 'a lamp' });
    expect(JSON.stringify(listed.body)).not.toContain(second.split('.')[0]);
    const isIn = async (each: string) => (await ask(api, '/api/v1/me', { token: each })).status === 200;
    const end = (path: string, by = token) => ask(api, path, { token: by, method: 'DELETE' });
    const secondId = (await ask(api, '/api/v1/me/sessions', { token: second })).body.items.find(
      (each: { isThisOne: boolean }) => each.isThisOne,
    ).id;
    expect((await end(`/api/v1/me/sessions/${secondId}`, admin)).body.code).toBe('session-unknown');
    expect((await end(`/api/v1/me/sessions/${secondId}`)).status).toBe(200);
    expect([await isIn(second), await isIn(third), await isIn(token)]).toEqual([false, true, true]);
    expect((await end('/api/v1/me/sessions')).status).toBe(200);
    expect([await isIn(third), await isIn(token)]).toEqual([false, true]);
  });

  test('of people below are an administrator’s to list and end, of people above they are not', async () => {
    const { token, userId } = await makeParty(api, admin, 'Below');
    const { userId: above } = (await ask(api, '/api/v1/me', { token: admin })).body;
    const listed = await ask(api, `/api/v1/people/${userId}/sessions`, { token: admin });
    expect(listed.body.items.length).toBe(1);
    for (const method of ['GET', 'DELETE'] as const) {
      const upwards = await ask(api, `/api/v1/people/${above}/sessions`, { token, method });
      expect(upwards.body.code).toBe('person-unknown');
    }
    const id = listed.body.items[0].id;
    const ended = await ask(api, `/api/v1/people/${userId}/sessions/${id}`, {
      token: admin,
      method: 'DELETE',
    });
    expect(ended.status).toBe(200);
    expect((await ask(api, '/api/v1/me', { token })).status).toBe(401);
  });

  test('and keys end when a password is reset', async () => {
    const { token, userId } = await makeParty(api, admin, 'Keyed');
    const key = await ask(api, '/api/v1/api-keys', { token, body: { title: 'k', scopes: ['status:read'] } });
    expect((await ask(api, '/api/v1/me', { token: key.body.key })).status).toBe(200);
    await ask(api, `/api/v1/people/${userId}/one-time-password`, { token: admin, body: {} });
    for (const each of [token, key.body.key])
      expect((await ask(api, '/api/v1/me', { token: each })).status).toBe(401);
  });

  test('a person who is shut out loses the session at once and stays out until reset', async () => {
    const { email, token, userId } = await makeParty(api, admin, 'Leaver');
    expect((await ask(api, `/api/v1/people/${userId}/shut-out`, { token: admin, body: {} })).status).toBe(
      200,
    );
    expect((await ask(api, '/api/v1/me', { token })).status).toBe(401);
    expect((await login(email, GOOD_PASSWORD)).body.code).toBe('sign-in-refused');
    const reset = await ask(api, `/api/v1/people/${userId}/one-time-password`, { token: admin, body: {} });
    const again = await login(email, reset.body.oneTimePassword, { newPassword: 'yet another password' });
    expect(again.status).toBe(200);
  });
});

test('a password among the common ones is refused, and one of 14 characters, before anything is spent', async () => {
  const person = await ask(api, '/api/v1/people', {
    token: admin,
    body: { email: 'chooser@example.org', name: 'Chooser', role: 'auditor' },
  });
  const choose = (newPassword: string) =>
    login('chooser@example.org', person.body.oneTimePassword, { newPassword });
  expect((await choose('chooserchooser')).body.code).toBe('password-common');
  expect((await choose('fourteen chars')).body.facts).toEqual({ least: 15, most: 128 });
  expect((await choose('fifteen chars !')).status).toBe(200);
});

test.each([
  ['was idle for too long', { idleMs: 40 * MINUTE_MS, longestMs: 90 * MINUTE_MS }],
  ['was open for too long, however much it is used', { idleMs: 90 * MINUTE_MS, longestMs: 40 * MINUTE_MS }],
])('a session ends when it %s', async (_why, limits) => {
  const short = await testApi([], limits);
  try {
    const token = await enterFirst(short);
    const me = () => ask(short, '/api/v1/me', { token });
    const { expiresAt } = (await me()).body;
    expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(40 * MINUTE_MS);
    short.clock.advance(39 * MINUTE_MS);
    expect((await me()).status).toBe(200);
    short.clock.advance(2 * MINUTE_MS);
    expect((await me()).status).toBe(401);
    short.clock.advance(-41 * MINUTE_MS);
    expect((await me()).status).toBe(401);
  } finally {
    await short.close();
  }
});

describe('guessing', () => {
  test('wrong passwords lock the account, also when all are tried at once, and also for who does not exist', async () => {
    const { email } = await makeParty(api, admin, 'Target');
    for (const name of [email, 'nobody@example.org']) {
      const tries = Array.from({ length: LIMITS.lockAfter + 5 }, (_, i) =>
        login(name, `wrong guess ${i}`, {}, {}, `203.0.113.${i}`),
      );
      const codes = (await Promise.all(tries)).map(answer => answer.body.code);
      expect(codes.filter(code => code === 'sign-in-refused').length).toBeLessThanOrEqual(LIMITS.lockAfter);
      expect(codes.filter(code => code === 'sign-in-locked').length).toBeGreaterThanOrEqual(5);
    }
    const locked = await login(email, GOOD_PASSWORD, {}, {}, '203.0.113.99');
    expect([locked.status, locked.body.code]).toEqual([429, 'sign-in-locked']);
    expect(Number(locked.headers['retry-after'])).toBeGreaterThan(0);
  });

  test('a lock ends by itself, and a good password then forgets the tries', async () => {
    api.clock.advance(LIMITS.firstLockMs + 1_000);
    const answer = await login('target@example.org', GOOD_PASSWORD, {}, {}, '203.0.113.99');
    expect(answer.status).toBe(200);
    const { rows } = await sql<{ tries: number }>`
      select tries from sign_in_try where counter = ${answer.body.userId}`.execute(api.db.owner);
    expect(rows).toEqual([{ tries: 0 }]);
  });

  test('one address may try only so often, whatever it claims to be', async () => {
    const codes: string[] = [];
    for (let i = 0; i < 40; i++) {
      const spoofed = { 'x-forwarded-for': `198.51.100.${i}`, 'x-thingward-peer': `198.51.100.${i}` };
      codes.push((await login(`nobody-${i}@example.org`, 'wrong', {}, spoofed)).body.code);
    }
    expect(codes).toContain('sign-in-too-often');
    expect(codes.at(-1)).toBe('sign-in-too-often');
  });
});

test('the ledger has every act on success and on failure, and no name, address or password', async () => {
  const acts = await api.acts();
  const names = new Set(acts.map(each => each.act));
  for (const act of [
    'installation-founded',
    'signed-in',
    'signed-in-with-new-password',
    'sign-in-refused',
    'person-added',
    'party-founded',
    'password-changed',
    'password-change-refused',
    'person-shut-out',
    'password-reset',
  ]) {
    expect(names, act).toContain(act);
  }
  expect(acts.map(each => each.entry).join('\n')).not.toMatch(/example\.org|correct horse|Target|Leaver/);
});
