/** `limit-card` by RADIUS CoA (RFC 5176) through the whole server: told, refused, retried, let in limited, and freed. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { firstOf } from '../../server/src/modules/cards/adapters/radius/packet.ts';
import { ApiProblem, until } from '../api-client.ts';
import { DEVICES, iccidOf, imsiOf, openRadiusScene, type RadiusScene } from './scene.ts';

const OPTIONS = {
  limitAttribute: 'Filter-Id',
  limitNumber: '11',
  limitForm: 'text',
  limitValue: 'throttled-%{User-Name}',
  unlimitValue: 'full',
};
const FILTER_ID = 11;

let scene: RadiusScene;
beforeAll(async () => {
  scene = await openRadiusScene(12);
  const settings = { url: 'radius:sessions', quietMs: 1_000, options: OPTIONS };
  await scene.client.post('/providers', { name: 'own core', adapter: 'radius', settings });
  await scene.client.put('/measure-policies', {
    ...{ ruleId: 'card-in-another-device', measure: 'limit-card', mode: 'suggest' },
  });
}, 120_000);
afterAll(() => scene?.close());

interface Measure {
  readonly id: number;
  readonly state: string;
  readonly steps?: readonly { readonly to: string; readonly proof: Readonly<Record<string, unknown>> }[];
}

/** Illegal use in an open session of the card; the number of its case. */
async function caseOf(n: number, session: string): Promise<number> {
  const told = { session, imsi: imsiOf(n) };
  const atMs = Date.now();
  await scene.nas.account({ ...told, status: 'Start', imeisv: DEVICES[0], atMs: atMs - 60_000 });
  const moved = { imeisv: DEVICES[1], up: 1, down: 1, seconds: 60, atMs };
  await scene.nas.account({ ...told, status: 'Interim-Update', ...moved });
  return await until('its case', async () => {
    type Found = { caseId: number | null; subject: { reference: string } };
    const { items } = await scene.client.get<{ items: Found[] }>('/findings?limit=100');
    return items.find(each => each.subject.reference === iccidOf(n).slice(0, 19))?.caseId;
  });
}

const order = (caseId: number) =>
  scene.client.post<Measure>(`/cases/${caseId}/measures`, { kind: 'limit-card' });
const reach = (id: number, ...states: string[]) =>
  until(
    `measure ${id} ${states.join(' or ')}`,
    async () => {
      const measure = await scene.client.get<Measure>(`/measures/${id}`);
      return states.includes(measure.state) && measure;
    },
    60_000,
  );
const changes = (session: string) => scene.nas.changes.filter(each => each.session === session);
const filters = (session: string) =>
  changes(session).map(({ packet }) => firstOf(packet, FILTER_ID)?.toString());

/** What a network that asks is answered. */
async function asked(n: number): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(`${scene.client.address}/api/v1/radius/authorize`, {
    method: 'POST',
    headers: { authorization: `Bearer ${scene.client.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ '3GPP-IMSI': { type: 'string', value: [imsiOf(n)] } }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? null : JSON.parse(text) };
}

test('the session is told by a CoA-Request with the attribute of the provider, the next one comes in with it, and lifting frees both', async () => {
  const { id } = await order(await caseOf(0, 'c0'));
  const { steps } = await reach(id, 'effective', 'verified');
  expect(steps?.map(step => step.to)).toContain('accepted');
  expect(filters('c0')).toEqual(['throttled-%{User-Name}']);
  const [{ packet }] = changes('c0') as [(typeof scene.nas.changes)[number]];
  expect(firstOf(packet, 44)?.toString()).toBe('c0');
  expect(firstOf(packet, 55)?.length).toBe(4);
  const limited = { op: ':=', do_xlat: false, value: ['throttled-%{User-Name}'] };
  expect(await asked(0)).toEqual({ status: 200, body: { 'reply:Filter-Id': limited } });
  expect(await asked(1)).toEqual({ status: 204, body: null });
  expect(scene.nas.disconnects.filter(each => each.session === 'c0')).toEqual([]);
  await scene.client.post(`/measures/${id}/lift`, { reason: 'cleared up' });
  await reach(id, 'lifted');
  expect(filters('c0')).toEqual(['throttled-%{User-Name}', 'full']);
  expect(await asked(0)).toEqual({ status: 204, body: null });
}, 90_000);

test('a server that knows no such session has nothing to limit now; the card is limited when it comes in', async () => {
  scene.nas.changeManners.set('c1', { nak: 503 });
  const { id } = await order(await caseOf(1, 'c1'));
  await reach(id, 'effective', 'verified');
  const { items } = await scene.client.get<{ items: { series: string; closedBy: string }[] }>(
    `/radius/sessions?open=false&claim=imsi:${imsiOf(1)}`,
  );
  expect(items).toMatchObject([{ closedBy: 'unknown-to-server' }]);
  expect((await asked(1)).status).toBe(200);
}, 90_000);

test('a server that will not do it fails the measure with its reason, and the card is limited nowhere', async () => {
  scene.nas.changeManners.set('c2', { nak: 401 });
  const caseId = await caseOf(2, 'c2');
  const { id } = await order(caseId);
  const { steps } = await reach(id, 'failed');
  expect(steps?.at(-1)?.proof).toEqual({ refused: 'nak-401' });
  expect(filters('c2')).toEqual(['throttled-%{User-Name}']);
  expect(await asked(2)).toEqual({ status: 204, body: null });
  const ledger = await scene.client.get<{ items: { act: string }[] }>(`/cases/${caseId}/acts`);
  expect(JSON.stringify(ledger)).toContain('nak-401');
  // Cleared up with the server: a new order is a new measure.
  scene.nas.changeManners.delete('c2');
  const again = await order(caseId);
  expect(again.id).not.toBe(id);
  await reach(again.id, 'effective', 'verified');
  expect((await asked(2)).status).toBe(200);
}, 90_000);

test('a server without room just now is asked anew by a request of its own, one that is silent by the same bytes', async () => {
  scene.nas.changeManners.set('c3', { nak: 506 });
  const { id } = await order(await caseOf(3, 'c3'));
  await until('a second request', async () => changes('c3').length >= 2, 60_000);
  const [first, second] = changes('c3').map(({ packet }) => packet.bytes);
  expect(second!.subarray(1, 20).equals(first!.subarray(1, 20))).toBe(false);
  expect((await scene.client.get<Measure>(`/measures/${id}`)).state).toBe('accepted');
  scene.nas.changeManners.delete('c3');
  await reach(id, 'effective', 'verified');
  scene.nas.changeManners.set('c4', 'silent');
  const silent = await order(await caseOf(4, 'c4'));
  await until('a repetition', async () => changes('c4').length >= 2, 60_000);
  const [once, twice] = changes('c4').map(({ packet }) => packet.bytes);
  expect(twice!.equals(once!)).toBe(true);
  scene.nas.changeManners.delete('c4');
  await reach(silent.id, 'effective', 'verified');
}, 120_000);

test('a session that came in without asking is told when the measure is looked at', async () => {
  const { id } = await order(await caseOf(5, 'c5'));
  await reach(id, 'effective');
  await scene.nas.account({
    status: 'Start',
    session: 'c5-late',
    imsi: imsiOf(5),
    imeisv: DEVICES[1],
    atMs: Date.now(),
  });
  await until('it to be told', async () => filters('c5-late')[0] === 'throttled-%{User-Name}', 60_000);
}, 90_000);

test('a provider that names no attribute limits nothing, and an attribute that says who is meant is refused', async () => {
  const put = (options: Readonly<Record<string, string>>) =>
    scene.client
      .post('/providers', {
        ...{ name: 'other core', adapter: 'radius', settings: { url: 'radius:sessions', options } },
      })
      .then(
        () => null,
        problem => (problem instanceof ApiProblem ? problem : Promise.reject(problem)),
      );
  for (const wrong of [
    { ...OPTIONS, limitNumber: '1' },
    { ...OPTIONS, limitNumber: '9/300' },
    { ...OPTIONS, limitForm: 'float' },
    { ...OPTIONS, limitValue: 'x\ny' },
    { ...OPTIONS, limitForm: 'number' },
    { ...OPTIONS, unlimitValue: '' },
    { ...OPTIONS, more: 'x' },
    { limitAttribute: 'Filter-Id' },
  ])
    expect((await put(wrong))?.status, JSON.stringify(wrong)).toBe(422);
  expect(await put({})).toBeNull();
  const { items } = await scene.client.get<{ items: { id: number; name: string }[] }>('/providers');
  const providerId = items.find(each => each.name === 'other core')!.id;
  const caseId = await caseOf(6, 'c6');
  const { id } = await scene.client.post<Measure>(`/cases/${caseId}/measures`, {
    kind: 'limit-card',
    providerId,
  });
  const { steps } = await reach(id, 'failed');
  expect(steps?.at(-1)?.proof).toEqual({ refused: 'limit-not-set' });
  expect(await asked(6)).toEqual({ status: 204, body: null });
}, 90_000);
