import type { Database } from '../../server/src/kernel/database/transaction.ts';

/** The two ways a durable write goes wrong: nothing was written, or it was and the answer was lost. */
export type Fault = 'not-written' | 'answer-lost';

export class Broken extends Error {}

/** A database whose n-th transaction (from 1) fails in the given way; `didFail` says whether it came to that. */
export function breakTransaction(
  database: Database,
  n: number,
  fault: Fault,
): Database & { didFail(): boolean } {
  let count = 0;
  let failed = false;
  const through = async <T>(run: (fail: () => void) => Promise<T>): Promise<T> => {
    count += 1;
    const isHit = count === n;
    const fail = (): void => {
      failed = true;
      throw new Broken(fault);
    };
    const result = await run(isHit && fault === 'not-written' ? fail : () => {});
    if (isHit && fault === 'answer-lost') fail();
    return result;
  };
  return {
    didFail: () => failed,
    corridor: work =>
      through(fail =>
        database.corridor(async tx => {
          const result = await work(tx);
          fail();
          return result;
        }),
      ),
    door: (partyId, work) =>
      through(fail =>
        database.door(partyId, async tx => {
          const result = await work(tx);
          fail();
          return result;
        }),
      ),
    doorAtOnce: (partyId, statements) =>
      through(fail => {
        fail();
        return database.doorAtOnce(partyId, statements);
      }),
  };
}
