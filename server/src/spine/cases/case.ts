import type { Canonical } from '../../kernel/canonical-json.ts';
import type { ClockCatalogue } from '../clocks/clock.ts';

export type CaseCode = 'case-not-found' | 'case-closed' | 'case-reason-missing' | 'case-owner-unknown';

export interface Case {
  readonly caseId: number;
  readonly partyId: number;
  readonly subjectId: number;
  readonly subjectKind: string;
  readonly ruleId: string;
  readonly state: 'open' | 'closed';
  readonly severity: string;
  /** User id of the person whose work it is; null until somebody is given it. */
  readonly ownerId: string | null;
  readonly openedAtMs: number;
  readonly closedAtMs: number | null;
  readonly closeReason: string | null;
}

/** What may stand on a case's time line. */
export type ActKind =
  | 'opened'
  | 'finding-joined'
  | 'finding-withdrawn'
  | 'finding-reinstated'
  | 'severity-raised'
  | 'clock-armed'
  | 'clock-met'
  | 'clock-missed'
  | 'clock-met-late'
  | 'note'
  | 'event'
  | 'assigned'
  | 'closed'
  | 'measure-suggested'
  | 'measure-not-ordered'
  | 'measure-moved'
  | 'measure-escalated'
  | 'measure-proposed'
  | 'proposal-consented'
  | 'proposal-approved'
  | 'proposal-refused'
  | 'proposal-withdrawn'
  | 'proposal-expired'
  | 'critical-while-measure'
  | 'lift-proposed'
  | 'lift-refused'
  | 'traffic-after-measure'
  | 'rung-proposed'
  | 'rung-ordered'
  | 'rung-done'
  | 'rung-failed'
  | 'ladder-at-top'
  | 'storm-after-measure';

export interface Act {
  readonly kind: ActKind;
  readonly atMs: number;
  /** As the ledger names it: `person/…`, `key/…`, `corridor`, `policy/<rule>`. */
  readonly actor: string;
  readonly detail: Canonical;
}

/** The party's case an act belongs to. */
export interface CaseRef {
  readonly caseId: number;
  readonly partyId: number;
}

/** What the station is handed by the house. */
export interface CaseDesk {
  readonly catalogues: readonly ClockCatalogue[];
}
