/** The scenarios of the consumer's callback, by their ids, over HTTP; and the whole way from one server's finding to another's record (C-53). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../../server/src/api/testing/test-api.ts';
import { rfc3339 } from '../../server/src/kernel/time.ts';
import { type CallbackScene, makeCallbackScene } from './callback-scene.ts';
import { CALLBACKS, countScenarios } from './scenarios.ts';

const TYPE = 'org.camaraproject.iot-sim-fraud-prevention.v0.';
const CORRELATOR = '123e4567-e89b-12d3-a456-426614174000';
const AREA = { areaType: 'CIRCLE', center: { latitude: 50.735851, longitude: 7.10066 }, radius: 2_000 };

let scene: CallbackScene;
let pair: Awaited<ReturnType<CallbackScene['makePair']>>;
let watchId: string;

countScenarios(CALLBACKS, []);

beforeAll(async () => {
  scene = await makeCallbackScene();
});
afterAll(() => scene?.close());
beforeEach(async () => {
  scene.api.clock.set(scene.api.clock.now() + 60_000);
  pair = await scene.makePair();
  const made = await scene.watch(pair.iccid);
  expect(made.status).toBe(201);
  watchId = String(made.body['id']);
});

const event = (type: string, more: object = {}, data: object = {}) => ({
  id: `e-${type}`,
  source: 'https://operator.example/subscriptions/700',
  specversion: '1.0',
  type: `${TYPE}${type}`,
  time: rfc3339(scene.api.clock.now() - 1_000),
  datacontenttype: 'application/json',
  data: {
    subscriptionId: '700',
    ...(type === 'imei-change' ? { imei: '35-209900-176148-1' } : { area: AREA }),
    device: { phoneNumber: pair.phone },
    ...data,
  },
  ...more,
});
async function expectFault(answer: Response, status: number, code: string, message: string) {
  const body = (await answer.json()) as { message: string };
  expect(body).toEqual({ status, code, message: expect.stringContaining(message) });
  expect(answer.status).toBe(status);
  expect(answer.headers.get('x-correlator')).toBe(CORRELATOR);
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
}
const records = () => scene.count(`observation where claim = 'msisdn:${pair.phone.slice(1)}'`);
const theirFindings = () =>
  scene.count(
    `dated_fact f join subject s using (subject_id) where s.reference = '${pair.iccid}' and f.kind like 'provider-finding/east/%'`,
  );

describe('what an operator tells', () => {
  it.each([
    ['iot_sim_fraud_prevention_callback_success_imei_change', 'imei-change'],
    ['iot_sim_fraud_prevention_callback_success_area_change', 'area-change'],
  ] as const)('%s', async (_, type) => {
    for (let i = 0; i < 2; i += 1) {
      const answer = await scene.post(watchId, event(type));
      expect(answer.status).toBe(204);
      expect(answer.headers.get('x-correlator')).toBe(CORRELATOR);
      expect(await answer.text()).toBe('');
    }
    // The same event twice is one record and one finding of the provider's.
    expect([await records(), await theirFindings()]).toEqual([1, 1]);
    expect(await scene.row(watchId)).toMatchObject({ told: 1 });
  });

  it('iot_sim_fraud_prevention_callback_400_missing_id', async () => {
    const answer = await scene.post(watchId, event('imei-change', { id: undefined }));
    await expectFault(answer, 400, 'INVALID_ARGUMENT', 'Id must be specified');
    expect(await records()).toBe(0);
  });

  it('iot_sim_fraud_prevention_callback_400_missing_type', async () => {
    const answer = await scene.post(watchId, event('imei-change', { type: undefined }));
    await expectFault(answer, 400, 'INVALID_ARGUMENT', 'Type must be specified');
  });

  it('iot_sim_fraud_prevention_callback_400_invalid_type', async () => {
    const said = `The value of type can only be ${TYPE}imei-change,${TYPE}area-change`;
    for (const type of ['x', `${TYPE}other`])
      await expectFault(
        await scene.post(watchId, event('imei-change', { type })),
        400,
        'INVALID_ARGUMENT',
        said,
      );
  });

  it('iot_sim_fraud_prevention_callback_410_gone: from the moment a watch is ended on', async () => {
    const ended = await fetch(`${scene.url}/api/v1/camara-watches/${watchId}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${scene.keys.other}` },
    });
    expect(ended.status).toBe(200);
    const said = 'Access to the target resource is no longer available';
    await expectFault(await scene.post(watchId, event('imei-change')), 410, 'GONE', said);
    expect(await records()).toBe(0);
  });

  it('is believed of nobody without the token of that watch, which the ledger has', async () => {
    const other = String((await scene.watch(pair.iccid, { event: 'area-change' })).body['id']);
    const borrowed = await scene.post(other, event('area-change'));
    expect(borrowed.status).toBe(204);
    for (const authorization of ['', 'Bearer x', `Bearer ${scene.keys.other}`])
      await expectFault(
        await scene.post(watchId, event('imei-change'), { authorization }),
        401,
        'UNAUTHENTICATED',
        'token',
      );
    await expectFault(await scene.post('f'.repeat(32), event('imei-change')), 404, 'NOT_FOUND', 'awaited');
    const acts = (await scene.api.acts()).filter(({ object }) => object === `camara-watch/${watchId}`);
    expect(acts.map(({ act }) => act)).toContain('camara-event-refused');
  });

  it('of another card, in another form or without a time is refused', async () => {
    for (const [wrong, said] of [
      [event('imei-change', {}, { device: { phoneNumber: '+14499999998' } }), 'not the one'],
      [event('imei-change', { time: undefined }), 'Time must be specified'],
      [event('imei-change', { time: 'yesterday' }), 'time'],
      [event('imei-change', { data: undefined }), 'Data must be specified'],
      [event('imei-change', { specversion: '0.3' }), 'specversion'],
      [[event('imei-change')], 'event'],
    ] as const)
      await expectFault(await scene.post(watchId, wrong), 400, 'INVALID_ARGUMENT', said);
    expect((await scene.post(watchId, '{')).status).toBe(400);
    expect(await records()).toBe(0);
  });

  it('of a subscription’s end ends the watch, once', async () => {
    const end = event('subscription-ended', {}, { terminationReason: 'SUBSCRIPTION_EXPIRED' });
    expect((await scene.post(watchId, end)).status).toBe(204);
    expect(await scene.row(watchId)).toMatchObject({ end_reason: 'SUBSCRIPTION_EXPIRED', next_at: null });
    expect((await scene.post(watchId, end)).status).toBe(410);
  });
});

describe('from one server’s finding to another’s record', () => {
  it('the operator is asked, tells by the sink it was given, and is asked to end it', async () => {
    await scene.rounds();
    const begun = await scene.row(watchId);
    expect(begun).toMatchObject({ their_id: expect.stringMatching(/^\d+$/), end_reason: null });
    await scene.find(pair.subjectId, 'imei');
    await scene.rounds();
    expect([await records(), await theirFindings()]).toEqual([1, 1]);
    expect(await scene.row(watchId)).toMatchObject({ told: 1 });
    const subscription = `camara_subscription where subscription_id = ${begun['their_id']} and ended_at is null`;
    expect(await scene.count(subscription)).toBe(1);
    await fetch(`${scene.url}/api/v1/camara-watches/${watchId}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${scene.keys.other}` },
    });
    await scene.rounds();
    expect(await scene.count(subscription)).toBe(0);
    expect(await scene.row(watchId)).toMatchObject({ next_at: null, end_reason: 'UNWATCHED' });
  });

  it('one that the operator has lost is noticed and ended', async () => {
    await scene.rounds();
    const { their_id: id } = await scene.row(watchId);
    const gone = `/api/v1/camara/iot-sim-fraud-prevention-subscriptions/vwip/subscriptions/${id}`;
    const headers = { authorization: `Bearer ${scene.keys.all}` };
    expect((await fetch(scene.url + gone, { method: 'DELETE', headers })).status).toBe(204);
    scene.api.clock.set(scene.api.clock.now() + 6 * 3_600_000);
    await scene.rounds();
    expect((await scene.row(watchId))['end_reason']).toMatch(/^(DELETED|GONE)$/);
  });

  it('is watched for a card of the own party at a provider of this kind alone', async () => {
    expect((await scene.watch('8986009999999999999')).body['code']).toBe('camara-watch-card');
    expect((await scene.watch(pair.iccid, { provider: 987_654 })).body['code']).toBe('camara-watch-provider');
    const past = { until: '2024-01-01T00:00:00Z' };
    expect((await scene.watch(pair.iccid, past)).body['code']).toBe('camara-watch-until');
    const list = await ask(scene.api, '/api/v1/camara-watches', { token: scene.keys.all });
    expect(list.body).toEqual({ items: [], next: null });
    const headers = { authorization: `Bearer ${scene.keys.all}` };
    const url = `${scene.url}/api/v1/camara-watches/${watchId}`;
    expect((await fetch(url, { method: 'DELETE', headers })).status).toBe(404);
    expect(await scene.row(watchId)).toMatchObject({ ended_at: null });
  });

  it('an address that names no watch is refused before anything is put on record', async () => {
    const headers = { authorization: `Bearer ${scene.keys.other}` };
    const end = (id: string) =>
      fetch(`${scene.url}/api/v1/camara-watches/${id}`, { method: 'DELETE', headers });
    for (const id of ['%09', '%20', 'a%2Fb', 'x'.repeat(65)]) expect((await end(id)).status).toBe(400);
    expect((await end('0123456789abcdef')).status).toBe(404);
  });
});
