import type { Database } from '../../../kernel/database/transaction.ts';
import type { Clock } from '../../../kernel/time.ts';
import { stageAll } from '../../../spine/ledger/stage.ts';
import type { CardCatalogue } from './catalogues.ts';
import { shelve } from './store.ts';

/**
 * Makes the database's shelf the one that lies on disk: which lists, moves, limits and weights the gate decides by.
 * Each text that was not in use before is in the ledger with its digest.
 */
export async function shelveCatalogues(
  doors: { readonly database: Database; readonly clock: Clock },
  catalogues: readonly CardCatalogue[],
): Promise<void> {
  await doors.database.corridor(async tx => {
    const changed = await shelve(tx, catalogues);
    await stageAll(
      tx,
      changed.map(({ kind, urn, version, digest }) => ({
        act: 'catalogue-shelved',
        object: `catalogue/${kind}`,
        partyId: null,
        actor: 'operator',
        atMs: doors.clock.now(),
        detail: { urn, version, sha256: digest.toString('hex') },
      })),
    );
  });
}
