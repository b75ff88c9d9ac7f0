import type { Canonical } from '../../kernel/canonical-json.ts';
import type { OperatorState } from './operators/operator.ts';
import type { KeyState } from './step.ts';

/**
 * A key's state as canonical data, for snapshots: two states that judge alike from here on and were reached
 * over the same records have the same canonical JSON.
 */
export function freezeKey(state: KeyState): Canonical {
  return {
    counters: [...state.counters].map(([name, { atMs, totals, statedAtMs, isBound, isEnded }]) => [
      name,
      atMs,
      totals,
      statedAtMs,
      isBound,
      isEnded,
    ]),
    operators: state.operators as unknown as Canonical,
    metPane: state.metPane,
    last: state.last === null ? null : { ...state.last },
    silenceMs: state.silenceMs,
    judgedToMs: state.judgedToMs,
  };
}

/** The state a snapshot froze; the snapshot's own check sum has been checked before. */
export function thawKey(frozen: Canonical): KeyState {
  const { counters, operators, metPane, last, silenceMs, judgedToMs } = structured(frozen) as {
    counters: [string, number, (number | null)[], number[], boolean[], boolean][];
    operators: OperatorState[];
    metPane: number | null;
    last: KeyState['last'];
    silenceMs: number | null;
    judgedToMs: number | null;
  };
  return {
    counters: new Map(
      counters.map(([name, atMs, totals, statedAtMs, isBound, isEnded]) => [
        name,
        { atMs, totals, statedAtMs, isBound, isEnded },
      ]),
    ),
    operators,
    metPane,
    last,
    silenceMs,
    judgedToMs,
  };
}

/** A copy of its own, for the state is written in place. */
function structured(frozen: Canonical): unknown {
  return JSON.parse(JSON.stringify(frozen));
}
