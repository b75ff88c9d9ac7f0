import type { Tx } from '../../kernel/database/transaction.ts';
import type { Contribution } from '../contribution.ts';
import type { DossierShelf } from '../dossier-shelf.ts';
import { claimsUnder, recordsUnder } from '../observations/links/store.ts';
import type { Observation } from '../observations/observation.ts';
import type { DeliveredObservation } from '../observations/store.ts';
import { type Dossier, loadDossiers, names } from '../registry/dossier.ts';
import type { About } from '../rules/judge-key.ts';
import { type TermsInForce, termsOf } from '../terms-in-force.ts';
import type { FieldKey } from './field-keys.ts';

/** A subject under a key, with the terms that bind it. */
export interface Bearer {
  readonly dossier: Dossier;
  readonly terms: TermsInForce;
  readonly about: About;
}

/** The records under a key, in the order of judging, each with the subject it is about. */
export interface KeyRecords {
  readonly records: readonly DeliveredObservation[];
  readonly bearers: readonly Bearer[];
  /** The claims that were looked under. */
  readonly claims: ReadonlySet<string>;
  bearerOf(record: Observation): Bearer;
}

/**
 * A value that more subjects bear, or more records tell within a rule's reach, says nothing of a device: it is a
 * default that the maker left, or the same in every one. Such a key is crowded, and nothing is found under it.
 */
export const MOST_BEARERS = 256;
const MOST_CLAIMS = 1_024;
const MOST_RECORDS = 100_000;

export interface KeyDoors {
  readonly contributions: readonly Contribution[];
  /** Where judging keeps dossiers between commits; without it they are read anew. */
  readonly memory?: { readonly shelf: DossierShelf };
}

/** What lies under the key at or after `sinceMs` that a subject of its party can answer for (C-13, C-15). */
export async function recordsOfKey(
  tx: Tx,
  { contributions, memory }: KeyDoors,
  key: FieldKey,
  sinceMs: number,
): Promise<KeyRecords | 'crowded'> {
  const claims = await claimsUnder(tx, { ...key, parties: key.ancestors }, sinceMs, MOST_CLAIMS + 1);
  if (claims.length > MOST_CLAIMS) return 'crowded';
  const named = await (memory?.shelf.take(tx, claims, []) ?? loadDossiers(tx, { claims, subjectIds: [] }));
  const dossiers = named.filter(dossier => dossier.partyId === key.partyId);
  const windows = dossiers.flatMap(({ aliases, ancestors }) =>
    aliases.flatMap(alias =>
      claims.includes(alias.claim)
        ? [{ ...alias, parties: alias.parties.filter(party => ancestors.includes(party)) }]
        : [],
    ),
  );
  const found = await recordsUnder(tx, windows, key, sinceMs, MOST_RECORDS + 1);
  if (found.length > MOST_RECORDS) return 'crowded';
  const bearerOf = namedBy(dossiers.map(dossier => bearer(contributions, dossier)));
  const bearers = new Map<Observation, Bearer>();
  for (const record of found) {
    const one = bearerOf(record);
    if (one !== null) bearers.set(record, one);
  }
  const distinct = new Set(bearers.values());
  if (distinct.size > MOST_BEARERS) return 'crowded';
  return {
    records: found.filter(record => bearers.has(record)),
    bearers: [...distinct].sort((a, b) => a.dossier.subjectId - b.dossier.subjectId),
    claims: new Set(windows.map(window => window.claim)),
    bearerOf: record => bearers.get(record) as Bearer,
  };
}

export function bearer(contributions: readonly Contribution[], dossier: Dossier): Bearer {
  const terms = termsOf(contributions, dossier);
  const subject = { id: `subject/${dossier.subjectId}`, class: dossier.class ?? '' };
  return { dossier, terms, about: { subject, boundAt: terms.at } };
}

/** Tells whom a record is about; null when nobody, or several. */
export function namedBy<
  One extends {
    readonly dossier: Pick<Dossier, 'aliases' | 'ancestors'>;
  },
>(bearers: readonly One[]): (record: Observation) => One | null {
  const byClaim = new Map<string, One[]>();
  for (const each of bearers) {
    for (const claim of new Set(each.dossier.aliases.map(alias => alias.claim))) {
      const known = byClaim.get(claim);
      if (known === undefined) byClaim.set(claim, [each]);
      else known.push(each);
    }
  }
  return record => {
    const named = (byClaim.get(record.claim) ?? []).filter(({ dossier }) => names(dossier, record));
    return named.length === 1 ? (named[0] ?? null) : null;
  };
}
