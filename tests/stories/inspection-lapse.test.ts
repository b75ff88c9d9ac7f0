/** A yearly inspection that lapses orders its measure by itself, on the running server, from the command to the order (C-49). */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ApiClient, until } from '../api-client.ts';
import { type CommandLine, commandLine } from '../command-line.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

const CARD = '8986001234500000014';
let folder: ReturnType<typeof dataFolder>;
let server: ServerProcess;
let client: ApiClient;
let thingward: CommandLine;

interface Items<T> {
  readonly items: readonly T[];
}

beforeAll(async () => {
  folder = dataFolder();
  mkdirSync(join(folder.path, 'desk'));
  server = await startServer(folder.path);
  client = new ApiClient(server.address);
  await client.signIn(server.first!.email, server.first!.password, 'nine lamps on a quiet quay');
  await client.importTable('cards', `iccid,class\n${CARD},industry\n`);
  await client.post('/providers', {
    ...{ name: 'carrier', adapter: 'simulated-provider', settings: { url: 'http://127.0.0.1:9' } },
  });
  const env = { THINGWARD_URL: server.address, THINGWARD_TOKEN: client.token as string };
  thingward = commandLine(join(folder.path, 'desk'), env);
}, 180_000);
afterAll(async () => {
  await server?.stop();
  rmSync(join(folder.path, 'desk'), { recursive: true, force: true });
  folder?.remove();
});

test('begun by command, lapsed, told, judged, and ordered once under the name of the sample', async () => {
  const file = join(folder.path, 'desk', 'inspection.json');
  const asked = { title: '2026', year: 2026, size: 5, dueMs: Date.now() + 4_000, onLapse: 'suspend-card' };
  writeFileSync(file, JSON.stringify({ ...asked, onLapse: 'burn-card' }));
  const refused = await thingward.run('inspections', 'add', file);
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('measure-kind-unknown')]);
  writeFileSync(file, JSON.stringify({ ...asked, dueMs: Date.now() + 4_000 }));
  const begun = await thingward.json<{ id: number; onLapse: string }>('inspections', 'add', file);
  expect(begun.onLapse).toBe('suspend-card');
  const measure = await until(
    'the measure of the lapse',
    async () => (await client.get<Items<{ id: number; caseId: number }>>('/measures')).items[0],
    60_000,
  );
  const [sample] = (
    await client.get<Items<{ id: number; state: string; measureId: number }>>(
      `/inspections/${begun.id}/samples`,
    )
  ).items;
  expect(sample).toMatchObject({ state: 'lapsed', measureId: measure.id });
  const told = await client.get<{ ruleId: string; subject: { reference: string } }>(
    `/cases/${measure.caseId}`,
  );
  expect(told).toMatchObject({ ruleId: 'inspection-lapsed', subject: { reference: CARD } });
  const shown = await client.get<{ decidedBy: string; kind: string }>(`/measures/${measure.id}`);
  expect(shown).toMatchObject({ kind: 'suspend-card', decidedBy: `inspection-sample/${sample!.id}` });
  await new Promise(resolve => setTimeout(resolve, 6_000));
  expect((await client.get<Items<object>>('/measures')).items).toHaveLength(1);
}, 120_000);
