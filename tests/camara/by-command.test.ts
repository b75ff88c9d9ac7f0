/** Who is told of cards, listed and ended on the command line of a party (C-53). */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ApiClient } from '../api-client.ts';
import { type CommandLine, commandLine } from '../command-line.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

const ICCID = '8986001234500000014';
const SINK = 'http://127.0.0.1:9/notify';
const folder = dataFolder();

let server: ServerProcess;
let desk: CommandLine;
let id: string;

beforeAll(async () => {
  const env = { THINGWARD_NOTICE_NETWORKS: '127.0.0.0/8', THINGWARD_NOTICE_HTTP: 'allow' };
  server = await startServer(folder.path, { env });
  const client = new ApiClient(server.address);
  await client.signIn(server.first!.email, server.first!.password, 'nine lamps on a quiet quay');
  await client.importTable('cards', `iccid,class,msisdn\n${ICCID},other,14400000001\n`);
  const path = '/camara/iot-sim-fraud-prevention-subscriptions/v0.1/subscriptions';
  ({ id } = await client.post<{ id: string }>(path, {
    types: ['org.camaraproject.iot-sim-fraud-prevention.v0.imei-change'],
    protocol: 'HTTP',
    sink: SINK,
    config: { subscriptionDetail: { device: { phoneNumber: '+14400000001' } } },
  }));
  desk = commandLine(folder.path, {
    THINGWARD_URL: server.address,
    THINGWARD_TOKEN: client.token as string,
  });
}, 120_000);
afterAll(async () => {
  await server?.stop();
  folder.remove();
});

test('a subscription is listed with its card and its receiver, and once ended is told as deleted', async () => {
  const listed = await desk.run('camara', 'list');
  expect(listed).toMatchObject({ code: 0, err: '' });
  for (const told of [id, 'imei-change', '+14400000001', SINK, 'live']) expect(listed.out).toContain(told);
  expect((await desk.run('camara', 'end', id)).out).toBe(`Subscription ${id} has ended.\n`);
  const left = await desk.json<readonly object[]>('camara', 'list');
  expect(left).toMatchObject([{ id, status: 'DELETED' }]);
}, 60_000);

test('to end what is not there fails and says why', async () => {
  const said = await desk.run('camara', 'end', '999999');
  expect(said.code).not.toBe(0);
  expect(said.err).toContain('There is no such subscription. (NOT_FOUND)');
}, 60_000);

test('the live alone are listed when asked for', async () => {
  expect(await desk.json<readonly object[]>('camara', 'list', '--live')).toEqual([]);
}, 60_000);

test('a key of one card is made by its ICCID, told once, listed and ended', async () => {
  const rights = ['--scopes', 'registry:read,subscribers:read'];
  const made = await desk.json<{ id: string; key: string }>('camara', 'keys', 'make', ICCID, ...rights);
  const query = await fetch(`${server.address}/api/v1/camara/iot-sim-fraud-prevention/v0.1/query`, {
    method: 'POST',
    headers: { authorization: `Bearer ${made.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ queryType: 'IMEIBIND' }),
  });
  expect(await query.json()).toEqual({ imeiBind: { bindStatus: 'UNBOUND' } });
  const listed = await desk.run('camara', 'keys', 'list');
  expect(listed.out).toContain(made.id);
  expect(listed.out).not.toContain(made.key);
  expect((await desk.run('camara', 'keys', 'end', made.id)).code).toBe(0);
  expect((await desk.run('camara', 'keys', 'make', '8986009999999999999', ...rights)).err).toContain(
    'no card',
  );
}, 60_000);

test('a watch needs an operator that speaks the contract, and says so', async () => {
  expect((await desk.run('camara', 'watches')).out).toBe('No watches.\n');
  const said = await desk.run('camara', 'watch', '99', ICCID, 'imei-change');
  expect(said.code).toBe(1);
  expect(said.err).toContain('camara-watch-provider');
}, 60_000);
