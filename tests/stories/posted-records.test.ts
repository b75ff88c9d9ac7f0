import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiClient } from '../api-client.ts';
import { commandLine } from '../command-line.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

const PASSWORD = 'nine lamps on a quiet quay';
const COLUMNS = { iccid: 'iccid', time: 'at', bytesUp: 'up', bytesDown: 'down' };

interface Posted {
  readonly batchId: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly quarantined: number;
  readonly records: ReadonlyArray<{ readonly outcome: string; readonly reason?: string }>;
}

/** A1: records that come alone, through the running server's door and the command line. */
describe('records posted one by one to the running server', () => {
  const folder = dataFolder();
  const home = mkdtempSync(join(tmpdir(), 'tw-home-'));
  let server: ServerProcess;
  let key = '';
  let sourceId = 0;

  const record = (no: number) => ({
    iccid: `8986011${String(no).padStart(12, '0')}`,
    at: new Date(Date.now() - 60_000).toISOString(),
    up: no,
    down: 1,
  });
  const post = async (body: string, to = sourceId, by = key) => {
    const url = `${server.address}/api/v1/sources/${to}/records`;
    const headers = { authorization: `Bearer ${by}`, 'content-type': 'application/json' };
    const answer = await fetch(url, { method: 'POST', headers, body });
    return { status: answer.status, body: (await answer.json()) as Posted & { code?: string } };
  };
  const signedIn = async (password: string, next?: string): Promise<ApiClient> => {
    const client = new ApiClient(server.address);
    await client.signIn(server.first?.email ?? 'administrator@thingward.invalid', password, next);
    return client;
  };

  beforeAll(async () => {
    server = await startServer(folder.path);
    const client = await signedIn(server.first?.password ?? '', PASSWORD);
    const asked = { name: 'gate', format: 'generic-json', profile: { mapping: { columns: COLUMNS } } };
    sourceId = (await client.post<{ id: number }>('/sources', asked)).id;
    key = (
      await client.post<{ key: string }>('/api-keys', {
        title: 'gate',
        scopes: ['observations:write', 'sources:read'],
      })
    ).key;
  }, 120_000);
  afterAll(async () => {
    await server?.stop();
    folder.remove();
    rmSync(home, { recursive: true, force: true });
  });

  test('each is told what became of it, and a bad one of one sender is nothing to the others (E-01, E-03)', async () => {
    const once = JSON.stringify(record(1));
    const answers = await Promise.all([
      post(once),
      ...Array.from({ length: 40 }, (_, i) => post(JSON.stringify(record(100 + i)))),
      post('{"iccid":'),
      post(JSON.stringify({ ...record(2), iccid: 'a\0b' })),
      post(JSON.stringify([record(3), { iccid: 7 }, record(4)])),
    ]);
    expect(new Set(answers.map(each => each.status))).toEqual(new Set([201]));
    const fates = answers.map(each => each.body.records.map(({ outcome }) => outcome).join());
    expect(fates.slice(0, 41)).toEqual(Array(41).fill('accepted'));
    expect(fates.slice(41)).toEqual(['quarantined', 'quarantined', 'accepted,quarantined,accepted']);
    expect(new Set(answers.map(each => each.body.batchId)).size).toBe(1);
    expect((await post(once)).body).toMatchObject({ accepted: 0, duplicate: 1 });
  });

  test('nothing, too much, another source and another key are refused in words', async () => {
    expect(await post('')).toMatchObject({ status: 422, body: { code: 'post-empty' } });
    expect(await post('[]')).toMatchObject({ status: 422, body: { code: 'post-empty' } });
    const many = JSON.stringify(Array.from({ length: 1_001 }, (_, i) => ({ i })));
    expect(await post(many)).toMatchObject({ status: 413, body: { code: 'post-too-large' } });
    expect(await post(`"${'x'.repeat(300_000)}"`)).toMatchObject({
      status: 413,
      body: { code: 'body-too-large' },
    });
    expect(await post('{}', sourceId + 99)).toMatchObject({ status: 404, body: { code: 'source-unknown' } });
    expect(await post('{}', sourceId, `${key.slice(0, -1)}_`)).toMatchObject({ status: 401 });
  });

  test('what was answered for is stored after a kill, in a batch that is whole', async () => {
    const bodies = Array.from({ length: 50 }, (_, i) => JSON.stringify(record(500 + i)));
    const before = await Promise.all(bodies.map(body => post(body)));
    expect(before.every(each => each.body.accepted === 1)).toBe(true);
    const [{ batchId }] = before.map(each => each.body) as [Posted];
    await server.kill();
    server = await startServer(folder.path);
    const client = await signedIn(PASSWORD);
    const batch = await client.get<Record<string, unknown>>(`/batches/${batchId}`);
    expect(batch).toMatchObject({ state: 'complete', flags: [{ code: 'content-not-hashed' }] });
    const again = await Promise.all(bodies.map(body => post(body)));
    expect(again.map(each => each.body.duplicate)).toEqual(Array(50).fill(1));
  }, 120_000);

  test('the command line posts a file of few, and shows the fate of each', async () => {
    const file = join(home, 'few.json');
    writeFileSync(file, `${JSON.stringify(record(900))}\n{}\n`);
    const line = commandLine(home, { THINGWARD_URL: server.address, THINGWARD_TOKEN: key });
    const said = await line.run('post', String(sourceId), file);
    expect(said.out).toContain('Record 1: accepted');
    expect(said.out).toContain('Record 2: quarantined, line 2: subject-missing');
  });
});
