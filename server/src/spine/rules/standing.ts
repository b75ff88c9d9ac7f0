import type { Verdict } from './judge-key.ts';

/** A stored finding of one rule version and key, from the moment that was judged again. */
export interface StoredFinding {
  readonly findingId: string;
  /** What its last row says. */
  readonly standing: 'found' | 'withdrawn' | 'reinstated';
}

/** What must be written so that the standing findings are the computed ones. */
export interface StandingChange {
  /** Findings never stored before. */
  readonly added: readonly Verdict[];
  /** Stored, standing, and no longer true. */
  readonly withdrawn: readonly string[];
  /** Stored, withdrawn, and true again. */
  readonly reinstated: readonly string[];
}

/**
 * Compares every stored finding of a rule version and key with `observedAt` at or after the moment judged
 * from with every verdict at or after it. Applying the change and comparing again gives an empty change.
 */
export function compareStanding(
  stored: readonly StoredFinding[],
  computed: readonly Verdict[],
): StandingChange {
  const known = new Map(stored.map(finding => [finding.findingId, finding.standing]));
  const added: Verdict[] = [];
  const reinstated: string[] = [];
  const isTrue = new Set<string>();
  for (const verdict of computed) {
    if (isTrue.has(verdict.findingId)) continue;
    isTrue.add(verdict.findingId);
    const standing = known.get(verdict.findingId);
    if (standing === undefined) added.push(verdict);
    else if (standing === 'withdrawn') reinstated.push(verdict.findingId);
  }
  const withdrawn = stored
    .filter(finding => finding.standing !== 'withdrawn' && !isTrue.has(finding.findingId))
    .map(finding => finding.findingId);
  return { added, withdrawn, reinstated };
}
