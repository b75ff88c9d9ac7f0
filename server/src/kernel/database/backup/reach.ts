import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../../log.ts';
import { isRefusal, Refusal } from '../../refusal.ts';
import { type Launched, launchDatabase } from '../launch.ts';
import { reachLaunched } from '../open.ts';
import { type Reach, ROLES, roleName } from '../pools.ts';
import type { BackupCode } from './manifest.ts';

export interface Reached {
  readonly reach: Reach;
  /** Whether a server of ours holds the database at the moment; of an operator's database nobody knows. */
  readonly isServed: boolean;
  close(): Promise<void>;
}

/**
 * The way to an installation's database as it is, without changing anything in it: the operator's own, the embedded
 * one of a server that runs, or else the embedded one started for the while. Refuses `backup-nothing-there`.
 */
export async function reachInstalled(options: {
  readonly databaseUrl: string | undefined;
  readonly dataDir: string;
  readonly binDir: string | undefined;
  readonly log: Logger;
}): Promise<Reached> {
  if (options.databaseUrl !== undefined)
    return { reach: { by: 'url', url: options.databaseUrl }, isServed: false, close: async () => {} };
  const cluster = join(options.dataDir, 'postgresql', 'cluster');
  if (!existsSync(join(cluster, 'PG_VERSION')))
    throw new Refusal<BackupCode>('backup-nothing-there', { subject: options.dataDir });
  const launched = await launch(options);
  if (launched !== null)
    return { reach: reachLaunched(launched, 'thingward'), isServed: false, close: () => launched.stop() };
  // The fifth line of postmaster.pid is the socket's folder, the fourth the port.
  const lines = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n');
  const where = { host: lines[4] ?? '', port: Number(lines[3]), superuser: 'postgres' };
  return { reach: reachLaunched(where, 'thingward'), isServed: true, close: async () => {} };
}

/** Null when another process holds the folder. */
async function launch(options: Parameters<typeof reachInstalled>[0]): Promise<Launched | null> {
  try {
    return await launchDatabase({
      dataDir: options.dataDir,
      roles: ROLES.map(roleName),
      log: options.log,
      ...(options.binDir === undefined ? {} : { binDir: options.binDir }),
    });
  } catch (cause) {
    if (isRefusal(cause) && cause.code === 'data-folder-busy') return null;
    throw cause;
  }
}
