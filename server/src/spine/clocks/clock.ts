/** The moments of a case that start and meet clocks. */
export const CASE_EVENTS = [
  'case-opened',
  're-verification-notice',
  're-verified',
  'measure-ordered',
  'measure-effective',
  'restriction-notice',
  'appeal-received',
  'appeal-answered',
  'appeal-upheld',
  'lift-ordered',
  'lifted',
  'case-closed',
  'authority-report-sent',
  'task-proposed',
  'task-done',
  'task-left',
] as const;
export type CaseEvent = (typeof CASE_EVENTS)[number];

export const LENGTH_UNITS = ['minutes', 'hours', 'days', 'working-days', 'months'] as const;
export interface Length {
  readonly n: number;
  readonly unit: (typeof LENGTH_UNITS)[number];
}

/** Both languages of the house. */
export interface Said {
  readonly en: string;
  readonly zh: string;
}

/** Working days as they were decreed; every date is `YYYY-MM-DD`. */
export interface Calendar {
  readonly id: string;
  readonly version: string;
  readonly holidays: ReadonlySet<string>;
  readonly workingWeekends: ReadonlySet<string>;
  /** Outside these dates a working day is only assumed to be Monday to Friday. */
  readonly loaded: { readonly from: string; readonly to: string };
}

/**
 * How far a figure may be relied on: `read` in the law itself, `secondary` through somebody who cites it,
 * `house` where the law says "promptly" and the figure is ours.
 */
export const STANDINGS = ['read', 'secondary', 'house', 'unverified'] as const;
export type Standing = (typeof STANDINGS)[number];

export interface ClockRule {
  readonly id: string;
  readonly title: Said;
  readonly subjectKinds: readonly string[];
  readonly starts: CaseEvent;
  /** Which task of a ladder its `task-…` events are about; null for a clock of none. */
  readonly task: string | null;
  readonly length: Length;
  readonly calendar: Calendar | null;
  readonly meets: readonly CaseEvent[];
  readonly basis: { readonly law: string; readonly clause: string; readonly says: Said };
  readonly standing: Standing;
  /** What has to follow when it is missed. */
  readonly onward: readonly Said[];
}

export interface ClockCatalogue {
  readonly urn: string;
  readonly version: string;
  readonly title: Said;
  /** IANA zone in which days are counted. */
  readonly zone: string;
  /** Dates `YYYY-MM-DD` in that zone; `to` is null while the law stands, and counts as in force. */
  readonly inForce: { readonly from: string; readonly to: string | null };
  readonly clocks: readonly ClockRule[];
}
