import { generate } from 'otplib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LIMITS } from '../spine/registry/people/lock-out.ts';
import { ask, enterFirst, GOOD_PASSWORD, makeParty, type TestApi, testApi } from './testing/test-api.ts';

let api: TestApi;
let admin: string;
const made: string[] = [];

beforeAll(async () => {
  api = await testApi([], { secondFactorRoles: new Set(['supervisor']) });
  admin = await enterFirst(api);
});
afterAll(() => api.close());

const login = (email: string, more: object = {}, peer = '192.0.2.1') =>
  ask(api, '/api/v1/login', { body: { email, password: GOOD_PASSWORD, ...more }, peer });
const post = (token: string, path: string, body: object) =>
  ask(api, `/api/v1/me/second-factor${path}`, { token, body });

/** The code of another implementation for some seconds from now; the library reads the machine's clock. */
const codeOf = (secret: string, aheadS = 0) =>
  generate({ secret, epoch: Math.floor(Date.now() / 1_000) + aheadS });

/** A person with a second factor that is confirmed. */
async function enrolled(name: string, role = 'administrator') {
  const person = await makeParty(api, admin, name, role);
  const begun = await post(person.token, '', { password: GOOD_PASSWORD });
  const { secret, recoveryCodes } = begun.body as { secret: string; recoveryCodes: string[] };
  made.push(secret, ...recoveryCodes);
  const confirmed = await post(person.token, '/confirmation', { code: await codeOf(secret, -30) });
  expect(confirmed.status).toBe(200);
  return { ...person, secret, recoveryCodes, token: confirmed.body.token as string, old: person.token };
}

describe('a second factor', () => {
  test('counts from its confirmation on, and the sessions opened without it end', async () => {
    const person = await makeParty(api, admin, 'Setter');
    const other = (await login(person.email)).body.token;
    expect((await post(person.token, '', { password: 'not the password' })).body.code).toBe(
      'sign-in-refused',
    );
    const { body } = await post(person.token, '', { password: GOOD_PASSWORD });
    expect(body.uri).toMatch(/^otpauth:\/\/totp\/Thingward/);
    expect(body.recoveryCodes.length).toBe(10);
    expect((await login(person.email)).status).toBe(200);
    expect((await post(person.token, '/confirmation', { code: '000000' })).body.code).toBe(
      'second-factor-refused',
    );
    const confirmed = await post(person.token, '/confirmation', { code: await codeOf(body.secret) });
    const me = (token: string) => ask(api, '/api/v1/me', { token });
    expect([(await me(other)).status, (await me(person.token)).status]).toEqual([401, 401]);
    expect((await me(confirmed.body.token)).status).toBe(200);
    const state = await ask(api, '/api/v1/me/second-factor', { token: confirmed.body.token });
    expect(state.body).toEqual({ isSet: true, isRequired: false, recoveryCodesLeft: 10 });
    expect((await login(person.email)).body.code).toBe('second-factor-needed');
  });

  test('lets in with password and code, and a code once only, also at the same moment (RFC 6238 §5.2)', async () => {
    const { email, secret } = await enrolled('Twofold');
    const code = await codeOf(secret);
    const answers = await Promise.all([1, 2, 3].map(() => login(email, { code })));
    expect(answers.map(each => each.status).sort()).toEqual([200, 401, 401]);
    for (const each of answers.filter(one => one.status === 401)) {
      expect(each.body.code).toBe('second-factor-refused');
      expect(each.headers['set-cookie']).toBeUndefined();
    }
    expect((await login(email, { code })).body.code).toBe('second-factor-refused');
    expect((await login(email, { code: await codeOf(secret, 30) })).status).toBe(200);
    const sessions = await ask(api, '/api/v1/me/sessions', {
      token: answers.find(each => each.status === 200)!.body.token,
    });
    expect(sessions.body.items.length).toBe(3);
  });

  test('the code that confirmed it opens nothing afterwards', async () => {
    const person = await makeParty(api, admin, 'Replayed');
    const { body } = await post(person.token, '', { password: GOOD_PASSWORD });
    const code = await codeOf(body.secret);
    expect((await post(person.token, '/confirmation', { code })).status).toBe(200);
    expect((await login(person.email, { code })).body.code).toBe('second-factor-refused');
  });

  test('a right code with a wrong password says no more than any wrong password', async () => {
    const { email, secret } = await enrolled('Halfway');
    const answer = await login(email, { password: 'not the password', code: await codeOf(secret) });
    expect(answer.body.code).toBe('sign-in-refused');
    expect((await login(email, { code: await codeOf(secret) })).status).toBe(200);
  });

  test('a recovery code opens once', async () => {
    const { email, recoveryCodes, token } = await enrolled('Recovering');
    const code = recoveryCodes[3]!;
    const answers = await Promise.all([1, 2].map(() => login(email, { code })));
    expect(answers.map(each => each.status).sort()).toEqual([200, 401]);
    expect((await login(email, { code })).body.code).toBe('second-factor-refused');
    const state = await ask(api, '/api/v1/me/second-factor', { token });
    expect(state.body.recoveryCodesLeft).toBe(9);
  });

  test('codes cannot be guessed: tries lock the account as wrong passwords do', async () => {
    const { email, secret } = await enrolled('Guessed');
    const codes: string[] = [];
    for (let i = 0; i < LIMITS.lockAfter + 2; i++) {
      const answer = await login(email, { code: String(100_000 + i) }, `203.0.113.${i}`);
      codes.push(answer.body.code);
    }
    expect(codes.at(-1)).toBe('sign-in-locked');
    const right = { code: await codeOf(secret, 30) };
    expect((await login(email, right, '203.0.113.200')).body.code).toBe('sign-in-locked');
    // From where the person signed in before, others' tries do not count.
    expect((await login(email, right, '127.0.0.1')).status).toBe(200);
  });

  test('with a one-time password all three are asked for, one after another, and nothing is spent before', async () => {
    const { email, userId, recoveryCodes } = await enrolled('Resetter');
    const reset = await ask(api, `/api/v1/people/${userId}/one-time-password`, { token: admin, body: {} });
    const first = { password: reset.body.oneTimePassword as string };
    const code = recoveryCodes[0]!;
    expect((await login(email, first)).body.code).toBe('second-factor-needed');
    expect((await login(email, { ...first, code })).body.code).toBe('new-password-needed');
    const short = await login(email, { ...first, code, newPassword: 'q7marmo' });
    expect(short.body.code).toBe('password-too-weak');
    // Beside a second factor eight characters will do.
    expect((await login(email, { ...first, code, newPassword: 'q7marmot' })).status).toBe(200);
  });

  test('is removed by its owner with a code, and by an administrator above who ends the sessions', async () => {
    const own = await enrolled('Remover');
    const removal = (code: string) => post(own.token, '/removal', { password: GOOD_PASSWORD, code });
    expect((await removal('123456')).body.code).toBe('second-factor-refused');
    expect((await removal(await codeOf(own.secret))).status).toBe(200);
    expect((await login(own.email)).status).toBe(200);
    const lost = await enrolled('Loser');
    const path = (userId: string) => `/api/v1/people/${userId}/second-factor`;
    const sideways = await ask(api, path(lost.userId), { token: own.token, method: 'DELETE' });
    expect(sideways.body.code).toBe('person-unknown');
    expect((await ask(api, path(lost.userId), { token: admin, method: 'DELETE' })).status).toBe(200);
    expect((await ask(api, '/api/v1/me', { token: lost.token })).status).toBe(401);
    expect((await login(lost.email)).status).toBe(200);
  });

  test('new recovery codes replace the old ones', async () => {
    const { email, secret, recoveryCodes, token } = await enrolled('Renewer');
    const renewed = await post(token, '/recovery-codes', {
      password: GOOD_PASSWORD,
      code: await codeOf(secret),
    });
    expect((await login(email, { code: recoveryCodes[0]! })).body.code).toBe('second-factor-refused');
    expect((await login(email, { code: renewed.body.recoveryCodes[0] })).status).toBe(200);
  });

  test('that a role demands is all its holder may set up before anything else', async () => {
    const { token, email } = await makeParty(api, admin, 'Obliged', 'supervisor');
    expect((await ask(api, '/api/v1/parties', { token })).body.code).toBe('second-factor-missing');
    expect((await ask(api, '/api/v1/events', { token })).body.code).toBe('second-factor-missing');
    const { body } = await post(token, '', { password: GOOD_PASSWORD });
    const confirmed = await post(token, '/confirmation', { code: await codeOf(body.secret) });
    expect((await ask(api, '/api/v1/parties', { token: confirmed.body.token })).status).toBe(200);
    expect((await login(email)).body.code).toBe('second-factor-needed');
  });
});

test('the ledger has each act upon second factors, and no secret, code or recovery code', async () => {
  const acts = await api.acts();
  const names = new Set(acts.map(each => each.act));
  for (const act of [
    'second-factor-begun',
    'second-factor-begun-refused',
    'second-factor-set',
    'second-factor-set-refused',
    'second-factor-removed',
    'second-factor-removed-refused',
    'recovery-codes-renewed',
  ])
    expect(names, act).toContain(act);
  const told = acts.map(each => each.entry).join('\n');
  expect(told).toContain('"secondFactor":"recovery-code"');
  expect(told).not.toMatch(/otpauth|"\d{6}"/);
  for (const code of made) expect(told).not.toContain(code);
});
