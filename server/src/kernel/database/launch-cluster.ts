import { spawn } from 'node:child_process';
import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Binaries } from './launch-binaries.ts';
import { type Folders, privateFolder } from './launch-folders.ts';
import { type ServerUser, serverEnvironment, underAccount } from './launch-process.ts';
import { refuse } from './refusals.ts';

/** The initial superuser; only the opener uses it, to make the roles that are none. */
export const SUPERUSER = 'postgres';

/**
 * Makes the data directory if there is none, and refuses one of another major version.
 *
 * When this returns, the directory under its final name is complete and on disk: initdb writes under a
 * temporary name, which is renamed once it has succeeded, so a killed initdb leaves nothing that looks usable.
 */
export async function prepareCluster(
  folders: Folders,
  binaries: Binaries,
  user: ServerUser,
  options: { isFlushed: boolean; roles: readonly string[] },
): Promise<void> {
  if (!existsSync(folders.cluster)) await makeCluster(folders, binaries, user, options);
  const major = Number(readFileSync(join(folders.cluster, 'PG_VERSION'), 'latin1').trim());
  if (major !== binaries.major) {
    const detail = { dataMajor: major, programMajor: binaries.major };
    throw refuse('data-folder-other-major', { subject: folders.cluster, detail });
  }
}

async function makeCluster(
  folders: Folders,
  binaries: Binaries,
  user: ServerUser,
  options: { isFlushed: boolean; roles: readonly string[] },
): Promise<void> {
  const unfinished = `${folders.cluster}.unfinished-${process.pid}`;
  privateFolder(unfinished, user);
  await initdb(binaries, user, unfinished, options.isFlushed);
  writeAccess(unfinished, user, [SUPERUSER, ...options.roles]);
  renameSync(unfinished, folders.cluster);
  flushFolder(folders.root);
}

async function initdb(
  binaries: Binaries,
  user: ServerUser,
  folder: string,
  isFlushed: boolean,
): Promise<void> {
  const args = [
    '-D',
    folder,
    '-U',
    SUPERUSER,
    '--encoding=UTF8',
    '--locale=C',
    '--data-checksums',
    '--auth=trust',
  ];
  const command = underAccount(user, binaries.initdb, isFlushed ? args : [...args, '--no-sync'], 'KILL');
  const child = spawn(command.program, command.args, {
    ...command.account,
    cwd: folder,
    env: serverEnvironment(binaries.libraries),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw refuse('embedded-start-failed', { subject: 'initdb', detail: { said } });
}

/**
 * Who may connect: over the socket only, and only the operating system's user that we are, which the kernel
 * vouches for. So another process of the server's account, which could walk to the socket, stays out too.
 */
function writeAccess(folder: string, user: ServerUser, roles: readonly string[]): void {
  const self = userInfo().username;
  const idents = roles.map(role => `thingward "${self}" ${role}\n`);
  for (const [name, text] of [
    ['pg_hba.conf', 'local all all peer map=thingward\n'],
    ['pg_ident.conf', idents.join('')],
  ] as const) {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    if (user.isSwitched) chownSync(join(folder, name), user.uid, user.gid);
  }
}

function flushFolder(folder: string): void {
  const opened = openSync(folder, 'r');
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}
