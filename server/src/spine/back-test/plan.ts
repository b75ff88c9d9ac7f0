import type { Database } from '../../kernel/database/transaction.ts';
import type { Contribution } from '../contribution.ts';
import type { Chosen } from '../findings/back-tests/back-test.ts';
import { reach, type Verdict } from '../rules/judge-key.ts';
import type { Rule } from '../rules/rule.ts';

/** What is to be judged: a rule, beside the armed version of it, over a span and some subjects. */
export interface BackTestPlan {
  readonly rule: Rule;
  /** The armed version to lay beside it; null for none. */
  readonly armed: Rule | null;
  readonly fromMs: number;
  /** Excluded. */
  readonly toMs: number;
  readonly chosen: Chosen;
}

export interface BackTestDoors {
  readonly database: Database;
  readonly contributions: readonly Contribution[];
  /** Told after each page how far it came; an answer of false ends it. */
  onProgress(done: number, total: number): Promise<boolean>;
  /** Told every hit of the new rule, in the order of subjects or keys and of time. */
  onHit?(verdict: Verdict): void;
  /** Records read at once; how many are in memory. */
  readonly pageRecords?: number;
}

/** Raised when it is to end before its end. */
export class Canceled extends Error {}

export const PAGE_RECORDS = 4_000;

/** From when on records warm the state, so that every verdict of the span is exact. */
export function sinceMs({ rule, armed, fromMs }: BackTestPlan): number {
  return fromMs - Math.max(reach(rule), armed === null ? 0 : reach(armed));
}

export function kindsOf({ rule, armed }: BackTestPlan): string[] {
  return [...new Set([rule.reads, ...(armed === null ? [] : [armed.reads])])];
}
