/** The scenarios of CAMARA's feature files for bind, unbind and query, by their ids, over HTTP with keys (C-53). */
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Doors } from '../../server/src/api/app.ts';
import { ofModulesRoutes } from '../../server/src/api/routes/of-modules.ts';
import { ask, enterFirst, makeParty, type TestApi, testApi } from '../../server/src/api/testing/test-api.ts';
import { DAY_MS, rfc3339 } from '../../server/src/kernel/time.ts';
import { CAMARA_CODES } from '../../server/src/modules/cards/camara/faults.ts';
import { camaraRoutes } from '../../server/src/modules/cards/camara/routes.ts';
import { CARD, known, named, stated } from '../../server/src/modules/cards/imports/registration.ts';
import { FACTS } from '../../server/src/modules/cards/restrictions.ts';
import type { Contribution } from '../../server/src/spine/contribution.ts';
import { registerRows } from '../../server/src/spine/registry/register.ts';
import { CALLS, countScenarios } from './scenarios.ts';

const PER_MINUTE = 40;
const IMEI = '35209900176148';
const FENCE = { fenceLatE6: 50_735_851, fenceLonE6: 7_100_660, fenceRadiusM: 50_000 };
const CORRELATOR = '123e4567-e89b-12d3-a456-426614174000';

let api: TestApi;
let keys: Record<'all' | 'none' | 'lapsing' | 'greedy' | 'other', string>;
/** A key of one card alone, as its own token (three-legged). */
let keyOf: (phone: string) => Promise<{ key: string; subjectId: number }>;
let partyId: number;
let eastToken: string;
let westToken: string;
let count = 0;
/** Number of a card that was seen in a device, stands in an area, and is neither bound nor free. */
let phone: string;

countScenarios(CALLS, []);

beforeAll(async () => {
  api = await testApi([
    (app, doors) =>
      ofModulesRoutes(app, {
        ...doors,
        contributions: [
          { module: 'cards', routes: camaraRoutes([], PER_MINUTE), codes: CAMARA_CODES },
        ] as unknown as Contribution[],
      } as Doors),
  ]);
  const admin = await enterFirst(api);
  const east = await makeParty(api, admin, 'East');
  const west = await makeParty(api, admin, 'West');
  partyId = east.partyId;
  [eastToken, westToken] = [east.token, west.token];
  const makeKey = async (token: string, scopes: readonly string[], more = {}): Promise<string> =>
    (await ask(api, '/api/v1/api-keys', { token, body: { title: 'k', scopes, ...more } })).body.key;
  const all = ['registry:read', 'registry:write', 'policies:write'];
  keys = {
    all: await makeKey(east.token, all),
    none: await makeKey(east.token, ['findings:read']),
    lapsing: await makeKey(east.token, all, { expiresInDays: 1 }),
    greedy: await makeKey(east.token, all),
    other: await makeKey(west.token, all),
  };
  keyOf = async number => {
    const { rows } = await sql<{ id: number }>`
      select subject_id as id from alias where claim = ${`msisdn:${number.slice(1)}`}`.execute(api.db.owner);
    const subjectId = rows[0]!.id;
    return { key: await makeKey(east.token, all, { subject: subjectId }), subjectId };
  };
  await sql`select observation_leaf(${rfc3339(api.clock.now()).slice(0, 10)}::date)`.execute(api.db.owner);
});
afterAll(() => api?.close());

beforeEach(async () => {
  // Each scenario has a minute of its own, so that none uses up what another may ask.
  api.clock.set(api.clock.now() + 60_000);
  phone = await makeCard({ seen: IMEI, fence: true });
});

async function makeCard(has: { seen?: string; fence?: boolean }): Promise<string> {
  count += 1;
  const iccid = `89860012345678${String(count).padStart(5, '0')}`;
  const msisdn = `14400000${String(count).padStart(5, '0')}`;
  const card = { kind: CARD, reference: iccid };
  const atMs = api.clock.now();
  const registrations = [
    known(card),
    named(card, `iccid:${iccid}`, {}),
    named(card, `msisdn:${msisdn}`, {}),
    ...(has.fence === true ? [stated(card, FACTS.restriction, FENCE, { fromMs: atMs - DAY_MS })] : []),
  ];
  await api.db.database.door(partyId, tx =>
    registerRows(tx, partyId, [{ place: '1', asks: { registrations } }], `t-${count}`, atMs),
  );
  if (has.seen !== undefined) {
    const leaf = sql.table(`observation_${rfc3339(atMs).slice(0, 10).replaceAll('-', '')}`);
    await sql`
      insert into ${leaf} (received_at, party_id, source_id, batch_id, chunk_id, record_no, digest, kind, claim,
        observed_at, time_mark, body)
      values (${rfc3339(atMs)}, ${partyId}, 1, 1, 1, ${count}, ${Buffer.from(String(count))}, 'card-usage',
        ${`iccid:${iccid}`}, ${rfc3339(atMs - 1_000)}, 'stated', ${JSON.stringify({ imei: has.seen })}::jsonb)`.execute(
      api.db.corridor,
    );
  }
  return `+${msisdn}`;
}

const FIELD = { bind: 'bindType', unbind: 'unBindType', query: 'queryType' } as const;
type Call = keyof typeof FIELD;

async function send(call: Call, body: object, token: string | null = keys.all, version = 'vwip') {
  return await ask(api, `/api/v1/camara/iot-sim-fraud-prevention/${version}/${call}`, {
    ...(token === null ? {} : { token }),
    body,
    headers: { 'x-correlator': CORRELATOR },
  });
}
const of = (call: Call, type: unknown, number = phone) => ({
  device: { phoneNumber: number },
  [FIELD[call]]: type,
});
function expectFault(
  answer: Awaited<ReturnType<typeof send>>,
  status: number,
  code: string,
  message = /.{10}/,
) {
  expect(answer.body).toEqual({ status, code, message: expect.stringMatching(message) });
  expect(answer.status).toBe(status);
  expect(answer.headers['content-type']).toMatch(/^application\/json/);
  expect(answer.headers['x-correlator']).toBe(CORRELATOR);
}
function expectDone(answer: Awaited<ReturnType<typeof send>>, body: object) {
  expect(answer.body).toEqual(body);
  expect(answer.status).toBe(200);
  expect(answer.headers['content-type']).toMatch(/^application\/json/);
  expect(answer.headers['x-correlator']).toBe(CORRELATOR);
}
const BOUND = { imeiBind: { bindStatus: 'BOUND', bindImei: '35-209900-176148-1' } };
const RESTRICTED = {
  areaLimit: {
    areaLimitStatus: 'RESTRICTED',
    limitArea: { areaType: 'CIRCLE', center: { latitude: 50.735851, longitude: 7.10066 }, radius: 50_000 },
  },
};

describe('what holds is set, lifted and told', () => {
  it('iot_sim_fraud_prevention_bind_success_imei: the device last seen is bound, twice as well as once', async () => {
    expectDone(await send('query', of('query', 'IMEIBIND')), { imeiBind: { bindStatus: 'UNBOUND' } });
    expectDone(await send('bind', of('bind', 'IMEIBIND')), { bound: true });
    expectDone(await send('bind', of('bind', 'IMEIBIND')), { bound: true });
    expectDone(await send('query', of('query', 'IMEIBIND')), BOUND);
  });

  it('iot_sim_fraud_prevention_bind_success_arealimit: an area that was lifted holds again', async () => {
    expectDone(await send('unbind', of('unbind', 'AREALIMIT')), { unbound: true });
    api.clock.set(api.clock.now() + 1_000);
    expectDone(await send('query', of('query', 'AREALIMIT')), {
      areaLimit: { areaLimitStatus: 'UNRESTRICTED' },
    });
    expectDone(await send('bind', of('bind', 'AREALIMIT')), { bound: true });
    expectDone(await send('query', of('query', 'AREALIMIT')), RESTRICTED);
  });

  it('iot_sim_fraud_prevention_unbind_success_imei', async () => {
    await send('bind', of('bind', 'IMEIBIND'));
    api.clock.set(api.clock.now() + 1_000);
    expectDone(await send('unbind', of('unbind', 'IMEIBIND')), { unbound: true });
    expectDone(await send('query', of('query', 'IMEIBIND')), { imeiBind: { bindStatus: 'UNBOUND' } });
  });

  it('iot_sim_fraud_prevention_unbind_success_arealimit', async () => {
    expectDone(await send('unbind', of('unbind', 'AREALIMIT')), { unbound: true });
    expectFault(
      await send('unbind', of('unbind', 'AREALIMIT')),
      422,
      'UNNECESSARY_UNBIND_AREALIMIT',
      /area limit/,
    );
  });

  it('iot_sim_fraud_prevention_unbind_422_unnecessary_unbind_imei', async () => {
    expectFault(
      await send('unbind', of('unbind', 'IMEIBIND')),
      422,
      'UNNECESSARY_UNBIND_IMEI',
      /The current device imei has been unbound/,
    );
  });

  it('iot_sim_fraud_prevention_query_success_imei_bound', async () => {
    await send('bind', of('bind', 'IMEIBIND'));
    expectDone(await send('query', of('query', 'IMEIBIND')), BOUND);
  });

  it('iot_sim_fraud_prevention_query_success_arealimit_restricted', async () => {
    expectDone(await send('query', of('query', 'AREALIMIT')), RESTRICTED);
  });

  it('a card seen in no device, in no area, is not bound; the refusals are on record', async () => {
    const bare = await makeCard({});
    expectDone(await send('bind', of('bind', 'IMEIBIND', bare)), { bound: false });
    expectDone(await send('bind', of('bind', 'AREALIMIT', bare)), { bound: false });
    const acts = (await api.acts()).map(({ act }) => act);
    expect(acts).toEqual(expect.arrayContaining(['card-bound-refused', 'area-held-refused']));
  });

  it('two unbind at once, and the card is unbound', async () => {
    await send('bind', of('bind', 'IMEIBIND'));
    api.clock.set(api.clock.now() + 1_000);
    const both = await Promise.all([1, 2].map(() => send('unbind', of('unbind', 'IMEIBIND'))));
    expect(both.map(({ status }) => status)).toContain(200);
    expectDone(await send('query', of('query', 'IMEIBIND')), { imeiBind: { bindStatus: 'UNBOUND' } });
  });
});

const WORD = { bind: 'BindType', unbind: 'UnbindType', query: 'QueryType' } as const;

describe.each(['bind', 'unbind', 'query'] as const)('%s says no in the form of the contract', call => {
  const id = `iot_sim_fraud_prevention_${call}`;
  const name = FIELD[call].toLowerCase();

  it(`${id}_400_missing_${name}`, async () => {
    const answer = await send(call, { device: { phoneNumber: phone } });
    expectFault(answer, 400, 'INVALID_ARGUMENT', new RegExp(`${WORD[call]} must be specified`));
  });

  it(`${id}_400_invalid_${name}`, async () => {
    const type = call === 'unbind' ? 'unbindType' : FIELD[call];
    const said = new RegExp(`The value of ${type} can only be IMEIBIND,AREALIMIT`);
    for (const value of ['imeibind', 7, ['IMEIBIND'], {}])
      expectFault(await send(call, of(call, value)), 400, 'INVALID_ARGUMENT', said);
  });

  it(`${id}_400_missing_device, read as a device that holds no identifier`, async () => {
    const said = /At least one of phoneNumber, networkAccessIdentifier, ipv4Address and ipv6Address must be/;
    for (const device of [{}, null, 'x', [], { other: 1 }])
      expectFault(await send(call, { device, [FIELD[call]]: 'IMEIBIND' }), 400, 'INVALID_ARGUMENT', said);
  });

  it(`${id}_401_expired_token`, async () => {
    expectFault(await send(call, of(call, 'IMEIBIND'), null), 401, 'UNAUTHENTICATED');
    expectFault(await send(call, of(call, 'IMEIBIND'), 'tw_nonsense'), 401, 'UNAUTHENTICATED');
    const before = api.clock.now();
    api.clock.set(before + 2 * DAY_MS);
    expectFault(await send(call, of(call, 'IMEIBIND'), keys.lapsing), 401, 'UNAUTHENTICATED');
    api.clock.set(before);
  });

  it(`${id}_403_permission_denied`, async () => {
    expectFault(await send(call, of(call, 'IMEIBIND'), keys.none), 403, 'PERMISSION_DENIED');
  });

  it(`${id}_404_device_not_found, also for the card of another party`, async () => {
    expectFault(await send(call, of(call, 'IMEIBIND', '+8613900000000')), 404, 'IDENTIFIER_NOT_FOUND');
    expectFault(await send(call, of(call, 'IMEIBIND'), keys.other), 404, 'IDENTIFIER_NOT_FOUND');
  });

  it(`${id}_422_missing_identifier`, async () => {
    expectFault(await send(call, { [FIELD[call]]: 'IMEIBIND' }), 422, 'MISSING_IDENTIFIER');
  });

  it(`${id}_422_unsupported_identifier`, async () => {
    for (const device of [
      { networkAccessIdentifier: '123456789@domain.com' },
      { ipv4Address: { publicAddress: '203.0.113.0', publicPort: 59_765 } },
      { ipv6Address: '2001:db8:85a3:8d3:1319:8a2e:370:7344' },
    ])
      expectFault(await send(call, { device, [FIELD[call]]: 'IMEIBIND' }), 422, 'UNSUPPORTED_IDENTIFIER');
  });

  it('identifiers of a wrong form are told one by one', async () => {
    for (const [device, said] of [
      [{ phoneNumber: '14400000001' }, /Invalid format: phoneNumber/],
      [{ phoneNumber: 8_614_400_000_001 }, /Invalid format: phoneNumber/],
      [{ networkAccessIdentifier: 'a b' }, /Invalid format: networkAccessIdentifier/],
      [{ ipv4Address: { publicAddress: '203.0.113.0' } }, /Invalid format: ipv4Address/],
      [{ ipv4Address: '203.0.113.0' }, /Invalid format: ipv4Address/],
      [
        { ipv4Address: { publicAddress: '203.0.113.0', publicPort: 65_536 } },
        /Invalid value: ipv4Address.publicPort/,
      ],
      [{ ipv6Address: '203.0.113.0' }, /Invalid format: ipv6Address/],
    ] as const)
      expectFault(await send(call, { device, [FIELD[call]]: 'IMEIBIND' }), 400, 'INVALID_ARGUMENT', said);
  });

  it(`${id}_429_quota_exceeded, for that consumer and that minute alone`, async () => {
    for (let n = 0; n < PER_MINUTE; n += 1) expect((await send(call, {}, keys.greedy)).status).toBe(400);
    expectFault(await send(call, of(call, 'IMEIBIND'), keys.greedy), 429, 'QUOTA_EXCEEDED');
    expect((await send(call, {})).status).toBe(400);
    api.clock.set(api.clock.now() + 60_000);
    expect((await send(call, {}, keys.greedy)).status).toBe(400);
  });

  it('answers to the paths of the releases, and to no other version', async () => {
    for (const version of ['v0.1', 'v0.1rc1'])
      expect((await send(call, {}, keys.all, version)).body.code).toBe('INVALID_ARGUMENT');
    expectFault(await send(call, {}, keys.all, 'v9'), 404, 'NOT_FOUND');
  });
});

describe('a key of one card', () => {
  it.each(['bind', 'unbind', 'query'] as const)(
    'iot_sim_fraud_prevention_%s_422_unnecessary_identifier',
    async call => {
      const { key } = await keyOf(phone);
      expectFault(await send(call, of(call, 'AREALIMIT'), key), 422, 'UNNECESSARY_IDENTIFIER');
      const other = await makeCard({});
      expectFault(await send(call, of(call, 'AREALIMIT', other), key), 422, 'UNNECESSARY_IDENTIFIER');
      expectFault(
        await send(call, { device: {}, [FIELD[call]]: 'AREALIMIT' }, key),
        422,
        'UNNECESSARY_IDENTIFIER',
      );
    },
  );

  it('speaks for that card without naming it, and for no other', async () => {
    const { key } = await keyOf(phone);
    expectDone(await send('query', { queryType: 'AREALIMIT' }, key), RESTRICTED);
    expectDone(await send('bind', { bindType: 'IMEIBIND' }, key), { bound: true });
    expectDone(await send('query', of('query', 'IMEIBIND')), BOUND);
  });

  it('opens nothing else of what its scopes would open to a key of the party, before and after a rotation', async () => {
    const { key } = await keyOf(phone);
    for (const path of ['subjects', 'api-keys', 'cases', 'subscribers'])
      expect((await ask(api, `/api/v1/${path}`, { token: key })).status, path).not.toBe(200);
    expect((await ask(api, '/api/v1/subjects', { token: key })).body.code).toBe('right-missing');
    expect((await ask(api, '/api/v1/subjects', { token: keys.all })).status).toBe(200);
  });

  it('is made for a card of the own party alone, and stays its card’s when it is renewed', async () => {
    const { subjectId, key } = await keyOf(phone);
    const body = { title: 'k', scopes: ['registry:read'], subject: subjectId };
    expect((await ask(api, '/api/v1/api-keys', { token: westToken, body })).body.code).toBe(
      'subject-unknown',
    );
    const url = `/api/v1/api-keys/${key.split('_')[1]}/rotation`;
    const renewed = (await ask(api, url, { token: eastToken, body: {} })).body.key;
    expectDone(await send('query', { queryType: 'AREALIMIT' }, renewed), RESTRICTED);
    expect((await ask(api, '/api/v1/subjects', { token: renewed })).body.code).toBe('right-missing');
  });
});

it('a body that is no object, and a correlator outside its pattern, come back in no answer', async () => {
  const answer = await ask(api, '/api/v1/camara/iot-sim-fraud-prevention/vwip/query', {
    token: keys.all,
    body: [1],
    headers: { 'x-correlator': 'a b' },
  });
  expect(answer.body).toMatchObject({ status: 400, code: 'INVALID_ARGUMENT' });
  expect(answer.headers['x-correlator']).toBeUndefined();
});
