import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiClient, until } from '../api-client.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

/** Files that others put into a source's folder come in once, whatever happens to the server meanwhile (E-01, E-03). */
const PASSWORD = 'a long enough pass phrase 4';
const HEADER = 'id,iccid,time,up,down\n';
const MAPPING = {
  recordId: 'id',
  mapping: { columns: { iccid: 'iccid', time: 'time', bytesUp: 'up', bytesDown: 'down' } },
};
const ICCID = '8988303000000000010';

let folder: ReturnType<typeof dataFolder>;
let root: string;
let inbox: string;
let server: ServerProcess;
let api: ApiClient;
let email: string;

const rows = (from: number, count: number): string =>
  Array.from(
    { length: count },
    (_, i) => `${from + i},${ICCID},2026-11-01T00:00:${String(i % 60).padStart(2, '0')}Z,${i},1\n`,
  ).join('');
const starting = () =>
  startServer(folder.path, { env: { THINGWARD_WATCHED_FOLDER: root, THINGWARD_WATCHED_QUIET_MS: '300' } });
const put = (name: string, text: string): void => {
  writeFileSync(join(inbox, `.${name}`), text);
  renameSync(join(inbox, `.${name}`), join(inbox, name));
};
const report = (into: 'done' | 'failed', name: string) =>
  JSON.parse(readFileSync(join(inbox, into, `${name}.report.json`), 'utf8')) as Record<string, unknown>;
const settled = (into: 'done' | 'failed', name: string) =>
  until(`${name} is in ${into}`, async () => existsSync(join(inbox, into, name)), 60_000);

async function batches(): Promise<{ state: string; accepted: number; received: number }[]> {
  return (
    await api.get<{ items: { state: string; accepted: number; received: number }[] }>('/batches?limit=100')
  ).items;
}
const accepted = async (): Promise<number> => (await batches()).reduce((sum, each) => sum + each.accepted, 0);

beforeAll(async () => {
  folder = dataFolder();
  root = join(folder.path, 'watched');
  mkdirSync(root);
  server = await starting();
  email = server.first!.email;
  api = new ApiClient(server.address);
  await api.signIn(email, server.first!.password, PASSWORD);
  const { id } = await api.post<{ id: number }>('/sources', {
    name: 'meters',
    format: 'generic-csv',
    profile: MAPPING,
  });
  const { partyId } = await api.get<{ partyId: number }>(`/sources/${id}`);
  inbox = join(root, String(partyId), 'meters');
  mkdirSync(inbox, { recursive: true });
  mkdirSync(join(root, '999', 'meters'), { recursive: true });
  mkdirSync(join(root, String(partyId), 'nobody'), { recursive: true });
});
afterAll(async () => {
  await server?.stop();
  folder?.remove();
});

describe('a watched folder', () => {
  test('takes a file that is whole, once, and puts it away with the report of its batch', async () => {
    put('a.csv', HEADER + rows(0, 100));
    await settled('done', 'a.csv');
    expect(report('done', 'a.csv')).toMatchObject({
      received: 100,
      accepted: 100,
      quarantined: 0,
      isKnown: false,
    });
    put('b.csv', HEADER + rows(0, 100));
    await settled('done', 'b.csv');
    expect(report('done', 'b.csv')).toMatchObject({
      accepted: 100,
      isKnown: true,
      batch: report('done', 'a.csv')['batch'],
    });
    expect(await batches()).toHaveLength(1);
    put('a.csv', HEADER + rows(90, 20));
    await settled('done', '2-a.csv');
    expect(report('done', '2-a.csv')).toMatchObject({ received: 20, accepted: 10, duplicate: 10 });
  });

  test('puts aside what is of another kind, and leaves alone what is no file', async () => {
    mkdirSync(join(inbox, 'folder.csv'));
    put('wrong.csv', 'a,b\n1,2\n');
    await settled('failed', 'wrong.csv');
    expect(report('failed', 'wrong.csv')).toMatchObject({ code: 'format-mismatch' });
    expect(existsSync(join(inbox, 'folder.csv'))).toBe(true);
    expect(readdirSync(join(root, '999', 'meters'))).toEqual([]);
  });

  test('waits for a file that grows', async () => {
    const path = join(inbox, 'growing.csv');
    writeFileSync(path, HEADER);
    for (let i = 0; i < 20; i += 1) {
      appendFileSync(path, rows(1_000 + i * 10, 10));
      await new Promise(resolve => setTimeout(resolve, 150));
    }
    await settled('done', 'growing.csv');
    expect(report('done', 'growing.csv')).toMatchObject({ received: 200, accepted: 200, quarantined: 0 });
  });

  test('loses and doubles nothing when the server is killed in the middle, several times', async () => {
    const before = await accepted();
    const count = 60_000;
    put('large.csv', HEADER + rows(100_000, count));
    for (let kill = 0; kill < 3; kill += 1) {
      await until('it is being taken', async () => !existsSync(join(inbox, 'large.csv')), 30_000);
      await new Promise(resolve => setTimeout(resolve, 250 * (kill + 1)));
      await server.kill();
      server = await starting();
    }
    api = new ApiClient(server.address);
    await api.signIn(email, PASSWORD);
    await settled('done', 'large.csv');
    expect((await accepted()) - before).toBe(count);
    const own = readdirSync(join(inbox, 'taking')).flatMap(taker =>
      readdirSync(join(inbox, 'taking', taker)),
    );
    expect(own.filter(name => name !== '.alive')).toEqual([]);
    cpSync(join(inbox, 'done', 'large.csv'), join(inbox, 'again.csv'));
    await settled('done', 'again.csv');
    expect(report('done', 'again.csv')).toMatchObject({ isKnown: true, received: count });
    expect((await accepted()) - before).toBe(count);
  }, 240_000);
});
