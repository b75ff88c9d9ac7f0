import type { Database, Tx } from '../../../../kernel/database/transaction.ts';
import { loadDossiers } from '../../../../spine/registry/dossier.ts';
import { allBlocks } from './store.ts';

/** Claims by which blocked cards are known, so that a session of one is noticed as it is heard of. Only an accelerator. */
export class BlockedCards {
  private claims = new Map<string, number>();
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  subjectOf(claim: string): number | undefined {
    return this.claims.get(claim);
  }

  add(subjectId: number, claims: readonly string[]): void {
    for (const claim of claims) this.claims.set(claim, subjectId);
  }

  remove(subjectId: number): void {
    for (const [claim, blocked] of this.claims) if (blocked === subjectId) this.claims.delete(claim);
  }

  async load(): Promise<void> {
    this.claims = await this.database.corridor(async tx => {
      const claims = new Map<string, number>();
      const blocks = await allBlocks(tx);
      if (blocks.length === 0) return claims;
      const subjectIds = blocks.map(block => block.subjectId);
      for (const { subjectId, aliases } of await loadDossiers(tx, { claims: [], subjectIds }))
        for (const { claim } of aliases) claims.set(claim, subjectId);
      return claims;
    });
  }
}

/** The claims that name the subject at a moment. */
export async function claimsOf(tx: Tx, subjectId: number, atMs: number): Promise<string[]> {
  const [dossier] = await loadDossiers(tx, { claims: [], subjectIds: [subjectId] });
  const aliases = dossier?.aliases ?? [];
  return aliases.filter(alias => alias.fromMs <= atMs && atMs < alias.toMs).map(alias => alias.claim);
}
