import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NEED_TO_KNOW, RIGHTS } from '../spine/registry/people/rights.ts';
import { ask, enterFirst, makeParty, type TestApi, testApi } from './testing/test-api.ts';

let api: TestApi;
let admin: string;
let east: Awaited<ReturnType<typeof makeParty>>;
let west: Awaited<ReturnType<typeof makeParty>>;
let eastKey: string;

const makeKey = async (token: string, scopes: readonly string[], more = {}) =>
  ask(api, '/api/v1/api-keys', { token, body: { title: 'k', scopes, ...more } });

beforeAll(async () => {
  api = await testApi();
  admin = await enterFirst(api);
  east = await makeParty(api, admin, 'East');
  west = await makeParty(api, admin, 'West');
  const csv = 'thing,claim,limit,since\nmeter-1,iccid:1,5,2026-01-01\n';
  await ask(api, '/api/v1/imports/things', { token: east.token, csv });
  eastKey = (await makeKey(east.token, ['registry:read', 'registry:write'])).body.key;
});
afterAll(() => api.close());

describe('two parties beside each other', () => {
  test('neither sees the other in any list, and the one above sees both', async () => {
    for (const [url, name] of [
      ['parties', 'id'],
      ['people', 'id'],
      ['api-keys', 'id'],
      ['subjects', 'id'],
    ] as const) {
      const seen = async (token: string): Promise<unknown[]> =>
        (await ask(api, `/api/v1/${url}`, { token })).body.items.map(
          (item: Record<string, unknown>) => item[name],
        );
      const [ofEast, ofWest, ofRoot] = await Promise.all([east.token, west.token, admin].map(seen));
      expect(ofEast!.length, url).toBeGreaterThan(0);
      expect(
        ofWest!.filter(id => ofEast!.includes(id)),
        url,
      ).toEqual([]);
      expect(ofRoot, url).toEqual(expect.arrayContaining([...ofEast!, ...ofWest!]));
    }
  });

  test('what is the other’s is not there to be read, changed or ended by its number', async () => {
    const { token } = west;
    const subject = (await ask(api, '/api/v1/subjects', { token: east.token })).body.items[0].id;
    const keyId = (await ask(api, '/api/v1/api-keys', { token: east.token })).body.items[0].id;
    const role = { role: 'auditor', partyId: east.partyId };
    const answers = [
      await ask(api, `/api/v1/subjects/${subject}`, { token }),
      await ask(api, `/api/v1/parties/${east.partyId}`, { token }),
      await ask(api, `/api/v1/api-keys/${keyId}`, { token, method: 'DELETE' }),
      await ask(api, `/api/v1/people/${east.userId}/one-time-password`, { token, body: {} }),
      await ask(api, `/api/v1/people/${east.userId}/shut-out`, { token, body: {} }),
      await ask(api, `/api/v1/people/${east.userId}/roles`, { token, body: { role: 'auditor' } }),
      await ask(api, `/api/v1/people/${west.userId}/roles`, { token, body: role }),
      await ask(api, `/api/v1/people/${east.userId}/roles/administrator`, { token, method: 'DELETE' }),
      await ask(api, '/api/v1/parties', {
        token,
        body: { kind: 'customer', name: { en: 'x', zh: 'x' }, parentId: east.partyId },
      }),
      await ask(api, '/api/v1/people', { token, body: { email: 'sly@example.org', name: 'Sly', ...role } }),
    ];
    expect(answers.map(answer => answer.status)).toEqual(Array(answers.length).fill(404));
    expect((await ask(api, '/api/v1/subjects', { token: eastKey })).status).toBe(200);
  });

  test('a party that is not one’s own cannot be acted for; one below can', async () => {
    const as = (token: string, party: number | string) =>
      ask(api, '/api/v1/subjects', { token, headers: { 'x-thingward-party': String(party) } });
    expect((await as(west.token, east.partyId)).body.code).toBe('party-not-yours');
    for (const party of ['0', '-1', '1e3', '1;2', '99999999999999999999']) {
      expect((await as(west.token, party)).body.code).toBe('party-not-yours');
    }
    const below = await as(admin, east.partyId);
    expect(below.body.items.map((item: { reference: string }) => item.reference)).toEqual(['meter-1']);
    expect((await as(admin, west.partyId)).body.items).toEqual([]);
  });

  test('a person of two parties says for which one they act', async () => {
    const { body: party } = await ask(api, '/api/v1/parties', {
      token: admin,
      body: { kind: 'customer', name: { en: 'Both', zh: '双' } },
    });
    const role = { role: 'auditor', partyId: party.id };
    expect((await ask(api, `/api/v1/people/${west.userId}/roles`, { token: admin, body: role })).status).toBe(
      200,
    );
    const { token } = west;
    expect((await ask(api, '/api/v1/subjects', { token })).body.code).toBe('party-not-chosen');
    const chosen = (await ask(api, '/api/v1/me/parties', { token })).body.items;
    expect(chosen.map((each: { partyId: number }) => each.partyId)).toEqual([west.partyId, party.id]);
    const headers = { 'x-thingward-party': String(party.id) };
    expect((await ask(api, '/api/v1/me', { token, headers })).body.roles).toEqual(['auditor']);
    expect((await ask(api, '/api/v1/me/parties', { token })).status).toBe(200);
    const url = `/api/v1/people/${west.userId}/roles/auditor?partyId=${party.id}`;
    expect((await ask(api, url, { token: admin, method: 'DELETE' })).status).toBe(200);
    expect((await ask(api, '/api/v1/subjects', { token })).status).toBe(200);
  });

  test('an administrator below cannot take over an account that also works above', async () => {
    const me = (await ask(api, '/api/v1/me', { token: admin })).body;
    const role = { role: 'auditor', partyId: east.partyId };
    await ask(api, `/api/v1/people/${me.userId}/roles`, { token: admin, body: role });
    const url = `/api/v1/people/${me.userId}/one-time-password`;
    const answer = await ask(api, url, { token: east.token, body: {} });
    expect(answer.body.code).toBe('person-beyond');
    const ended = await ask(api, `/api/v1/people/${me.userId}/roles/auditor?partyId=${east.partyId}`, {
      token: admin,
      method: 'DELETE',
      headers: { 'x-thingward-party': String(me.partyId) },
    });
    expect(ended.status).toBe(200);
  });
});

describe('rights', () => {
  test('a key does what its scopes say and nothing else', async () => {
    expect((await ask(api, '/api/v1/subjects', { token: eastKey })).status).toBe(200);
    const answer = await ask(api, '/api/v1/people', { token: eastKey });
    expect([answer.status, answer.body.facts]).toEqual([403, { right: 'people:read' }]);
    expect((await makeKey(eastKey, ['registry:read'])).body.code).toBe('right-missing');
  });

  test('nobody hands on a right they do not hold', async () => {
    const minter = (await makeKey(east.token, ['api-keys:write', 'people:write', 'people:read'])).body.key;
    expect((await makeKey(minter, ['registry:write'])).body.code).toBe('role-beyond-own');
    expect((await makeKey(minter, ['people:read'])).status).toBe(201);
    const role = { role: 'administrator' };
    const grant = await ask(api, `/api/v1/people/${east.userId}/roles`, { token: minter, body: role });
    expect(grant.body.code).toBe('role-beyond-own');
    const reset = await ask(api, `/api/v1/people/${east.userId}/one-time-password`, {
      token: minter,
      body: {},
    });
    expect(reset.body.code).toBe('role-beyond-own');
  });

  test('a revoked and an expired key open nothing, and the table holds no key', async () => {
    const brief = (await makeKey(east.token, ['registry:read'], { expiresInDays: 1 })).body;
    const ended = (await makeKey(east.token, ['registry:read'])).body;
    expect((await ask(api, '/api/v1/subjects', { token: ended.key })).status).toBe(200);
    await ask(api, `/api/v1/api-keys/${ended.id}`, { token: east.token, method: 'DELETE' });
    const later = api.clock.now();
    api.clock.advance(86_400_001);
    for (const { key } of [brief, ended]) {
      expect((await ask(api, '/api/v1/subjects', { token: key })).body.code).toBe('api-key-invalid');
    }
    api.clock.set(later);
    const { rows } = await sql<{ text: string }>`select api_key::text as text from api_key`.execute(
      api.db.owner,
    );
    // What comes after the key's id is its secret, which may hold the mark that parts them.
    const secret = brief.key.split('_').slice(2).join('_');
    expect(secret.length).toBeGreaterThan(20);
    expect(rows.some(row => row.text.includes(brief.key) || row.text.includes(secret))).toBe(false);
  });

  test('each role has its own rights, and a party keeps its last administrator', async () => {
    const officer = await makeParty(api, admin, 'Officer', 'case-officer');
    const scopes = (await ask(api, '/api/v1/me', { token: officer.token })).body.scopes as string[];
    expect(scopes).toEqual(expect.arrayContaining(['cases:write', 'measures:order']));
    expect(scopes).not.toEqual(expect.arrayContaining(['people:write']));
    // Who administers needs to know nobody's name; it is a role given on record.
    const administers = RIGHTS.filter(right => !NEED_TO_KNOW.has(right));
    expect((await ask(api, '/api/v1/me', { token: admin })).body.scopes).toEqual(administers);
    const url = `/api/v1/people/${east.userId}/roles/administrator`;
    const answer = await ask(api, url, { token: east.token, method: 'DELETE' });
    expect([answer.status, answer.body.code]).toEqual([409, 'last-administrator']);
    expect((await ask(api, '/api/v1/me', { token: east.token })).body.roles).toEqual(['administrator']);
  });

  test('what was refused is in the ledger too', async () => {
    const acts = (await api.acts()).map(each => each.act);
    expect(acts).toEqual(
      expect.arrayContaining([
        'api-key-made',
        'api-key-made-refused',
        'api-key-revoked',
        'api-key-revoked-refused',
        'role-granted',
        'role-granted-refused',
        'role-withdrawn',
        'role-withdrawn-refused',
        'password-reset-refused',
        'party-founded-refused',
        'person-added-refused',
        'import-begun',
        'import-done',
      ]),
    );
  });
});

test('pages follow one another without gap or repetition, and a cursor is no way in', async () => {
  const rows = Array.from({ length: 23 }, (_, i) => `page-${i},,,`).join('\n');
  await ask(api, '/api/v1/imports/things', { token: west.token, csv: `thing,claim,limit,since\n${rows}\n` });
  const seen: string[] = [];
  let after = '';
  do {
    const { body } = await ask(api, `/api/v1/subjects?limit=5&after=${after}`, { token: west.token });
    seen.push(...body.items.map((item: { reference: string }) => item.reference));
    after = body.next ?? '';
  } while (after !== '');
  expect(seen).toEqual(Array.from({ length: 23 }, (_, i) => `page-${i}`));
  const forged = Buffer.from('["x"]').toString('base64url');
  for (const bad of [forged, 'a', '%00', 'WzFd'.repeat(3)]) {
    // A text with NUL is none the database holds and is refused before it is read as a cursor.
    const status = bad === '%00' ? 422 : 400;
    expect((await ask(api, `/api/v1/subjects?after=${bad}`, { token: west.token })).status, bad).toBe(status);
  }
  const [zero] = [Buffer.from('[0]').toString('base64url')];
  const all = await ask(api, `/api/v1/subjects?limit=500&after=${zero}`, { token: west.token });
  expect(all.body.items.length).toBe(23);
});
