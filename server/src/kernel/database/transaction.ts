import type { ColumnType, Kysely, RawBuilder, Transaction } from 'kysely';

/**
 * Tables are typed by the store that owns them; a store narrows this with `tx.withTables<…>()`.
 * Int8 columns come back as JavaScript numbers (they are checked to be safe), timestamptz as integer
 * milliseconds (`-infinity`/`infinity` as ∓`Number.MAX_SAFE_INTEGER`), bytea as Buffer, jsonb parsed.
 */
// biome-ignore lint/complexity/noBannedTypes: a database without tables is what a store starts from
export type Bare = {};
export type Tx = Transaction<Bare>;
export type Pool = Kysely<Bare>;
export type Written<T> = ColumnType<T, T | undefined, T>;

/** The ways into the database that the running server has. */
export interface Database {
  /** All parties; for judging, sequencing and jobs; never serves a request. */
  corridor<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** One party per transaction, under row-level security; everything a request does. */
  door<T>(partyId: number, work: (tx: Tx) => Promise<T>): Promise<T>;
  /** As `door`, for few statements of which none waits for another's answer: all sent at once, all done or none. Answers the rows of each. */
  doorAtOnce(partyId: number, statements: readonly RawBuilder<unknown>[]): Promise<unknown[][]>;
}
