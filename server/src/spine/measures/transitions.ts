import type { MeasureState } from './measure.ts';

/**
 * The life of a measure (cards.md §6.2): decided, ordered, accepted by the provider, effective when its state
 * is confirmed, verified when traffic has ceased, closed when nothing remains to be done while it stays in
 * force: after it was verified, or once it is effective where its kind leaves traffic. What stands still counts as much as what moves: a refused lifting goes back to effective, for the
 * restriction still bites, and a closed measure can be lifted after an appeal.
 */
const NEXT: Readonly<Record<MeasureState, readonly MeasureState[]>> = {
  decided: ['ordered'],
  ordered: ['accepted', 'failed', 'overdue'],
  accepted: ['effective', 'failed', 'overdue', 'lift-ordered'],
  overdue: ['accepted', 'effective', 'failed', 'lift-ordered'],
  effective: ['verified', 'closed', 'lift-ordered'],
  verified: ['closed', 'lift-ordered'],
  closed: ['lift-ordered'],
  failed: [],
  'lift-ordered': ['lift-accepted', 'effective'],
  'lift-accepted': ['lifted', 'effective'],
  lifted: [],
};

export function mayBecome(from: MeasureState, to: MeasureState): boolean {
  return NEXT[from].includes(to);
}

/** States from which a measure can be ordered lifted. */
export function isLiftable(state: MeasureState): boolean {
  return mayBecome(state, 'lift-ordered');
}

/** States in which something is still under way; a case with such a measure can't be closed. */
export function isMoving(state: MeasureState): boolean {
  return !['verified', 'closed', 'failed', 'lifted'].includes(state);
}

/** States in which the provider has to be asked what became of it. */
export const WATCHED: readonly MeasureState[] = ['accepted', 'overdue', 'effective', 'lift-accepted'];
