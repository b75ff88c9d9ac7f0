import type { RawBuilder } from 'kysely';
import type pg from 'pg';
import { isLoss, refuse } from './refusals.ts';
import { connectTo, isIdle, partyOf, preparedQuery } from './run-transaction.ts';
import type { Pool } from './transaction.ts';

/**
 * Runs statements of one party's transaction that are all sent before the first is answered, its beginning and its end
 * among them: one wait for the database and not one for each. Answers the rows of each.
 *
 * All are done or none: the end of a transaction in which a statement failed is its rollback, and what failed first is
 * thrown. None can depend on what another answers; a statement that must hold for the rest raises an error where it
 * does not. Each stays prepared on its connection.
 *
 * `pool` hands out pipelined connections; `compiler` only puts statements into words. A lost connection is the refusal
 * `database-unavailable` whose `outcome` is `unknown`: the commit was sent.
 */
export async function runAtOnce(
  pool: pg.Pool,
  compiler: Pool,
  partyId: number,
  statements: readonly RawBuilder<unknown>[],
): Promise<unknown[][]> {
  const queries = statements.map(statement => preparedQuery(statement, compiler));
  const client = await connectTo(pool);
  let isBroken = false;
  try {
    const [, , ...answers] = await settled(sent(client, ['begin', partyOf(partyId), ...queries, 'commit']));
    if (answers.at(-1)?.command !== 'COMMIT') throw new TypeError('a transaction did not end in its commit');
    return answers.slice(0, -1).map(({ rows }) => rows);
  } catch (cause) {
    isBroken = isLoss(cause);
    throw isBroken ? refuse('database-unavailable', { cause, detail: { outcome: 'unknown' } }) : cause;
  } finally {
    client.release(isBroken || !isIdle(client));
  }
}

/** Hands all to the connection, which sends them as one piece. */
function sent(
  client: pg.PoolClient,
  queries: readonly (string | pg.QueryConfig)[],
): Promise<pg.QueryResult>[] {
  const { stream } = (client as unknown as { connection: { stream: { cork(): void; uncork(): void } } })
    .connection;
  stream.cork();
  try {
    return queries.map(query => client.query(query));
  } finally {
    stream.uncork();
  }
}

/** What all answered, once all have; throws what was refused first. */
async function settled<T>(answers: readonly Promise<T>[]): Promise<T[]> {
  const ends = await Promise.allSettled(answers);
  const failed = ends.find(end => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return ends.flatMap(end => (end.status === 'fulfilled' ? [end.value] : []));
}
