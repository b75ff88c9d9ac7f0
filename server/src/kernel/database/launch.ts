import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type Logger, silentLog } from '../log.ts';
import { type Binaries, findBinaries } from './launch-binaries.ts';
import { prepareCluster, SUPERUSER } from './launch-cluster.ts';
import { clearStaleLocks, clearUnfinished, type Folders, prepareFolders } from './launch-folders.ts';
import { holdFolder } from './launch-hold.ts';
import { keepRunning } from './launch-keep.ts';
import {
  endServer,
  isRunning,
  type ServerUser,
  serverEnvironment,
  serverUser,
  underAccount,
  worksIn,
} from './launch-process.ts';
import { codeOf, refuse } from './refusals.ts';

export interface LaunchOptions {
  /** An absolute folder; the cluster, the copied programs, the socket and the log go to `postgresql` beneath it. */
  readonly dataDir: string;
  /** Another PostgreSQL's program folder, e.g. `/usr/lib/postgresql/15/bin`; used in place, not copied. */
  readonly binDir?: string;
  /** The roles that may connect besides the superuser. */
  readonly roles?: readonly string[];
  /** Further `name=value` server settings; those that decide durability are on unless named here. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Whether the server ends when this process dies, where the system can do that. On by default. */
  readonly endsWithParent?: boolean;
  readonly log?: Logger;
}

/** A server that is up and accepts connections on its socket. */
export interface Launched {
  /** What `pg` wants as `host`: the socket's folder. */
  readonly host: string;
  readonly port: number;
  readonly superuser: string;
  /** Of the server that runs now: another one after it went by itself and was started again. */
  readonly pid: number;
  readonly version: string;
  /** True when a server that had outlived its parent was taken over. */
  readonly isAdopted: boolean;
  /** Fast shutdown; resolves when the server has gone and the folder is free. May be called twice. */
  stop(): Promise<void>;
}

const PORT = 5432;
const START_WAIT_MS = 60_000;
const LOG_MAX_BYTES = 10_000_000;

/**
 * Starts the embedded server of a data folder, or takes over the one still running there.
 *
 * Holds the folder for this process until `stop`: a second process is refused with `data-folder-busy`. Until
 * then a server that goes by itself is started again. After any kill of us, of the server or of initdb, calling
 * it again comes to a running server with every committed row. It must be called on the main thread: the server
 * ends with the thread that started it.
 */
export async function launchDatabase(options: LaunchOptions): Promise<Launched> {
  const user = serverUser();
  const folders = prepareFolders(options.dataDir, user);
  const hold = await holdFolder(folders.root);
  try {
    const { facts, firstPid, startAgain } = await launchHeld(options, folders, user);
    const kept = keepRunning(firstPid, startAgain, options.log ?? silentLog);
    let stopping: Promise<void> | undefined;
    const stop = () => {
      stopping ??= kept.end().finally(() => hold.release());
      return stopping;
    };
    return {
      ...facts,
      get pid() {
        return kept.pid();
      },
      stop,
    };
  } catch (error) {
    await hold.release();
    throw error;
  }
}

interface Running {
  readonly facts: Omit<Launched, 'pid' | 'stop'>;
  readonly firstPid: number;
  startAgain(): Promise<number>;
}

async function launchHeld(options: LaunchOptions, folders: Folders, user: ServerUser): Promise<Running> {
  const log = options.log ?? silentLog;
  const isFlushed = options.settings?.['fsync'] !== 'off';
  const orphan = await findOrphan(folders);
  if (orphan === undefined) {
    await clearUnfinished(folders.root);
    clearStaleLocks(folders);
  }
  const binaries = findBinaries(folders.root, options.binDir);
  await prepareCluster(folders, binaries, user, { isFlushed, roles: options.roles ?? [] });
  const facts = { superuser: SUPERUSER, port: PORT, version: binaries.version };
  const startAgain = async () => {
    rotateLog(folders.log);
    const child = await startUntilUp(options, folders, binaries, user);
    return child.pid as number;
  };
  if (orphan !== undefined) {
    if (await answers(orphan.host)) {
      log.info({ pid: orphan.pid }, 'took over the database server that was still running');
      return { facts: { ...facts, host: orphan.host, isAdopted: true }, firstPid: orphan.pid, startAgain };
    }
    await endServer(orphan.pid);
  }
  const firstPid = await startAgain();
  return { facts: { ...facts, host: folders.socket, isAdopted: false }, firstPid, startAgain };
}

/** The server that `postmaster.pid` names, if it really is one that works in this very data directory. */
async function findOrphan(folders: Folders): Promise<{ pid: number; host: string } | undefined> {
  const path = join(folders.cluster, 'postmaster.pid');
  if (!existsSync(path)) return undefined;
  const lines = readFileSync(path, 'utf8').split('\n');
  const pid = Number(lines[0]);
  if (!Number.isSafeInteger(pid) || pid <= 1 || !worksIn(pid, folders.cluster)) return undefined;
  // A server that is going down because its parent died still holds the file for a moment.
  for (let waited = 0; waited < 10_000 && isRunning(pid); waited += 50) {
    if (await answers(lines[4] ?? folders.socket)) break;
    await sleep(50);
  }
  return isRunning(pid) ? { pid, host: lines[4] ?? folders.socket } : undefined;
}

/**
 * Starts the server, again and again while a dead server's last processes still hold its shared memory:
 * they go by themselves when they notice, usually within seconds.
 */
async function startUntilUp(
  options: LaunchOptions,
  folders: Folders,
  binaries: Binaries,
  user: ServerUser,
): Promise<ChildProcess> {
  for (let waited = 0; ; waited += 200) {
    const from = logSize(folders.log);
    const child = spawnServer(options, folders, binaries, user);
    if (await isUp(child, folders.socket)) return child;
    const said = readFileSync(folders.log).subarray(from).toString('utf8');
    const isHeld = /shared memory block|lock file .* already exists|Is another post/.test(said);
    if (!isHeld || waited >= START_WAIT_MS) {
      throw refuse('embedded-start-failed', {
        subject: folders.cluster,
        detail: { said: said.slice(-1500) },
      });
    }
    await sleep(200);
  }
}

function spawnServer(
  options: LaunchOptions,
  folders: Folders,
  binaries: Binaries,
  user: ServerUser,
): ChildProcess {
  const settings = {
    listen_addresses: '',
    unix_socket_directories: folders.socket,
    unix_socket_permissions: '0700',
    port: String(PORT),
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    max_connections: '80',
    timezone: 'UTC',
    log_timezone: 'UTC',
    jit: 'off',
    // One line of an error's statement could carry an identifier in clear.
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    ...options.settings,
  };
  const args = ['-D', folders.cluster];
  for (const [name, value] of Object.entries(settings)) args.push('-c', `${name}=${value}`);
  const endsBy = (options.endsWithParent ?? true) ? 'INT' : undefined;
  const command = underAccount(user, binaries.postgres, args, endsBy);
  const log = openSync(folders.log, 'a', 0o600);
  try {
    // Detached, so that Ctrl-C in a terminal reaches us alone and we end the server in our own order.
    const child = spawn(command.program, command.args, {
      ...command.account,
      cwd: '/',
      env: serverEnvironment(binaries.libraries),
      stdio: ['ignore', log, log],
      detached: true,
    });
    child.on('error', () => {});
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

async function isUp(child: ChildProcess, host: string): Promise<boolean> {
  for (let waited = 0; waited < START_WAIT_MS; waited += 20) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return false;
    if (await answers(host)) return true;
    await sleep(20);
  }
  await endServer(child.pid as number);
  return false;
}

/** True when the superuser can run a query; false while the server starts, stops or is not there. */
async function answers(host: string): Promise<boolean> {
  const client = new pg.Client({
    host,
    port: PORT,
    user: SUPERUSER,
    database: 'postgres',
    connectionTimeoutMillis: 5_000,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch (error) {
    if (codeOf(error) === '28000') throw refuse('data-folder-foreign', { subject: host, cause: error });
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

function logSize(path: string): number {
  return existsSync(path) ? statSync(path).size : 0;
}

function rotateLog(path: string): void {
  if (logSize(path) < LOG_MAX_BYTES) return;
  rmSync(`${path}.1`, { force: true });
  renameSync(path, `${path}.1`);
}
