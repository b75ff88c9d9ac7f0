import { createHmac } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../api-client.ts';
import { type CommandLine, commandLine } from '../command-line.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

/** A platform pushes usage as it arises; what is acknowledged is stored, whatever happens then (E-01, E-03, R-11). */
const SAMPLE = new URL('../../server/src/modules/cards/formats/samples/emnify-usage.ndjson', import.meta.url);
const LINES = readFileSync(SAMPLE, 'utf8').trim().split('\n');
const PASSWORD = 'a long enough pass phrase 4';

let folder: ReturnType<typeof dataFolder>;
let server: ServerProcess;
let thingward: CommandLine;
let email: string;
let desk: string;

interface Made {
  readonly id: string;
  readonly path: string;
  readonly secret: string;
}
interface Counts {
  readonly accepted: number;
  readonly duplicate: number;
  readonly quarantined: number;
}

beforeAll(async () => {
  folder = dataFolder();
  server = await startServer(folder.path);
  desk = join(folder.path, 'desk');
  mkdirSync(desk);
  thingward = commandLine(desk);
  email = server.first!.email;
  writeFileSync(join(desk, 'once'), server.first!.password);
  writeFileSync(join(desk, 'kept'), PASSWORD);
  const login = ['login', server.address, '--email', email, '--password-file', join(desk, 'once')];
  await thingward.json(...login, '--new-password-file', join(desk, 'kept'));
  await thingward.json('sources', 'add', 'stream', '--format', 'emnify-usage', '--unit', 'MB');
});
afterAll(async () => {
  await server?.stop();
  folder?.remove();
});

async function push(path: string, body: string, headers: Record<string, string>) {
  const answer = await fetch(`${server.address}${path}`, { method: 'POST', body, headers });
  return { status: answer.status, said: (await answer.json()) as Counts & { code?: string } };
}

const signed = (secret: string, body: string) => ({
  'content-type': 'application/json',
  'x-signature-256': createHmac('sha256', secret).update(body).digest('hex'),
});

describe('a source with an address for pushes', () => {
  let hook: Made;

  test('is given one from the command line, with a secret that is told once', async () => {
    hook = await thingward.json<Made>('hooks', 'add', 'stream');
    expect(hook.secret).toHaveLength(43);
    const list = await thingward.run('hooks', 'list', 'stream', '--json');
    expect(list.out).toContain(hook.id);
    expect(list.out).not.toContain(hook.secret);
    expect((await thingward.run('hooks', 'add', 'stream', '--header', 'cookie')).code).not.toBe(0);
  });

  test('takes single records and small arrays, and a push that comes again brings nothing new', async () => {
    const one = LINES[0] as string;
    const all = `[${LINES.join(',')}]`;
    expect(await push(hook.path, one, signed(hook.secret, one))).toEqual({
      status: 200,
      said: { accepted: 1, duplicate: 0, quarantined: 0 },
    });
    expect((await push(hook.path, one, signed(hook.secret, one))).said.duplicate).toBe(1);
    const both = await Promise.all([1, 2, 3].map(() => push(hook.path, all, signed(hook.secret, all))));
    const sum = (of: (counts: Counts) => number) => both.reduce((total, { said }) => total + of(said), 0);
    expect([sum(said => said.accepted), sum(said => said.duplicate)]).toEqual([2, 7]);
    const odd = '{"id":1} trailing';
    expect((await push(hook.path, odd, signed(hook.secret, odd))).said.quarantined).toBe(1);
  });

  test('CR-24 has what it acknowledged after a kill, and the same secret', async () => {
    const next = (LINES[0] as string).replace('9223372036854775801', '77');
    expect((await push(hook.path, next, signed(hook.secret, next))).said.accepted).toBe(1);
    await server.kill();
    server = await startServer(folder.path);
    await thingward.json('login', server.address, '--email', email, '--password-file', join(desk, 'kept'));
    expect((await push(hook.path, next, signed(hook.secret, next))).said.duplicate).toBe(1);
  });

  test('refuses what is not proven, and says so in the ledger without the body or the secret', async () => {
    const body = LINES[1] as string;
    const wrong = signed(`${hook.secret}x`, body);
    for (const headers of [
      wrong,
      {},
      { authorization: `Bearer ${hook.secret}` },
      signed(hook.secret, `${body} `),
    ])
      expect(await push(hook.path, body, headers)).toMatchObject({
        status: 401,
        said: { code: 'hook-unproven' },
      });
    for (const path of [`/hooks/${'0'.repeat(32)}`, '/hooks/..', `${hook.path}0`])
      expect((await push(path, body, wrong)).status).toBe(404);
    const large = `[${Array.from({ length: 600 }, () => body).join(',')}]`;
    expect((await push(hook.path, large, signed(hook.secret, large))).status).toBe(413);
    await until(
      'the refusal is in the ledger',
      async () => (await ledgerText()).includes('push-refused'),
      20_000,
    );
    const text = await ledgerText();
    for (const act of ['"hook-made"', '"hook-made-refused"', '"push-refused"', 'hook-unproven'])
      expect(text).toContain(act);
    expect(text).not.toContain(hook.secret);
    expect(text).not.toContain('8988303000000000010');
  });

  test('is proven by a token as well, and takes nothing once it has ended', async () => {
    const other = await thingward.json<Made>(
      'hooks',
      'add',
      'stream',
      '--scheme',
      'token',
      '--header',
      'X-Push-Token',
    );
    const body = LINES[0] as string;
    expect((await push(other.path, body, { 'x-push-token': other.secret })).said.duplicate).toBe(1);
    expect((await push(other.path, body, { authorization: other.secret })).status).toBe(401);
    expect((await push(other.path, body, { 'x-push-token': hook.secret })).status).toBe(401);
    await thingward.json('hooks', 'end', other.id);
    expect((await push(other.path, body, { 'x-push-token': other.secret })).status).toBe(404);
    expect((await thingward.run('hooks', 'end', other.id)).code).not.toBe(0);
  });
});

/** Every entry of the ledger, as text: fewer than a tile holds (C2SP tlog-tiles). */
async function ledgerText(): Promise<string> {
  const read = async (path: string) => (await fetch(`${server.address}/ledger/${path}`)).text();
  const size = Number((await read('checkpoint')).split('\n')[1]);
  expect(size).toBeLessThan(256);
  return read(`tile/entries/000.p/${size}`);
}
