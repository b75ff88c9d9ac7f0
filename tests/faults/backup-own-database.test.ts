import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { emptyDatabase } from '../../server/src/kernel/database/test-database.ts';
import { ApiClient, until } from '../api-client.ts';
import { type CommandLine, commandLine } from '../command-line.ts';
import { dataFolder, startServer } from '../server-process.ts';
import { PASS_PHRASE, startDeed, verifyLog } from './backup-scene.ts';

/** The same backup and restore where the database is the operator's own, reached by DATABASE_URL. */
const BACKUP = join(import.meta.dirname, '../vectors/releases/before-0.1.0');
const scratch = dataFolder();
const at = (name: string): string => join(scratch.path, name);
const { facts } = JSON.parse(readFileSync(join(BACKUP, 'manifest.json'), 'utf8')) as {
  facts: Record<string, number | string>;
};
let url: string;
let line: CommandLine;

beforeAll(async () => {
  mkdirSync(at('home'));
  const reach = await emptyDatabase();
  if (reach.by !== 'login') throw new Error('the test server is reached by login');
  url = `postgresql://${reach.superuser}@localhost:${reach.port}/${reach.database}?host=${encodeURIComponent(reach.host)}`;
  line = commandLine(at('home'), { DATABASE_URL: url, THINGWARD_LOG: 'warn' });
});
afterAll(() => scratch.remove());

test('a restore killed in the middle leaves the database empty for the next one, and the folder marked', async () => {
  const deed = startDeed('restore.ts', [BACKUP, '--data', at('half'), '--nothing-newer'], {
    DATABASE_URL: url,
  });
  const gone = once(deed, 'exit');
  await until('begun', async () => existsSync(join(at('half'), 'restore.unfinished')));
  await new Promise(resolve => setTimeout(resolve, 150));
  deed.kill('SIGKILL');
  await gone;
  const said = await line.run('restore', BACKUP, '--data', at('half'), '--nothing-newer');
  expect(said.err).toContain('restore-unfinished');
  rmSync(at('half'), { recursive: true });
});

test('restored, it serves from that database; a second restore over it is refused', async () => {
  const said = await line.json<Record<string, unknown>>(
    'restore',
    BACKUP,
    '--data',
    at('data'),
    '--nothing-newer',
  );
  expect(said).toMatchObject(facts);
  expect(existsSync(at('data/postgresql'))).toBe(false);
  expect(statSync(at('data/ledger.key')).mode & 0o777).toBe(0o600);
  const again = await line.run('restore', BACKUP, '--data', at('other'), '--nothing-newer');
  expect(again.err).toContain('restore-database-taken');
  expect(readdirSync(at('other'))).toEqual([]);
});

test('backed up from there while the server runs and restored elsewhere, it is the same', async () => {
  const server = await startServer(at('data'), { env: { DATABASE_URL: url } });
  try {
    const kept = await line.json<Record<string, unknown>>('backup', at('backup'), '--data', at('data'));
    expect(kept['findingsStanding']).toBe(facts['findingsStanding']);
    const embedded = commandLine(at('home'), { THINGWARD_LOG: 'warn' });
    const moved = await embedded.json<Record<string, unknown>>(
      'restore',
      at('backup'),
      '--data',
      at('moved'),
      '--nothing-newer',
    );
    for (const name of Object.keys(facts)) expect([name, moved[name]]).toEqual([name, kept[name]]);
  } finally {
    await server.stop();
  }
  const elsewhere = await startServer(at('moved'));
  try {
    const client = new ApiClient(elsewhere.address);
    await client.signIn('administrator@thingward.invalid', PASS_PHRASE);
    const log = await verifyLog(elsewhere.address);
    expect(log.acts.filter(act => act === 'installation-restored')).toHaveLength(2);
  } finally {
    await elsewhere.stop();
  }
});
