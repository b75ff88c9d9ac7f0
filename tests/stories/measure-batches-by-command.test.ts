import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { USAGE_MAPPING } from '@thingward/simulator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ApiClient, until } from '../api-client.ts';
import { type CommandLine, commandLine } from '../command-line.ts';
import { type ProviderProcess, startProvider } from '../measures/provider-process.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

/** C-43 as an operator's officer lives it: one device with many cards, and a list, on the real server and a provider. */
const PASSWORD = 'a long enough pass phrase 4';
const CARDS = Array.from({ length: 160 }, (_, i) => `8986004400030000${String(i).padStart(3, '0')}`);
const numberOf = (i: number): string => `1440044000${String(i).padStart(3, '0')}`;
const IMEISV = '3575200742653301';
/** Five cards in one device, in turns. */
const SHARED = CARDS.slice(0, 5);
const USAGE = Array.from({ length: 20 }, (_, i) => {
  const at = new Date(Date.UTC(2026, 10, 20, 0) + i * 3_600_000).toISOString();
  return `r${i},${SHARED[i % 5]},${IMEISV},46000,${at},100,100\n`;
});

interface Items<T> {
  readonly items: readonly T[];
}
interface Batch {
  readonly id: number;
  readonly state: string;
  readonly members: number;
  readonly counts: Readonly<Record<string, number>>;
}
interface Member {
  readonly given: string;
  readonly result: string;
  readonly reason: string | null;
  readonly subject: { readonly reference: string | null };
}

let folder: ReturnType<typeof dataFolder>;
let server: ServerProcess;
let provider: ProviderProcess;
let client: ApiClient;
let officer: CommandLine;
let home: string;

const file = (name: string, text: string): string => {
  const path = join(home, name);
  writeFileSync(path, text);
  return path;
};
const batchOf = (id: number) => officer.json<Batch>('measures', 'batch', 'show', String(id));
const ended = (id: number, withinMs = 60_000) =>
  until(
    `the end of batch ${id}`,
    async () => {
      const batch = await batchOf(id);
      return batch.state === 'running' ? null : batch;
    },
    withinMs,
  );
const settled = (id: number, wanted: Readonly<Record<string, number>>) =>
  until(`batch ${id} to come to ${JSON.stringify(wanted)}`, async () => {
    const { counts } = await batchOf(id);
    return Object.entries(wanted).every(([name, count]) => counts[name] === count) ? counts : null;
  });

async function officerAt(address: string, email: string, password: string): Promise<CommandLine> {
  const desk = new ApiClient(address);
  await desk.signIn(email, password);
  return commandLine(home, { THINGWARD_URL: address, THINGWARD_TOKEN: desk.token as string });
}

beforeAll(async () => {
  folder = dataFolder();
  home = join(folder.path, 'desk');
  provider = await startProvider();
  server = await startServer(folder.path, { port: 0 });
  mkdirSync(home, { recursive: true });
  client = new ApiClient(server.address);
  await client.signIn(server.first!.email, server.first!.password, PASSWORD);
  const { partyId } = await client.get<{ partyId: number }>('/me');
  const person = await client.post<{ oneTimePassword: string }>('/people', {
    email: 'officer@root.example',
    name: 'officer',
    role: 'case-officer',
    partyId,
  });
  const first = new ApiClient(server.address);
  await first.signIn('officer@root.example', person.oneTimePassword, PASSWORD);
  officer = await officerAt(server.address, 'officer@root.example', PASSWORD);
  const rows = CARDS.map((iccid, i) => `${iccid},${numberOf(i)},${i === 5 ? 'medical' : 'public-service'}\n`);
  await client.importTable('cards', `iccid,msisdn,class\n${rows.join('')}`);
  await client.post('/providers', {
    name: 'carrier',
    adapter: 'simulated-provider',
    settings: { url: provider.url, dueMs: 3_600_000, quietMs: 600_000 },
  });
  const profile = { mapping: USAGE_MAPPING, recordId: 'id' };
  const source = await client.post<{ id: number }>('/sources', {
    name: 'usage',
    format: 'generic-csv',
    profile,
  });
  await client.feed(
    source.id,
    'usage.csv',
    `id,iccid,imeisv,plmn,time,bytes_up,bytes_down\n${USAGE.join('')}`,
  );
  await provider.behave({ refuseCards: [CARDS[8]] });
  await fetch(`${provider.url}/orders`, {
    method: 'POST',
    body: JSON.stringify({
      idempotencyKey: 'somebody-else',
      cards: [CARDS[9]],
      action: 'suspend',
      kind: 'permanent-reject',
    }),
  });
}, 300_000);
afterAll(async () => {
  await server?.stop();
  await provider?.stop();
  if (folder !== undefined) rmSync(home, { recursive: true, force: true });
  folder?.remove();
});

test('one device, many cards: a finding and its case stand for all of them', async () => {
  const found = await until('a finding with a case', async () => {
    const { items } = await client.get<Items<{ id: string; caseId: number | null }>>(
      '/findings?rule=one-imei-many-cards',
    );
    return items.find(each => each.caseId !== null);
  });
  for (const source of [
    ['--finding', found.id],
    ['--case', String(found.caseId)],
  ]) {
    const preview = await officer.json<{ counts: object; items: readonly Member[] }>(
      ...['measures', 'batch', 'preview', 'suspend-card', ...source],
    );
    expect(preview.counts).toEqual({ ordered: 5 });
    expect(preview.items.map(each => each.subject.reference).sort()).toEqual(SHARED);
  }
  const ordered = await officer.json<Batch>(
    ...['measures', 'batch', 'order', 'suspend-card', '--finding', found.id, '--why', 'one device'],
  );
  await settled(ordered.id, { done: 5 });
  for (const card of SHARED) expect(await provider.stateOf(card)).toBe('suspended');
});

test('a list: previewed, ordered once under a key, every card with its own result', async () => {
  const list = file(
    'list.csv',
    `place,number\n${[
      `${CARDS[0]}`,
      `+${numberOf(5)}`,
      CARDS[6],
      numberOf(7),
      CARDS[8],
      CARDS[9],
      CARDS[6],
      '8986099999999999999',
      '8.98600440003E+18',
      '=1+1',
    ]
      .map((each, i) => `${i},${each}\n`)
      .join('')}`,
  );
  const asked = ['suspend-card', list, '--column', 'number'];
  const preview = await officer.run('measures', 'batch', 'preview', ...asked);
  expect([preview.code, preview.err]).toEqual([0, '']);
  expect(preview.out).toMatch(/put before a second person\s+1/);
  expect(preview.out).toMatch(/in that state already\s+1/);
  expect(preview.out).toContain('a spreadsheet has rounded the number');
  expect(preview.out).toContain('no card of yours goes by it');
  expect(preview.out).toContain('1 names were given more than once');
  const order = [
    'measures',
    'batch',
    'order',
    ...asked,
    '--why',
    'a list of the police',
    '--key',
    'police-7',
  ];
  const first = await officer.json<Batch>(...order);
  expect((await officer.json<Batch>(...order)).id).toBe(first.id);
  const other = await officer.run(...order.map(each => (each === 'suspend-card' ? 'limit-card' : each)));
  expect([other.code, other.err]).toEqual([1, expect.stringContaining('measure-batch-key-reused')]);
  await settled(first.id, { done: 2, already: 2, waiting: 1, failed: 1, unknown: 3 });
  const { items } = await officer.json<Items<Member>>('measures', 'batch', 'cards', String(first.id));
  expect(items.map(each => each.result)).toEqual([
    ...['already', 'waiting', 'done', 'done', 'failed', 'already', 'unknown', 'unknown', 'unknown'],
  ]);
  expect(items[4]!.reason).not.toBeNull();
  const failed = await officer.json<Items<Member>>(
    ...['measures', 'batch', 'cards', String(first.id), '--result', 'failed'],
  );
  expect(failed.items.map(each => each.subject.reference)).toEqual([CARDS[8]]);
  const table = join(home, 'results.csv');
  await officer.json('measures', 'batch', 'cards', String(first.id), '--csv', table);
  const lines = readFileSync(table, 'utf8').split('\r\n');
  expect(lines[0]).toContain('given,subject.id,subject.kind,subject.reference,result,reason');
  expect(lines).toHaveLength(11);
  expect(lines.some(line => line.includes(`"'=1+1"`))).toBe(true);
  expect(lines.some(line => line.includes(`"'+${numberOf(5)}"`))).toBe(true);
  await provider.behave({ refuseCards: [] });
  const retried = await officer.json<Batch>('measures', 'batch', 'retry', String(first.id));
  expect(retried.members).toBe(1);
  expect((await ended(retried.id)).state).toBe('done');
  const nothing = await officer.run('measures', 'batch', 'retry', String(retried.id));
  expect(nothing.err).toContain('measure-batch-nothing-failed');
  const shown = await officer.run('measures', 'batch', 'show', String(first.id), '--lang', 'zh');
  expect(shown.out).toMatch(/等待第二人\s+1/);
});

test('a batch killed midway goes on by itself after the restart, and no card is ordered twice', async () => {
  const cards = CARDS.slice(20);
  const ordered = await client.post<Batch>('/measure-batches', {
    kind: 'suspend-card',
    why: 'a long list',
    of: { cards },
  });
  await until('some to be ordered', async () => {
    const { counts } = await client.get<Batch>(`/measure-batches/${ordered.id}`);
    return (counts['pending'] ?? 0) < cards.length - 20;
  });
  await server.kill();
  server = await startServer(folder.path);
  officer = await officerAt(server.address, 'officer@root.example', PASSWORD);
  client = new ApiClient(server.address);
  await client.signIn('officer@root.example', PASSWORD);
  const wasOpen = await client.get<Batch>(`/measure-batches/${ordered.id}`);
  expect(wasOpen.state).toBe('running');
  const end = await ended(ordered.id, 120_000);
  expect([end.state, end.counts]).toEqual(['done', { done: cards.length }]);
  const keys = new Map<string, number>();
  for (const { iccid } of await provider.effects()) keys.set(iccid, (keys.get(iccid) ?? 0) + 1);
  for (const card of cards) {
    expect([card, keys.get(card)]).toEqual([card, 1]);
    expect([card, await provider.stateOf(card)]).toEqual([card, 'suspended']);
  }
});

test('what a batch ordered is lifted as a batch; one that has ended is not cancelled', async () => {
  const { items } = await officer.json<Items<Batch>>('measures', 'batch', 'list');
  const long = items.find(each => each.members === CARDS.length - 20) as Batch;
  const lifted = await officer.json<Batch>(
    ...['measures', 'batch', 'lift', 'suspend-card', '--batch', String(long.id), '--why', 'a mistake'],
  );
  expect((await ended(lifted.id, 120_000)).counts).toEqual({ done: long.members });
  expect(await provider.stateOf(CARDS[30] as string)).toBe('active');
  expect((await batchOf(long.id)).counts).toEqual({ undone: long.members });
  const late = await officer.run('measures', 'batch', 'cancel', String(lifted.id), '--reason', 'no');
  expect([late.code, late.err]).toEqual([1, expect.stringContaining('measure-batch-over')]);
});

test('the ledger has the batch, its end and what was refused of it', async () => {
  const actsOf = async (object: string): Promise<string[]> => {
    const answer = await fetch(`${server.address}/api/v1/ledger/proofs?object=${object}`, {
      headers: { authorization: `Bearer ${client.token}` },
    });
    const { items } = (await answer.json()) as Items<{ act: string }>;
    return items.map(each => each.act);
  };
  const { items } = await officer.json<Items<Batch>>('measures', 'batch', 'list');
  const [lifted] = items;
  await until('the end in the ledger', async () =>
    (await actsOf(`measure-batch/${lifted!.id}`)).includes('measure-batch-ended'),
  );
  expect(await actsOf(`measure-batch/${lifted!.id}`)).toEqual([
    'measure-batch-ordered',
    'measure-batch-ended',
    'measure-batch-cancel-refused',
  ]);
});
