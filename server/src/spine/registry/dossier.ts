import type { Tx } from '../../kernel/database/transaction.ts';
import type { DatedFact } from './dated-fact.ts';
import { aliasesOf, factsOf, subjectsByClaim, subjectsById } from './dossiers/store.ts';

export { claimsEver } from './dossiers/store.ts';

/** A claim as it names a subject. */
export interface Alias {
  readonly claim: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** The parties to whose sources the claim names this subject and no other. */
  readonly parties: readonly number[];
}

/** Everything judging knows of a subject besides what was observed: all of it dated, all of it recorded. */
export interface Dossier {
  readonly subjectId: number;
  readonly partyId: number;
  readonly kind: string;
  readonly reference: string;
  readonly class: string | null;
  /** The party and those above it: whose sources may speak of this subject. */
  readonly ancestors: readonly number[];
  /** Claims that name it, each between two moments and for the sources of some parties (C-15). */
  readonly aliases: readonly Alias[];
  readonly facts: readonly DatedFact[];
}

/** Whether a record that the party's source delivered is about the subject. */
export function names(
  { aliases, ancestors }: Pick<Dossier, 'aliases' | 'ancestors'>,
  record: { readonly claim: string; readonly partyId: number; readonly observedAtMs: number },
): boolean {
  const { claim, partyId, observedAtMs } = record;
  return (
    ancestors.includes(partyId) &&
    aliases.some(
      alias =>
        alias.claim === claim &&
        alias.fromMs <= observedAtMs &&
        observedAtMs < alias.toMs &&
        alias.parties.includes(partyId),
    )
  );
}

/** The dossiers of the subjects asked for and of those the claims name at any time; set-based, in the order of ids. */
export async function loadDossiers(
  tx: Tx,
  asked: { readonly claims: readonly string[]; readonly subjectIds: readonly number[] },
): Promise<Dossier[]> {
  const named = asked.claims.length === 0 ? [] : await subjectsByClaim(tx, asked.claims);
  const ids = [...new Set([...asked.subjectIds, ...named])].sort((a, b) => a - b);
  if (ids.length === 0) return [];
  const subjects = await subjectsById(tx, ids);
  const aliases = groupBy(await aliasesOf(tx, ids), alias => alias.subjectId);
  const facts = groupBy(await factsOf(tx, ids), fact => fact.subjectId);
  return subjects.map(subject => ({
    ...subject,
    aliases: (aliases.get(subject.subjectId) ?? []).map(({ claim, fromMs, toMs, parties }) => ({
      claim,
      fromMs,
      toMs,
      parties,
    })),
    facts: (facts.get(subject.subjectId) ?? []).map(({ kind, fromMs, toMs, body, distance, linkKind }) => ({
      kind,
      fromMs,
      toMs,
      body,
      distance,
      linkKind,
    })),
  }));
}

function groupBy<T>(rows: readonly T[], keyOf: (row: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group === undefined) groups.set(keyOf(row), [row]);
    else group.push(row);
  }
  return groups;
}
