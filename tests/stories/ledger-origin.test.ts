import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { until } from '../api-client.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

const folder = dataFolder();
afterAll(() => folder.remove());

/** The name of the log's key, which is its origin, as the server tells it. */
async function originAt(server: ServerProcess): Promise<string> {
  const key = await (await fetch(`${server.address}/api/v1/ledger/key`)).text();
  // The first checkpoint follows the first entries within a moment.
  const checkpoint = await until('the first checkpoint', async () => {
    const answer = await fetch(`${server.address}/ledger/checkpoint`);
    return answer.ok ? await answer.text() : null;
  });
  const origin = checkpoint.split('\n')[0]!;
  expect(key).toContain(`${origin}+`);
  return origin;
}

test('a ledger whose server listens on any port has a name that is no address, and keeps it', async () => {
  const first = await startServer(folder.path);
  const origin = await originAt(first);
  await first.stop();
  expect(origin).toMatch(/^thingward\.invalid\/[0-9a-f]{32}$/);
  const idFile = join(folder.path, 'ledger.id');
  expect(origin.endsWith(readFileSync(idFile, 'utf8'))).toBe(true);
  expect(statSync(idFile).mode & 0o077).toBe(0);

  const second = await startServer(folder.path, { args: ['--host', 'localhost'] });
  expect(await originAt(second)).toBe(origin);
  await second.stop();

  const named = await startServer(folder.path, { env: { THINGWARD_PUBLIC_URL: 'https://watch.example' } });
  expect(await originAt(named)).toBe(origin);
  await named.stop();
});
