import type { Logger } from '../log.ts';
import { type Connected, connectDatabase, type Durability } from './connect.ts';
import { type Launched, launchDatabase } from './launch.ts';
import { migrate, readMigrations } from './migrate.ts';
import { connectAdmin, openPool, type Reach, ROLES, roleName } from './pools.ts';
import { codeOf, refuse } from './refusals.ts';
import { prepareRoles, refuseOldServer } from './roles.ts';

export interface OpenOptions {
  /** The operator's own PostgreSQL; without it the embedded one starts. */
  readonly databaseUrl?: string | undefined;
  readonly dataDir: string;
  /** Another PostgreSQL's programs for the embedded server, e.g. `/usr/lib/postgresql/15/bin`. */
  readonly binDir?: string | undefined;
  readonly log: Logger;
  /** Folders of `NNNN-name.sql`; `migrationFolders()` lists those of the program. */
  readonly migrations: readonly string[];
}

/** A database ready for the house. */
export interface OpenedDatabase extends Connected {
  readonly durability: Durability;
  readonly serverVersion: string;
  readonly isEmbedded: boolean;
  /** The migrations applied by this opening. */
  readonly migrated: readonly string[];
  /** Ends the pools, then the embedded server. */
  close(): Promise<void>;
}

const EMBEDDED_NAME = 'thingward';

/**
 * Starts or reaches the database, makes its roles and schemas, migrates it, and reads back how durable it is.
 *
 * Safe to call again after any kill, and from several processes on one operator's database at once. Refuses
 * with a code of `DatabaseCode`.
 */
export async function openDatabase(options: OpenOptions): Promise<OpenedDatabase> {
  const launched = options.databaseUrl === undefined ? await launch(options) : undefined;
  try {
    const reach =
      launched === undefined ? reachUrl(options.databaseUrl!) : reachLaunched(launched, EMBEDDED_NAME);
    if (launched !== undefined) await makeDatabase(launched, EMBEDDED_NAME);
    const { serverVersion, migrated } = await prepareDatabase(reach, options.log, options.migrations);
    const connected = connectDatabase(reach, options.log);
    const durability = await connected.readDurability();
    const close = async () => {
      await connected.close();
      await launched?.stop();
    };
    return { ...connected, durability, serverVersion, migrated, isEmbedded: launched !== undefined, close };
  } catch (error) {
    await launched?.stop();
    throw error;
  }
}

/** Roles, schemas and migrations, on a database that exists. */
export async function prepareDatabase(
  reach: Reach,
  log: Logger,
  folders: readonly string[],
): Promise<{ serverVersion: string; migrated: string[] }> {
  const migrations = readMigrations(folders);
  const serverVersion = await prepareSchemas(reach);
  const owner = openPool(reach, { role: 'owner', max: 1 }, log);
  try {
    return { serverVersion, migrated: await migrate(owner, migrations) };
  } finally {
    await owner.end();
  }
}

/** Roles and schemas alone; answers the server's version. */
async function prepareSchemas(reach: Reach): Promise<string> {
  const admin = await connectAdmin(reach);
  try {
    const serverVersion = await refuseOldServer(admin);
    await prepareRoles(admin, reach.by === 'login');
    return serverVersion;
  } finally {
    await admin.end();
  }
}

/** The operator's database, or the embedded one made and started, with roles and schemas and nothing in them of ours. */
export async function reachEmpty(
  options: Omit<OpenOptions, 'migrations'>,
): Promise<{ readonly reach: Reach; close(): Promise<void> }> {
  const launched = options.databaseUrl === undefined ? await launch(options) : undefined;
  try {
    const reach =
      launched === undefined ? reachUrl(options.databaseUrl!) : reachLaunched(launched, EMBEDDED_NAME);
    if (launched !== undefined) await makeDatabase(launched, EMBEDDED_NAME);
    await prepareSchemas(reach);
    return { reach, close: async () => void (await launched?.stop()) };
  } catch (error) {
    await launched?.stop();
    throw error;
  }
}

export function reachLaunched(
  launched: Pick<Launched, 'host' | 'port' | 'superuser'>,
  database: string,
): Reach {
  const { host, port, superuser } = launched;
  return { by: 'login', host, port, superuser, database };
}

/** Makes a database of a launched server, from a template when one is named; one that exists already is left as it is. */
export async function makeDatabase(
  launched: Pick<Launched, 'host' | 'port' | 'superuser'>,
  name: string,
  template = 'template1',
): Promise<void> {
  const admin = await connectAdmin(reachLaunched(launched, 'postgres'));
  try {
    const found = await admin.query('select 1 from pg_database where datname = $1', [name]);
    if (found.rowCount === 0) await admin.query(`create database ${name} template ${template}`);
  } catch (error) {
    if (codeOf(error) !== '42P04') throw error;
  } finally {
    await admin.end();
  }
}

function launch(options: Omit<OpenOptions, 'migrations'>): Promise<Launched> {
  return launchDatabase({
    dataDir: options.dataDir,
    log: options.log,
    roles: ROLES.map(roleName),
    ...(options.binDir === undefined ? {} : { binDir: options.binDir }),
  });
}

function reachUrl(url: string): Reach {
  // The address holds a password: it is never repeated in a message.
  if (!/^postgres(ql)?:\/\//.test(url)) throw refuse('database-url-unusable');
  return { by: 'url', url };
}
