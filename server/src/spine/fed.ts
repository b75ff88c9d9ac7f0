import type { DeliveredObservation, StoredObservation } from './observations/store.ts';
import { type Dossier, names } from './registry/dossier.ts';

/** A subject and the records of it that have just come, in the order of judging. */
export interface Fed {
  readonly dossier: Dossier;
  readonly records: readonly StoredObservation[];
}

/** The records each subject is named by, as `history` would find them. */
export function sharedOut(records: readonly DeliveredObservation[], dossiers: readonly Dossier[]): Fed[] {
  const byClaim = new Map<string, Set<Dossier>>();
  for (const dossier of dossiers)
    for (const { claim } of dossier.aliases)
      byClaim.set(claim, (byClaim.get(claim) ?? new Set()).add(dossier));
  const shares = new Map<Dossier, StoredObservation[]>(dossiers.map(dossier => [dossier, []]));
  for (const record of records)
    for (const dossier of byClaim.get(record.claim) ?? [])
      if (names(dossier, record)) shares.get(dossier)?.push(record);
  return [...shares].map(([dossier, own]) => ({ dossier, records: own }));
}
