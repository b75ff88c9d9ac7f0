import type { Tx } from '../../kernel/database/transaction.ts';
import { type LinkField, sharedValues } from '../observations/links/store.ts';
import { type Dossier, loadDossiers } from '../registry/dossier.ts';
import { type FieldKey, keyOfDossier } from './field-keys.ts';

/** Links looked at in one statement. */
const LINKS_A_PAGE = 50_000;

/**
 * Keys of a field that some subjects of one party bear, as records since a moment tell, a page at a time: where the next
 * page begins, null after the last. A value is left out that more claims were observed with than `mostClaims`.
 */
export async function keysOfSeveral(
  tx: Tx,
  field: LinkField,
  asked: {
    readonly after: string;
    readonly sinceMs: number;
    readonly leastSubjects: number;
    readonly mostClaims: number;
  },
): Promise<{ readonly keys: readonly FieldKey[]; readonly next: string | null }> {
  const { after, sinceMs, leastSubjects: least, mostClaims: most } = asked;
  const { values, next } = await sharedValues(tx, field, {
    after,
    sinceMs,
    least,
    most,
    links: LINKS_A_PAGE,
  });
  const dossiers = await loadDossiers(tx, { claims: values.flatMap(each => each.claims), subjectIds: [] });
  const byClaim = new Map<string, Dossier[]>();
  for (const dossier of dossiers)
    for (const claim of new Set(dossier.aliases.map(alias => alias.claim)))
      byClaim.set(claim, [...(byClaim.get(claim) ?? []), dossier]);
  const keys = values.flatMap(({ value, claims }) => {
    const bearers = new Set(claims.flatMap(claim => byClaim.get(claim) ?? []));
    return [...Map.groupBy(bearers, each => each.partyId).values()].flatMap(([first, ...more]) =>
      first === undefined || more.length + 1 < least ? [] : [keyOfDossier(field, value, first)],
    );
  });
  return { keys, next };
}
