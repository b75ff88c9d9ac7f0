/** From a record of another device to the receiver, over a server that is killed while the receiver still reads (C-53). */
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ApiClient, until } from '../api-client.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

const PASSWORD = 'nine lamps on a quiet quay';
const ICCID = '8986001234500000014';
const [OWN, OTHER] = ['35752007426533', '86012345000001'];
const SUBSCRIPTIONS = '/camara/iot-sim-fraud-prevention-subscriptions/v0.1/subscriptions';
const env = { THINGWARD_NOTICE_NETWORKS: '127.0.0.0/8', THINGWARD_NOTICE_HTTP: 'allow' };
const folder = dataFolder();

let server: ServerProcess;
let receiver: Server;
const got: { id: string; type: string; data: object }[] = [];
/** While true the receiver takes what it is sent and says nothing. */
let isMute = true;

async function signedIn(next?: string): Promise<ApiClient> {
  const client = new ApiClient(server.address);
  if (next === undefined) await client.signIn('administrator@thingward.invalid', PASSWORD);
  else await client.signIn(server.first!.email, server.first!.password, next);
  return client;
}

beforeAll(async () => {
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', part => {
      body += part;
    });
    request.on('end', () => {
      got.push(JSON.parse(body));
      if (!isMute) response.writeHead(204).end();
    });
  });
  await new Promise<void>(resolve => receiver.listen(0, '127.0.0.1', resolve));
  server = await startServer(folder.path, { env });
}, 120_000);
afterAll(async () => {
  await server?.stop();
  receiver?.closeAllConnections();
  receiver?.close();
  folder.remove();
});

test('an event under way when the server is killed comes again under its id, and those after it too', async () => {
  let client = await signedIn(PASSWORD);
  await client.importTable('cards', `iccid,class,msisdn\n${ICCID},other,14400000001\n`);
  const columns = { iccid: 'iccid', imei: 'imei', time: 'at', bytesUp: 'up', bytesDown: 'down' };
  const profile = { mapping: { columns } };
  const { id: sourceId } = await client.post<{ id: number }>('/sources', {
    ...{ name: 'feed', format: 'generic-json', profile },
  });
  const agoMs = (ms: number) => new Date(Date.now() - ms).toISOString();
  const seen = (imei: string, ms: number) =>
    client.post(`/sources/${sourceId}/records`, { iccid: ICCID, imei, at: agoMs(ms), up: 1, down: 1 });
  await seen(OWN, 7_200_000);
  const made = await client.post<{ id: string }>(SUBSCRIPTIONS, {
    types: ['org.camaraproject.iot-sim-fraud-prevention.v0.imei-change'],
    protocol: 'HTTP',
    sink: `http://127.0.0.1:${(receiver.address() as { port: number }).port}/`,
    config: { subscriptionDetail: { device: { phoneNumber: '+14400000001' } } },
  });
  await seen(OTHER, 60_000);
  await until('the receiver has the event', async () => got.length > 0);
  await server.kill();
  expect(got).toMatchObject([
    { data: { subscriptionId: made.id, imei: expect.stringMatching(/^86-012345-000001-\d$/) } },
  ]);
  isMute = false;
  server = await startServer(folder.path, { env });
  client = await signedIn();
  await seen(OWN, 30_000);
  // What was being sent is held for half a minute before another sender takes it up.
  await until('it came again, and the next', async () => got.length >= 3, 60_000);
  expect(got.map(each => each.id)[1]).toBe(got[0]!.id);
  expect(got[2]!.id).not.toBe(got[0]!.id);
  expect(got).toHaveLength(3);
}, 180_000);
