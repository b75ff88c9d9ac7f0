import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { silentLog } from '../log.ts';
import { type Connected, connectDatabase } from './connect.ts';
import { makeDatabase, reachLaunched } from './open.ts';
import type { Reach } from './pools.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The server that the run's global set-up started, with a migrated database to copy. */
    testServer: { host: string; port: number; superuser: string; template: string };
  }
}

/** A fresh, migrated, empty database of the test run's own server. `close` ends its pools; the server goes with the run. */
export interface TestDatabase extends Connected {
  readonly reach: Reach;
}

/** A fresh database of the run's server with nothing in it, not even the schema. */
export async function emptyDatabase(): Promise<Reach> {
  const server = inject('testServer');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await makeDatabase(server, name);
  return reachLaunched(server, name);
}

export async function testDatabase(): Promise<TestDatabase> {
  const server = inject('testServer');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await makeDatabase(server, name, server.template);
  const reach = reachLaunched(server, name);
  return {
    ...connectDatabase(reach, silentLog, { owner: 2, corridor: 6, door: 6, pipelinedDoor: 2 }),
    reach,
  };
}
