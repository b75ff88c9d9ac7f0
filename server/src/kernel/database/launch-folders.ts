import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { asUser, endAllIn, isWorkedIn, type ServerUser, serverEnvironment } from './launch-process.ts';
import { refuse } from './refusals.ts';

/** The folders of one embedded server. */
export interface Folders {
  /** Everything below belongs to the database; the server's account can walk to it. */
  readonly root: string;
  readonly cluster: string;
  /** Mode 0700: who cannot enter cannot reach the socket in it. */
  readonly socket: string;
  readonly log: string;
}

/** A unix socket's address holds 108 bytes with its closing zero; the file is called `.s.PGSQL.5432`. */
const SOCKET_FOLDER_MAX_BYTES = 107 - '/.s.PGSQL.5432.lock'.length;

/** Makes what is missing below `dataDir`, which it resolves to its real path. */
export function prepareFolders(dataDir: string, user: ServerUser): Folders {
  const asked = join(dataDir, 'postgresql');
  mkdirSync(asked, { recursive: true });
  chmodSync(asked, 0o755);
  const root = realpathSync(asked);
  refuseClosed(root, user);
  const socket = socketFolder(root, user);
  const log = join(root, 'server.log');
  return { root, cluster: join(root, 'cluster'), socket, log };
}

/**
 * Removes what a killed initdb or copy left behind. Only to be called by the holder of the folder. The last
 * processes of a killed initdb may still be writing there: they are ended first.
 */
export async function clearUnfinished(root: string): Promise<void> {
  for (const name of readdirSync(root)) {
    if (!name.includes('.unfinished-')) continue;
    // initdb's own child comes and goes: a second look catches one that had not yet changed folder.
    await endAllIn(join(root, name));
    await endAllIn(join(root, name));
    rmSync(join(root, name), { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}

/**
 * Removes the lock files of a server that went with its machine. PostgreSQL takes them for live ones when a process
 * of the same number runs by chance, and then does not start. Only to be called by the holder of the folder; while
 * anything works in the cluster nothing is removed, for the lock file also guards a dead server's shared memory.
 */
export function clearStaleLocks(folders: Folders): void {
  if (!existsSync(folders.cluster) || isWorkedIn(realpathSync(folders.cluster))) return;
  rmSync(join(folders.cluster, 'postmaster.pid'), { force: true });
  for (const name of readdirSync(folders.socket))
    if (/^\.s\.PGSQL\.\d+(\.lock)?$/.test(name)) rmSync(join(folders.socket, name), { force: true });
}

/** Makes a folder that only the server's account (and root) can enter. */
export function privateFolder(path: string, user: ServerUser): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const found = lstatSync(path);
  // A link or another's folder in a place anyone can write to would lead our socket elsewhere.
  if (!found.isDirectory() || ![user.uid, process.getuid?.()].includes(found.uid)) {
    throw refuse('data-folder-foreign', { subject: path });
  }
  chmodSync(path, 0o700);
  if (user.isSwitched) chownSync(path, user.uid, user.gid);
}

function socketFolder(root: string, user: ServerUser): string {
  const near = join(root, 'run');
  const isShort = Buffer.byteLength(near) <= SOCKET_FOLDER_MAX_BYTES;
  const digest = createHash('sha256').update(root).digest('hex').slice(0, 16);
  const path = isShort ? near : join(tmpdir(), `thingward-${user.uid}-${digest}`);
  privateFolder(path, user);
  return path;
}

/** Names the first folder on the way that the server's account may not enter. */
function refuseClosed(root: string, user: ServerUser): void {
  if (!user.isSwitched || mayEnter(root, user)) return;
  const way: string[] = [];
  for (let folder = root; ; folder = dirname(folder)) {
    way.unshift(folder);
    if (folder === dirname(folder)) break;
  }
  const closed = way.find(folder => existsSync(folder) && !mayEnter(folder, user)) ?? root;
  throw refuse('data-folder-closed', { subject: root, detail: { closed, uid: user.uid } });
}

function mayEnter(folder: string, user: ServerUser): boolean {
  const asked = spawnSync('test', ['-x', folder], {
    ...asUser(user),
    env: serverEnvironment(undefined),
    cwd: '/',
  });
  return asked.status === 0;
}
