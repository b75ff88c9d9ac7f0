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

/** How long a key that was found is remembered for callers that confirm it later. */
const KNOWN_MS = 1_000;
const MOST_KNOWN = 10_000;

/**
 * Looks keys up for requests that come at once in one statement. A look-up begins after the request came, never
 * before: a key that was revoked by then opens nothing, and nothing is remembered from one look-up to the next, save
 * for a caller that says by `known` that it asks again in the transaction in which the key is to open something.
 */
export class KeyLookUps {
  private asked: Asked[] = [];
  private isAsking = false;
  private readonly found = new Map<string, { readonly row: KeyRow; readonly atMs: number }>();
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

  /** As `find`, or what was found a second ago at most: the caller confirms it before it acts on it. */
  async known(digest: Buffer, nowMs: number): Promise<KeyRow | undefined> {
    const kept = this.remembered(digest, nowMs);
    if (kept !== undefined) return kept;
    const name = digest.toString('latin1');
    const row = await this.find(digest, nowMs);
    if (this.found.size >= MOST_KNOWN) this.found.clear();
    if (row === undefined) this.found.delete(name);
    else this.found.set(name, { row, atMs: nowMs });
    return row;
  }

  remembered(digest: Buffer, nowMs: number): KeyRow | undefined {
    const kept = this.found.get(digest.toString('latin1'));
    return kept !== undefined && nowMs >= kept.atMs && nowMs - kept.atMs < KNOWN_MS ? kept.row : undefined;
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
