import {
  type DatabaseConnection,
  Kysely,
  PostgresDialect,
  type PostgresPool,
  type PostgresPoolClient,
  type RawBuilder,
} from 'kysely';
import type pg from 'pg';
import { isLoss, refuse } from './refusals.ts';
import type { Bare, Pool, Tx } from './transaction.ts';

/** The raw client beneath a Kysely connection: `COPY` needs it, nothing else may. */
const clients = new WeakMap<DatabaseConnection, pg.PoolClient>();

/** A Kysely over a whole pool, for single statements. */
export function kyselyOver(pool: pg.Pool): Pool {
  return new Kysely<Bare>({ dialect: new PostgresDialect({ pool }) });
}

/** Lends the transaction's raw client; the transaction's other statements wait meanwhile. */
export function withRawClient<T>(tx: Tx, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  return tx.getExecutor().provideConnection(connection => {
    const client = clients.get(connection);
    if (client === undefined) throw new TypeError('not a transaction of this database');
    return work(client);
  });
}

/**
 * Runs the work in one transaction: committed when this resolves, rolled back when the work throws.
 *
 * Nothing is retried. A lost connection is the refusal `database-unavailable`; its `outcome` is `unknown` when
 * the loss fell into the commit itself, else `not-committed`.
 */
export async function runTransaction<T>(
  pool: pg.Pool,
  work: (tx: Tx) => Promise<T>,
  begin = 'begin',
): Promise<T> {
  const client = await connectTo(pool);
  let isCommitting = false;
  let isBroken = false;
  try {
    return await kyselyOverOne(client, begin)
      .transaction()
      .execute(async tx => {
        const result = await work(tx);
        isCommitting = true;
        return result;
      });
  } catch (cause) {
    isBroken = isLoss(cause);
    throw isBroken ? lost(cause, isCommitting ? 'unknown' : 'not-committed') : cause;
  } finally {
    client.release(isBroken || !isIdle(client));
  }
}

/** A connection of the pool; that none can be had is `database-unavailable`. */
export async function connectTo(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (cause) {
    throw isLoss(cause) ? lost(cause, 'not-committed') : cause;
  }
}

function lost(cause: unknown, outcome: 'unknown' | 'not-committed') {
  return refuse('database-unavailable', { cause, detail: { outcome } });
}

/** The server's last answer says whether a transaction is still open. */
export function isIdle(client: pg.PoolClient): boolean {
  return client.getTransactionStatus() === 'I';
}

/** Names of statements that connections keep prepared, by their text. */
const names = new Map<string, string>();

/**
 * Executes a statement that each connection prepares once, under a name: for the few that run so often that reading and
 * planning them anew costs more than running them. The text varies with nothing but what seldom changes; PostgreSQL
 * may plan it without regard to its values.
 */
export function executePrepared<T>(tx: Tx, statement: RawBuilder<T>): Promise<{ readonly rows: T[] }> {
  const query = preparedQuery(statement, tx);
  return withRawClient(tx, client => client.query<never>(query)) as Promise<{ rows: T[] }>;
}

/** The statement under the name by which connections keep it prepared. */
export function preparedQuery(statement: RawBuilder<unknown>, compiler: Pool): pg.QueryConfig<unknown[]> {
  const { sql: text, parameters } = statement.compile(compiler);
  let name = names.get(text);
  if (name === undefined) {
    name = `tw${names.size}`;
    names.set(text, name);
  }
  return { name, text, values: parameters as unknown[] };
}

/** `begin` stands for Kysely's own: what a transaction begins with goes to the server at once. */
function kyselyOverOne(client: pg.PoolClient, begin: string): Pool {
  const known = over.get(client);
  if (known !== undefined) {
    known.begin = begin;
    return known.pool;
  }
  const query = (text: string, ...rest: never[]) =>
    client.query(text === 'begin' ? made.begin : text, ...rest);
  const lent = { query, release: () => {} } as unknown as PostgresPoolClient;
  const pool = new Kysely<Bare>({
    dialect: new PostgresDialect({
      pool: { connect: async () => lent, end: async () => {} } as unknown as PostgresPool,
      onReserveConnection: async connection => {
        clients.set(connection, client);
      },
    }),
  });
  const made = { pool, begin };
  over.set(client, made);
  return pool;
}

/** One for each connection, which serves one transaction after another. */
const over = new WeakMap<pg.PoolClient, { readonly pool: Pool; begin: string }>();

/** Names the party of a transaction that has begun; stays prepared on its connection. */
export function partyOf(partyId: number): pg.QueryConfig<string[]> {
  if (!Number.isSafeInteger(partyId)) throw new TypeError('a party is named by an integer');
  return { name: 'party', text: "select set_config('thingward.party', $1, true)", values: [String(partyId)] };
}

/** What a transaction of the party begins with. */
export function beginFor(partyId: number): string {
  if (!Number.isSafeInteger(partyId)) throw new TypeError('a party is named by an integer');
  return `begin; select set_config('thingward.party', '${partyId}', true)`;
}
