import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FleetFormat, FleetTruth, Score } from '@thingward/simulator';
import { afterEach, describe, expect, test } from 'vitest';
import { until } from '../api-client.ts';
import { type CommandLine, commandLine } from '../command-line.ts';
import { effort } from '../prove.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

/** The same misuse is found whatever format the records come in, as far as the format can tell it (E-07). */
const CARDS = 60;
const DAYS = 5;
const DAY_MS = 86_400_000;
const FROM = new Date(Date.now() - (DAYS + 2) * DAY_MS).toISOString().slice(0, 10);

let folder: ReturnType<typeof dataFolder>;
let server: ServerProcess;

afterEach(async () => {
  await server?.stop();
  folder?.remove();
});

interface Simulated {
  readonly sources: readonly { readonly name: string; readonly format: string }[];
  readonly usage: readonly { readonly file: string; readonly source: string }[];
  readonly tables: readonly string[];
  readonly records: number;
}

interface Balance {
  readonly received: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly quarantined: number;
}

async function signedIn(desk: string): Promise<CommandLine> {
  const thingward = commandLine(desk);
  const { email, password } = server.first!;
  const [once, kept] = [join(desk, 'once'), join(desk, 'kept')];
  writeFileSync(once, password);
  writeFileSync(kept, 'a long enough pass phrase 4');
  const login = ['login', server.address, '--email', email, '--password-file', once];
  await thingward.json(...login, '--new-password-file', kept);
  return thingward;
}

const EVERY: readonly [FleetFormat, string][] = [
  ['tap3', 'roaming'],
  ['pgw-cdr', 'bearers'],
  ['emnify-usage', 'stream'],
  ['osmo-sgsn', 'sessions'],
  ['wavely', 'hook'],
  ['onomondo', 'hook'],
  ['twilio-supersim', 'sessions'],
  ['soracom', 'answers'],
  ['hologram', 'answers'],
  ['telnyx', 'answers'],
  ['cisco-control-center', 'answers'],
  ['onelink', 'answers'],
  ['onelink-day', 'days'],
  ['xlsx', 'usage'],
];
/** One runs with every test, the rest under THINGWARD_PROVE=1. */
const FORMATS = EVERY.slice(0, effort(1, EVERY.length));

describe.each(FORMATS)('a fleet told as %s', (format, source) => {
  test('is taken in with its balance, a second time as duplicates, and scored', async () => {
    folder = dataFolder();
    const [desk, fleet] = [join(folder.path, 'desk'), join(folder.path, 'desk', 'fleet')];
    mkdirSync(desk);
    server = await startServer(folder.path);
    const thingward = await signedIn(desk);
    const plan = ['--days', String(DAYS), '--cards', String(CARDS), '--seed', '7', '--from', FROM];
    const simulated = await thingward.json<Simulated>(
      'simulate',
      ...plan,
      '--out',
      fleet,
      '--format',
      format,
    );
    const truth = JSON.parse(readFileSync(join(fleet, 'truth.json'), 'utf8')) as FleetTruth;
    expect(truth.told).toBe(format);
    for (const name of simulated.tables)
      await thingward.json('import', name.replace('.csv', ''), join(fleet, name));
    for (const each of simulated.sources) {
      const profile = join(fleet, `${each.name}.profile.json`);
      await thingward.json('sources', 'add', each.name, '--format', each.format, '--profile', profile);
    }
    let received = 0;
    for (const each of simulated.usage) {
      const batch = await thingward.json<Balance>('feed', each.source, join(fleet, each.file));
      expect([each.file, batch]).toMatchObject([each.file, { quarantined: 0 }]);
      received += batch.received;
    }
    expect(received).toBe(simulated.records);
    const [own] = readdirSync(join(fleet, 'usage')).filter(name => name.startsWith(`${source}-`));
    const again = await thingward.json<Balance>('feed', source, join(fleet, 'usage', own as string));
    expect(again).toMatchObject({ accepted: 0, duplicate: again.received });
    expect(again.received).toBeGreaterThan(0);
    await until(
      'everything is judged',
      async () => {
        const { judge } = await thingward.json<{ judge: { waitingRecords: number } }>('status');
        return judge.waitingRecords === 0;
      },
      60_000,
    );
    const score = await thingward.json<Score>('score', '--truth', join(fleet, 'truth.json'));
    const { detection, missed, alarms, planted, unseen } = score;
    expect({ missed, alarms, detection }).toEqual({ missed: [], alarms: [], detection: 1 });
    expect([planted, unseen]).toEqual([truth.cases.length, truth.unseen?.length]);
    expect(planted).toBeGreaterThan(6);
  }, 240_000);
});
