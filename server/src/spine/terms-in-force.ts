import type { Contribution, Terms } from './contribution.ts';
import type { Dossier } from './registry/dossier.ts';

/** The terms that bind a subject, as a function of time that changes at `edges` alone. */
export interface TermsInForce {
  /** Instants, ascending. */
  readonly edges: readonly number[];
  at(atMs: number): Terms;
}

/** The terms in force from a moment on, until the next stretch; null: since ever. */
export interface Stretch {
  readonly fromMs: number | null;
  readonly terms: Terms;
}

/** A subject's terms, by the module whose kind it is; reckoned once for each stretch that is asked for. */
export function termsOf(
  contributions: readonly Contribution[],
  dossier: Pick<Dossier, 'kind' | 'facts'>,
): TermsInForce {
  const owner = contributions.find(each => each.kinds.some(kind => kind.kind === dossier.kind));
  if (owner === undefined) return { edges: [], at: () => ({}) };
  const turns = dossier.facts.flatMap(fact => [fact.fromMs, fact.toMs]);
  const edges = [...new Set([...turns, ...owner.boundEdges])].sort((a, b) => a - b);
  const remembered = new Map<number, Terms>();
  const at = (atMs: number): Terms => {
    const stretch = edges.filter(edge => edge <= atMs).length;
    let terms = remembered.get(stretch);
    if (terms === undefined) {
      terms = owner.boundAt(dossier.facts, atMs);
      remembered.set(stretch, terms);
    }
    return terms;
  };
  return { edges, at };
}

/** The stretches that hold a moment of [sinceMs, untilMs], as plain data. */
export function stretchesIn(terms: TermsInForce, sinceMs: number, untilMs: number): Stretch[] {
  const before = terms.edges.filter(edge => edge <= sinceMs).at(-1) ?? null;
  const within = terms.edges.filter(edge => edge > sinceMs && edge <= untilMs);
  return [before, ...within].map(fromMs => ({ fromMs, terms: terms.at(fromMs ?? sinceMs) }));
}

/** The terms that stretches tell, whatever catalogues lie on this machine's shelves. */
export function termsToldBy(stretches: readonly Stretch[]): TermsInForce {
  const edges = stretches.flatMap(({ fromMs }) => (fromMs === null ? [] : [fromMs]));
  const at = (atMs: number): Terms =>
    stretches.findLast(({ fromMs }) => fromMs === null || fromMs <= atMs)?.terms ?? {};
  return { edges, at };
}
