import type { Tx } from '../kernel/database/transaction.ts';
import { type Dossier, loadDossiers } from './registry/dossier.ts';

/** Claims kept at once; beyond it the shelf begins anew. */
const MOST_CLAIMS = 200_000;

/**
 * Dossiers of the subjects that claims name, kept between commits.
 *
 * Whatever changes a dossier, or whom a claim names, marks every subject concerned dirty. So a subject whose
 * mark is taken is read anew, with all who share a claim with it; one whose mark still waits is judged by what
 * was known, and again once the mark is taken.
 */
export class DossierShelf {
  readonly #byClaim = new Map<string, readonly Dossier[]>();
  readonly #bySubject = new Map<number, Dossier>();

  clear(): void {
    this.#byClaim.clear();
    this.#bySubject.clear();
  }

  /** The dossiers of the subjects asked for, read anew, and of those the claims name, each once, in the order of ids. */
  async take(tx: Tx, claims: readonly string[], subjectIds: readonly number[]): Promise<Dossier[]> {
    const changed = await loadDossiers(tx, { claims: [], subjectIds });
    for (const dossier of changed) this.#evict(dossier);
    const missing = claims.filter(claim => !this.#byClaim.has(claim));
    const loaded = await loadDossiers(tx, { claims: missing, subjectIds: [] });
    this.#keep(missing, loaded);
    const taken = new Map<number, Dossier>();
    for (const claim of claims)
      for (const dossier of this.#byClaim.get(claim) ?? []) taken.set(dossier.subjectId, dossier);
    for (const dossier of changed) taken.set(dossier.subjectId, dossier);
    return [...taken.values()].sort((a, b) => a.subjectId - b.subjectId);
  }

  /** The claims of what the dossier was and of what it is, and of all who bear one of them, are looked up again. */
  #evict(dossier: Dossier): void {
    const before = this.#bySubject.get(dossier.subjectId);
    for (const { claim } of [...dossier.aliases, ...(before?.aliases ?? [])]) {
      for (const known of this.#byClaim.get(claim) ?? [])
        for (const alias of known.aliases) this.#byClaim.delete(alias.claim);
      this.#byClaim.delete(claim);
    }
  }

  #keep(claims: readonly string[], dossiers: readonly Dossier[]): void {
    if (this.#byClaim.size + claims.length > MOST_CLAIMS) this.clear();
    const byClaim = new Map<string, Dossier[]>(claims.map(claim => [claim, []]));
    for (const dossier of dossiers) {
      this.#bySubject.set(dossier.subjectId, dossier);
      for (const claim of new Set(dossier.aliases.map(alias => alias.claim)))
        byClaim.get(claim)?.push(dossier);
    }
    for (const [claim, named] of byClaim) this.#byClaim.set(claim, named);
  }
}
