import type { OperatorShape } from '../rule.ts';
import type { Window } from '../window.ts';
import { AbsenceRows } from './absence-rows.ts';
import { ChangeRows } from './change-rows.ts';
import { DistinctRows } from './distinct-rows.ts';
import type { Place, RowOperator } from './operator.ts';
import { OverlapRows } from './overlap-rows.ts';
import { paneRoom } from './pane-lists.ts';
import { CountRows, RateRows, SumRows } from './sum-rows.ts';
import { TravelRows } from './travel-rows.ts';

/** An operator whose place in the row is not known yet. */
export interface RowPlan {
  readonly wides: number;
  readonly words: number;
  /** How many lanes it writes. */
  readonly outputs: number;
  /** Whether its sums lie in the list that such operators of a rule share. */
  readonly isSparse: boolean;
  open(place: Place): RowOperator;
}

/** The row form of an operator of the reference. `isRare` when it takes in few records, by a condition. */
export function planOperator(shape: OperatorShape, isRare: boolean): RowPlan {
  if (shape.operator === 'sum' && isRare)
    return {
      wides: 0,
      words: 0,
      outputs: 2,
      isSparse: true,
      open: place => new SumRows(shape.window, place),
    };
  return { ...planOwn(shape), isSparse: false };
}

function planOwn(shape: OperatorShape): Omit<RowPlan, 'isSparse'> {
  switch (shape.operator) {
    case 'count':
      return panePlan(shape.window, false, 1, place => new CountRows(shape.window, place));
    case 'sum':
      return panePlan(shape.window, true, 2, place => new SumRows(shape.window, place));
    case 'rate':
      return panePlan(shape.window, shape.hasValue, 1, place => new RateRows(shape, place));
    case 'change':
      return {
        wides: 1 + paneRoom(shape.window, false).wides,
        words: 1 + paneRoom(shape.window, false).words,
        outputs: 3,
        open: place => new ChangeRows(shape.window, shape.lookBackMs, place),
      };
    case 'distinct':
      return {
        wides: 0,
        words: 2,
        outputs: 2,
        open: place => new DistinctRows(shape.window, shape.cap, place),
      };
    case 'absence':
      return {
        wides: 1,
        words: 0,
        outputs: 2,
        open: place => new AbsenceRows(shape.windowMs, shape.lookBackMs, place),
      };
    case 'overlap':
      return { wides: 0, words: 1, outputs: 2, open: place => new OverlapRows(shape, place) };
    case 'travel':
      return {
        wides: 1,
        words: 3,
        outputs: 2,
        open: place => new TravelRows(shape.lookBackMs, shape.hasAccuracy, place),
      };
  }
}

function panePlan(
  window: Window,
  isWide: boolean,
  outputs: number,
  open: RowPlan['open'],
): Omit<RowPlan, 'isSparse'> {
  return { ...paneRoom(window, isWide), outputs, open };
}
