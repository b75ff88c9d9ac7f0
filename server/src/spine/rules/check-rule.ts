import type { Observation } from '../observations/observation.ts';
import { compareObservations } from './counters.ts';
import { fieldKey } from './field-key.ts';
import { type About, type KeyContext, type Outcome, openKey, step, tick } from './judge-key.ts';
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
  const outcomes = rule.key === 'subject' ? runKey(rule, example, world) : runFieldKeys(rule, example, world);
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

function runKey(rule: Rule, example: Example, world: RuleWorld): Outcome[] {
  const context = contextOf(example, 'example', world);
  const state = openKey(rule);
  const outcomes: (Outcome | null)[] = [];
  for (const record of observationsOf(rule, example)) {
    outcomes.push(tick(rule, state, record.observedAtMs - 1, context));
    outcomes.push(step(rule, state, record, context));
  }
  if (example.watermarkMs !== null) outcomes.push(tick(rule, state, example.watermarkMs, context));
  return outcomes.filter(outcome => outcome !== null);
}

/** Each key of the example by itself; every record is about the subject it names, all under the example's terms. */
function runFieldKeys(rule: Rule, example: Example, world: RuleWorld): Outcome[] {
  const keys = Map.groupBy(observationsOf(rule, example), record => fieldKey(rule, record));
  return [...keys].flatMap(([key, records]) => {
    if (key === null) return [];
    const context = contextOf(example, key, world);
    const about = (record: Observation): About => ({
      subject: { ...example.subject, id: record.claim },
      boundAt: context.boundAt,
    });
    const state = openKey(rule);
    return records.map(record => step(rule, state, record, { ...context, about }));
  });
}

function contextOf(example: Example, key: string, world: RuleWorld): KeyContext {
  return {
    key,
    subject: example.subject,
    boundAt: atMs => example.bound.findLast(({ fromMs }) => fromMs <= atMs)?.terms ?? {},
    digest: world.digest,
  };
}

/** The example's observations in the order of judging; the digest is the number of the observation. */
function observationsOf(rule: Rule, example: Example): Observation[] {
  return example.observations
    .map(
      ({ subject, atMs, series, timeMark, fields }, i): Observation => ({
        digest: String(i + 1).padStart(6, '0'),
        sourceId: 1,
        partyId: 1,
        chunkId: 1,
        kind: rule.reads,
        claim: subject ?? example.subject.id,
        observedAtMs: atMs,
        timeMark,
        series,
        body: fields,
      }),
    )
    .sort(compareObservations);
}
