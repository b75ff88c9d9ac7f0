import { sql } from 'kysely';
import type { Database, Tx } from '../../server/src/kernel/database/transaction.ts';
import { Broken, type Fault } from '../measures/faulty-database.ts';

/** A database that counts the transactions that wrote something, and breaks one of them. */
export interface BrokenWrites extends Database {
  writes(): number;
  didFail(): boolean;
}

/** Breaks the n-th (from 1) transaction that writes in the given way; with n = 0 none, they are only counted. */
export function breakWrite(database: Database, n: number, fault: Fault): BrokenWrites {
  let writes = 0;
  let failed = false;
  const through = async <T>(
    run: (inner: (work: (tx: Tx) => Promise<T>) => (tx: Tx) => Promise<T>) => Promise<T>,
  ): Promise<T> => {
    let isHit = false;
    const result = await run(work => async tx => {
      const done = await work(tx);
      const { rows } = await sql<{ has: boolean }>`
        select pg_current_xact_id_if_assigned() is not null as has`.execute(tx);
      if (rows[0]!.has) writes += 1;
      isHit = rows[0]!.has && writes === n;
      if (isHit && fault === 'not-written') fail();
      return done;
    });
    if (isHit) fail();
    return result;
  };
  const fail = (): never => {
    failed = true;
    throw new Broken(fault);
  };
  return {
    corridor: work => through(inner => database.corridor(inner(work))),
    door: (partyId, work) => through(inner => database.door(partyId, inner(work))),
    doorAtOnce: async (partyId, statements) => {
      writes += 1;
      const isHit = writes === n;
      if (isHit && fault === 'not-written') fail();
      const rows = await database.doorAtOnce(partyId, statements);
      if (isHit) fail();
      return rows;
    },
    writes: () => writes,
    didFail: () => failed,
  };
}
