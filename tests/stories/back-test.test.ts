import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFleet, tablesOf, USAGE_MAPPING } from '@thingward/simulator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../api-client.ts';
import { type CommandLine, commandLine } from '../command-line.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

/**
 * A rule of one's own, from the file to its first finding, by the command line on the real server: checked,
 * back-tested, armed. Each test goes on where the one before it ended (C-35).
 */
const END = Date.UTC(2026, 10, 20);
const fleet = makeFleet({ seed: 3, cards: 24, days: 4, endMs: END });
const tables = tablesOf(fleet);
const SHIPPED = readFileSync(
  new URL('../../content/rules/cards/card-in-another-device.yaml', import.meta.url),
  'utf8',
);
const SPAN = ['--from', '2026-11-10', '--to', '2026-11-21'];

interface BackTest {
  readonly id: number;
  readonly version: string;
  readonly state: string;
  readonly result: {
    readonly records: number;
    readonly hits: number;
    readonly subjectsHit: number;
    readonly armed: { readonly kept: number; readonly added: number; readonly lost: number } | string;
    readonly samples: readonly { readonly findingId: string; readonly reference?: string }[];
  } | null;
}
interface Items<T> {
  readonly items: readonly T[];
}

let folder: ReturnType<typeof dataFolder>;
let desk: string;
let server: ServerProcess;
let thingward: CommandLine;
let mine: string;

beforeAll(async () => {
  folder = dataFolder();
  desk = join(folder.path, 'desk');
  mkdirSync(desk);
  server = await startServer(folder.path);
  thingward = commandLine(desk);
  const { email, password } = server.first!;
  const [once, kept] = [file('once', password), file('kept', 'a long enough pass phrase 4')];
  const login = ['login', server.address, '--email', email];
  await thingward.json(...login, '--password-file', once, '--new-password-file', kept);
  await thingward.json(...login, '--password-file', kept);
  for (const [name, text] of Object.entries({
    contracts: tables.contracts,
    cards: tables.cards,
    bindings: tables.bindings,
    'swap-windows': tables.swapWindows,
  }))
    await thingward.json('import', name, file(`${name}.csv`, text));
  const mapping = file('mapping.json', JSON.stringify(USAGE_MAPPING));
  await thingward.json('sources', 'add', 'usage', '--format', 'generic-csv', '--mapping', mapping);
  await thingward.json('feed', 'usage', file('usage.csv', tables.usage));
  mkdirSync(join(desk, 'rules'));
  mine = file(
    'rules/card-in-another-device.yaml',
    SHIPPED.replace('status: shipped', 'status: trial').replace(/^severity: \w+$/m, 'severity: low'),
  );
}, 120_000);
afterAll(async () => {
  await server?.stop();
  folder?.remove();
});

function file(name: string, text: string): string {
  const path = join(desk, name);
  writeFileSync(path, text);
  return path;
}

const found = async () =>
  (
    await thingward.json<Items<{ id: string; standing: string; ruleVersion: string }>>(
      ...['findings', 'list', '--rule', 'card-in-another-device', '--limit', '500'],
    )
  ).items.filter(each => each.standing !== 'withdrawn');

test('a shipped rule that is armed finds over the past what it found live', async () => {
  await until('the findings', async () => (await found()).length > 0);
  const settled = await until('no more findings', async () => {
    const before = (await found()).length;
    await new Promise(resolve => setTimeout(resolve, 1_500));
    const now = await found();
    return now.length === before && now;
  });
  const test = await thingward.json<BackTest>('rules', 'backtest', 'card-in-another-device', ...SPAN);
  expect(test.state).toBe('finished');
  expect(test.result).toMatchObject({ hits: settled.length, armed: 'same' });
  const live = new Set(settled.map(each => each.id));
  expect(test.result?.samples.filter(each => !live.has(each.findingId))).toEqual([]);
  // Whom it finds is told by the card's own number, to people as well.
  for (const { reference } of test.result?.samples ?? []) expect(reference).toMatch(/^\d{18,20}$/);
  const shown = await thingward.run('rules', 'backtest', 'card-in-another-device', ...SPAN);
  expect(shown.out).toContain(String(test.result?.samples[0]?.reference));
}, 60_000);

test('a rule with a fault is refused with place and mend, in the language asked for', async () => {
  const text = readFileSync(mine, 'utf8').replace('where: ', 'where: observation.nothing && ');
  const bad = file('card-in-another-device.yaml', text);
  const said = await thingward.run('rules', 'backtest', bad, ...SPAN);
  expect(said.code).toBe(1);
  expect(said.err).toMatch(/rule-refused[\s\S]*\d+:\d+ where /);
  expect((await thingward.run('rules', 'backtest', bad, ...SPAN, '--lang', 'zh')).err).toContain('规则');
  const turned = await thingward.run('rules', 'backtest', mine, '--from', '2026-11-20', '--to', '2026-11-20');
  expect(turned.err).toContain('back-test-span-invalid');
  expect((await thingward.run('rules', 'backtest', mine, '--from', 'yesterday')).code).toBe(2);
});

test('a version of one’s own is armed only when it was back-tested, over everybody', async () => {
  const arm = ['rules', 'arm', 'card-in-another-device', '--file', mine];
  expect((await thingward.run(...arm)).err).toContain('rule-not-back-tested');
  const [one] = (await thingward.json<Items<{ subject: { reference: string } }>>('findings', 'list')).items;
  await thingward.json('rules', 'backtest', mine, ...SPAN, '--subject', one!.subject.reference);
  expect((await thingward.run(...arm)).err).toContain('rule-not-back-tested');
  const said = await thingward.run('rules', 'backtest', mine, ...SPAN);
  expect([said.code, said.out]).toEqual([
    0,
    expect.stringContaining('this one alone 0, the armed one alone 0'),
  ]);
  expect((await thingward.run(...arm)).code).toBe(0);
  const { items } = await thingward.json<Items<BackTest>>('rules', 'backtests', 'card-in-another-device');
  expect(items.map(each => each.state)).toEqual(Array(4).fill('finished'));
  const { version } = items[0]!;
  await until('findings of the new version', async () =>
    (await found()).some(each => each.ruleVersion === version),
  );
}, 60_000);

test('after a kill no back-test is left hanging: it is broken off, or run when it still waited', async () => {
  const sleepy = await thingward.json<BackTest>('rules', 'backtest', mine, ...SPAN, '--no-wait');
  await server.kill();
  server = await startServer(folder.path, { port: Number(new URL(server.address).port) });
  const ended = await until('its end', async () => {
    const test = await thingward.json<BackTest>(
      ...['rules', 'backtests', 'card-in-another-device', '--show', String(sleepy.id)],
    );
    return test.state !== 'waiting' && test.state !== 'running' && test;
  });
  expect(['broken-off', 'finished']).toContain(ended.state);
}, 60_000);
