import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Launched, type LaunchOptions, launchDatabase } from './launch.ts';
import { prepareFolders } from './launch-folders.ts';
import { canTieToParent, goneWithin, isRunning, serverUser } from './launch-process.ts';

const isRoot = process.getuid?.() === 0;
const isTied = canTieToParent();
const running: Launched[] = [];
const children: ChildProcess[] = [];
let dataDir: string;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'thingward-launch-'));
  chmodSync(folder, 0o755);
  dataDir = join(folder, 'data');
  const first = await launchDatabase({ dataDir });
  await ask(first, 'create table kept (n int)');
  await first.stop();
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const launched of running.splice(0)) await launched.stop();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function launch(options: Partial<LaunchOptions> = {}): Promise<Launched> {
  const launched = await launchDatabase({ dataDir, ...options });
  running.push(launched);
  return launched;
}

async function ask(
  launched: Pick<Launched, 'host' | 'port'>,
  text: string,
): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({
    host: launched.host,
    port: launched.port,
    user: 'postgres',
    database: 'postgres',
  });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end().catch(() => {});
  }
}

/** Another Node process that launches the server, says so, and lives on. */
async function launchElsewhere(
  options: Partial<LaunchOptions>,
): Promise<{ child: ChildProcess; launched: Launched }> {
  const child = startElsewhere(options);
  const launched = await new Promise<Launched>((resolve, reject) => {
    child.stdout!.once('data', (line: Buffer) => resolve(JSON.parse(line.toString()) as Launched));
    child.once('close', () => reject(new Error('the other process ended')));
  });
  return { child, launched };
}

function startElsewhere(options: Partial<LaunchOptions>): ChildProcess {
  const script = `
    import { launchDatabase } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'launch.ts')))};
    const launched = await launchDatabase(${JSON.stringify({ dataDir, ...options })});
    console.log(JSON.stringify(launched));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  return child;
}

async function killed(child: ChildProcess): Promise<void> {
  const closed = new Promise(resolve => child.once('exit', resolve));
  child.kill('SIGKILL');
  await closed;
}

test('a second start is quick, keeps what was committed, and flushes every commit', async () => {
  const began = performance.now();
  const launched = await launch();
  expect(performance.now() - began).toBeLessThan(5_000);
  const settings = `select current_setting('fsync') f, current_setting('synchronous_commit') c, current_setting('full_page_writes') p`;
  expect(await ask(launched, settings)).toEqual([{ f: 'on', c: 'on', p: 'on' }]);
  expect(await ask(launched, 'select count(*)::int as n from kept')).toEqual([{ n: 0 }]);
});

test('the server listens on no network, and only we can enter the folder of its socket', async () => {
  const launched = await launch();
  expect(await ask(launched, `select current_setting('listen_addresses') as l`)).toEqual([{ l: '' }]);
  expect(statSync(launched.host).mode & 0o777).toBe(0o700);
  expect(statSync(launched.host).uid).toBe(serverUser().uid);
});

test.skipIf(!isRoot)(
  'as root the server runs under the unprivileged account, which may not connect itself',
  async () => {
    const launched = await launch();
    const status = readFileSync(`/proc/${launched.pid}/status`, 'utf8');
    expect(/^Uid:\t(\d+)\t(\d+)/m.exec(status)?.slice(1)).toEqual(['65534', '65534']);
    expect(/^Groups:\t(.*)$/m.exec(status)?.[1]?.trim()).toBe('');
    const outcome = (uid: number) =>
      spawnSync(
        process.execPath,
        [
          '--input-type=module',
          '-e',
          `import pg from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, '../../../../node_modules/pg/esm/index.mjs')))};
         const client = new pg.Client({ host: ${JSON.stringify(launched.host)}, user: 'postgres', database: 'postgres' });
         await client.connect().then(() => console.log('in'), error => console.log(error.code)); process.exit();`,
        ],
        { uid, gid: uid, encoding: 'utf8', cwd: '/' },
      ).stdout.trim();
    expect(outcome(0)).toBe('in');
    expect(outcome(65_534)).toBe('28000');
    expect(outcome(1)).toBe('EACCES');
  },
);

test.skipIf(!isTied)(
  'the server ends with a parent that is killed, and starts again on the same data',
  async () => {
    const { child, launched } = await launchElsewhere({});
    await ask(launched, 'insert into kept values (1)');
    await killed(child);
    const again = await launch();
    expect(await goneWithin(launched.pid, 5_000)).toBe(true);
    expect(again.isAdopted).toBe(false);
    expect(await ask(again, 'select count(*)::int as n from kept where n = 1')).toEqual([{ n: 1 }]);
  },
);

test('a server that outlived its killed parent is adopted with its data, and ends when we stop', async () => {
  const { child, launched } = await launchElsewhere({ endsWithParent: false });
  await ask(launched, 'insert into kept values (2)');
  await killed(child);
  expect(isRunning(launched.pid)).toBe(true);
  const adopted = await launch();
  expect(adopted).toMatchObject({ isAdopted: true, pid: launched.pid });
  expect(await ask(adopted, 'select count(*)::int as n from kept where n = 2')).toEqual([{ n: 1 }]);
  await adopted.stop();
  expect(isRunning(launched.pid)).toBe(false);
});

test('after the server itself is killed with work in hand, every acknowledged row is there again', async () => {
  const launched = await launch();
  await ask(launched, 'insert into kept values (3)');
  const busy = ask(launched, 'select pg_sleep(30)').catch(() => 'lost');
  await sleep(100);
  process.kill(launched.pid, 'SIGKILL');
  expect(await busy).toBe('lost');
  await launched.stop();
  expect(await ask(await launch(), 'select count(*)::int as n from kept where n = 3')).toEqual([{ n: 1 }]);
});

test('a server that goes by itself is started again with every acknowledged row, and ends when we stop', async () => {
  const launched = await launch();
  await ask(launched, 'insert into kept values (4)');
  const { pid } = launched;
  process.kill(pid, 'SIGKILL');
  for (let waited = 0; launched.pid === pid && waited < 40_000; waited += 50) await sleep(50);
  expect(launched.pid).not.toBe(pid);
  expect(await ask(launched, 'select count(*)::int as n from kept where n = 4')).toEqual([{ n: 1 }]);
  await launched.stop();
  expect(isRunning(launched.pid)).toBe(false);
});

test('a second server on the same data is refused, in another process and in this one', async () => {
  const { child } = await launchElsewhere({});
  await expect(launchDatabase({ dataDir })).rejects.toMatchObject({ code: 'data-folder-busy' });
  await killed(child);
  await launch();
  await expect(launchDatabase({ dataDir })).rejects.toMatchObject({ code: 'data-folder-busy' });
});

test('an initdb killed midway leaves nothing that a later start would take for a database', async () => {
  const elsewhere = join(folder, 'killed');
  const child = startElsewhere({ dataDir: elsewhere });
  const seen = () => readNames(join(elsewhere, 'postgresql'));
  while (!seen().some(name => name.startsWith('cluster.unfinished'))) await sleep(5);
  await sleep(150);
  await killed(child);
  expect(seen()).not.toContain('cluster');
  const launched = await launch({ dataDir: elsewhere });
  expect(await ask(launched, 'select 1 as n')).toEqual([{ n: 1 }]);
  expect(seen().filter(name => name.includes('unfinished'))).toEqual([]);
});

function readNames(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

test('a lock file left by a power cut, whose number another process has today, keeps no server from starting', async () => {
  const first = await launch();
  const lock = join(dataDir, 'postgresql/cluster/postmaster.pid');
  const lines = readFileSync(lock, 'utf8').split('\n');
  await first.stop();
  writeFileSync(lock, [process.pid, ...lines.slice(1)].join('\n'), { mode: 0o600 });
  const again = await launch();
  expect(await ask(again, 'select count(*)::int as n from kept')).toHaveLength(1);
});

test('data of another major version is refused, naming both', async () => {
  const path = join(dataDir, 'postgresql/cluster/PG_VERSION');
  writeFileSync(path, '17\n');
  try {
    const refusal = { code: 'data-folder-other-major', detail: { dataMajor: 17, programMajor: 18 } };
    await expect(launchDatabase({ dataDir })).rejects.toMatchObject(refusal);
  } finally {
    writeFileSync(path, '18\n');
  }
});

test('a server that cannot start says why, and frees the folder', async () => {
  const broken = launchDatabase({ dataDir, settings: { shared_buffers: 'nonsense' } });
  await expect(broken).rejects.toMatchObject({
    code: 'embedded-start-failed',
    detail: { said: expect.stringContaining('shared_buffers') },
  });
  await launch();
});

test.skipIf(!isRoot)(
  'as root a folder that the server could not walk to is refused, naming the closed one',
  async () => {
    const closed = join(folder, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const refusal = { code: 'data-folder-closed', detail: { closed } };
    await expect(launchDatabase({ dataDir: join(closed, 'data') })).rejects.toMatchObject(refusal);
  },
);

test('a data folder too long for a socket gets one in a short private folder, and a link planted there is refused', () => {
  const long = join(folder, 'x'.repeat(100));
  const user = serverUser();
  const { socket } = prepareFolders(long, user);
  expect(Buffer.byteLength(socket)).toBeLessThan(80);
  expect(lstatSync(socket).mode & 0o777).toBe(0o700);
  rmSync(socket, { recursive: true });
  spawnSync('ln', ['-s', folder, socket]);
  expect(() => prepareFolders(long, user)).toThrow(expect.objectContaining({ code: 'data-folder-foreign' }));
  rmSync(socket);
});

test('a zombie counts as gone', async () => {
  const child = spawn('sh', ['-c', 'true & exec sleep 5'], { stdio: 'ignore' });
  children.push(child);
  await sleep(200);
  const zombie = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'latin1').trim();
  expect(() => process.kill(Number(zombie), 0)).not.toThrow();
  expect(isRunning(Number(zombie))).toBe(false);
});
