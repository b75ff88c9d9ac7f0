import { afterAll, beforeAll, expect, test } from 'vitest';
import { ApiClient } from '../api-client.ts';
import { type CommandLine, commandLine } from '../command-line.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

/** As an administrator lives it on the terminal: people come, hold roles, and are kept out. */
const PASSWORD = 'a long enough pass phrase 7';
const EMAIL = 'officer@example.org';

interface People {
  readonly items: readonly {
    readonly id: string;
    readonly email: string;
    readonly roles: readonly { readonly role: string; readonly partyId: number }[];
  }[];
}

let folder: ReturnType<typeof dataFolder>;
let server: ServerProcess;
let cli: CommandLine;

const signIn = async (email: string, password: string, chosen?: string): Promise<ApiClient> => {
  const client = new ApiClient(server.address);
  await client.signIn(email, password, chosen);
  return client;
};
const officer = async () =>
  (await cli.json<People>('people', 'list')).items.find(each => each.email === EMAIL);

beforeAll(async () => {
  folder = dataFolder();
  server = await startServer(folder.path);
  const first = await signIn(server.first!.email, server.first!.password, PASSWORD);
  cli = commandLine(folder.path, {
    THINGWARD_URL: server.address,
    THINGWARD_TOKEN: first.token as string,
  });
}, 240_000);
afterAll(async () => {
  await server?.stop();
  folder?.remove();
});

test('somebody is added with a role and comes in by the one-time password alone', async () => {
  const said = await cli.run('people', 'add', EMAIL, '--name', 'Officer', '--role', 'case-officer');
  expect([said.code, said.err]).toEqual([0, '']);
  const password = /One-time password: (\S+)/.exec(said.out)?.[1] as string;
  await signIn(EMAIL, password, PASSWORD);
  expect((await officer())?.roles).toMatchObject([{ role: 'case-officer' }]);
});

test('a further role is given and taken', async () => {
  const { id } = (await officer())!;
  await cli.json('people', 'grant', id, 'analyst');
  expect((await officer())?.roles.map(each => each.role).sort()).toEqual(['analyst', 'case-officer']);
  await cli.json('people', 'withdraw', id, 'analyst');
  const shown = await cli.run('people', 'list', '--lang', 'zh');
  expect(shown.out).toMatch(/officer@example\.org +案件经办人 \(1\)/);
});

test('who is shut out comes in again only by a reset', async () => {
  const { id } = (await officer())!;
  await cli.json('people', 'shut-out', id);
  await expect(signIn(EMAIL, PASSWORD)).rejects.toThrow();
  const { oneTimePassword } = await cli.json<{ oneTimePassword: string }>('people', 'reset', id);
  await signIn(EMAIL, oneTimePassword, `${PASSWORD} again`);
});

test('what cannot be is refused by name', async () => {
  const role = await cli.run('people', 'add', 'x@example.org', '--name', 'X', '--role', 'king');
  expect([role.code, role.err]).toEqual([1, expect.stringContaining('role')]);
  const party = await cli.run(
    ...['people', 'add', 'x@example.org', '--name', 'X', '--role', 'auditor', '--at', 'x'],
  );
  expect(party.code).toBe(2);
  const nobody = await cli.run('people', 'grant', 'nobody', 'analyst');
  expect([nobody.code, nobody.err]).toEqual([1, expect.stringContaining('person-unknown')]);
});
