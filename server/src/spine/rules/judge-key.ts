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

/** A key under judgement, for records that come a few at a time. */
export interface KeyFold {
  readonly state: KeyState;
  /** The next record, in the order of judging. One of another kind or key is passed over. */
  take(record: Observation): void;
  /** Time is known to have come this far. */
  reach(watermarkMs: number): void;
}

/** Told every outcome with its moment: the record's, or the one at which a silence fell due. */
export type OutcomeHeard = (outcome: Outcome, atMs: number, isSilence: boolean) => void;

/**
 * Judges a key from nothing: a fold of `tick` and `step`. Records of another kind are passed over, and by a rule
 * keyed by a field those of another key and those without one.
 */
export function foldKey(rule: Rule, context: KeyContext, hear: OutcomeHeard): KeyFold {
  const state = openKey(rule);
  const reach = (untilMs: number): void => {
    const outcome = tick(rule, state, untilMs, context);
    if (outcome !== null) hear(outcome, state.silenceMs ?? untilMs, true);
  };
  const take = (record: Observation): void => {
    if (record.kind !== rule.reads) return;
    if (rule.key !== 'subject' && fieldKey(rule, record, context.partyId) !== context.key) return;
    reach(record.observedAtMs - 1);
    hear(step(rule, state, record, context), record.observedAtMs, false);
  };
  return { state, take, reach };
}

/** `foldKey` over all records of a key at hand. */
export function judgeKey(rule: Rule, input: KeyInput): KeyJudgement {
  const verdicts: Verdict[] = [];
  const tally: Tally = { judged: 0, met: 0, passedOver: 0, errors: {}, silenced: {} };
  const fold = foldKey(rule, input, (outcome, atMs) => {
    if (atMs < input.fromMs) return;
    if (outcome.kind === 'fired') verdicts.push(outcome.verdict);
    addToTally(tally, outcome);
  });
  for (const record of input.observations) fold.take(record);
  if (input.ticks.length > 0) fold.reach(Math.max(...input.ticks));
  return { verdicts, tally, state: fold.state };
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
