import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ApiClient } from '../api-client.ts';
import { commandLine } from '../command-line.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

const FORMULAS = ['=cmd|" /C calc"!A1', '+1+1', '-2+3', '@SUM(A1)', "'=1", '＝1'];
const CARDS = Array.from({ length: 1_200 }, (_, i) => `8944500${String(i).padStart(12, '0')}`);

const folder = dataFolder();
let server: ServerProcess;
let client: ApiClient;

beforeAll(async () => {
  server = await startServer(folder.path);
  client = new ApiClient(server.address);
  await client.signIn(server.first!.email, server.first!.password, 'a long enough pass phrase 4');
  // An apostrophe before a sign is no part of a name; a second one says that it is.
  const cells = FORMULAS.map(name => (name.startsWith("'") ? `'${name}` : name));
  const quoted = cells.map(cell => `"${cell.replaceAll('"', '""')}"`);
  await client.importTable('contracts', `contract\n${quoted.join('\n')}\n`);
  await client.importTable('cards', `iccid,class\n${CARDS.join(',other\n')},other\n`);
}, 120_000);
afterAll(async () => {
  await server?.stop();
  folder.remove();
});

type Row = Readonly<Record<string, string>>;

async function table(query: string): Promise<{ status: number; type: string; text: string; rows: Row[] }> {
  const answer = await fetch(`${server.address}/api/v1/${query}`, {
    headers: { authorization: `Bearer ${client.token}` },
  });
  const text = await answer.text();
  const rows = answer.ok ? (parse(text, { columns: true }) as Row[]) : [];
  return { status: answer.status, type: answer.headers.get('content-type') ?? '', text, rows };
}

test('a list longer than any page comes whole, each item once, identifiers digit for digit (C-29)', async () => {
  const { type, rows } = await table('subjects?format=csv&kind=card');
  expect(type).toBe('text/csv; charset=utf-8');
  expect(rows.map(row => row['reference']).sort()).toEqual(CARDS);
  expect((await table('subjects?format=csv&kind=card&limit=7')).rows).toHaveLength(7);
});

test('no cell is a formula, and an import of what was exported registers the same names', async () => {
  const { text, rows } = await table('subjects?format=csv&kind=contract');
  for (const cell of (parse(text) as string[][]).flat()) expect(cell).not.toMatch(/^[=+\-@\t\r＝＋－＠]/);
  const names = rows.map(row => row['reference'] as string);
  expect(names).toHaveLength(FORMULAS.length);
  const again = names.map(name => `"${name.replaceAll('"', '""')}"`);
  await client.importTable('contracts', `contract\n${again.join('\n')}\n`);
  const { items } = await client.get<{ items: { reference: string }[] }>('/subjects?kind=contract&limit=100');
  expect(items.map(item => item.reference).sort()).toEqual([...FORMULAS].sort());
});

test('every list that has pages has a table, and a filter that is wrong is refused as ever', async () => {
  for (const list of ['findings', 'cases', 'measures', 'batches', 'people', 'parties', 'api-keys'])
    expect([list, (await table(`${list}?format=csv`)).type]).toEqual([list, 'text/csv; charset=utf-8']);
  for (const wrong of ['subjects?format=xml', 'subjects?format=csv&after=%3D1']) {
    const { status, type } = await table(wrong);
    expect([status, type.split(';')[0]]).toEqual([400, 'application/problem+json']);
  }
});

test('the command line writes a list to a file, or says why not', async () => {
  const cli = commandLine(folder.path, {
    THINGWARD_URL: server.address,
    THINGWARD_TOKEN: client.token ?? '',
  });
  const out = join(folder.path, 'cards.csv');
  expect(await cli.json('table', 'subjects', '--where', 'kind=card', '--out', out)).toMatchObject({
    file: out,
  });
  const rows = parse(readFileSync(out, 'utf8'), { columns: true }) as Row[];
  expect(rows).toHaveLength(CARDS.length);
  expect((await cli.run('table', 'parties')).out).toContain('kind');
  expect((await cli.run('table', 'nothing')).code).toBe(1);
  expect((await cli.run('table', 'subjects', '--where', 'kind')).code).toBe(2);
});
