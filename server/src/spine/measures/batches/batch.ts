import type { Terms } from '../measure.ts';

export type BatchCode =
  | 'measure-batch-not-found'
  | 'measure-batch-empty'
  | 'measure-batch-too-large'
  | 'measure-batch-key-reused'
  | 'measure-batch-over'
  | 'measure-batch-nothing-failed'
  | 'measure-batch-not-effective'
  | 'measure-list-unreadable'
  | 'measure-list-column';

/** Members of one batch at most. */
export const MOST_MEMBERS = 10_000;
/** Longest name of a member. */
export const LONGEST_NAME = 100;

export type Deed = 'apply' | 'lift';

/** What ordering came to for one member; what then becomes of the order, the measure says. */
export type Outcome =
  | 'ordered'
  /** Somebody else's order for the same is under way: the member follows that one. */
  | 'joined'
  /** It is in that state already, which is success (C-43). */
  | 'already'
  /** Two persons decide (C-44). */
  | 'proposed'
  | 'refused'
  /** Nothing of the party goes by that name. */
  | 'unknown'
  | 'cancelled';

/** What a member has come to now, told from its outcome and from its measure. */
export const RESULTS = [
  'pending',
  'ordered',
  'sent',
  'accepted',
  'overdue',
  'waiting',
  'done',
  'verified',
  'already',
  'undone',
  'failed',
  'refused',
  'unknown',
  'cancelled',
] as const;
export type Result = (typeof RESULTS)[number];
export type Counts = Readonly<Partial<Record<Result, number>>>;

/** Results after which every order of a batch has taken effect; of an unknown or cancelled member there is no order. */
export const EFFECTIVE: readonly Result[] = ['done', 'verified', 'already', 'undone', 'unknown', 'cancelled'];

/** Results that something more is to come of. */
const MOVING: readonly Result[] = ['pending', 'ordered', 'sent', 'accepted', 'overdue', 'waiting'];
const MISSED: readonly Result[] = ['failed', 'refused', 'unknown'];
/** Results of members that a retry orders again. */
export const RETRIED: readonly Result[] = ['failed', 'refused'];

/** A batch of orders: the same deed for every member (C-43). */
export interface Batch {
  readonly batchId: number;
  readonly partyId: number;
  readonly key: string;
  /** Digest of what was asked under the key. */
  readonly asked: string;
  readonly deed: Deed;
  readonly kind: string;
  readonly terms: Terms;
  /** Null: the first provider of each member's party. */
  readonly providerId: number | null;
  readonly why: string;
  /** Where its members come from: `list`, `case/3`, `finding/…`, `measure-batch/7`. */
  readonly origin: string;
  /** Cases of this rule are taken first. */
  readonly ruleId: string | null;
  readonly memberCount: number;
  /** Names given more than once, or two names of one subject; each counts once. */
  readonly repeated: number;
  /** Digest of the names, one a line. */
  readonly members: string;
  readonly orderedBy: string;
  readonly orderedAtMs: number;
  readonly cancelledAtMs: number | null;
  readonly cancelledBy: string | null;
  readonly cancelReason: string | null;
  readonly endedAtMs: number | null;
  readonly endState: EndState | null;
}

export type EndState = 'done' | 'partly-failed' | 'failed' | 'cancelled';
export type BatchState = 'running' | EndState;

/** How a batch stands: while anything is to come it runs, or is cancelled. */
export function stateOf(batch: Pick<Batch, 'cancelledAtMs' | 'endState'>): BatchState {
  return batch.endState ?? (batch.cancelledAtMs === null ? 'running' : 'cancelled');
}

/** How a batch ends with these counts; null while something is to come. */
export function endOf(counts: Counts, isCancelled: boolean): EndState | null {
  if (sumOf(counts, MOVING) > 0) return null;
  if (isCancelled) return 'cancelled';
  const missed = sumOf(counts, MISSED);
  if (missed === 0) return 'done';
  return missed === sumOf(counts, RESULTS) ? 'failed' : 'partly-failed';
}

function sumOf(counts: Counts, results: readonly Result[]): number {
  return results.reduce((sum, result) => sum + (counts[result] ?? 0), 0);
}
