import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FleetTruth, Score } from '@thingward/simulator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../api-client.ts';
import { type CommandLine, commandLine } from '../command-line.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

/** A buyer measures the installation with a fleet whose truth is known, by the command line alone (C-56). */
const CARDS = 60;
const DAYS = 5;
const DAY_MS = 86_400_000;
/** A run that ended some days ago, so that what is judged at its receipt comes after it and soon. */
const FROM = new Date(Date.now() - (DAYS + 2) * DAY_MS).toISOString().slice(0, 10);

let folder: ReturnType<typeof dataFolder>;
let desk: string;
let server: ServerProcess;
let thingward: CommandLine;
let fleet: string;
let truth: FleetTruth;

beforeAll(async () => {
  folder = dataFolder();
  desk = join(folder.path, 'desk');
  fleet = join(desk, 'fleet');
  mkdirSync(desk);
  server = await startServer(folder.path);
  thingward = commandLine(desk);
});
afterAll(async () => {
  await server?.stop();
  folder?.remove();
});

function file(name: string, text: string): string {
  const path = join(desk, name);
  writeFileSync(path, text);
  return path;
}

describe('a simulated fleet through the real server', () => {
  test('is written with its tables, usage, profiles and truth', async () => {
    const plan = ['--days', String(DAYS), '--cards', String(CARDS), '--seed', '7', '--from', FROM];
    const said = await thingward.json<{ cases: number }>('simulate', ...plan, '--out', fleet);
    truth = JSON.parse(readFileSync(join(fleet, 'truth.json'), 'utf8')) as FleetTruth;
    expect(said.cases).toBe(truth.cases.length);
    expect(truth.cases.length).toBeGreaterThan(8);
    expect(truth.lookAlikes.length).toBeGreaterThan(15);
    expect(Date.parse(truth.until) - Date.parse(truth.from)).toBe(DAYS * DAY_MS);
  });

  test('is imported and fed day by day, late and repeated records with it, and nothing is lost', async () => {
    const { email, password } = server.first!;
    const [once, kept] = [file('once', password), file('kept', 'a long enough pass phrase 4')];
    const login = ['login', server.address, '--email', email, '--password-file', once];
    await thingward.json(...login, '--new-password-file', kept);
    for (const name of ['contracts', 'cards', 'bindings', 'pools', 'swap-windows', 'campaigns', 'outages']) {
      const report = await thingward.json('import', name, join(fleet, `${name}.csv`));
      expect([name, report]).toMatchObject([name, { refusedCount: 0 }]);
    }
    for (const source of ['usage', 'sessions']) {
      const profile = join(fleet, `${source}.profile.json`);
      await thingward.json('sources', 'add', source, '--format', 'generic-csv', '--profile', profile);
    }
    const names = readdirSync(join(fleet, 'usage')).sort((a, b) => dayOf(a).localeCompare(dayOf(b)));
    expect(names).toHaveLength(2 * DAYS);
    for (const name of names) {
      const batch = await thingward.json('feed', name.split('-')[0] as string, join(fleet, 'usage', name));
      expect([name, batch]).toMatchObject([name, { quarantined: 0 }]);
    }
  }, 240_000);

  test('is scored: every planted misuse detected, no false alarm', async () => {
    const score = () => thingward.json<Score>('score', '--truth', join(fleet, 'truth.json'));
    await until(
      'everything is judged',
      async () => {
        const { judge } = await thingward.json<{ judge: { waitingRecords: number } }>('status');
        return judge.waitingRecords === 0;
      },
      60_000,
    );
    const { detection, planted, falseAlarms, missed, alarms } = await score();
    expect({ missed, alarms }).toEqual({ missed: [], alarms: [] });
    expect({ detection, falseAlarms }).toEqual({ detection: 1, falseAlarms: 0 });
    expect(planted).toBe(truth.cases.length);
  }, 120_000);

  test('is scored from a file of findings as well, and told to people in both languages', async () => {
    const findings = file(
      'findings.json',
      JSON.stringify(await thingward.json('findings', 'list', '--limit', '500')),
    );
    const asked = ['score', '--truth', join(fleet, 'truth.json'), '--findings', findings];
    const { out } = await thingward.run(...asked);
    expect(out).toMatch(/Detection\s+1\.0000/);
    expect(out).toMatch(/False alarms\s+0/);
    expect((await thingward.run(...asked, '--lang', 'zh')).out).toMatch(/检出率\s+1\.0000/);
    const nothing = file('none.json', JSON.stringify({ items: [] }));
    const blind = await thingward.json<Score>(
      'score',
      '--truth',
      join(fleet, 'truth.json'),
      '--findings',
      nothing,
    );
    expect([blind.detection, blind.missed.length]).toEqual([0, truth.cases.length]);
  });
});

const dayOf = (name: string): string => name.slice(name.indexOf('-'));
