import type { Tx } from '../../kernel/database/transaction.ts';
import { loadDossiers } from '../../spine/registry/dossier.ts';
import { cardsByReference } from '../../spine/views/registered.ts';
import { CARD } from './imports/registration.ts';
import { boundAt } from './restrictions.ts';

/** The volume that a card may use, as its contract or its own restriction states it. */
export interface AgreedCap {
  readonly bytes: number;
  readonly window: 'month' | 'day';
}

/** What is agreed at a moment for those of the party's cards that have a volume agreed at all, by reference. */
export async function agreedCaps(
  tx: Tx,
  partyId: number,
  references: readonly string[],
  atMs: number,
): Promise<ReadonlyMap<string, AgreedCap>> {
  if (references.length === 0) return new Map();
  const subjectIds = await cardsByReference(tx, partyId, CARD, references);
  const dossiers = await loadDossiers(tx, { claims: [], subjectIds });
  return new Map(
    dossiers.flatMap(({ reference, facts }): [string, AgreedCap][] => {
      const { capBytes, capWindow } = boundAt(facts, atMs);
      if (typeof capBytes !== 'number') return [];
      return [[reference, { bytes: capBytes, window: capWindow === 'day' ? 'day' : 'month' }]];
    }),
  );
}
