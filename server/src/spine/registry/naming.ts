import type { Tx } from '../../kernel/database/transaction.ts';
import { instantText } from '../../kernel/database/values.ts';
import { namedAt } from './naming/store.ts';

/** Whom a claim names at a moment, for a source of one party. */
export type Naming =
  | { readonly subjectId: number }
  /** Nobody of the party or below bears the claim then. */
  | { readonly unknown: true }
  /** Several bear it: it names nobody until that is mended, and is listed (C-15). */
  | { readonly ambiguous: readonly number[] };

/** Answers in the order of the questions; one statement for all of them. */
export async function resolveClaims(
  tx: Tx,
  partyId: number,
  asked: readonly { readonly claim: string; readonly atMs: number }[],
): Promise<Naming[]> {
  const namings: Naming[] = asked.map(() => ({ unknown: true }));
  if (asked.length === 0) return namings;
  const claims = asked.map(each => each.claim);
  const instants = asked.map(each => instantText(each.atMs));
  for (const { place, subjectIds } of await namedAt(tx, partyId, claims, instants)) {
    const [only] = subjectIds;
    const isOne = subjectIds.length === 1 && only !== undefined;
    namings[place - 1] = isOne ? { subjectId: only } : { ambiguous: subjectIds };
  }
  return namings;
}
