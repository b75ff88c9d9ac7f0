import type { Tx } from '../../kernel/database/transaction.ts';
import { append, edgeRoot, emptyEdge } from './edge.ts';
import { entriesFrom, lastCheckpoint, latestSignedAtMs, type StoredCheckpoint } from './store.ts';

const STRETCH = 2_000;

/** The database's last checkpoint, or null before the first. */
export function ledgerHead(tx: Tx): Promise<StoredCheckpoint | null> {
  return lastCheckpoint(tx);
}

/** By how much a clock is behind the latest moment at which the ledger was signed, in milliseconds; 0 for a clock that is not. */
export async function behindSigned(tx: Tx, nowMs: number): Promise<number> {
  return Math.max(0, ((await latestSignedAtMs(tx)) ?? nowMs) - nowMs);
}

/** The size and root that all entries of the database lead to, hashed anew one by one. */
export async function ledgerOfEntries(tx: Tx): Promise<{ readonly size: number; readonly root: Buffer }> {
  const edge = emptyEdge();
  for (;;) {
    const entries = await entriesFrom(tx, edge.size, STRETCH);
    for (const entry of entries) append(edge, entry, []);
    if (entries.length < STRETCH) return { size: edge.size, root: edgeRoot(edge) };
  }
}
