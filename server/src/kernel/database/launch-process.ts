import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Who the database server runs as: an unprivileged account when we are root (PostgreSQL refuses to be root). */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
  readonly isSwitched: boolean;
}

const UNPRIVILEGED = 65_534;

export function serverUser(): ServerUser {
  const uid = process.getuid?.() ?? 0;
  if (uid === 0) return { uid: UNPRIVILEGED, gid: UNPRIVILEGED, isSwitched: true };
  return { uid, gid: process.getgid?.() ?? uid, isSwitched: false };
}

/** A small fixed environment: nothing of ours, secrets least of all, reaches the server. */
export function serverEnvironment(libraries: string | undefined): Record<string, string> {
  const base = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LC_ALL: 'C',
    TZ: 'UTC',
  };
  return libraries === undefined ? base : { ...base, LD_LIBRARY_PATH: libraries };
}

/** Spawn options that drop to the server's account. Supplementary groups go too (libuv clears them). */
export function asUser(user: ServerUser): { uid?: number; gid?: number } {
  return user.isSwitched ? { uid: user.uid, gid: user.gid } : {};
}

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly account: { uid?: number; gid?: number };
}

/**
 * The command that runs a program under the server's account. With `endsBy`, and where the system can do it,
 * the kernel sends that signal when the thread that spawned it dies.
 */
export function underAccount(
  user: ServerUser,
  program: string,
  args: readonly string[],
  endsBy: 'INT' | 'KILL' | undefined,
): Command {
  if (endsBy === undefined || !canTieToParent()) return { program, args, account: asUser(user) };
  // setpriv changes the account first: the kernel forgets the tie when credentials change.
  const drop = user.isSwitched ? [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'] : [];
  return { program: 'setpriv', args: [...drop, '--pdeathsig', endsBy, '--', program, ...args], account: {} };
}

let tied: boolean | undefined;

/** Whether util-linux `setpriv` can tie a child's life to ours; BusyBox has one that cannot. */
export function canTieToParent(): boolean {
  tied ??=
    spawnSync('setpriv', ['--pdeathsig', 'INT', 'true'], { env: serverEnvironment(undefined) }).status === 0;
  return tied;
}

/**
 * True while the process runs. `kill(pid, 0)` also succeeds for a zombie nobody has reaped yet, so the state
 * is read from /proc instead.
 */
export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const state = stat.charAt(stat.lastIndexOf(')') + 2);
    return state !== 'Z' && state !== 'X';
  } catch {
    return false;
  }
}

/** True when the process runs with this folder as its working directory, as a PostgreSQL server does with its data. */
export function worksIn(pid: number, folder: string): boolean {
  try {
    return isRunning(pid) && readlinkSync(`/proc/${pid}/cwd`) === folder;
  } catch {
    return false;
  }
}

/** True while any process works in this folder: a server, or what is left of one whose first process has died. */
export function isWorkedIn(folder: string): boolean {
  return readdirSync('/proc')
    .map(Number)
    .some(pid => pid > 1 && worksIn(pid, folder));
}

/** Kills every process whose working directory is this folder, and waits until they have gone. */
export async function endAllIn(folder: string): Promise<void> {
  const pids = readdirSync('/proc')
    .map(Number)
    .filter(pid => pid > 1 && worksIn(pid, folder));
  for (const pid of pids) signal(pid, 'SIGKILL');
  for (const pid of pids) await goneWithin(pid, 5_000);
}

/** Sends a signal; a process that has gone already is no fault. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Waits until the process has gone, at most `waitMs`; answers whether it has. */
export async function goneWithin(pid: number, waitMs: number): Promise<boolean> {
  for (let waited = 0; waited < waitMs; waited += 20) {
    if (!isRunning(pid)) return true;
    await sleep(20);
  }
  return !isRunning(pid);
}

/** Fast shutdown, then immediate shutdown; both keep every committed row. */
export async function endServer(pid: number): Promise<void> {
  signal(pid, 'SIGINT');
  if (await goneWithin(pid, 30_000)) return;
  signal(pid, 'SIGQUIT');
  if (await goneWithin(pid, 10_000)) return;
  signal(pid, 'SIGKILL');
  await goneWithin(pid, 5_000);
}
