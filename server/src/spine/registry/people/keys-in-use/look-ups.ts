import type { Database } from '../../../../kernel/database/transaction.ts';
import { type KeyRow, keysInUse } from './store.ts';

/** Keys looked up in one statement. */
const MOST_DIGESTS = 500;
/** The door of a party that is nobody's: keys are found by a function that sees them all. */
const NOBODY = 0;

interface Asked {
  readonly digest: Buffer;
  readonly nowMs: number;
  resolve(found: KeyRow | undefined): void;
  reject(cause: unknown): void;
}

/**
 * Looks keys up for requests that come at once in one statement. A look-up begins after the request came, never
 * before: a key that was revoked by then opens nothing, and nothing is remembered from one look-up to the next.
 */
export class KeyLookUps {
  private asked: Asked[] = [];
  private isAsking = false;
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  find(digest: Buffer, nowMs: number): Promise<KeyRow | undefined> {
    return new Promise((resolve, reject) => {
      this.asked.push({ digest, nowMs, resolve, reject });
      if (!this.isAsking) void this.ask();
    });
  }

  private async ask(): Promise<void> {
    this.isAsking = true;
    // Requests that were read in the same turn of the loop come in together.
    await new Promise(resolve => setImmediate(resolve));
    while (this.asked.length > 0) await this.answer(this.asked.splice(0, MOST_DIGESTS));
    this.isAsking = false;
  }

  private async answer(asked: readonly Asked[]): Promise<void> {
    try {
      const digests = new Map(asked.map(({ digest }) => [digest.toString('hex'), digest]));
      const nowMs = Math.max(...asked.map(each => each.nowMs));
      const rows = await this.database.door(NOBODY, tx => keysInUse(tx, [...digests.values()], nowMs));
      const found = new Map(rows.map(row => [row.keyHash.toString('hex'), row]));
      for (const { digest, resolve } of asked) resolve(found.get(digest.toString('hex')));
    } catch (cause) {
      for (const { reject } of asked) reject(cause);
    }
  }
}

const lookUps = new WeakMap<Database, KeyLookUps>();

/** The look-ups at a database in this process. */
export function keyLookUpsOf(database: Database): KeyLookUps {
  let found = lookUps.get(database);
  if (found === undefined) {
    found = new KeyLookUps(database);
    lookUps.set(database, found);
  }
  return found;
}
