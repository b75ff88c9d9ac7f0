/** B1: a batch comes from its supplier, its cards go through the gate to a holder who is verified and assessed, and no way round it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ApiClient } from '../api-client.ts';
import { type CommandLine, commandLine, type Said } from '../command-line.ts';
import { partsOf, rowsOf } from '../regulator/parts.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

const PASSWORD = 'a long enough pass phrase 6';
const CARDS = ['8986001234567890123', '8986001234567890131'];
let folder: ReturnType<typeof dataFolder>;
let server: ServerProcess;
let client: ApiClient;
let cli: CommandLine;
let shelf: string;

beforeAll(async () => {
  folder = dataFolder();
  server = await startServer(folder.path);
  client = new ApiClient(server.address);
  const founder = server.first as { email: string; password: string };
  await client.signIn(founder.email, founder.password, PASSWORD);
  const { partyId } = await client.get<{ partyId: number }>('/me');
  const person = { email: 'duty@example.org', name: 'duty', role: 'supervisor', partyId };
  const made = await client.post<{ oneTimePassword: string }>('/people', person);
  const supervisor = new ApiClient(server.address);
  await supervisor.signIn(person.email, made.oneTimePassword, PASSWORD);
  const token = supervisor.token as string;
  shelf = folder.path;
  cli = commandLine(shelf, { THINGWARD_URL: server.address, THINGWARD_TOKEN: token });
}, 120_000);
afterAll(async () => {
  await server?.stop();
  folder?.remove();
});

async function said(...args: readonly string[]): Promise<Said> {
  const done = await cli.run(...args);
  if (done.code !== 0) throw new Error(`${args.join(' ')}: ${done.err}${done.out}`);
  return done;
}
const file = (name: string, text: string): string => {
  const path = join(shelf, name);
  writeFileSync(path, text);
  return path;
};

test('cards are ordered, taken in, and reach nobody who is not verified and assessed', async () => {
  await said('partners', 'add', 'supplier', 'maker');
  const ordered = ['--supplier', 'maker', '--form', 'plug-in', '--ordered', '2'];
  const { id } = await cli.json<{ id: number }>('card-batches', 'order', 'lot 7', ...ordered);
  const list = file('cards.txt', `\ufeff${CARDS.join('\r\n')}\r\n`);
  expect((await said('card-batches', 'take', String(id), list)).out).toContain('2 taken in');
  expect((await said('card-batches', 'take', String(id), list)).out).toContain('2 there already');
  const ugly = file('ugly.txt', `\n8.98E+18\n;DROP\n${CARDS[0]}\n`);
  expect((await said('card-batches', 'take', String(id), ugly)).out).toMatch(
    /2 +8\.98E\+18 +iccid-damaged-number\n3 +;DROP/,
  );
  const none = await cli.run('partners', 'add', 'burglar', 'x');
  expect([none.code, none.err]).toEqual([2, expect.stringContaining('burglar')]);
  await said('cards', 'move', 'classify', '--batch', String(id), ...kind());

  const holder = await newHolder();
  for (const act of ['activate', 'allocate', 'sell'])
    expect(
      (await cli.run('cards', 'move', act, '--batch', String(id), '--holder', holder.handle)).code,
    ).not.toBe(0);
  await verify(holder);
  expect(
    (await cli.run('cards', 'move', 'allocate', '--batch', String(id), '--holder', holder.handle)).code,
  ).not.toBe(0);
  const faulty = await cli.run('risk', 'assess', 'holder', holder.handle, '--input', 'documentsComplete');
  expect([faulty.code, faulty.err]).toEqual([2, expect.stringContaining('NAME=VALUE')]);
  await said('risk', 'assess', 'holder', holder.handle, ...inputs());

  for (const move of [
    ['allocate', '--holder', holder.handle],
    ['sell', '--channel', 'direct'],
    ['test', '--test-days', '3'],
    ['activate'],
  ])
    expect((await said('cards', 'move', ...move, '--batch', String(id))).out, move[0]).toContain('2 moved');
  const { items } = await cli.json<{ items: { card: string; state: string; holder: string }[] }>(
    ...['cards', 'list', '--state', 'active'],
  );
  expect(items.map(each => [each.card, each.state, each.holder])).toEqual(
    CARDS.map(card => [card, 'active', holder.handle]),
  );
  const refused = await cli.json<{ items: { act: string }[] }>('cards', 'moves', '--outcome', 'refused');
  expect(new Set(refused.items.map(each => each.act))).toEqual(new Set(['activate', 'allocate', 'sell']));
  const shown = await said('cards', 'show', CARDS[0] as string);
  expect(shown.out).toMatch(/activate/);
  expect((await said('risk', 'show', 'holder', holder.handle)).out).toContain('verified');
});

test('the export to an authority tells the sale and the risk of it (C-54)', async () => {
  const archive = join(shelf, 'sale.zip');
  const [from, to] = [Date.now() - 3_600_000, Date.now()].map(ms => new Date(ms).toISOString());
  await said('regulator', 'export', archive, '--from', String(from), '--to', String(to));
  const parts = await partsOf(archive);
  const moves = rowsOf(parts, 'account-opening/openings').filter(row => row['card'] === `card:${CARDS[0]}`);
  expect(moves.map(row => row['act'])).toEqual([
    'take-in',
    'classify',
    'allocate',
    'sell',
    'test',
    'activate',
  ]);
  expect(moves.at(-1)).toMatchObject({ to: 'active', industryClass: 'industry', channel: 'direct' });
  const [holder] = rowsOf(parts, 'account-opening/holders');
  expect(moves.at(-1)?.['holder']).toBe(holder?.['holder']);
  const [risk] = rowsOf(parts, 'security-posture/risks');
  expect(risk).toMatchObject({ of: 'holder', passed: 'true', nativeLevel: 'low' });
  expect(`holder:${risk?.['subject']?.slice('subject:'.length)}`).toBe(holder?.['holder']);
});

const kind = (): string[] => ['--class', 'industry', '--scenario', 'metering', '--device-type', 'meter'];
const inputs = (): string[] =>
  Object.entries({
    ...{ documentsComplete: true, usageConfirmed: true, creditEntry: false, formerViolations: 0 },
    ...{ cardsWanted: 2, monthsInBusiness: 80, sensitiveRegion: false },
  }).flatMap(([name, value]) => ['--input', `${name}=${value}`]);

interface Holder {
  readonly handle: string;
  readonly documentId: number;
}

async function newHolder(): Promise<Holder> {
  const told = {
    kind: 'unit',
    name: 'Meters Ltd.',
    document: { kind: 'business-licence', number: '91350100M000100Y43' },
  };
  return cli.json<Holder>('persons', 'add', file('unit.json', JSON.stringify(told)));
}

async function verify({ handle, documentId }: Holder): Promise<void> {
  await said('verify-identity', handle, '--document', String(documentId), '--method', 'document-check');
}
