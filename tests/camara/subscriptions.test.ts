/** The scenarios of CAMARA's feature files for subscriptions and their notifications, by their ids (C-53). */
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../../server/src/api/testing/test-api.ts';
import { DAY_MS, HOUR_MS, rfc3339 } from '../../server/src/kernel/time.ts';
import { runEventRound } from '../../server/src/modules/cards/camara/subscriptions/round.ts';
import { countScenarios, SUBSCRIPTIONS } from './scenarios.ts';
import {
  FENCE,
  makeSubscriptionScene,
  type Receiver,
  type SubscriptionScene,
  startReceiver,
} from './subscription-scene.ts';

const TYPE = 'org.camaraproject.iot-sim-fraud-prevention.v0.';
const CORRELATOR = '123e4567-e89b-12d3-a456-426614174000';
const AREA = {
  areaType: 'CIRCLE',
  center: { latitude: FENCE.fenceLatE6 / 1e6, longitude: FENCE.fenceLonE6 / 1e6 },
  radius: FENCE.fenceRadiusM,
};

let scene: SubscriptionScene;
let receiver: Receiver;
let card: { phone: string; imsi: string; subjectId: number };

countScenarios(SUBSCRIPTIONS, []);

beforeAll(async () => {
  scene = await makeSubscriptionScene();
  receiver = await startReceiver();
});
afterAll(async () => {
  receiver?.close();
  await scene?.close();
});
beforeEach(async () => {
  scene.api.clock.set(scene.api.clock.now() + 60_000);
  card = await scene.makeCard();
  receiver.got = [];
  receiver.status = 204;
});

const inTime = (ms: number) => rfc3339(scene.api.clock.now() + ms);
const request = (what: 'imei-change' | 'area-change', more: object = {}, config: object = {}) => ({
  types: [`${TYPE}${what}`],
  protocol: 'HTTP',
  sink: receiver.url,
  config: { subscriptionDetail: { device: { phoneNumber: card.phone } }, ...config },
  sinkCredential: {
    credentialType: 'ACCESSTOKEN',
    accessToken: 'valid-bearer-token',
    accessTokenType: 'bearer',
    accessTokenExpiresUtc: inTime(30 * DAY_MS),
  },
  ...more,
});
async function send(
  method: 'GET' | 'POST' | 'DELETE',
  id = '',
  body?: object,
  token = scene.keys.all,
  more: Readonly<Record<string, string>> = {},
) {
  return await ask(
    scene.api,
    `/api/v1/camara/iot-sim-fraud-prevention-subscriptions/vwip/subscriptions${id}`,
    {
      method,
      token,
      ...(body === undefined ? {} : { body }),
      headers: { 'x-correlator': CORRELATOR, ...more },
    },
  );
}
/** Its answer has no body. */
async function remove(id: string): Promise<number> {
  const url = `/api/v1/camara/iot-sim-fraud-prevention-subscriptions/vwip/subscriptions/${id}`;
  const headers = { authorization: `Bearer ${scene.keys.all}` };
  return (await scene.api.app.inject({ method: 'DELETE', url, headers })).statusCode;
}
const subscribe = (body: object, token?: string) => send('POST', '', body, token);
async function subscribed(body: object): Promise<string> {
  const answer = await subscribe(body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body.id;
}
const rounds = async (times = 3) => {
  for (let i = 0; i < times; i += 1) await runEventRound(scene.doors);
};
const events = () => receiver.got.map(each => JSON.parse(each.body));
const changes = () => events().filter(each => each.type.endsWith('-change'));
const reasons = () =>
  events()
    .filter(each => each.type === `${TYPE}subscription-ended`)
    .map(each => each.data.terminationReason);

function expectFault(
  answer: Awaited<ReturnType<typeof send>>,
  status: number,
  code: string,
  message = /.{10}/,
) {
  expect(answer.body).toEqual({ status, code, message: expect.stringMatching(message) });
  expect(answer.status).toBe(status);
  expect(answer.headers['x-correlator']).toBe(CORRELATOR);
}

describe('a subscription is made, told, listed and deleted', () => {
  it.each([
    ['iot_sim_fraud_prevention_subscribe_success_imei_change', 'imei-change'],
    ['iot_sim_fraud_prevention_subscribe_success_arealimit_change', 'area-change'],
  ] as const)('%s', async (_, what) => {
    const answer = await subscribe(request(what, {}, { subscriptionMaxEvents: 5 }));
    expect(answer.status).toBe(201);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.headers['x-correlator']).toBe(CORRELATOR);
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^\d+$/),
      types: [`${TYPE}${what}`],
      protocol: 'HTTP',
      sink: receiver.url,
      config: {
        subscriptionDetail: { device: { phoneNumber: card.phone } },
        subscriptionMaxEvents: 5,
        initialEvent: false,
      },
      startsAt: inTime(0),
      status: 'ACTIVE',
    });
    expect((await send('GET', `/${answer.body.id}`)).body).toEqual(answer.body);
    expect((await send('GET')).body[0]).toEqual(answer.body);
  });

  it('iot_sim_fraud_prevention_subscribe_async_success: asked for with leave to wait, begun by the next round', async () => {
    const later = { prefer: 'respond-async, wait=10' };
    const config = { initialEvent: true, subscriptionMaxEvents: 2 };
    const answer = await send('POST', '', request('area-change', {}, config), scene.keys.all, later);
    expect(answer.status).toBe(202);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.headers['x-correlator']).toBe(CORRELATOR);
    expect(answer.body).toEqual({ subscriptionId: expect.stringMatching(/^\d+$/) });
    const id = answer.body.subscriptionId as string;
    expect((await send('GET', `/${id}`)).body.status).toBe('ACTIVATION_REQUESTED');
    await scene.find(card.subjectId, 'area');
    scene.api.clock.set(scene.api.clock.now() + 1_000);
    await rounds();
    expect((await send('GET', `/${id}`)).body).toMatchObject({ status: 'ACTIVE', startsAt: inTime(0) });
    const acts = (await scene.api.acts()).filter(({ object }) => object === `camara-subscription/${id}`);
    expect(acts.map(({ act }) => act)).toContain('camara-subscription-begun');
    await scene.find(card.subjectId, 'area');
    await rounds();
    // What was found before the beginning is not told; the state at the beginning counts, the beginning itself does not.
    expect(events()).toMatchObject([
      { type: `${TYPE}subscription-started`, data: { initiationReason: 'SUBSCRIPTION_CREATED' } },
      { type: `${TYPE}area-change`, id: `${id}.initial`, data: { area: AREA } },
      { type: `${TYPE}area-change`, data: { subscriptionId: id } },
      { data: { terminationReason: 'MAX_EVENTS_REACHED' } },
    ]);
  });

  it('one that is deleted before it began is never told, and one whose time ran out before ends', async () => {
    const later = { prefer: 'respond-async' };
    const ask = async (config: object = {}) =>
      (await send('POST', '', request('imei-change', {}, config), scene.keys.all, later)).body.subscriptionId;
    await remove(await ask());
    const over = await ask({ subscriptionExpireTime: inTime(1_000) });
    scene.api.clock.set(scene.api.clock.now() + 10_000);
    await rounds();
    expect(reasons()).toEqual(['SUBSCRIPTION_EXPIRED']);
    expect((await send('GET', `/${over}`)).body.status).toBe('EXPIRED');
  });

  it('is no other party’s to see or to end, and the ledger has both', async () => {
    const id = await subscribed(request('imei-change'));
    for (const method of ['GET', 'DELETE'] as const)
      expectFault(await send(method, `/${id}`, undefined, scene.keys.other), 404, 'NOT_FOUND');
    expect((await send('GET', '', undefined, scene.keys.other)).body).toEqual([]);
    expectFault(await subscribe(request('imei-change'), scene.keys.other), 404, 'IDENTIFIER_NOT_FOUND');
    expect(await remove(id)).toBe(204);
    expectFault(await send('DELETE', `/${id}`), 404, 'NOT_FOUND');
    expectFault(await send('GET', '/nonsense'), 404, 'NOT_FOUND');
    const acts = (await scene.api.acts()).filter(({ object }) => object === `camara-subscription/${id}`);
    expect(acts.map(({ act }) => act)).toEqual(
      expect.arrayContaining(['camara-unsubscribed-refused', 'camara-unsubscribed']),
    );
  });

  it('keeps the token sealed: neither the row nor an answer nor the ledger has it', async () => {
    const id = await subscribed(request('imei-change'));
    const { rows } = await sql<{ row: string; sealed: Buffer }>`
      select s::text as row, sealed from camara_subscription s where subscription_id = ${id}`.execute(
      scene.api.db.corridor,
    );
    expect(rows[0]!.sealed.length).toBeGreaterThan(30);
    const told = `${rows[0]!.row}${rows[0]!.sealed.toString('latin1')}${JSON.stringify((await send('GET')).body)}`;
    expect(told).not.toContain('valid-bearer-token');
    expect(JSON.stringify(await scene.api.acts())).not.toContain('valid-bearer-token');
    const door = scene.api.db.database.door(scene.partyId, tx =>
      sql`select sealed from camara_subscription`.execute(tx),
    );
    await expect(door).rejects.toThrow(/permission denied/);
  });
});

describe('what is refused', () => {
  it('iot_sim_fraud_prevention_subscribe_400_missing_types', async () => {
    const said = /SubscriptionType must be specified/;
    for (const types of [undefined, [], null])
      expectFault(await subscribe(request('imei-change', { types })), 400, 'INVALID_ARGUMENT', said);
    for (const types of [['x'], [`${TYPE}imei-change`, `${TYPE}area-change`], [7]])
      expectFault(await subscribe(request('imei-change', { types })), 400, 'INVALID_ARGUMENT');
  });

  it('iot_sim_fraud_prevention_subscribe_400_missing_sink, and one that may not be reached', async () => {
    const said = /The sink field must be an accessible client address in order to notify the other end/;
    expectFault(await subscribe(request('imei-change', { sink: undefined })), 400, 'INVALID_ARGUMENT', said);
    for (const sink of [
      'x',
      7,
      'ftp://h.example/',
      'https://10.0.0.1/',
      'https://169.254.169.254/',
      'https://u:p@h.example/',
    ])
      expectFault(await subscribe(request('imei-change', { sink })), 400, 'INVALID_SINK', said);
  });

  it('iot_sim_fraud_prevention_subscribe_400_invalid_protocol', async () => {
    const said = /The value of Protocol can only be HTTP, MQTT3, MQTT5, AMQP, NATS, KAFKA/;
    for (const protocol of ['FTP', 7, undefined])
      expectFault(await subscribe(request('imei-change', { protocol })), 400, 'INVALID_PROTOCOL', said);
    expectFault(await subscribe(request('imei-change', { protocol: 'MQTT5' })), 400, 'INVALID_PROTOCOL');
  });

  it('iot_sim_fraud_prevention_subscribe_400_out_of_range_maxevents', async () => {
    const said = /The value of SubscriptionMaxEvents out of range/;
    for (const subscriptionMaxEvents of [0, -1, 1.5, 1e12, '2'])
      expectFault(
        await subscribe(request('imei-change', {}, { subscriptionMaxEvents })),
        400,
        'OUT_OF_RANGE',
        said,
      );
  });

  it('credentials that are not an access token with an end to come', async () => {
    const good = request('imei-change').sinkCredential;
    const attempt = (change: object) =>
      subscribe(request('imei-change', { sinkCredential: { ...good, ...change } }));
    expectFault(await attempt({ credentialType: 'PLAIN' }), 400, 'INVALID_CREDENTIAL');
    const plain = { credentialType: 'PLAIN', identifier: 'a:b', secret: 'c' };
    expectFault(await attempt(plain), 400, 'INVALID_CREDENTIAL');
    expectFault(await attempt({ ...plain, identifier: 'a', secret: 'c\n' }), 400, 'INVALID_CREDENTIAL');
    expectFault(await attempt({ credentialType: 'PRIVATE_KEY_JWT' }), 400, 'INVALID_CREDENTIAL');
    expectFault(await attempt({ accessTokenType: 'mac' }), 400, 'INVALID_TOKEN');
    expectFault(await attempt({ accessToken: 'a\r\nx-own: 1' }), 400, 'INVALID_CREDENTIAL');
    expectFault(await attempt({ accessTokenExpiresUtc: undefined }), 400, 'INVALID_CREDENTIAL');
    expectFault(await attempt({ accessTokenExpiresUtc: inTime(-1) }), 400, 'INVALID_ARGUMENT');
  });

  it('iot_sim_fraud_prevention_subscribe_401_authentication_required', async () => {
    const body = request('imei-change');
    const before = scene.api.clock.now();
    scene.api.clock.set(before + 2 * DAY_MS);
    const answer = await subscribe(body, scene.keys.lapsing);
    scene.api.clock.set(before);
    expectFault(answer, 401, 'AUTHENTICATION_REQUIRED', /New authentication is required/);
  });

  it('iot_sim_fraud_prevention_subscribe_403_permission_denied', async () => {
    const said = /Client does not have sufficient permissions to perform this action/;
    expectFault(await subscribe(request('imei-change'), scene.keys.none), 403, 'PERMISSION_DENIED', said);
  });

  it('iot_sim_fraud_prevention_subscribe_422_identifier_mismatch', async () => {
    const other = await scene.makeCard();
    const access = (imsi: string) => `0${imsi}@nai.epc.mnc007.mcc460.3gppnetwork.org`;
    const named = (device: object) =>
      subscribe({ ...request('imei-change'), config: { subscriptionDetail: { device } } });
    const said = /Provided identifiers are not consistent/;
    for (const imsi of [other.imsi, '460079999999999'])
      expectFault(
        await named({ phoneNumber: card.phone, networkAccessIdentifier: access(imsi) }),
        422,
        'IDENTIFIER_MISMATCH',
        said,
      );
    const same = await named({ phoneNumber: card.phone, networkAccessIdentifier: access(card.imsi) });
    expect(same.status).toBe(201);
    const alone = await named({ networkAccessIdentifier: access(card.imsi) });
    expect(alone.body.config.subscriptionDetail.device).toEqual({
      networkAccessIdentifier: access(card.imsi),
    });
  });

  it('iot_sim_fraud_prevention_subscribe_422_missing_identifier', async () => {
    const said =
      /An identifier is not included in the request and the device cannot be identified from the 2-legged/;
    for (const config of [{}, undefined, { subscriptionDetail: {} }])
      expectFault(await subscribe({ ...request('imei-change'), config }), 422, 'MISSING_IDENTIFIER', said);
  });
});

describe('a key of one card', () => {
  it('subscribes for it without naming it, and sees and ends no other subscription', async () => {
    const key = await scene.keyOf(card.subjectId);
    expectFault(await subscribe(request('imei-change'), key), 422, 'UNNECESSARY_IDENTIFIER');
    const made = await subscribe({ ...request('imei-change'), config: {} }, key);
    expect(made.status).toBe(201);
    expect(made.body.config.subscriptionDetail.device).toEqual({ phoneNumber: card.phone });
    card = await scene.makeCard();
    const other = await subscribed(request('imei-change'));
    expect((await send('GET', '', undefined, key)).body.map((each: { id: string }) => each.id)).toEqual([
      made.body.id,
    ]);
    for (const method of ['GET', 'DELETE'] as const)
      expectFault(await send(method, `/${other}`, undefined, key), 404, 'NOT_FOUND');
  });
});

describe('what is told', () => {
  it('happy_path_imei_change: with the token of the sink, once', async () => {
    const id = await subscribed(request('imei-change'));
    const finding = await scene.find(card.subjectId, 'imei', {
      evidence: { observation: { imei: '35209900176148' } },
    });
    await rounds();
    expect(events()).toEqual([
      {
        id: `${id}.finding-${finding}`,
        source: `/iot-sim-fraud-prevention-subscriptions/subscriptions/${id}`,
        type: `${TYPE}imei-change`,
        specversion: '1.0',
        datacontenttype: 'application/json',
        time: inTime(-1_000),
        data: { subscriptionId: id, imei: '35-209900-176148-1', device: { phoneNumber: card.phone } },
      },
    ]);
    expect(receiver.got[0]!.headers).toMatchObject({
      authorization: 'Bearer valid-bearer-token',
      'content-type': 'application/cloudevents+json',
      'x-correlator': expect.stringMatching(/^[0-9-]+$/),
    });
  });

  it('with the name and the secret of a sink that has such, which never run out', async () => {
    const sinkCredential = { credentialType: 'PLAIN', identifier: 'supervision', secret: 'ärger:9' };
    await subscribed(request('imei-change', { sinkCredential }));
    await scene.find(card.subjectId, 'imei');
    await rounds();
    const told = receiver.got[0]!.headers.authorization ?? '';
    expect(told).toMatch(/^Basic /);
    expect(Buffer.from(told.slice('Basic '.length), 'base64').toString('utf8')).toBe('supervision:ärger:9');
  });

  it('happy_path_area_change', async () => {
    const id = await subscribed(request('area-change'));
    await scene.find(card.subjectId, 'area');
    await scene.find(card.subjectId, 'imei');
    await rounds();
    expect(events()).toMatchObject([
      {
        type: `${TYPE}area-change`,
        data: { subscriptionId: id, area: AREA, device: { phoneNumber: card.phone } },
      },
    ]);
    expect(receiver.got[0]!.headers.authorization).toBe('Bearer valid-bearer-token');
  });

  it('nothing of another card, of history, or of what was found before', async () => {
    const other = await scene.makeCard();
    await scene.find(card.subjectId, 'imei');
    scene.api.clock.set(scene.api.clock.now() + 1);
    await subscribed(request('imei-change'));
    await scene.find(other.subjectId, 'imei');
    await scene.find(card.subjectId, 'imei', { historical: true });
    await rounds();
    expect(events()).toEqual([]);
  });

  it('expiration_time: nothing after the end, and that it ended', async () => {
    const past = await subscribe(
      request('imei-change', {}, { subscriptionExpireTime: '2024-01-01T00:00:00Z' }),
    );
    expectFault(past, 400, 'INVALID_ARGUMENT');
    const id = await subscribed(request('imei-change', {}, { subscriptionExpireTime: inTime(HOUR_MS) }));
    scene.api.clock.set(scene.api.clock.now() + HOUR_MS);
    await scene.find(card.subjectId, 'imei');
    scene.api.clock.set(scene.api.clock.now() + 60_000);
    await rounds();
    expect(changes()).toEqual([]);
    expect(reasons()).toEqual(['SUBSCRIPTION_EXPIRED']);
    expect((await send('GET', `/${id}`)).body.status).toBe('EXPIRED');
  });

  it('what was found before the end is told, though the ledger has it later', async () => {
    await subscribed(request('imei-change', {}, { subscriptionExpireTime: inTime(1_000) }));
    await scene.find(card.subjectId, 'imei');
    scene.api.clock.set(scene.api.clock.now() + 10_000);
    await rounds();
    expect(changes()).toHaveLength(1);
    expect(events().at(-1)!.type).toBe(`${TYPE}subscription-ended`);
  });

  it('a token that is over ends it', async () => {
    const sinkCredential = { ...request('imei-change').sinkCredential, accessTokenExpiresUtc: inTime(1_000) };
    await subscribed(request('imei-change', { sinkCredential }));
    scene.api.clock.set(scene.api.clock.now() + 10_000);
    await rounds();
    expect(reasons()).toEqual(['ACCESS_TOKEN_EXPIRED']);
  });

  it('max_events_first_event, max_events_second_event, max_events_third_event', async () => {
    await subscribed(request('imei-change', {}, { subscriptionMaxEvents: 2 }));
    for (const most of [1, 2, 2]) {
      await scene.find(card.subjectId, 'imei');
      await rounds();
      expect(changes()).toHaveLength(most);
    }
    expect(reasons()).toEqual(['MAX_EVENTS_REACHED']);
    expect(events().map(each => each.type)).toEqual([
      `${TYPE}imei-change`,
      `${TYPE}imei-change`,
      `${TYPE}subscription-ended`,
    ]);
  });

  it('deletion: nothing afterwards, not even what waited', async () => {
    const id = await subscribed(request('imei-change'));
    receiver.status = 500;
    await scene.find(card.subjectId, 'imei');
    await rounds();
    expect(receiver.got).toHaveLength(1);
    await remove(id);
    await scene.find(card.subjectId, 'imei');
    scene.api.clock.set(scene.api.clock.now() + DAY_MS);
    await rounds();
    expect(receiver.got).toHaveLength(1);
  });

  it('how it stands at the beginning, which counts', async () => {
    await subscribed(request('area-change', {}, { initialEvent: true, subscriptionMaxEvents: 1 }));
    await scene.find(card.subjectId, 'area');
    await rounds();
    expect(events()).toMatchObject([
      { type: `${TYPE}area-change`, data: { area: AREA } },
      { data: { terminationReason: 'MAX_EVENTS_REACHED' } },
    ]);
  });

  it('is sent again under the same id until it is taken; a 410 ends the subscription', async () => {
    await subscribed(request('imei-change'));
    receiver.status = 503;
    await scene.find(card.subjectId, 'imei');
    await rounds();
    scene.api.clock.set(scene.api.clock.now() + 5_000);
    receiver.status = 204;
    await rounds();
    expect(events()).toHaveLength(2);
    expect(new Set(events().map(each => each.id)).size).toBe(1);
    receiver.status = 410;
    await scene.find(card.subjectId, 'imei');
    await scene.find(card.subjectId, 'imei');
    await rounds();
    expect(events()).toHaveLength(3);
  });

  it('whose sink was changed past the door gets nothing, for the token opens for its own sink alone', async () => {
    const id = await subscribed(request('imei-change'));
    await sql`update camara_subscription set sink = ${`${receiver.url}/mine`} where subscription_id = ${id}`.execute(
      scene.api.db.owner,
    );
    await scene.find(card.subjectId, 'imei');
    await rounds();
    expect(receiver.got).toEqual([]);
    const { rows } = await sql<{ last_answer: string }>`
      select last_answer from camara_event where subscription_id = ${id}`.execute(scene.api.db.corridor);
    expect(rows).toEqual([{ last_answer: 'credential-unopened' }]);
  });

  it('by three servers at once goes out once', async () => {
    await subscribed(request('imei-change'));
    await scene.find(card.subjectId, 'imei');
    await Promise.all([1, 2, 3].map(() => runEventRound(scene.doors)));
    await rounds();
    expect(events()).toHaveLength(1);
  });
});
