import type { Observation } from '../observations/observation.ts';
import { compareObservations } from './counters.ts';
import { type KeyContext, type Outcome, openKey, step, tick } from './judge-key.ts';
import { type RuleWorld, readRule } from './read-rule.ts';
import type { Example, Rule } from './rule.ts';
import { type RuleFault, ruleFault } from './rule-fault.ts';
import { type RuleText, readRuleText } from './rule-text.ts';

/** What checking a rule gives: the rule, with its examples proven, or every fault found. */
export type RuleCheck =
  | { readonly outcome: 'sound'; readonly rule: Rule; readonly examples: number }
  | { readonly outcome: 'refused'; readonly faults: readonly RuleFault[] };

/**
 * Reads a rule and runs its examples. Sound means: it fires on every firing example, on no silent one, and
 * each guard alone keeps a silent example from firing.
 */
export function checkRule(source: string, fileName: string, world: RuleWorld): RuleCheck {
  const rule = readRule(source, fileName, world);
  if (!('where' in rule)) return { outcome: 'refused', faults: rule };
  const text = readRuleText(source) as RuleText;
  const faults = [
    ...rule.examples.fires.flatMap((example, i) =>
      proveFires(rule, example, `examples.fires.${i}`, text, world),
    ),
    ...rule.examples.silent.flatMap((example, i) =>
      proveSilent(rule, example, `examples.silent.${i}`, text, world),
    ),
  ];
  if (faults.length > 0) return { outcome: 'refused', faults };
  return { outcome: 'sound', rule, examples: rule.examples.fires.length + rule.examples.silent.length };
}

function proveFires(
  rule: Rule,
  example: Example,
  path: string,
  text: RuleText,
  world: RuleWorld,
): RuleFault[] {
  const run = runExample(rule, example, world);
  const at = text.placeOf(path);
  if (run.error !== null) return [ruleFault('example-error', path, at, run.error)];
  if (run.fired.length === 0) return [ruleFault('example-silent', path, at, example.name)];
  if (example.expect === null || String(example.expect) === String(run.fired)) return [];
  return [ruleFault('example-elsewhere', path, at, run.fired.join(', '))];
}

function proveSilent(
  rule: Rule,
  example: Example,
  path: string,
  text: RuleText,
  world: RuleWorld,
): RuleFault[] {
  const run = runExample(rule, example, world);
  const at = text.placeOf(path);
  if (run.error !== null) return [ruleFault('example-error', path, at, run.error)];
  const first = run.fired[0];
  if (first !== undefined) return [ruleFault('example-fires', path, at, first)];
  if (example.guard === null) return [];
  const isAlone = run.silencedBy.some(guards => guards.length === 1 && guards[0] === example.guard);
  return isAlone ? [] : [ruleFault('guard-not-alone', path, at, example.guard)];
}

interface ExampleRun {
  /** Numbers, from 1, of the observations that completed a finding. */
  readonly fired: readonly number[];
  readonly silencedBy: readonly (readonly string[])[];
  readonly error: string | null;
}

function runExample(rule: Rule, example: Example, world: RuleWorld): ExampleRun {
  const context: KeyContext = {
    key: 'example',
    subject: example.subject,
    boundAt: atMs => example.bound.findLast(({ fromMs }) => fromMs <= atMs)?.terms ?? {},
    digest: world.digest,
  };
  const state = openKey(rule);
  const outcomes: Outcome[] = [];
  const note = (outcome: Outcome | null): void => {
    if (outcome !== null) outcomes.push(outcome);
  };
  for (const record of observationsOf(rule, example)) {
    note(tick(rule, state, record.observedAtMs - 1, context));
    note(step(rule, state, record, context));
  }
  if (example.watermarkMs !== null) note(tick(rule, state, example.watermarkMs, context));
  const fired = outcomes.flatMap(outcome =>
    outcome.kind === 'fired' ? [Number(outcome.verdict.completedBy)] : [],
  );
  const error = outcomes.find(outcome => outcome.kind === 'error');
  return {
    fired: fired.sort((a, b) => a - b),
    silencedBy: outcomes.flatMap(outcome => (outcome.kind === 'silenced' ? [outcome.guards] : [])),
    error: error?.kind === 'error' ? error.at : null,
  };
}

/** The example's observations in the order of judging; the digest is the number of the observation. */
function observationsOf(rule: Rule, example: Example): Observation[] {
  return example.observations
    .map(
      ({ atMs, series, timeMark, fields }, i): Observation => ({
        digest: String(i + 1).padStart(6, '0'),
        sourceId: 1,
        partyId: 1,
        chunkId: 1,
        kind: rule.reads,
        claim: 'example',
        observedAtMs: atMs,
        timeMark,
        series,
        body: fields,
      }),
    )
    .sort(compareObservations);
}
