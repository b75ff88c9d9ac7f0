import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Seeded } from '../judging/seeded.ts';
import type { ServerProcess } from '../server-process.ts';

/**
 * What is killed with signal 9: our process (its database then shuts down in order); the database's first process;
 * one of that one's children, which serves a connection; both kinds at once; or all of that and our process, as a
 * power switch would.
 */
export type Kill = 'server' | 'postmaster' | 'backend' | 'database' | 'everything';

/** As many kills as asked for, by turns of the database and of our process. */
export function planKills(count: number, luck: Seeded): Kill[] {
  const ofDatabase = luck.shuffle<Kill>(['postmaster', 'database', 'backend']);
  const ofServer = luck.shuffle<Kill>(['everything', 'server']);
  return Array.from({ length: count }, (_, i) => {
    const kinds = i % 2 === 0 ? ofDatabase : ofServer;
    return kinds[(i >> 1) % kinds.length] as Kill;
  });
}

/**
 * Kills at once and unasked; answers how many processes were killed. Only processes of this data folder: those
 * that its `postmaster.pid` names and their children.
 */
export function kill(what: Kill, server: ServerProcess, dataDir: string): number {
  const postmaster = postmasterOf(dataDir);
  const children = postmaster === null ? [] : childrenOf(postmaster);
  const own = server.child.pid as number;
  const all = postmaster === null ? [] : [postmaster, ...children];
  const chosen = {
    server: [own],
    postmaster: postmaster === null ? [] : [postmaster],
    backend: children.filter(isBackend).slice(-1),
    database: all,
    everything: [own, ...all],
  }[what];
  return chosen.filter(pid => killOne(pid)).length;
}

/** The database's first process of a data folder and all its children, in this order. */
export function databaseProcesses(dataDir: string): number[] {
  const postmaster = postmasterOf(dataDir);
  return postmaster === null ? [] : [postmaster, ...childrenOf(postmaster)];
}

function postmasterOf(dataDir: string): number | null {
  try {
    const text = readFileSync(join(dataDir, 'postgresql/cluster/postmaster.pid'), 'utf8');
    const pid = Number(text.split('\n')[0]);
    return Number.isSafeInteger(pid) && pid > 1 ? pid : null;
  } catch {
    return null;
  }
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => parentOf(pid) === parent);
}

function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return null;
  }
}

/** A process that serves a connection, as its title says. */
function isBackend(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('thingward_');
  } catch {
    return false;
  }
}

function killOne(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}
