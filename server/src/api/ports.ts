import type { Tx } from '../kernel/database/transaction.ts';

/** What the routes of the ledger need; bytes are served as they were signed. */
export interface LedgerDoor {
  /** The verifier key of the log's signature, `<origin>+<hash>+<key>` (C2SP signed-note). */
  verifierKey(): string;
  /** The newest signed note, or null before the first. */
  checkpoint(): Promise<string | null>;
  /** A tile or entry bundle by its C2SP path below `/ledger/tile/`, or null. */
  tile(path: string): Promise<Buffer | null>;
  /** Entries, opened salts and inclusion proofs of everything said of an object the party may see. */
  proofs(tx: Tx, object: string): Promise<unknown>;
}

/** What /api/v1/status, /readyz and /metrics report of the house. */
export interface StatusDoor {
  /** Plain facts for people: version, database durability, judging position, ledger size. */
  describe(partyId: number): Promise<Readonly<Record<string, unknown>>>;
  /** Names of what isn't ready yet; empty when the server can serve. */
  notReady(): Promise<readonly string[]>;
}
