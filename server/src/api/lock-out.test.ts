import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../kernel/time.ts';
import { LIMITS, PEER_LIMITS } from '../spine/registry/people/lock-out.ts';
import { MOST_TOLD } from '../spine/registry/recorded.ts';
import { settleRefusals } from '../spine/registry/refusals/settle.ts';
import { ask, enterFirst, GOOD_PASSWORD, makeParty, type TestApi, testApi } from './testing/test-api.ts';

let api: TestApi;
let admin: string;
const HOME = '198.51.100.7';

beforeAll(async () => {
  api = await testApi([], { longestMs: 400 * DAY_MS, idleMs: 300 * DAY_MS });
  admin = await enterFirst(api);
});
afterAll(() => api.close());

const login = (email: string, password: string, peer: string) =>
  ask(api, '/api/v1/login', { body: { email, password }, peer });

describe('a lock-out', () => {
  test('that strangers keep up for days keeps nobody out where they signed in before', async () => {
    const { email } = await makeParty(api, admin, 'Besieged');
    expect((await login(email, GOOD_PASSWORD, HOME)).status).toBe(200);
    for (let i = 0; i < LIMITS.lockAfter + 14; i++) {
      await login(email, `wrong guess ${i}`, `2001:db8:${i.toString(16)}::1`);
      api.clock.advance(LIMITS.longestLockMs + 1);
    }
    await login(email, 'the last wrong guess', '2001:db8:ffff::1');
    expect((await login(email, GOOD_PASSWORD, '2001:db8:abcd::1')).body.code).toBe('sign-in-locked');
    expect((await login(email, GOOD_PASSWORD, HOME)).status).toBe(200);
  });

  test('grows with each further try and never beyond its longest', async () => {
    const { email } = await makeParty(api, admin, 'Growing');
    const waits: number[] = [];
    for (let i = 0; i < LIMITS.lockAfter + 20; i++) {
      const { body } = await login(email, `wrong guess ${i}`, `2001:db8:0:${i.toString(16)}::1`);
      if (body.code !== 'sign-in-locked') continue;
      waits.push(body.facts.retryAfterS);
      api.clock.advance(body.facts.retryAfterS * 1_000 + 1_000);
    }
    expect(waits.slice(0, 3)).toEqual([30, 60, 120]);
    expect(waits.at(-1)).toBe(LIMITS.longestLockMs / 1_000);
  });

  test('holds an address that tries many names, the whole IPv6 network of it, and ends', async () => {
    const codes: string[] = [];
    for (let i = 0; i < PEER_LIMITS.lockAfter + 3; i++) {
      const peer = `2001:db8:77:1:${i.toString(16)}::${(i + 1).toString(16)}`;
      codes.push((await login(`name-${i}@example.org`, 'wrong', peer)).body.code);
    }
    expect(codes.slice(0, PEER_LIMITS.lockAfter - 1)).not.toContain('sign-in-locked');
    expect(codes.at(-1)).toBe('sign-in-locked');
    expect((await login('name-x@example.org', 'wrong', '2001:db8:77:2::1')).body.code).toBe(
      'sign-in-refused',
    );
    api.clock.advance(HOUR_MS + 1_000);
    expect((await login('name-y@example.org', 'wrong', '2001:db8:77:1::1')).body.code).toBe(
      'sign-in-refused',
    );
  });

  test('says the same of who exists and of who does not, try by try', async () => {
    const { email } = await makeParty(api, admin, 'Real');
    const told = async (name: string, net: string) => {
      const answers: unknown[] = [];
      for (let i = 0; i < LIMITS.lockAfter + 2; i++) {
        const { status, body, headers } = await login(name, 'wrong', `2001:db8:${net}:${i}::1`);
        answers.push([status, body.code, body.title, body.facts, headers['retry-after']]);
      }
      return answers;
    };
    expect(await told(email, 'a1')).toEqual(await told('no-such-person@example.org', 'a2'));
  });
});

describe('the ledger of refusals', () => {
  test('tells the first of a minute one by one and the rest as a count, also after a restart (R-11)', async () => {
    const { token } = await makeParty(api, admin, 'Prober', 'auditor');
    api.clock.advance(MINUTE_MS - (api.clock.now() % MINUTE_MS));
    await settleRefusals(api.doors);
    const before = (await api.acts()).length;
    for (let i = 0; i < 40; i++)
      await ask(api, '/api/v1/parties', { token, body: { kind: 'customer', name: { en: 'x', zh: 'x' } } });
    const told = (await api.acts()).slice(before);
    expect(told.map(each => each.act)).toEqual(Array(MOST_TOLD).fill('request-refused'));
    expect(told[0]).toMatchObject({ object: 'POST:/api/v1/parties' });
    expect(JSON.parse(told[0]!.entry).detail).toEqual({ code: 'right-missing', right: 'parties:write' });
    await settleRefusals(api.doors);
    expect((await api.acts()).length).toBe(before + MOST_TOLD);
    api.clock.advance(MINUTE_MS);
    await Promise.all([settleRefusals(api.doors), settleRefusals(api.doors)]);
    const [count, ...more] = (await api.acts()).slice(before + MOST_TOLD);
    expect(more).toEqual([]);
    expect(count?.act).toBe('request-refused-often');
    expect(JSON.parse(count!.entry).detail).toMatchObject({ code: 'right-missing', times: 40 });
  });

  test('is no larger for forty names tried than for six', async () => {
    api.clock.advance(2 * HOUR_MS - (api.clock.now() % MINUTE_MS));
    await settleRefusals(api.doors);
    const before = (await api.acts()).length;
    const many = Array.from({ length: 40 }, (_, i) =>
      login(`nobody-${i}@example.org`, 'wrong', `2001:db8:${i.toString(16)}:9::1`),
    );
    await Promise.all(many);
    api.clock.advance(MINUTE_MS);
    await settleRefusals(api.doors);
    const acts = (await api.acts()).slice(before);
    expect(acts.length).toBeLessThanOrEqual(MOST_TOLD + 1);
    expect(JSON.parse(acts.at(-1)!.entry).detail.times).toBe(40);
  });
});
