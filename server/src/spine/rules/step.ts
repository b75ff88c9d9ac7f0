import type { Canonical } from '../../kernel/canonical-json.ts';
import type { Observation } from '../observations/observation.ts';
import { CEL_ERROR } from './cel/index.ts';
import { type Counters, takeDeltas } from './counters.ts';
import { keyInId } from './field-key.ts';
import { type Digest, findingId } from './finding-id.ts';
import { silenceDueMs } from './operators/absence.ts';
import type { OperatorState, StateView, Value } from './operators/operator.ts';
import type { Rule, Severity, StateDeclaration, Strength, Taker, Terms } from './rule.ts';

/** A rule met by a key: what a finding is made of. */
export interface Verdict {
  readonly findingId: string;
  readonly ruleId: string;
  readonly ruleVersion: string;
  readonly key: string;
  /** Whom the finding is on: the key's subject; of a rule keyed by a field, the subject whose record completed it. */
  readonly subjectId: string;
  /** Digest of the record that completed it; for a silence, of the last record before it. */
  readonly completedBy: string;
  /** The record's time; for a silence, the moment it fell due. */
  readonly observedAtMs: number;
  readonly severity: Severity;
  readonly evidence: Evidence;
}

/** Why the rule fired: every value that its condition and guards read. */
export type Evidence = {
  readonly strength: Strength;
  readonly observation: { readonly [field: string]: Canonical };
  readonly bound: { readonly [field: string]: Canonical };
  readonly state: { readonly [field: string]: Canonical };
  /** Guards that were considered and were not true. */
  readonly guards: readonly string[];
  readonly silentSinceMs: number | null;
};

/** What became of one record, or of one tick. */
export type Outcome =
  | { readonly kind: 'fired'; readonly verdict: Verdict }
  | { readonly kind: 'silenced'; readonly guards: readonly string[] }
  | { readonly kind: 'held' | 'not-met' | 'passed-over' }
  | { readonly kind: 'error'; readonly at: string };

/** A subject and the terms in force for it. */
export interface About {
  readonly subject: { readonly id: string; readonly class: string };
  boundAt(atMs: number): Terms;
}

/** Whom a key is about and what was in force; nothing else enters judging. */
export interface KeyContext extends About {
  readonly key: string;
  readonly digest: Digest;
  /** Of a rule keyed by a field: the party whose subjects meet under the key, when the key names it. */
  readonly partyId?: number;
  /**
   * Of a rule keyed by a field: whom each record is about, for many subjects meet under one key. Without it
   * every record is about the key's own subject.
   */
  about?(record: Observation): About;
}

/** Everything a rule remembers of one key. */
export interface KeyState {
  counters: Counters;
  operators: OperatorState[];
  /** The rearm pane of the last decided record when it met the rule, null when it did not. */
  metPane: number | null;
  /** Last record; of a rule with an absence, the last one whose silence is watched. */
  last: { atMs: number; digest: string } | null;
  /** The silence last judged, by the moment it fell due. */
  silenceMs: number | null;
  /**
   * The latest moment judged: of a record, or of a silence that fell due. A record at or before it is late,
   * and its key must be judged again from the record's time. Null before a first record.
   */
  judgedToMs: number | null;
}

export function openKey(rule: Rule): KeyState {
  return {
    counters: new Map(),
    operators: rule.state.map(declaration => declaration.operator.open()),
    metPane: null,
    last: null,
    silenceMs: null,
    judgedToMs: null,
  };
}

const QUIET = {
  held: { kind: 'held' },
  notMet: { kind: 'not-met' },
  passedOver: { kind: 'passed-over' },
} as const;

/**
 * Judges the next record of the key and moves the state. Records must come in the order of judging and be
 * of the kind the rule reads. Silences that fell due before the record are to be judged first, by `tick` up
 * to the record's time less a millisecond. Never throws: what cannot be evaluated is the outcome `error`.
 */
export function step(rule: Rule, state: KeyState, record: Observation, context: KeyContext): Outcome {
  state.judgedToMs = record.observedAtMs;
  try {
    const observation = viewOf(rule, state, record);
    const about = context.about?.(record) ?? context;
    const scope = { observation, bound: about.boundAt(record.observedAtMs), subject: about.subject };
    const moved = moveOperators(rule, state, record.observedAtMs, scope);
    if (moved.isHeard) state.last = { atMs: record.observedAtMs, digest: record.digest };
    if (moved.at !== null) return { kind: 'error', at: moved.at };
    const moment = {
      atMs: record.observedAtMs,
      completedBy: record.digest,
      dueMs: null,
      silentSinceMs: null,
    };
    return decide(rule, state, { ...scope, state: moved.view }, moment, context);
  } catch (error) {
    return { kind: 'error', at: `judging: ${error instanceof Error ? error.name : 'unknown'}` };
  }
}

/**
 * Judges the silence that has fallen due by the watermark, if the rule has an absence and that silence was
 * not judged yet. A later record of the key proves a silence as well as a watermark does.
 */
export function tick(rule: Rule, state: KeyState, watermarkMs: number, context: KeyContext): Outcome | null {
  const at = rule.state.findIndex(declaration => declaration.silenceMs !== null);
  const declaration = rule.state[at];
  if (declaration === undefined || state.last === null) return null;
  const lastMs = state.operators[at];
  const dueMs = lastMs === undefined ? null : silenceDueMs(lastMs, declaration.silenceMs ?? 0);
  if (dueMs === null || dueMs > watermarkMs || state.silenceMs === dueMs) return null;
  state.silenceMs = dueMs;
  state.judgedToMs = dueMs;
  try {
    const view: StateView = {};
    for (const [i, each] of rule.state.entries()) {
      each.operator.show(state.operators[i] as OperatorState, dueMs, false, view);
    }
    const scope = { observation: {}, bound: context.boundAt(dueMs), subject: context.subject, state: view };
    const { atMs: silentSinceMs, digest: completedBy } = state.last;
    return decide(rule, state, scope, { atMs: dueMs, completedBy, dueMs, silentSinceMs }, context);
  } catch (error) {
    return { kind: 'error', at: `judging: ${error instanceof Error ? error.name : 'unknown'}` };
  }
}

type Fields = Readonly<Record<string, Value | readonly string[] | null>>;
interface Scope extends Record<string, Fields> {
  observation: Fields;
  bound: Fields;
  subject: { readonly id: string; readonly class: string };
}

/** When and by what a rule is decided. */
interface Moment {
  readonly atMs: number;
  readonly completedBy: string;
  readonly dueMs: number | null;
  readonly silentSinceMs: number | null;
}

/** The fields the rule reads, deltas in the place of running totals, null as absent. */
function viewOf(rule: Rule, state: KeyState, record: Observation): Record<string, Value> {
  const view: Record<string, Value> = {};
  for (const field of rule.observationFields) view[field] = record.body[field] ?? undefined;
  view['atMs'] = record.observedAtMs;
  view['timeMark'] = record.timeMark;
  if (!rule.usesCounters) return view;
  const deltas = takeDeltas(state.counters, record, rule.schema);
  view['counterMark'] = deltas.mark;
  for (const [i, field] of rule.schema.counters.entries()) if (field in view) view[field] = deltas.values[i];
  return view;
}

/** Every operator takes the record in, even when another failed: state follows the records, not the luck of one. */
function moveOperators(
  rule: Rule,
  state: KeyState,
  atMs: number,
  scope: Scope,
): { view: StateView; at: string | null; isHeard: boolean } {
  const view: StateView = {};
  let failedAt: string | null = null;
  let isHeard = true;
  for (let i = 0; i < rule.state.length; i += 1) {
    const declaration = rule.state[i] as StateDeclaration;
    const operatorState = state.operators[i] as OperatorState;
    const args = argumentsOf(declaration, scope);
    if (args === 'error') failedAt ??= `state.${declaration.name}`;
    const taken = typeof args !== 'string' && declaration.operator.take(operatorState, atMs, args);
    declaration.operator.show(operatorState, atMs, taken, view);
    if (declaration.silenceMs !== null) isHeard = taken;
  }
  return { view, at: failedAt, isHeard };
}

/** The values the operator takes, `none` when its condition is not true, `error` when that or a value cannot be evaluated. */
function argumentsOf(declaration: StateDeclaration, scope: Scope): readonly Value[] | 'none' | 'error' {
  if (declaration.when !== null) {
    const when = declaration.when.cel.evaluate(scope);
    if (when !== true) return when === false ? 'none' : 'error';
  }
  const args: Value[] = [];
  for (const taker of declaration.takes) {
    const value = takeValue(taker, scope);
    if (value === CEL_ERROR) return 'error';
    args.push(value as Value);
  }
  return args;
}

function takeValue(taker: Taker, scope: Scope): Value | typeof CEL_ERROR {
  if ('field' in taker) return scope.observation[taker.field] as Value;
  if ('value' in taker) return taker.value;
  for (const field of taker.needs) if (scope.observation[field] === undefined) return undefined;
  const value = taker.program.cel.evaluate(scope);
  // An int beyond the safe integers is no value judging can keep.
  return typeof value === 'bigint' ? CEL_ERROR : (value as Value | typeof CEL_ERROR);
}

/** Given, where, guards, edge: in this order, and the first that says no ends it. */
function decide(
  rule: Rule,
  state: KeyState,
  scope: Scope & { state: Fields },
  moment: Moment,
  context: KeyContext,
): Outcome {
  if (rule.given !== null) {
    const given = rule.given.cel.evaluate(scope);
    if (given !== true) return given === false ? QUIET.passedOver : { kind: 'error', at: 'given' };
  }
  const met = rule.where.cel.evaluate(scope);
  if (met !== true && met !== false) return { kind: 'error', at: 'where' };
  const guards = met ? trueGuards(rule, scope) : [];
  if (typeof guards === 'string') return { kind: 'error', at: guards };
  const isMet = met && guards.length === 0;
  const pane = rule.rearm === null ? 0 : rule.rearm.paneOf(moment.atMs);
  const isHeld = rule.rearm !== null && state.metPane === pane;
  if (rule.rearm !== null) state.metPane = isMet ? pane : null;
  if (guards.length > 0) return { kind: 'silenced', guards };
  if (!isMet) return QUIET.notMet;
  if (isHeld) return QUIET.held;
  return { kind: 'fired', verdict: verdictOf(rule, scope, moment, context) };
}

/** The guards that are true; a guard that cannot be evaluated makes the whole an error, which never fires. */
function trueGuards(rule: Rule, scope: Scope): readonly string[] | string {
  let names: string[] | null = null;
  for (const guard of rule.guards) {
    const value = guard.when.evaluate(scope);
    if (value === true) {
      names ??= [];
      names.push(guard.name);
    } else if (value !== false) return `guards.${guard.name}`;
  }
  return names ?? NO_GUARDS;
}
const NO_GUARDS: readonly string[] = [];

function verdictOf(
  rule: Rule,
  scope: Scope & { state: Fields },
  moment: Moment,
  context: KeyContext,
): Verdict {
  const { atMs, completedBy, dueMs, silentSinceMs } = moment;
  const key = keyInId(rule, context.key, scope.subject.id);
  const name = { ruleId: rule.id, ruleVersion: rule.version, key, completedBy, dueMs };
  return {
    findingId: findingId(name, context.digest),
    ruleId: rule.id,
    ruleVersion: rule.version,
    key: context.key,
    subjectId: scope.subject.id,
    completedBy,
    observedAtMs: atMs,
    severity: rule.severity,
    evidence: {
      strength: rule.evidence.strength,
      observation: pick(scope.observation, rule.shown.observation),
      bound: pick(scope.bound, rule.shown.bound),
      state: pick(scope.state, rule.shown.state),
      guards: rule.guards.map(guard => guard.name),
      silentSinceMs,
    },
  };
}

function pick(fields: Fields, names: readonly string[]): Record<string, Canonical> {
  const picked: Record<string, Canonical> = {};
  for (const name of names) {
    const value = fields[name];
    if (value !== undefined && value !== null) picked[name] = value;
  }
  return picked;
}
