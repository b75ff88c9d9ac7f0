import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openEventHub } from './events.ts';
import { ask, enterFirst, makeParty, type TestApi, testApi } from './testing/test-api.ts';

let api: TestApi;
let port: number;
let admin: string;
let east: Awaited<ReturnType<typeof makeParty>>;
let west: Awaited<ReturnType<typeof makeParty>>;
const open: IncomingMessage[] = [];

beforeAll(async () => {
  api = await testApi();
  admin = await enterFirst(api);
  east = await makeParty(api, admin, 'East');
  west = await makeParty(api, admin, 'West');
  await api.app.listen({ port: 0, host: '127.0.0.1' });
  port = (api.app.server.address() as AddressInfo).port;
});
afterEach(() => {
  for (const response of open.splice(0)) response.destroy();
});
afterAll(() => api.close());

/** Opens the stream and gathers what it says. */
async function listen(token: string, lastId?: string) {
  const headers = {
    authorization: `Bearer ${token}`,
    ...(lastId === undefined ? {} : { 'last-event-id': lastId }),
  };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: '/api/v1/events', headers }, resolve).on('error', reject);
  });
  open.push(response);
  const heard = {
    text: '',
    isEnded: false,
    status: response.statusCode,
    type: response.headers['content-type'],
  };
  response.on('data', part => {
    heard.text += part;
  });
  response.on('close', () => {
    heard.isEnded = true;
  });
  response.on('error', () => {});
  await until(() => heard.text.includes('retry:'));
  return heard;
}

async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !isSo(); i++) await sleep(10);
  expect(isSo()).toBe(true);
}

const announce = (partyId: number, object: string) => api.hub.announce({ topic: 'case', object, partyId });

test('a listener hears of its own party and those below, and nothing of its neighbours', async () => {
  const [ofEast, ofWest, ofRoot] = await Promise.all(
    [east.token, west.token, admin].map(token => listen(token)),
  );
  expect([ofEast!.status, ofEast!.type]).toEqual([200, 'text/event-stream; charset=utf-8']);
  announce(east.partyId, 'case/1');
  announce(west.partyId, 'case/2');
  await until(() => ofRoot!.text.includes('case/2'));
  await until(() => ofWest!.text.includes('case/2'));
  expect(ofEast!.text).toContain('event: case\ndata: {"topic":"case","object":"case/1"');
  expect(ofEast!.text).not.toContain('case/2');
  expect(ofWest!.text).not.toContain('case/1');
  expect(ofRoot!.text).toContain('case/1');
});

test('who comes back with the last id misses nothing; with a strange one is told to load anew', async () => {
  const before = api.hub.last();
  announce(east.partyId, 'case/3');
  announce(west.partyId, 'case/4');
  const back = await listen(east.token, before);
  await until(() => back.text.includes('case/3'));
  expect(back.text).not.toContain('case/4');
  for (const strange of ['otherrun-1', 'run-999999', 'nonsense']) {
    const lost = await listen(east.token, strange);
    await until(() => lost.text.includes('event: reload'));
  }
});

test('a stream shows that it lives, and ends soon after its session', async () => {
  const leaver = await makeParty(api, admin, 'Leaver');
  const heard = await listen(leaver.token);
  await until(() => heard.text.includes(': here'));
  await ask(api, '/api/v1/logout', { token: leaver.token, body: {} });
  await until(() => heard.isEnded);
});

test('a stream needs the right', async () => {
  const made = await ask(api, '/api/v1/api-keys', {
    token: east.token,
    body: { title: 'k', scopes: ['registry:read'] },
  });
  expect((await ask(api, '/api/v1/events', { token: made.body.key })).body.code).toBe('right-missing');
});

describe('the hub', () => {
  const event = (object: string) => ({ topic: 'case', object, partyId: 1 });

  test('drops a listener that takes no more, and keeps the others', () => {
    const hub = openEventHub('r');
    let isDropped = false;
    const heard: string[] = [];
    hub.listen({ offer: () => false, drop: () => (isDropped = true) });
    hub.listen({ offer: each => heard.push(each.object) > 0, drop: () => {} });
    hub.announce(event('case/1'));
    hub.announce(event('case/2'));
    expect([isDropped, hub.listeners(), heard]).toEqual([true, 1, ['case/1', 'case/2']]);
  });

  test('keeps a bounded past and takes a bounded number of listeners', () => {
    const hub = openEventHub('r', 3, 1);
    for (let i = 1; i <= 5; i++) hub.announce(event(`case/${i}`));
    expect(hub.since('r-2')?.map(each => each.object)).toEqual(['case/3', 'case/4', 'case/5']);
    expect([hub.since('r-1'), hub.since('r-6'), hub.since('q-3'), hub.since('')]).toEqual([
      null,
      null,
      null,
      null,
    ]);
    expect(hub.since(hub.last())).toEqual([]);
    const stop = hub.listen({ offer: () => true, drop: () => {} });
    expect(hub.listen({ offer: () => true, drop: () => {} })).toBeNull();
    stop?.();
    expect(hub.listeners()).toBe(0);
  });
});
