/** What devices may do at the gateway, by command line, before a real server; each change is in the ledger (I-04, I-18). */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiClient, until } from '../api-client.ts';
import { type CommandLine, commandLine } from '../command-line.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

const folder = dataFolder();
let server: ServerProcess;
let client: ApiClient;
let line: CommandLine;

beforeAll(async () => {
  const data = join(folder.path, 'd');
  const home = join(folder.path, 'h');
  mkdirSync(data, { mode: 0o755 });
  mkdirSync(home);
  server = await startServer(data);
  client = new ApiClient(server.address);
  const { email, password } = server.first as { email: string; password: string };
  await client.signIn(email, password, 'a long enough pass phrase 9');
  line = commandLine(home, { THINGWARD_URL: server.address, THINGWARD_TOKEN: client.token as string });
}, 120_000);
afterAll(async () => {
  await server?.stop();
  folder.remove();
});

async function actsOf(object: string): Promise<string[]> {
  const url = `${server.address}/api/v1/ledger/proofs?object=${object}`;
  const answer = await fetch(url, { headers: { authorization: `Bearer ${client.token}` } });
  const { items } = (await answer.json()) as { items: { entry: string }[] };
  return items.map(each => (JSON.parse(Buffer.from(each.entry, 'base64').toString()) as { act: string }).act);
}

it('are granted and revoked pattern by pattern, and listed', async () => {
  const none = await line.run('gateway', 'rights', 'list');
  expect(none).toMatchObject({ code: 0, out: 'No rights are given: devices may nothing.\n' });
  const granted = await line.run(
    ...['gateway', 'rights', 'grant', 'meter-3', '--publish', 'up/{serial}/#', 'wills/{device}'],
    ...['--subscribe', 'down/{serial}/#'],
  );
  expect(granted.out).toContain(
    'may publish to: up/{serial}/# wills/{device}; subscribe to: down/{serial}/#',
  );
  const revoked = await line.run(
    ...['gateway', 'rights', 'revoke', 'meter-3', '--publish', 'wills/{device}'],
    ...['--subscribe', 'down/{serial}/#', '--lang', 'zh'],
  );
  expect(revoked.out).toBe('产品 meter-3 的设备可发布：up/{serial}/#；可订阅：无\n');
  expect(await line.json('gateway', 'rights', 'list')).toMatchObject({
    items: [{ product: 'meter-3', publish: ['up/{serial}/#'], subscribe: [] }],
  });
  await until('both changes in the ledger', async () => {
    const acts = await actsOf('gateway-rights/meter-3');
    return acts.includes('gateway-rights-granted') && acts.includes('gateway-rights-revoked');
  });
});

it('are not changed by what is no pattern, or by nothing', async () => {
  const wrong = await line.run('gateway', 'rights', 'grant', 'meter-3', '--publish', '$SYS/#');
  expect(wrong.code).not.toBe(0);
  expect(wrong.err).toContain('$SYS/#');
  const nothing = await line.run('gateway', 'rights', 'grant', 'meter-3');
  expect(nothing.code).not.toBe(0);
  expect(await line.json('gateway', 'rights', 'list')).toMatchObject({
    items: [{ publish: ['up/{serial}/#'], subscribe: [] }],
  });
});

it('go with what was ended and withheld, of which there is nothing yet', async () => {
  const endings = await line.run('gateway', 'endings');
  expect(endings).toMatchObject({ code: 0, out: 'No certificate was ended while a gateway was open.\n' });
  const withheld = await line.run('gateway', 'withheld', '--certificate', '1', '--lang', 'zh');
  expect(withheld).toMatchObject({ code: 0, out: '没有消息被扣留。\n' });
});
