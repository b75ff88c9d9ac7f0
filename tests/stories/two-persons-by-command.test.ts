import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFleet, tablesOf, USAGE_MAPPING } from '@thingward/simulator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ApiClient, until } from '../api-client.ts';
import { type CommandLine, commandLine } from '../command-line.ts';
import { type CarrierProcess, startCarrier } from '../measures/carrier-process.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

/** C-44 as its users live it: cards of a medical class on the real server, two persons at two desks, a carrier behind. */
const fleet = makeFleet({ seed: 3, cards: 24, days: 4, endMs: Date.UTC(2026, 10, 20) });
const tables = tablesOf(fleet);
const SECRET = 'simulated-application-token';
const PASSWORD = 'a long enough pass phrase 4';

interface Items<T> {
  readonly items: readonly T[];
}
interface Found {
  readonly caseId: number | null;
  readonly subject: { readonly id: number; readonly reference: string };
}

let folder: ReturnType<typeof dataFolder>;
let server: ServerProcess;
let carrier: CarrierProcess;
let client: ApiClient;
let partyId: number;
let lead: CommandLine;
let officer: CommandLine;
let key: CommandLine;
let found: Found;

function deskOf(name: string, token: string): CommandLine {
  const home = join(folder.path, name);
  mkdirSync(home, { recursive: true });
  return commandLine(home, { THINGWARD_URL: server.address, THINGWARD_TOKEN: token });
}

beforeAll(async () => {
  folder = dataFolder();
  carrier = await startCarrier('emnify');
  server = await startServer(folder.path, {
    env: { THINGWARD_NOTICE_NETWORKS: '127.0.0.0/8', THINGWARD_NOTICE_HTTP: 'allow' },
  });
  const { email, password } = server.first!;
  client = new ApiClient(server.address);
  await client.signIn(email, password, PASSWORD);
  ({ partyId } = await client.get<{ partyId: number }>('/me'));
  lead = deskOf('lead', client.token as string);
  const person = await client.post<{ id: string; oneTimePassword: string }>('/people', {
    email: 'officer@root.example',
    name: 'officer',
    role: 'case-officer',
    partyId,
  });
  const second = new ApiClient(server.address);
  await second.signIn('officer@root.example', person.oneTimePassword, PASSWORD);
  officer = deskOf('officer', second.token as string);
  const scopes = ['measures:read', 'measures:order'];
  const made = await client.post<{ key: string }>('/api-keys', { title: 'machine', scopes });
  key = deskOf('key', made.key);
  await client.importTable('contracts', tables.contracts);
  await client.importTable('cards', tables.cards.replaceAll('public-service', 'medical'));
  await client.importTable('bindings', tables.bindings);
  const profile = { mapping: USAGE_MAPPING, recordId: 'id' };
  const source = await client.post<{ id: number }>('/sources', {
    name: 'usage',
    format: 'generic-csv',
    profile,
  });
  await client.feed(source.id, 'usage.csv', tables.usage);
  found = await until('a finding with a case', async () => {
    const { items } = await client.get<Items<Found>>('/findings?rule=card-in-another-device');
    return items.find(each => each.caseId !== null);
  });
  await carrier.setCard(found.subject.reference, 'Activated');
  await lead.json('providers', 'add', 'roaming', '--url', carrier.url, '--adapter', 'emnify', '--quiet', '4');
  const secret = join(folder.path, 'lead', 'secret.json');
  writeFileSync(secret, JSON.stringify({ application_token: SECRET }));
  await lead.run('providers', 'secrets', '1', secret);
}, 120_000);
afterAll(async () => {
  await server?.stop();
  await carrier?.stop();
  for (const name of ['lead', 'officer', 'key'])
    if (folder !== undefined) rmSync(join(folder.path, name), { recursive: true, force: true });
  folder?.remove();
});

test('a card of a medical class is critical without a mark, and nobody stops it alone', async () => {
  const { id } = found.subject;
  expect(await lead.json('measures', 'critical', 'show', String(id))).toMatchObject({
    critical: true,
    marks: [],
  });
  for (const desk of [lead, officer, key]) {
    const said = await desk.run('measures', 'order', String(found.caseId), 'suspend-card');
    expect([said.code, said.err]).toEqual([1, expect.stringContaining('measure-needs-two-persons')]);
    expect(said.err).toContain('limit-card');
  }
});

test('an officer proposes, neither a key nor the officer approves, the lead does, and the carrier stops the card', async () => {
  const machine = await key.run('measures', 'propose', String(found.caseId), 'suspend-card', '--why', 'spam');
  expect(machine.err).toContain('proposal-needs-person');
  const wanted = ['measures', 'propose', String(found.caseId), 'suspend-card', '--why', 'spam'];
  expect((await officer.run(...wanted, '--terms', 'temporary')).code).toBe(2);
  const foreign = await officer.run(...wanted, '--provider', '77');
  expect(foreign.err).toContain('provider-unknown');
  const proposed = await officer.json<{ id: number; terms: unknown; providerId: number; waiting: boolean }>(
    ...[...wanted, '--terms', '{"kind":"permanent-reject"}', '--provider', '1'],
  );
  expect(proposed).toMatchObject({ terms: { kind: 'permanent-reject' }, providerId: 1, waiting: true });
  const id = String(proposed.id);
  for (const [desk, code] of [
    [officer, 'proposal-by-the-same'],
    [key, 'proposal-needs-person'],
  ] as const)
    expect((await desk.run('measures', 'approve', id)).err).toContain(code);
  expect((await lead.run('measures', 'proposals', '--waiting')).out).toContain('suspend-card');
  expect((await lead.run('measures', 'approve', id)).out).toContain('approved');
  await until('the carrier to stop the card', async () => {
    const state = await lead.run('providers', 'state', '1', found.subject.reference);
    return /Restricted\s+yes/.test(state.out);
  });
  expect((await lead.run('measures', 'refuse', id)).err).toContain('proposal-decided');
});

test('every refusal and every act of it is in the ledger', async () => {
  const actsOf = async (object: string): Promise<string[]> => {
    const answer = await fetch(`${server.address}/api/v1/ledger/proofs?object=${object}`, {
      headers: { authorization: `Bearer ${client.token}` },
    });
    const { items } = (await answer.json()) as Items<{ act: string }>;
    return items.map(each => each.act);
  };
  const { items } = await client.get<Items<{ id: number }>>(`/measure-proposals?case=${found.caseId}`);
  const ofCase = await actsOf(`case/${found.caseId}`);
  expect(ofCase.filter(act => act === 'measure-order-refused')).toHaveLength(3);
  expect(ofCase).toEqual(
    expect.arrayContaining([
      'measure-propose-refused',
      'case-measure-proposed',
      'case-proposal-approved',
      'case-measure-moved',
    ]),
  );
  expect((await actsOf(`proposal/${items[0]!.id}`)).sort()).toEqual([
    'proposal-approve-refused',
    'proposal-approve-refused',
    'proposal-refuse-refused',
  ]);
});
