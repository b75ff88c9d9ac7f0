import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { launchDatabase } from '../server/src/kernel/database/launch.ts';
import { isRunning } from '../server/src/kernel/database/launch-process.ts';
import { migrationFolders } from '../server/src/kernel/database/migrate.ts';
import { makeDatabase, prepareDatabase, reachLaunched } from '../server/src/kernel/database/open.ts';
import { ROLES, roleName } from '../server/src/kernel/database/pools.ts';
import '../server/src/kernel/database/test-database.ts';
import { silentLog } from '../server/src/kernel/log.ts';

const TEMPLATE = 'thingward_template';
const PREFIX = 'thingward-test-';

/**
 * Starts one database server for the whole run, in a folder of its own, and stops it afterwards. It must start
 * here, on the main thread: a server dies with the thread that started it. Its commits are not durable: what
 * tests of durability need, they launch themselves.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  clearAbandoned();
  const folder = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  // Scratch must be a folder that the server's account can walk through.
  chmodSync(folder, 0o755);
  const launched = await launchDatabase({
    dataDir: folder,
    roles: ROLES.map(roleName),
    settings: {
      fsync: 'off',
      full_page_writes: 'off',
      synchronous_commit: 'off',
      max_connections: '200',
      autovacuum: 'off',
    },
  });
  await makeDatabase(launched, TEMPLATE);
  await prepareDatabase(reachLaunched(launched, TEMPLATE), silentLog, migrationFolders());
  const { host, port, superuser } = launched;
  project.provide('testServer', { host, port, superuser, template: TEMPLATE });
  return async () => {
    await launched.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}

/** Removes the folders of runs that were killed. */
function clearAbandoned(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid)))
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}
