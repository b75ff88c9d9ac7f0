import pg from 'pg';
import type { Logger } from '../log.ts';
import { codeOf, refuse } from './refusals.ts';
import { ourTypes } from './types.ts';

/** How a database is reached: as each role by its own name over a private socket, or as one user who then takes a role on. */
export type Reach =
  | {
      readonly by: 'login';
      readonly host: string;
      readonly port: number;
      readonly database: string;
      readonly superuser: string;
    }
  | { readonly by: 'url'; readonly url: string };

export type Role = 'owner' | 'corridor' | 'door';
export type Schema = 'thingward' | 'thingward_auth';

export const ROLES: readonly Role[] = ['owner', 'corridor', 'door'];

/** The name of a role in the database. */
export function roleName(role: Role): string {
  return `thingward_${role}`;
}

export interface PoolOptions {
  readonly role: Role;
  readonly schema?: Schema;
  readonly max: number;
  /** Values as plain `pg` reads them (timestamptz as Date, int8 as text), for a library that expects so. */
  readonly isPlain?: boolean;
  /** Statements are sent before those earlier are answered; such connections take no COPY. */
  readonly isPipelined?: boolean;
}

/**
 * A pool whose every connection speaks as the role, in the schema, in UTC: a connection on which that could
 * not be set is never handed out.
 */
export function openPool(reach: Reach, options: PoolOptions, log: Logger): pg.Pool {
  const pool = new pg.Pool({
    ...connectionOf(reach, roleName(options.role)),
    ...(options.isPlain ? {} : { types: ourTypes }),
    ...(options.isPipelined ? { pipeline: true } : {}),
    max: options.max,
    connectionTimeoutMillis: 10_000,
    onConnect: async client => {
      await client.query(sessionOf(reach, options));
    },
  });
  // Without listeners a connection that breaks, idle or at work, would end the process.
  pool.on('error', error => {
    if (!pool.ending)
      log.warn({ role: options.role, reason: error.message }, 'an idle database connection broke');
  });
  pool.on('connect', client => client.on('error', () => {}));
  return pool;
}

/** A single connection as the user who makes roles and schemas. The caller ends it. */
export async function connectAdmin(reach: Reach, database?: string): Promise<pg.Client> {
  const client = adminClient(reach, database);
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (cause) {
    throw refuse('database-unavailable', { cause, detail: { said: wordsOf(cause) } });
  }
  return client;
}

/** A host with several addresses fails with an error of errors that says nothing itself. */
function wordsOf(cause: unknown): string {
  if (cause instanceof AggregateError && cause.message === '') return cause.errors.map(wordsOf).join('; ');
  return cause instanceof Error ? cause.message || codeOf(cause) : String(cause);
}

function adminClient(reach: Reach, database: string | undefined): pg.Client {
  const config = connectionOf(reach, reach.by === 'login' ? reach.superuser : '');
  try {
    return new pg.Client({
      ...config,
      ...(database === undefined ? {} : { database }),
      types: ourTypes,
      connectionTimeoutMillis: 10_000,
    });
  } catch {
    // The address holds a password, and so may the words of its parser.
    throw refuse('database-url-unusable');
  }
}

function connectionOf(reach: Reach, user: string): pg.ClientConfig {
  if (reach.by === 'url') return { connectionString: reach.url };
  return { host: reach.host, port: reach.port, database: reach.database, user };
}

/** `pg_temp` stands last, so that no temporary table takes the place of one of ours. */
function sessionOf(reach: Reach, options: PoolOptions): string {
  const role = reach.by === 'url' ? `set role ${roleName(options.role)};` : '';
  const schema = options.schema ?? 'thingward';
  return `${role} set search_path = ${schema}, pg_temp; set timezone = 'UTC'; set datestyle = 'ISO, YMD'; set bytea_output = 'hex'`;
}
