import { execFile, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { chmod, chown, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { hasProgram, missing } from '../debian/install.ts';
import type { Packet } from './traffic.ts';

const run = promisify(execFile);
const CONFIGURATION = '/etc/freeradius/3.0';
const SECRET = 'interop';

/** What SQL accounting keeps of a session. */
export interface Accounted {
  readonly uniqueId: string;
  readonly sessionId: string;
  readonly userName: string;
  readonly input: bigint;
  readonly output: bigint;
}

export interface FreeRadius {
  readonly version: string;
  readonly detailFile: string;
  /** Sends the packets in their order, each acknowledged before the next; returns how many were. */
  send(packets: readonly Packet[]): Promise<number>;
  accounted(): Accounted[];
  stop(): Promise<void>;
}

/** Why FreeRADIUS can't be used here, or null. Installs Debian's packages when they are missing and we may. */
export function missingFreeRadius(): Promise<string | null> {
  const areThere = async () => (await hasProgram('freeradius')) && (await hasProgram('radclient'));
  return missing('freeradius', areThere, 'freeradius', 'freeradius-utils');
}

/** Starts FreeRADIUS on a free loopback port with a copy of Debian's configuration: accounting into SQLite and a detail file. */
export async function startFreeRadius(): Promise<FreeRadius> {
  const folder = await mkdtemp(join(tmpdir(), 'tw-radius-'));
  const database = join(folder, 'accounting.sqlite');
  const detailFile = join(folder, 'detail');
  const port = await freePort();
  await configure(folder, database, detailFile, port);
  const { stop } = await launched(folder);
  return {
    version: await versionOf(),
    detailFile,
    send: packets => send(folder, port, packets),
    accounted: () => accounted(database),
    stop,
  };
}

/** Runs FreeRADIUS on the configuration in `etc` of the folder, until it is stopped, which removes the folder. */
export async function launched(folder: string): Promise<{ readonly stop: () => Promise<void> }> {
  const child = spawn('freeradius', ['-f', '-l', 'stdout', '-d', join(folder, 'etc'), '-n', 'radiusd'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const gone = new Promise<void>(resolve => child.once('exit', () => resolve()));
  const stop = async () => {
    child.kill('SIGTERM');
    await gone;
    await rm(folder, { recursive: true, force: true });
  };
  const ready = new Promise<void>((resolve, reject) => {
    const take = (part: Buffer) => {
      said += part.toString('utf8');
      if (said.includes('Ready to process requests')) resolve();
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('error', reject);
    gone.then(() => reject(new Error(`FreeRADIUS ended:\n${said.slice(-3000)}`)));
  });
  await ready.catch(async cause => {
    await rm(folder, { recursive: true, force: true });
    throw cause;
  });
  return { stop };
}

export async function versionOf(): Promise<string> {
  const { stdout } = await run('freeradius', ['-v']);
  return /Version (\S+?),/.exec(stdout)?.[1] ?? 'of unknown version';
}

export async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>(resolve => socket.close(() => resolve()));
  return port;
}

/** Debian's tree without sites and modules but those named; the dictionaries are its own, unchanged. Returns where a path of it lies. */
export async function bareTree(
  folder: string,
  modules: readonly string[],
): Promise<(path: string) => string> {
  const tree = join(folder, 'etc');
  await cp(CONFIGURATION, tree, { recursive: true, verbatimSymlinks: true });
  const at = (path: string) => join(tree, path);
  for (const part of ['sites-enabled', 'mods-enabled']) {
    for (const name of await readdir(at(part))) await rm(at(join(part, name)), { recursive: true });
  }
  for (const name of modules)
    await cp(at(`mods-available/${name}`), at(`mods-enabled/${name}`), { dereference: true });
  return at;
}

/** Keeps what FreeRADIUS writes of its own within the folder, and gives the folder to its user. */
export async function settle(folder: string, at: (path: string) => string): Promise<void> {
  const main = await readFile(at('radiusd.conf'), 'utf8');
  await writeFile(
    at('radiusd.conf'),
    main
      .replace(/^raddbdir = .*$/m, `raddbdir = ${at('.')}`)
      .replace(/^logdir = .*$/m, `logdir = ${folder}`)
      .replace(/^run_dir = .*$/m, `run_dir = ${folder}`)
      .replace(/^(\s*)(user|group) = freerad$/gm, process.getuid?.() === 0 ? '$1$2 = freerad' : ''),
  );
  await giveAway(folder);
}

/** Accounting into SQLite by Debian's own queries, and into a detail file. */
async function configure(folder: string, database: string, detailFile: string, port: number): Promise<void> {
  const at = await bareTree(folder, ['expr', 'always', 'preprocess']);
  const sql = await readFile(at('mods-available/sql'), 'utf8');
  await writeFile(
    at('mods-enabled/sql'),
    sql
      .replace(/^\s*driver = .*$/m, 'driver = "rlm_sql_sqlite"')
      .replace(/^\s*dialect = .*$/m, 'dialect = "sqlite"')
      .replace('/tmp/freeradius.db', database),
  );
  await writeFile(
    at('mods-enabled/detail'),
    `detail {\n  filename = ${detailFile}\n  permissions = 0644\n  header = "%t"\n}\n`,
  );
  await writeFile(
    at('sites-enabled/accounting'),
    `server accounting {
  listen {
    type = acct
    ipaddr = 127.0.0.1
    port = ${port}
  }
  preacct {
    acct_unique
  }
  accounting {
    detail
    sql
  }
}
`,
  );
  await writeFile(at('clients.conf'), `client loopback {\n  ipaddr = 127.0.0.1\n  secret = ${SECRET}\n}\n`);
  await writeFile(at('proxy.conf'), '');
  await settle(folder, at);
}

/** As root FreeRADIUS lays its rights down: the folder becomes its user's. */
async function giveAway(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  if (process.getuid?.() !== 0) return;
  const uid = Number((await run('id', ['-u', 'freerad'])).stdout);
  const gid = Number((await run('id', ['-g', 'freerad'])).stdout);
  await chown(folder, uid, gid);
  await mkdir(join(folder, 'radacct'), { recursive: true });
  await run('chown', ['-R', `${uid}:${gid}`, folder]);
}

async function send(folder: string, port: number, packets: readonly Packet[]): Promise<number> {
  const file = join(folder, 'packets');
  const text = packets.map(({ attributes }) =>
    Object.entries(attributes)
      .map(([name, value]) => `${name} = ${value}`)
      .join('\n'),
  );
  await writeFile(file, `${text.join('\n\n')}\n`);
  const dictionary = join(folder, 'etc');
  const { stdout } = await run(
    'radclient',
    [
      '-d',
      dictionary,
      '-f',
      file,
      '-p',
      '1',
      '-x',
      '-r',
      '5',
      '-t',
      '3',
      `127.0.0.1:${port}`,
      'acct',
      SECRET,
    ],
    { maxBuffer: 1 << 26 },
  );
  return stdout.match(/Received Accounting-Response/g)?.length ?? 0;
}

function accounted(database: string): Accounted[] {
  const db = new DatabaseSync(database, { readOnly: true });
  try {
    const rows = db.prepare(
      'select acctuniqueid, acctsessionid, username, acctinputoctets, acctoutputoctets from radacct',
    );
    rows.setReadBigInts(true);
    return rows.all().map(row => ({
      uniqueId: String(row['acctuniqueid']),
      sessionId: String(row['acctsessionid']),
      userName: String(row['username']),
      input: BigInt(row['acctinputoctets'] as bigint),
      output: BigInt(row['acctoutputoctets'] as bigint),
    }));
  } finally {
    db.close();
  }
}
