import {
  type DatabaseConnection,
  Kysely,
  PostgresDialect,
  type PostgresPool,
  type PostgresPoolClient,
} from 'kysely';
import type pg from 'pg';
import { isLoss, refuse } from './refusals.ts';
import type { Bare, Database, Pool, Tx } from './transaction.ts';

/** The raw client beneath a Kysely connection: `COPY` needs it, nothing else may. */
const clients = new WeakMap<DatabaseConnection, pg.PoolClient>();

/** A Kysely over a whole pool, for single statements. */
export function kyselyOver(pool: pg.Pool): Pool {
  return new Kysely<Bare>({ dialect: new PostgresDialect({ pool }) });
}

/** The two ways in, over their two pools. */
export function databaseOver(pools: { corridor: pg.Pool; door: pg.Pool }): Database {
  return {
    corridor: work => runTransaction(pools.corridor, work),
    door: async (partyId, work) => runTransaction(pools.door, work, beginFor(partyId)),
  };
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

async function connectTo(pool: pg.Pool): Promise<pg.PoolClient> {
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
function isIdle(client: pg.PoolClient): boolean {
  return client.getTransactionStatus() === 'I';
}

/** `begin` stands for Kysely's own: what a transaction begins with goes to the server at once. */
function kyselyOverOne(client: pg.PoolClient, begin: string): Pool {
  const query = (text: string, ...rest: never[]) => client.query(text === 'begin' ? begin : text, ...rest);
  const lent = { query, release: () => {} } as unknown as PostgresPoolClient;
  return new Kysely<Bare>({
    dialect: new PostgresDialect({
      pool: { connect: async () => lent, end: async () => {} } as unknown as PostgresPool,
      onReserveConnection: async connection => {
        clients.set(connection, client);
      },
    }),
  });
}

function beginFor(partyId: number): string {
  if (!Number.isSafeInteger(partyId)) throw new TypeError('a party is named by an integer');
  return `begin; select set_config('thingward.party', '${partyId}', true)`;
}
