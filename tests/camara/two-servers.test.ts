/** Two servers of ours: one orders at the other as at any operator of the interface, and each tells what came of it (C-53, C-55). */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ApiClient, until } from '../api-client.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

const PASSWORD = 'a long enough pass phrase 4';
const ICCID = '8986001234500000014';
const PHONE = '14400000001';
const [OWN, OTHER] = ['35752007426533', '86012345000001'];
const env = { THINGWARD_NOTICE_NETWORKS: '127.0.0.0/8', THINGWARD_NOTICE_HTTP: 'allow' };
const ROOT = '/camara/iot-sim-fraud-prevention/v0.1';

interface Measure {
  readonly id: number;
  readonly state: string;
  readonly steps: readonly { readonly to: string }[];
}
interface Bound {
  readonly imeiBind: { readonly bindStatus: string; readonly bindImei?: string };
}

/** One installation: its server, and somebody who is signed in there. */
interface Side {
  readonly folder: ReturnType<typeof dataFolder>;
  server: ServerProcess;
  client: ApiClient;
  sourceId: number;
}

let asker: Side;
let operator: Side;
let providerId = 0;
let caseId = 0;

async function open(): Promise<Side> {
  const folder = dataFolder();
  const server = await startServer(folder.path, { env });
  const client = new ApiClient(server.address);
  await client.signIn(server.first!.email, server.first!.password, PASSWORD);
  await client.importTable('cards', `iccid,class,msisdn\n${ICCID},other,${PHONE}\n`);
  const columns = { iccid: 'iccid', imei: 'imei', time: 'at', bytesUp: 'up', bytesDown: 'down' };
  const { id: sourceId } = await client.post<{ id: number }>('/sources', {
    ...{ name: 'feed', format: 'generic-json', profile: { mapping: { columns } } },
  });
  return { folder, server, client, sourceId };
}

const seen = ({ client, sourceId }: Side, imei: string, agoMs: number) =>
  client.post(`/sources/${sourceId}/records`, {
    ...{ iccid: ICCID, imei, at: new Date(Date.now() - agoMs).toISOString(), up: 1, down: 1 },
  });

/** How the operator itself holds the card. */
const held = async (): Promise<Bound['imeiBind']> => {
  const body = { queryType: 'IMEIBIND', device: { phoneNumber: `+${PHONE}` } };
  return (await operator.client.post<Bound>(`${ROOT}/query`, body)).imeiBind;
};

const reach = (state: string, id: number) =>
  until(
    `measure ${id} ${state}`,
    async () => {
      const measure = await asker.client.get<Measure>(`/measures/${id}`);
      return measure.state === state && measure;
    },
    90_000,
  );

/** What the operator's ledger says was done with the card, in order. */
async function actsOfCard(): Promise<string[]> {
  const { items: cards } = await operator.client.get<{ items: { id: number }[] }>('/subjects');
  const url = `${operator.server.address}/api/v1/ledger/proofs?object=subject/${cards[0]?.id}`;
  const answer = await fetch(url, { headers: { authorization: `Bearer ${operator.client.token}` } });
  const { items } = (await answer.json()) as { items: { entry: string }[] };
  return items.map(each => (JSON.parse(Buffer.from(each.entry, 'base64').toString()) as { act: string }).act);
}

beforeAll(async () => {
  asker = await open();
  operator = await open();
  await seen(operator, OWN, 60_000);
  await seen(asker, OWN, 7_200_000);
  await seen(asker, OTHER, 60_000);
  const found = await until('a finding with a case', async () => {
    const { items } = await asker.client.get<{ items: { caseId: number | null }[] }>(
      '/findings?rule=card-in-another-device',
    );
    return items.find(each => each.caseId !== null);
  });
  caseId = found.caseId as number;
  const { key } = await operator.client.post<{ key: string }>('/api-keys', {
    ...{ title: 'the other one', scopes: ['registry:read', 'registry:write', 'policies:write'] },
  });
  const { id } = await asker.client.post<{ id: number }>('/providers', {
    ...{ name: 'operator', adapter: 'camara-token' },
    settings: { url: `${operator.server.address}/api/v1/camara`, quietMs: 2_000 },
  });
  providerId = id;
  await asker.client.put(`/providers/${id}/credentials`, { fields: { access_token: key } });
}, 180_000);
afterAll(async () => {
  for (const side of [asker, operator]) {
    await side?.server.stop();
    side?.folder.remove();
  }
});

test('a card is bound at the other server to the device that it saw, read back, and unbound', async () => {
  expect(await held()).toEqual({ bindStatus: 'UNBOUND' });
  const order = { kind: 'bind-device', providerId };
  const { id } = await asker.client.post<Measure>(`/cases/${caseId}/measures`, order);
  const effective = await reach('effective', id);
  expect(effective.steps.map(each => each.to)).toEqual(['decided', 'ordered', 'accepted', 'effective']);
  expect(await held()).toMatchObject({
    bindStatus: 'BOUND',
    bindImei: expect.stringMatching(/^35-752007-426533-\d$/),
  });
  expect(await asker.client.get(`/providers/${providerId}/state?card=${ICCID}`)).toMatchObject({
    restricted: true,
  });
  await asker.client.post(`/measures/${id}/lift`, { reason: 'the holder showed the device' });
  await reach('lifted', id);
  expect(await held()).toEqual({ bindStatus: 'UNBOUND' });
}, 200_000);

test('an order that finds the other server dead is carried out when it is back, and once', async () => {
  const { port } = new URL(operator.server.address);
  await operator.server.kill();
  const order = { kind: 'bind-device', providerId };
  const { id } = await asker.client.post<Measure>(`/cases/${caseId}/measures`, order);
  await new Promise(resolve => setTimeout(resolve, 3_000));
  expect((await asker.client.get<Measure>(`/measures/${id}`)).state).not.toBe('effective');
  operator.server = await startServer(operator.folder.path, { env, port: Number(port) });
  await reach('effective', id);
  expect((await held()).bindStatus).toBe('BOUND');
  const acts = await until('the entries of its bindings', async () => {
    const told = await actsOfCard();
    return told.filter(act => act === 'card-bound').length >= 2 && told;
  });
  // Once for each of the two orders.
  expect(acts.filter(act => act === 'card-bound')).toHaveLength(2);
  expect(acts.filter(act => act === 'card-unbound')).toHaveLength(1);
}, 240_000);
