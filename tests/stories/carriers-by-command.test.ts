import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFleet, tablesOf, USAGE_MAPPING } from '@thingward/simulator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../api-client.ts';
import { type CommandLine, commandLine } from '../command-line.ts';
import { type CarrierProcess, startCarrier } from '../measures/carrier-process.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

/** C-55 as its user lives it: a carrier is connected by command, and a case of the real server stops a card there. */
const fleet = makeFleet({ seed: 3, cards: 24, days: 4, endMs: Date.UTC(2026, 10, 20) });
const tables = tablesOf(fleet);
const SECRET = 'simulated-application-token';

interface Items<T> {
  readonly items: readonly T[];
}
interface Measure {
  readonly id: number;
  readonly state: string;
  readonly steps: readonly { readonly to: string }[];
}

let folder: ReturnType<typeof dataFolder>;
let server: ServerProcess;
let carrier: CarrierProcess;
let thingward: CommandLine;
let caseId = 0;
let card = '';

const file = (name: string, text: string): string => {
  const path = join(folder.path, 'desk', name);
  writeFileSync(path, text);
  return path;
};
const reach = (state: string, id: number) =>
  until(`measure ${id} ${state}`, async () => {
    const measure = await thingward.json<Measure>('measures', 'show', String(id));
    return measure.state === state && measure;
  });

beforeAll(async () => {
  folder = dataFolder();
  mkdirSync(join(folder.path, 'desk'));
  carrier = await startCarrier('emnify');
  server = await startServer(folder.path, {
    env: { THINGWARD_NOTICE_NETWORKS: '127.0.0.0/8', THINGWARD_NOTICE_HTTP: 'allow' },
  });
  thingward = commandLine(join(folder.path, 'desk'));
  const { email, password } = server.first!;
  const passwords = ['--password-file', file('once', password), '--new-password-file'];
  await thingward.json(
    'login',
    server.address,
    '--email',
    email,
    ...passwords,
    file('kept', 'a long enough pass phrase 4'),
  );
  const wanted = {
    contracts: tables.contracts,
    cards: tables.cards,
    bindings: tables.bindings,
    'swap-windows': tables.swapWindows,
  };
  for (const [name, text] of Object.entries(wanted))
    await thingward.json('import', name, file(`${name}.csv`, text));
  const mapping = file('usage.mapping.json', JSON.stringify(USAGE_MAPPING));
  await thingward.json('sources', 'add', 'usage', '--format', 'generic-csv', '--mapping', mapping);
  await thingward.json('feed', 'usage', file('usage.csv', tables.usage));
  const found = await until('a finding with a case', async () => {
    const list = await thingward.json<Items<{ caseId: number | null; subject: { reference: string } }>>(
      ...['findings', 'list', '--rule', 'card-in-another-device'],
    );
    return list.items.find(each => each.caseId !== null);
  });
  caseId = found.caseId as number;
  card = found.subject.reference;
  await carrier.setCard(card, 'Activated');
}, 120_000);
afterAll(async () => {
  await server?.stop();
  await carrier?.stop();
  if (folder !== undefined) rmSync(join(folder.path, 'desk'), { recursive: true, force: true });
  folder?.remove();
});

test('a carrier is connected, asked, and without its secret nothing is asked', async () => {
  const added = await thingward.json<{ id: number }>(
    ...['providers', 'add', 'roaming', '--url', carrier.url, '--adapter', 'emnify', '--quiet', '4'],
  );
  expect(added.id).toBe(1);
  const early = await thingward.run('providers', 'state', '1', card);
  expect([early.code, early.err]).toEqual([1, expect.stringContaining('provider-credentials-missing')]);
  const odd = await thingward.run('providers', 'secrets', '1', file('odd.json', '{"password":"x"}'));
  expect([odd.code, odd.err]).toEqual([1, expect.stringContaining('password')]);
  const kept = await thingward.run(
    ...['providers', 'secrets', '1', file('secret.json', JSON.stringify({ application_token: SECRET }))],
  );
  expect([kept.code, kept.out]).toEqual([0, expect.stringContaining('sealed')]);
  expect(kept.out).not.toContain(SECRET);
  const state = await thingward.run('providers', 'state', '1', card);
  expect([state.code, state.out]).toEqual([0, expect.stringMatching(/Restricted\s+no/)]);
  expect(await thingward.json('providers', 'usage', '1', card)).toMatchObject({ bytes: 12_500_000 });
  expect((await thingward.run('providers', 'cards', '1')).out).toContain('Activated');
  const none = await thingward.run('providers', 'state', '1', '8988303000099999999');
  expect([none.code, none.err]).toEqual([1, expect.stringContaining('provider-card-unknown')]);
  expect((await thingward.run('providers', 'state', '7', card)).err).toContain('provider-unknown');
});

test('a case stops the card at the carrier, it is read back, and it is lifted', async () => {
  await carrier.behave({ cutAfter: 1 });
  const { id } = await thingward.json<Measure>('measures', 'order', String(caseId), 'suspend-card');
  const effective = await reach('effective', id);
  expect(effective.steps.map(step => step.to)).toEqual(['decided', 'ordered', 'accepted', 'effective']);
  expect(await carrier.stateOf(card)).toBe('Suspended');
  await thingward.json('measures', 'lift', String(id), '--reason', 'the holder showed the device');
  await reach('lifted', id);
  expect(await carrier.stateOf(card)).toBe('Activated');
  expect((await carrier.log()).orders).toEqual([`${card} Suspended`, `${card} Activated`]);
  expect(server.output).not.toContain(SECRET);
}, 60_000);

test('a card that works at the carrier though it was stopped opens a case of its own, and open defaults are closed (C-07)', async () => {
  const { id } = await thingward.json<Measure>('measures', 'order', String(caseId), 'suspend-card');
  await reach('effective', id);
  await carrier.setCard(card, 'Activated');
  await until('an account to compare', async () => {
    const list = await thingward.json<Items<object>>('providers', 'compared');
    return list.items.length > 0;
  });
  await thingward.json('providers', 'compare', '1');
  await until('a finding with a case', async () => {
    const list = await thingward.json<Items<{ caseId: number | null; subject: { reference: string } }>>(
      ...['findings', 'list', '--rule', 'provider-drift'],
    );
    return list.items.find(each => each.caseId !== null && each.subject.reference === card);
  });
  const drift = await thingward.run('providers', 'drift');
  expect(drift.out).toMatch(new RegExp(`${card}.*works though it was stopped.*stopped.*Activated`));
  expect((await thingward.run('providers', 'defaults', 'list', '1')).out).toMatch(/41 +sms_p2p_int +yes/);
  expect((await thingward.run('providers', 'defaults', 'close', '1')).out).toContain('3 settings were open');
  expect((await thingward.run('providers', 'defaults', 'list', '1')).out).not.toMatch(/yes/);
  expect((await thingward.run('providers', 'compare', '7')).err).toContain('provider-unknown');
}, 90_000);
