import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeKey as makeKeyFor } from '../spine/registry/people/api-keys.ts';
import { RIGHTS } from '../spine/registry/people/rights.ts';
import { ask, enterFirst, GOOD_PASSWORD, makeParty, type TestApi, testApi } from './testing/test-api.ts';

let api: TestApi;
let admin: string;

beforeAll(async () => {
  api = await testApi();
  admin = await enterFirst(api);
});
afterAll(() => api.close());

const keyOf = async (token: string, scopes: readonly string[], party?: number) =>
  (
    await ask(api, '/api/v1/api-keys', {
      token,
      body: { title: 'k', scopes },
      ...(party === undefined ? {} : { headers: { 'x-thingward-party': String(party) } }),
    })
  ).body as { id: string; key: string };
const withdraw = (userId: string, role: string, partyId: number) =>
  ask(api, `/api/v1/people/${userId}/roles/${role}?partyId=${partyId}`, { token: admin, method: 'DELETE' });
const statusOf = async (token: string) => (await ask(api, '/api/v1/subjects', { token })).status;
const entries = async () => (await api.acts()).map(each => JSON.parse(each.entry));

describe('when a role is withdrawn', () => {
  test('with the last one the person’s sessions and keys open nothing from that commit on, and the ledger names each key', async () => {
    const leaver = await makeParty(api, admin, 'Leaving');
    await makePerson('stays@example.org', leaver.partyId);
    const first = await keyOf(leaver.token, ['registry:read']);
    const second = await keyOf(leaver.token, ['registry:read', 'api-keys:write']);
    const minted = await keyOf(second.key, ['registry:read']);
    for (const token of [leaver.token, first.key, minted.key]) expect(await statusOf(token)).toBe(200);
    expect((await withdraw(leaver.userId, 'administrator', leaver.partyId)).status).toBe(200);
    for (const token of [leaver.token, first.key, second.key, minted.key])
      expect(await statusOf(token)).toBe(401);
    const acts = await entries();
    const ended = acts.filter(each => each.act === 'api-key-revoked').map(each => each.object);
    expect(ended.sort()).toEqual([first.id, second.id, minted.id].map(id => `key/${id}`).sort());
    const told = acts.find(each => each.act === 'role-withdrawn');
    expect(told).toMatchObject({
      object: `person/${leaver.userId}`,
      detail: { role: 'administrator', keysEnded: 3, sessionsEnded: 1 },
    });
  });

  test('keys whose rights the remaining roles still give live on, and so do other people’s', async () => {
    const person = await makeParty(api, admin, 'Halfway', 'supervisor');
    const role = { role: 'administrator', partyId: person.partyId };
    await ask(api, `/api/v1/people/${person.userId}/roles`, { token: admin, body: role });
    const other = await makePerson('beside@example.org', person.partyId);
    const kept = await keyOf(person.token, ['registry:read', 'registry:write']);
    const beyond = await keyOf(person.token, ['registry:read', 'people:write']);
    const others = await keyOf(other, ['registry:read']);
    expect((await withdraw(person.userId, 'administrator', person.partyId)).status).toBe(200);
    expect(await statusOf(kept.key)).toBe(200);
    expect(await statusOf(person.token)).toBe(200);
    const me = (await ask(api, '/api/v1/me', { token: person.token })).body;
    expect(me.roles).toEqual(['supervisor']);
    expect(await statusOf(others.key)).toBe(200);
    expect(await statusOf(beyond.key)).toBe(401);
  });

  test('keys made for a party below under the role above end too', async () => {
    const above = await makeParty(api, admin, 'Above');
    await makePerson('above-too@example.org', above.partyId);
    const party = { kind: 'customer', name: { en: 'Below', zh: '下' } };
    const below = (await ask(api, '/api/v1/parties', { token: above.token, body: party })).body.id;
    const key = await keyOf(above.token, ['registry:read'], below);
    expect(await statusOf(key.key)).toBe(200);
    await withdraw(above.userId, 'administrator', above.partyId);
    expect(await statusOf(key.key)).toBe(401);
  });

  test('a withdrawal that is refused, or whose entry cannot be staged, ends nothing', async () => {
    const last = await makeParty(api, admin, 'Last');
    const key = await keyOf(last.token, ['registry:read']);
    expect((await withdraw(last.userId, 'administrator', last.partyId)).body.code).toBe('last-administrator');
    await makePerson('second@example.org', last.partyId);
    await sql`create function no_ledger() returns trigger language plpgsql as 'begin raise exception ''no''; end'`.execute(
      api.db.owner,
    );
    await sql`create trigger no_ledger before insert on ledger_stage for each row execute function no_ledger()`.execute(
      api.db.owner,
    );
    expect((await withdraw(last.userId, 'administrator', last.partyId)).status).toBe(500);
    await sql`drop trigger no_ledger on ledger_stage`.execute(api.db.owner);
    for (const token of [last.token, key.key]) expect(await statusOf(token)).toBe(200);
  });

  test('a key that is asked for at the same moment is not made under the lost role', async () => {
    const racer = await makeParty(api, admin, 'Racer');
    await makePerson('racer-too@example.org', racer.partyId);
    await withdraw(racer.userId, 'administrator', racer.partyId);
    // What the door found out about the actor before the withdrawal was committed.
    const actor = {
      label: `person/${racer.userId}`,
      userId: racer.userId,
      partyId: racer.partyId,
      scopes: new Set(RIGHTS),
    };
    const asked = { title: 'late', scopes: ['registry:read'] as const, expiresAtMs: null };
    await expect(makeKeyFor(api.doors, actor, asked)).rejects.toMatchObject({ code: 'role-beyond-own' });
  });
});

test('a person who is shut out loses every key with the session, and a reset gives none back', async () => {
  const person = await makeParty(api, admin, 'Outside');
  const key = await keyOf(person.token, ['registry:read']);
  const url = `/api/v1/people/${person.userId}`;
  expect((await ask(api, `${url}/shut-out`, { token: admin, body: {} })).status).toBe(200);
  expect([await statusOf(person.token), await statusOf(key.key)]).toEqual([401, 401]);
  await ask(api, `${url}/one-time-password`, { token: admin, body: {} });
  expect(await statusOf(key.key)).toBe(401);
  const told = (await entries()).find(each => each.act === 'person-shut-out');
  expect(told.detail).toEqual({ keysEnded: 1, sessionsEnded: 1 });
});

/** One more administrator of a party, signed in. */
async function makePerson(email: string, partyId: number): Promise<string> {
  const body = { email, name: email, role: 'administrator', partyId };
  const made = (await ask(api, '/api/v1/people', { token: admin, body })).body;
  const login = { email, password: made.oneTimePassword, newPassword: GOOD_PASSWORD };
  return (await ask(api, '/api/v1/login', { body: login })).body.token;
}
