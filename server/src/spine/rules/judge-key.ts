import type { Observation } from '../observations/observation.ts';
import { fieldKey } from './field-key.ts';
import type { Rule } from './rule.ts';
import { type KeyContext, type KeyState, type Outcome, openKey, step, tick, type Verdict } from './step.ts';

export {
  type About,
  type Evidence,
  type KeyContext,
  type KeyState,
  type Outcome,
  openKey,
  step,
  tick,
  type Verdict,
} from './step.ts';

/** Counted per rule: what was judged at or after the moment asked for. */
export interface Tally {
  judged: number;
  met: number;
  passedOver: number;
  errors: Record<string, number>;
  silenced: Record<string, number>;
}

export interface KeyInput extends KeyContext {
  /** In the order of judging, each once. */
  readonly observations: Iterable<Observation>;
  /** Watermarks; only the latest matters. */
  readonly ticks: readonly number[];
  /** Verdicts before this are left out: the records there only warm the state. */
  readonly fromMs: number;
}

export interface KeyJudgement {
  readonly verdicts: readonly Verdict[];
  readonly tally: Tally;
  readonly state: KeyState;
}

/**
 * Judges a key from nothing: a fold of `tick` and `step`. Records of another kind are passed over, and by a rule
 * keyed by a field those of another key and those without one.
 */
export function judgeKey(rule: Rule, input: KeyInput): KeyJudgement {
  const state = openKey(rule);
  const verdicts: Verdict[] = [];
  const tally: Tally = { judged: 0, met: 0, passedOver: 0, errors: {}, silenced: {} };
  const note = (outcome: Outcome | null, atMs: number): void => {
    if (outcome === null || atMs < input.fromMs) return;
    if (outcome.kind === 'fired') verdicts.push(outcome.verdict);
    addToTally(tally, outcome);
  };
  const noteSilence = (untilMs: number): void => {
    const outcome = tick(rule, state, untilMs, input);
    note(outcome, state.silenceMs ?? untilMs);
  };
  for (const record of input.observations) {
    if (record.kind !== rule.reads) continue;
    if (rule.key !== 'subject' && fieldKey(rule, record) !== input.key) continue;
    noteSilence(record.observedAtMs - 1);
    note(step(rule, state, record, input), record.observedAtMs);
  }
  if (input.ticks.length > 0) noteSilence(Math.max(...input.ticks));
  return { verdicts, tally, state };
}

/** Counts one outcome. */
export function addToTally(tally: Tally, outcome: Outcome): void {
  tally.judged += 1;
  if (outcome.kind === 'fired' || outcome.kind === 'held') tally.met += 1;
  else if (outcome.kind === 'passed-over') tally.passedOver += 1;
  else if (outcome.kind === 'error') tally.errors[outcome.at] = (tally.errors[outcome.at] ?? 0) + 1;
  else if (outcome.kind === 'silenced') {
    for (const name of outcome.guards) tally.silenced[name] = (tally.silenced[name] ?? 0) + 1;
  }
}

/** How far before the earliest dirty moment the corridor must load records so that verdicts from there on are exact. */
export function reach(rule: Rule): number {
  return rule.reachMs;
}

/**
 * The moment a dirty key must be judged again from by this rule: no later than what it has been judged to,
 * for a silence in between may only now be provable.
 */
export function againFromMs(state: KeyState, dirtyMs: number): number {
  return Math.min(dirtyMs, state.judgedToMs ?? dirtyMs);
}
