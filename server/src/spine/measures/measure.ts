import type { Tx } from '../../kernel/database/transaction.ts';
import type { Refusal } from '../../kernel/refusal.ts';

/** Refusals of what only two persons do (C-44). */
export type TwoPersonsCode =
  | 'measure-needs-two-persons'
  | 'proposal-not-found'
  | 'proposal-needless'
  | 'proposal-needs-person'
  | 'proposal-needs-supervisor'
  | 'proposal-decided'
  | 'proposal-expired'
  | 'proposal-from-later'
  | 'proposal-by-the-same'
  | 'proposal-not-yours'
  | 'mark-needs-another'
  | 'mark-needless';

export type MeasureCode =
  | 'measure-not-found'
  | 'measure-kind-unknown'
  | 'measure-terms-invalid'
  | 'measure-not-liftable'
  | 'measure-final'
  | 'ladder-not-stood-on'
  | 'ladder-rung-not-proposed'
  | 'ladder-task-is-shown'
  | 'measure-still-moving'
  | 'provider-missing'
  | 'provider-unknown'
  | 'provider-settings-invalid'
  | 'provider-credentials-missing'
  | 'provider-tells-nothing';

export const MEASURE_STATES = [
  'decided',
  'ordered',
  'accepted',
  'effective',
  'verified',
  'closed',
  'failed',
  'overdue',
  'lift-ordered',
  'lift-accepted',
  'lifted',
] as const;
export type MeasureState = (typeof MEASURE_STATES)[number];

/** What a measure does in detail; each kind says which of them it needs (C-41). */
export type Terms = Readonly<Record<string, string>>;

export interface Measure {
  readonly measureId: number;
  readonly partyId: number;
  readonly caseId: number;
  readonly subjectId: number;
  readonly kind: string;
  readonly providerId: number;
  readonly terms: Terms;
  readonly state: MeasureState;
  readonly dueAtMs: number;
  readonly effectiveAtMs: number | null;
  readonly decidedBy: string;
  readonly decidedAtMs: number;
}

/** A provider of connectivity that a party's orders go to. */
export interface Provider {
  readonly providerId: number;
  readonly partyId: number;
  readonly name: string;
  readonly adapter: string;
  readonly settings: ProviderSettings;
  /** Until then no policy orders from it, after a storm of attempts (C-42). */
  readonly pausedUntilMs: number | null;
}

export interface ProviderSettings {
  readonly url: string;
  /** How long an order may take until it is effective; later it is overdue and escalates. */
  readonly dueMs: number;
  /** How long no traffic may have been seen, by a feed that goes on, before ceasing counts as verified. */
  readonly quietMs: number;
  /** What its adapter wants to know besides, by the names the adapter gives. */
  readonly options?: Readonly<Record<string, string>>;
  /** Which version of the provider's interface stands in its paths; only where its adapter has several. */
  readonly version?: string;
}

/** A kind of measure as a module brings it. */
export interface MeasureKind {
  readonly kind: string;
  /** The provider's word for doing it, and for undoing it; null where nothing undoes it. */
  readonly applies: string;
  readonly lifts: string | null;
  /** Every term with the values it may take, the default first. */
  readonly terms: Readonly<Record<string, readonly string[]>>;
  /** Traffic is meant to go on under it: it tells nothing against the measure, and its ceasing nothing for it. */
  readonly leavesTraffic?: boolean;
  /**
   * Why a subject may not come back by a lifting, null when it may; asked when the lifting is ordered, before it
   * leaves and when the provider says it is done. Where it is absent every lifting is allowed.
   */
  readonly whyNotLifted?: (tx: Tx, subjectId: number) => Promise<Refusal | null>;
}
