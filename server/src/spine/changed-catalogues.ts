import { sha256 } from '../kernel/bytes.ts';
import { type Canonical, canonicalJson } from '../kernel/canonical-json.ts';
import type { Tx } from '../kernel/database/transaction.ts';
import { FOREVER_MS } from '../kernel/database/values.ts';
import type { Contribution } from './contribution.ts';
import { stage } from './ledger/stage.ts';
import { AHEAD_MS } from './observations/placing.ts';
import { markAllDirty } from './registry/dirty.ts';
import { firstDifferenceMs, lockBasis, noteBasis } from './registry/terms-basis.ts';

/**
 * Compares what terms rest on besides dated facts with what they rested on when this database was last judged,
 * and marks a module's subjects to be judged again from the earliest moment at which the two differ; how many.
 * Run at start, before judging: findings that stand are then those of judging everything afresh.
 *
 * The new basis is noted, and put on record, in the same transaction as the marks.
 */
export async function markChangedCatalogues(
  tx: Tx,
  contributions: readonly Contribution[],
  atMs: number,
): Promise<number> {
  let marked = 0;
  for (const { module, kinds, boundBasis } of contributions) {
    const before = await lockBasis(tx, module);
    const sinceMs = firstDifferenceMs(before ?? [], boundBasis);
    if (before !== undefined && sinceMs === null) continue;
    await noteBasis(tx, module, boundBasis, atMs);
    await stage(tx, {
      act: 'catalogues-noted',
      object: `catalogues/${module}`,
      partyId: null,
      actor: 'start',
      atMs,
      detail: { basis: sha256(canonicalJson(boundBasis as unknown as Canonical)).toString('hex') },
    });
    // What no record can have reached yet was judged by nothing.
    if (sinceMs === null || sinceMs > atMs + AHEAD_MS) continue;
    marked += await markAllDirty(
      tx,
      kinds.map(({ kind }) => kind),
      Math.max(sinceMs, -FOREVER_MS),
      'catalogue-changed',
    );
  }
  return marked;
}
