import type { Canonical } from '../../kernel/canonical-json.ts';

/** A verdict that matters, as judging hands it over. Identifiers and digests are lower-case hex. */
export interface NewFinding {
  readonly findingId: string;
  readonly partyId: number;
  readonly ruleId: string;
  readonly ruleVersion: string;
  readonly subjectId: number;
  readonly key: string;
  readonly completedBy: string;
  readonly observedAtMs: number;
  readonly judgedAtMs: number;
  readonly severity: string;
  /** True for what warming a newly armed rule finds: it is shown and orders nothing. */
  readonly historical: boolean;
  readonly evidence: Canonical;
}

export type Standing = 'found' | 'withdrawn' | 'reinstated';

/** A stored finding whose standing has just changed. */
export interface StandingMove {
  readonly findingId: string;
  readonly partyId: number;
  readonly ruleId: string;
  readonly subjectId: number;
  readonly historical: boolean;
}
