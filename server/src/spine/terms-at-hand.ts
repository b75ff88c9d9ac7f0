import { canonicalJson } from '../kernel/canonical-json.ts';
import type { Contribution } from './contribution.ts';
import { keyOf } from './judging.ts';
import type { Dossier } from './registry/dossier.ts';
import type { Stretch } from './rules/arrays/bound-lanes.ts';
import type { Terms } from './rules/rule.ts';
import { type TermsInForce, termsOf } from './terms-in-force.ts';

/** Sets of terms remembered by what they say. */
const MOST_TERMS = 100_000;

/** What judging in arrays asks of the subjects of the batch in hand, by the name `keyOf` gives them. */
export class TermsAtHand {
  #dossiers = new Map<string, Dossier>();
  #terms = new Map<string, TermsInForce>();
  readonly #sets = new Map<string, Terms>();
  readonly #contributions: readonly Contribution[];

  constructor(contributions: readonly Contribution[]) {
    this.#contributions = contributions;
  }

  open(dossiers: readonly Dossier[]): void {
    this.#dossiers = new Map(dossiers.map(dossier => [keyOf(dossier).key, dossier]));
    this.#terms = new Map();
  }

  classOf(subject: string): string {
    return this.#dossiers.get(subject)?.class ?? '';
  }

  partyOf(subject: string): number {
    return this.#dossierOf(subject).partyId;
  }

  stretchAt(subject: string, atMs: number): Stretch {
    const terms = this.#termsOf(subject);
    const untilMs = terms.edges.find(edge => edge > atMs) ?? Number.POSITIVE_INFINITY;
    return { terms: this.#sameTerms(terms.at(atMs)), untilMs };
  }

  #termsOf(subject: string): TermsInForce {
    let terms = this.#terms.get(subject);
    if (terms === undefined) {
      terms = termsOf(this.#contributions, this.#dossierOf(subject));
      this.#terms.set(subject, terms);
    }
    return terms;
  }

  #dossierOf(subject: string): Dossier {
    const dossier = this.#dossiers.get(subject);
    if (dossier === undefined) throw new RangeError('a subject is judged that was not handed in');
    return dossier;
  }

  /** One object for all terms that say the same. */
  #sameTerms(terms: Terms): Terms {
    const text = canonicalJson(terms as never);
    const known = this.#sets.get(text);
    if (known !== undefined) return known;
    if (this.#sets.size >= MOST_TERMS) this.#sets.clear();
    this.#sets.set(text, terms);
    return terms;
  }
}
