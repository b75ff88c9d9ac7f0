import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiClient, until } from '../api-client.ts';
import { type CommandLine, commandLine } from '../command-line.ts';
import { type CarrierProcess, startCarrier } from '../measures/carrier-process.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

/** CR-24 as its user lives it: a platform drops a push, the comparison tells so, and the push comes after all. */
const ICCID = '8988303000000000036';
const PASSWORD = 'a long enough pass phrase 4';
const NOW = Date.now();
const DAY_MS = 86_400_000;
const day = (before: number): string => new Date(NOW - before * DAY_MS).toISOString().slice(0, 10);
const [FULL, SHORT] = [day(4), day(3)];
const ENV = { THINGWARD_NOTICE_NETWORKS: '127.0.0.0/8', THINGWARD_NOTICE_HTTP: 'allow' };

const folder = dataFolder();
let server: ServerProcess;
let carrier: CarrierProcess;
let thingward: CommandLine;
let api: ApiClient;
let email: string;
let hook: { readonly path: string; readonly secret: string };

interface Items<T> {
  readonly items: readonly T[];
}
interface Shortfall {
  readonly card: string;
  readonly day: string;
  readonly countedBytes: number;
  readonly receivedBytes: number;
}

async function push(id: number, on: string, mb: string): Promise<object> {
  const at = `${on}T12:00:00Z`;
  const record = {
    ...{ id, traffic_type: { id: 5, description: 'Data' }, sim: { iccid: ICCID } },
    ...{ start_timestamp: at, end_timestamp: at, volume: { total: mb, tx: mb, rx: '0' } },
  };
  const answer = await fetch(server.address + hook.path, {
    method: 'POST',
    body: JSON.stringify(record),
    headers: { authorization: `Bearer ${hook.secret}` },
  });
  return (await answer.json()) as object;
}
const shortfalls = async (query = '') => (await api.get<Items<Shortfall>>(`/feed-shortfalls${query}`)).items;

beforeAll(async () => {
  const desk = join(folder.path, 'desk');
  mkdirSync(desk);
  writeFileSync(join(desk, 'kept'), PASSWORD);
  carrier = await startCarrier('emnify');
  await carrier.setCard(ICCID, 'Activated');
  server = await startServer(folder.path, { env: ENV });
  thingward = commandLine(desk);
  email = server.first!.email;
  api = new ApiClient(server.address);
  await api.signIn(email, server.first!.password, PASSWORD);
  await api.importTable('cards', `iccid,class\n${ICCID},industry\n`);
  const source = { name: 'stream', format: 'emnify-usage', profile: { unit: 'MB' } };
  const { id } = await api.post<{ id: number }>('/sources', source);
  hook = await api.post<typeof hook>(`/sources/${id}/hooks`, { scheme: 'token' });
  const settings = { url: carrier.url, dueMs: 3_600_000, quietMs: 1_000 };
  await api.post('/providers', { name: 'roaming', adapter: 'emnify', settings });
  const fields = { application_token: 'simulated-application-token' };
  await api.put('/providers/1/credentials', { fields });
  await thingward.json(...['login', server.address, '--email', email, '--password-file', join(desk, 'kept')]);
}, 300_000);
afterAll(async () => {
  await server?.stop();
  await carrier?.stop();
  folder.remove();
});

describe('CR-24 a push that the platform dropped', () => {
  test('is missed by comparing what came with what the provider counts, and is told as a case of the feed alone', async () => {
    await carrier.countDay(ICCID, FULL, 1.5, 0.5);
    await carrier.countDay(ICCID, SHORT, 1, 0);
    expect(await push(1, FULL, '2')).toMatchObject({ accepted: 1 });
    expect(await push(2, SHORT, '0.75')).toMatchObject({ accepted: 1 });
    const refusedFor = (body: object) => api.put('/sources/1/poll', body).catch(thrown => thrown.code);
    expect(await refusedFor({ provider: 7 })).toBe('provider-unknown');
    expect(await refusedFor({ provider: 1, from: '2026-02-30' })).toBe('moment-unreadable');
    const asked = ['--provider', '1', '--from', FULL, '--grace', '0'];
    const set = await thingward.run('sources', 'poll', 'stream', ...asked);
    expect([set.code, set.out]).toEqual([0, expect.stringContaining(FULL)]);
    const [found] = await until(
      'a shortfall',
      async () => {
        const items = await shortfalls('?source=1');
        return items.length > 0 && items;
      },
      60_000,
    );
    expect(found).toMatchObject({ card: ICCID, day: SHORT, countedBytes: 1_000_000, receivedBytes: 750_000 });
    const polls = await thingward.json<Items<object>>('sources', 'polls');
    expect(polls.items).toMatchObject([{ upTo: expect.any(String), openShortfalls: 1, fault: null }]);
    const finding = await until(
      'a finding with a case',
      async () => {
        const path = '/findings?rule=feed-shortfall';
        const { items } = await api.get<Items<{ caseId: number | null; subject: object }>>(path);
        return items.find(each => each.caseId !== null);
      },
      60_000,
    );
    expect(finding.subject).toMatchObject({ kind: 'feed', reference: 'stream' });
    const told = await thingward.run('sources', 'shortfalls', '--source', 'stream', '--lang', 'zh');
    expect(told.out).toMatch(new RegExp(`已收到[\\s\\S]*${SHORT}.*${ICCID}.*1000000.*750000`));
  });

  test('is missed no more once it came, and counts once, also after a restart', async () => {
    expect(await push(3, SHORT, '0.25')).toMatchObject({ accepted: 1 });
    expect(await push(3, SHORT, '0.25')).toMatchObject({ duplicate: 1 });
    await server.kill();
    server = await startServer(folder.path, { env: ENV });
    api = new ApiClient(server.address);
    await api.signIn(email, PASSWORD);
    await api.post('/sources/1/poll/now');
    await until('nothing missing', async () => (await shortfalls()).length === 0, 60_000);
    expect(await shortfalls('?all=true')).toMatchObject([{ day: SHORT }]);
    const { items } = await api.get<Items<{ id: number }>>('/subjects?kind=card');
    const usage = await api.get<{ usage: { figures: { bytes: number } }[] }>(
      `/subjects/${items[0]!.id}/usage`,
    );
    expect(usage.usage[0]!.figures.bytes).toBe(3_000_000);
    await api.delete('/sources/1/poll');
    expect(await api.post('/sources/1/poll/now').catch(thrown => thrown.code)).toBe('source-not-polled');
  });
});
