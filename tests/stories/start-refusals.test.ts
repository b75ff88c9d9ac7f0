import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { startWording } from '../../server/src/api/wording/start.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const folder = dataFolder();
const scratch = mkdtempSync(join(tmpdir(), 'tw-start-'));

afterAll(() => {
  folder.remove();
  rmSync(scratch, { recursive: true, force: true });
});

interface Told {
  readonly status: number | null;
  readonly text: string;
}

/** Starts the real server where it must not start; answers what it said and its exit code. */
async function refused(
  env: Record<string, string>,
  args: readonly string[] = ['--port', '0'],
): Promise<Told> {
  const child = spawn(process.execPath, [join(root, 'server/src/main.ts'), ...args], {
    cwd: root,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: scratch,
      THINGWARD_LOG: 'warn',
      THINGWARD_DATA: folder.path,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', part => (text += String(part)));
  const tooLong = setTimeout(() => child.kill('SIGKILL'), 40_000);
  const status = await new Promise<number | null>(resolve => child.once('close', resolve));
  clearTimeout(tooLong);
  return { status, text };
}

/** It ends with a failure, says what and the mend in both languages with every fact filled in, and shows no stack. */
function expectTold(told: Told, code: keyof typeof startWording, ...facts: readonly string[]): void {
  expect(told.text).toContain(`(${code})`);
  expect(told.status).toBe(1);
  expect(told.text).toMatch(/^Thingward cannot start: \S.*\n {2}\S.*\nThingward 无法启动：\S.*\n {2}\S/m);
  expect(told.text).not.toMatch(/\{\w+\}|^\s+at .*:\d+:\d+/m);
  for (const texts of [startWording[code].en, startWording[code].zh])
    for (const text of texts) for (const piece of text.split(/\{\w+\}/)) expect(told.text).toContain(piece);
  for (const fact of facts) expect(told.text).toContain(fact);
}

describe('beside a server that runs', () => {
  let running: ServerProcess;
  let shown = '';

  beforeAll(async () => {
    running = await startServer(folder.path);
    running.child.stderr?.on('data', part => (shown += String(part)));
  });
  afterAll(() => running.stop());

  test('a second one on the same data folder is told that the folder is in use', async () => {
    expectTold(await refused({}), 'data-folder-busy', join(folder.path, 'postgresql'));
    expect((await fetch(`${running.address}/healthz`)).status).toBe(200);
  });

  test('the start printed no warning of Node or of a library', () => {
    expect(`${running.output}${shown}`).not.toMatch(/warning|deprecat|DEP\d|FSTDEP|trace-/i);
  });
});

describe('on an operator’s database', () => {
  const server = inject('testServer');
  const name = `test_${randomBytes(6).toString('hex')}`;
  const url = `postgresql://${server.superuser}@/${name}?host=${encodeURIComponent(server.host)}&port=${server.port}`;
  const data = join(scratch, 'own');
  let client: pg.Client;

  beforeAll(async () => {
    const admin = new pg.Client({ ...server, user: server.superuser, database: 'postgres' });
    await admin.connect();
    await admin.query(`create database ${name} template ${server.template}`);
    await admin.end();
    client = new pg.Client({ ...server, user: server.superuser, database: name });
    await client.connect();
  });
  afterAll(() => client.end());

  const own = { DATABASE_URL: url, THINGWARD_DATA: data };
  const act = async (text: string) => client.query(text);

  test('whose commits are not durable, production mode is refused', async () => {
    expectTold(await refused({ ...own, THINGWARD_MODE: 'production' }), 'not-durable', 'fsync false');
  });

  test('a port that another program holds is named, and nothing is left running', async () => {
    const holder = await new Promise<Server>(resolve => {
      const made = createServer();
      made.listen(0, '127.0.0.1', () => resolve(made));
    });
    const { port } = holder.address() as { port: number };
    expectTold(await refused(own, ['--port', String(port)]), 'port-in-use', `${port}`, '127.0.0.1');
    await new Promise(resolve => holder.close(resolve));
  });

  test('a UDP port for RADIUS that another program holds is named with the setting that gives another', async () => {
    const holder = createSocket('udp4');
    await new Promise<void>(resolve => holder.bind(0, '127.0.0.1', resolve));
    const { port } = holder.address();
    const radius = { THINGWARD_RADIUS_PORT: String(port), THINGWARD_RADIUS_HOST: '127.0.0.1' };
    const told = await refused({ ...own, ...radius, THINGWARD_RADIUS_SECRETS: tmpdir() }, ['--port', '0']);
    expectTold(told, 'radius-port-in-use', `${port}`, 'THINGWARD_RADIUS_PORT');
    await new Promise<void>(resolve => holder.close(() => resolve()));
  });

  test('an address that is not this machine’s is refused', async () => {
    expectTold(await refused(own, ['--port', '0', '--host', '192.0.2.7']), 'host-not-ours', '192.0.2.7');
  });

  test('a migration whose text is not what made the database is named', async () => {
    await act(`update thingward.migration set sha256 = '\\x00' where number = 3`);
    expectTold(await refused(own), 'migration-changed', '0003-registry.sql');
    await act(`update thingward.migration set number = 9999, name = '9999-later.sql' where number = 3`);
    expectTold(await refused(own), 'database-newer', '9999-later.sql');
  });

  test('a database that is not there is told in its own words', async () => {
    const other = { ...own, DATABASE_URL: url.replace(name, 'nowhere') };
    expectTold(await refused(other), 'database-unavailable', 'database "nowhere" does not exist');
  });
});

describe('settings', () => {
  test.each(['postgresql://u:very-secret@127.0.0.1:1/x', 'postgresql://u:very-secret@localhost:1/x'])(
    'where nobody answers at %s, the database is unavailable, and the password stays unsaid',
    async address => {
      const told = await refused({ DATABASE_URL: address });
      expectTold(told, 'database-unavailable', 'ECONNREFUSED');
      expect(told.text).not.toContain('very-secret');
    },
  );

  test('an address that cannot be read is refused without being repeated', async () => {
    const told = await refused({ DATABASE_URL: 'postgresql://u:very-secret@host:99999999/x' });
    expectTold(told, 'database-url-unusable');
    expect(told.text).not.toContain('very-secret');
  });

  test('every fault of the settings is told at once, in both languages', async () => {
    const { status, text } = await refused({ DATABASE_URL: 'mysql://x', THINGWARD_MODE: 'x' }, ['--what']);
    expect(status).toBe(1);
    expect(text).toMatch(/cannot start.*无法启动/);
    for (const fault of [/- DATABASE_URL: .*须以/, /- THINGWARD_MODE: .*不在可选值/, /- --what: .*未知选项/])
      expect(text).toMatch(fault);
    expect(text).not.toMatch(/^\s+at /m);
  });
});

describe('the data folder', () => {
  test('that is a file cannot be used', async () => {
    writeFileSync(join(scratch, 'file'), '');
    const path = join(scratch, 'file', 'data');
    expectTold(await refused({ THINGWARD_DATA: path }), 'folder-unusable', path);
  });

  test.skipIf(process.getuid?.() !== 0)('that the database’s account may not enter is named', async () => {
    const closed = join(scratch, 'closed');
    chmodSync(scratch, 0o755);
    spawnSync('mkdir', ['-m', '700', closed]);
    const told = await refused({ THINGWARD_DATA: join(closed, 'data') });
    expectTold(told, 'data-folder-closed', closed);
  });

  test('that another major of PostgreSQL made is refused, naming both', async () => {
    writeFileSync(join(folder.path, 'postgresql/cluster/PG_VERSION'), '14\n');
    expectTold(await refused({}), 'data-folder-other-major', 'PostgreSQL 14');
    writeFileSync(join(folder.path, 'postgresql/cluster/PG_VERSION'), '18\n');
  });

  test('with programs that are not there is told how to get them', async () => {
    const told = await refused({ THINGWARD_POSTGRES_BIN: '/nowhere/bin' });
    expectTold(told, 'embedded-binaries-missing', '/nowhere/bin/postgres');
  });

  test('whose ledger key others may read, or is another’s, is refused', async () => {
    chmodSync(join(folder.path, 'ledger.key'), 0o644);
    expectTold(await refused({}), 'seal-key-exposed', 'ledger.key', '644');
    rmSync(join(folder.path, 'ledger.key'));
    expectTold(await refused({}), 'ledger-key-differs');
  });
});

test('a failure that nobody foresaw is told in both languages too, with what is known of it', async () => {
  const { startRefusal } = await import('../../server/src/api/start-refusal.ts');
  const text = startRefusal(new Error('out of the blue'));
  expect(text).toMatch(
    /cannot start: .*\n.*\nThingward 无法启动：.*\n.*\n\(start-failed\)\n {2}\| Error: out of the blue/,
  );
});
