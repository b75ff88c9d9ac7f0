import {
  cardsOf,
  type FleetTruth,
  type Plan,
  SCRIPTS,
  type Score,
  type ScoredFinding,
  scoreOf,
  truthOf,
  USUAL_FROM_MS,
} from '@thingward/simulator';
import type { Rule } from '../../server/src/spine/rules/rule.ts';
import { disordered } from './simulated-arrivals.ts';
import { SimulatedRun } from './simulated-run.ts';
import { SimulatedTerms } from './simulated-terms.ts';
import { probeRules } from './told-apart.ts';
import { packIds, shippedRule } from './world.ts';

export interface SeedProof {
  readonly seed: number;
  readonly score: Score;
  readonly truth: FleetTruth;
  readonly records: number;
  readonly toldAgain: number;
  readonly judgedAgain: number;
  /** Rules with a right finding. */
  readonly rules: ReadonlySet<string>;
  /** Guards, as `rule guard`, without which a look-alike made for it would have been found. */
  readonly guards: ReadonlyMap<string, number>;
  /** Look-alikes of a guard that stay silent without it: they prove nothing of it. */
  readonly idle: readonly string[];
  /** What each operator's probe found. */
  readonly hits: ReadonlyMap<string, ReadonlySet<string>>;
  /** The same fleet late, told twice and in the wrong order; null where it was not tried. */
  readonly disordered: Disordered | null;
}

export interface Disordered {
  readonly standing: number;
  /** Findings that stand in one of the two runs alone. */
  readonly differ: number;
  readonly toldAgain: number;
  readonly judgedAgain: number;
}

export interface Trial {
  readonly cards: number;
  readonly days: number;
  readonly seed: number;
  /** Share of the card-days that come late, twice or in the wrong order in a second run; none by default. */
  readonly disorder?: number;
}

const rules = packIds.map(shippedRule);
const probes = probeRules();

/** Conditions of a state that keep look-alikes silent as a guard does. */
const conditions = [...new Set(SCRIPTS.filter(each => each.guard?.startsWith('state.')).map(nameOf))];
/** Every guard of every shipped rule, and every such condition, as `rule guard`. */
export const everyGuard: readonly string[] = [
  ...rules.flatMap(rule => rule.guards.map(guard => nameOf({ rule: rule.id, guard: guard.name }))),
  ...conditions,
];

function nameOf({ rule, guard }: { readonly rule: string; readonly guard: string | null }): string {
  return `${rule} ${guard}`;
}

/** The rule without a guard, or without the condition of a state. */
function without(rule: Rule, guard: string): Rule {
  const state = rule.state.map(each => (`state.${each.name}` === guard ? { ...each, when: null } : each));
  return { ...rule, state, guards: rule.guards.filter(each => each.name !== guard) };
}

export const everyRule: readonly string[] = packIds;

/** Cards of a part: groups that share a device, a cell or a buyer lie within a thousand, so that no key leaves its part. */
const PART = 20_000;

/**
 * Judges a fleet by the shipped rules, the look-alikes by the rules without a guard, and holds both against the truth.
 * A large fleet is judged part by part, so that its size costs time alone.
 */
export function proveSeed({ cards: count, days, seed, disorder = 0 }: Trial): SeedProof {
  const plan: Plan = { seed, cards: count, days, fromMs: USUAL_FROM_MS };
  const cards = cardsOf(plan);
  const truth = truthOf(plan, cards);
  const alikeByGuard = Map.groupBy(truth.lookAlikes, nameOf);
  const findings: ScoredFinding[] = [];
  const guards = new Map<string, number>();
  const idle: string[] = [];
  const sums = { records: 0, toldAgain: 0, judgedAgain: 0 };
  const again = { standing: 0, differ: 0, toldAgain: 0, judgedAgain: 0 };
  let hits: SeedProof['hits'] = new Map();
  for (let from = 0; from < count; from += PART) {
    const part = cards.slice(from, from + PART);
    const terms = new SimulatedTerms(plan, part);
    const run = new SimulatedRun(plan, part, terms, rules);
    run.run();
    findings.push(...found(run));
    for (const name of ['records', 'toldAgain', 'judgedAgain'] as const) sums[name] += run[name];
    tryWithoutGuards({ plan, part, terms, alikeByGuard, guards, idle });
    if (from === 0) hits = hitsOf(plan, part, terms);
    if (disorder > 0) addDisorder(again, plan, part, terms, run, disorder);
  }
  const score = scoreOf(truth, findings);
  const detected = new Set(score.byRule.filter(each => each.detected > 0).map(each => each.name));
  const disordered = disorder > 0 ? again : null;
  return { seed, score, truth, ...sums, rules: detected, guards, idle, hits, disordered };
}

function addDisorder(
  sums: { -readonly [name in keyof Disordered]: number },
  plan: Plan,
  part: ReturnType<typeof cardsOf>,
  terms: SimulatedTerms,
  first: SimulatedRun,
  share: number,
): void {
  const run = new SimulatedRun(plan, part, terms, rules, disordered(plan, share));
  run.run();
  const standing = new Set<string>();
  for (const { findingId } of run.findings()) standing.add(findingId);
  let common = 0;
  for (const { findingId } of first.findings())
    if (standing.has(findingId)) common += 1;
    else sums.differ += 1;
  sums.differ += standing.size - common;
  sums.standing += standing.size;
  sums.toldAgain += run.toldAgain;
  sums.judgedAgain += run.judgedAgain;
}

function found(run: SimulatedRun): ScoredFinding[] {
  return [...run.findings()].map(({ ruleId, subjectId, observedAtMs }) => ({
    ruleId,
    card: subjectId.slice('iccid:'.length),
    atMs: observedAtMs,
  }));
}

interface GuardTrial {
  readonly plan: Plan;
  readonly part: ReturnType<typeof cardsOf>;
  readonly terms: SimulatedTerms;
  readonly alikeByGuard: ReadonlyMap<string, FleetTruth['lookAlikes']>;
  /** Added to: how many look-alikes each guard alone kept silent, and those that stay silent without it. */
  readonly guards: Map<string, number>;
  readonly idle: string[];
}

/** Judges the look-alikes of each guard by its rule without it: each must be found, or the guard did nothing. */
function tryWithoutGuards({ plan, part, terms, alikeByGuard, guards, idle }: GuardTrial): void {
  const byIccid = new Map(part.map(card => [card.iccid, card]));
  for (const name of everyGuard) {
    const [id = '', guard = ''] = name.split(' ');
    const rule = rules.find(each => each.id === id) as Rule;
    const alike = (alikeByGuard.get(name) ?? []).filter(each => byIccid.has(each.cards[0] ?? ''));
    const theirs = alike.flatMap(each =>
      each.cards.map(iccid => byIccid.get(iccid) as (typeof part)[number]),
    );
    if (theirs.length === 0) continue;
    const run = new SimulatedRun(plan, theirs, terms, [without(rule, guard)]);
    run.run();
    const alarmed = new Set(found(run).map(({ card }) => card));
    for (const { kind, cards: iccids } of alike)
      if (iccids.some(iccid => alarmed.has(iccid))) guards.set(name, (guards.get(name) ?? 0) + 1);
      else idle.push(`${name}: ${kind} ${iccids[0]}`);
  }
}

/** Cards on which the operators' probes are tried. */
const PROBED = 1_000;

function hitsOf(plan: Plan, cards: ReturnType<typeof cardsOf>, terms: SimulatedTerms) {
  const run = new SimulatedRun(plan, cards.slice(0, PROBED), terms, probes);
  run.run();
  const hits = new Map<string, Set<string>>(probes.map(({ id }) => [id, new Set()]));
  for (const { ruleId, completedBy } of run.findings()) hits.get(ruleId)?.add(completedBy);
  return hits;
}

export interface Verdict {
  readonly planted: number;
  readonly detected: number;
  readonly falseAlarms: number;
  readonly lookAlikes: number;
  /** What is wrong; empty when everything was shown. */
  readonly faults: readonly string[];
}

/** What several seeds come to together. */
export function verdictOf(proofs: readonly SeedProof[]): Verdict {
  const total = (of: (proof: SeedProof) => number): number =>
    proofs.reduce((sum, proof) => sum + of(proof), 0);
  const planted = total(({ score }) => score.planted);
  const detected = total(({ score }) => score.detected);
  const falseAlarms = total(({ score }) => score.falseAlarms);
  const faults: string[] = [];
  if (detected / planted < 0.99) faults.push(`detection ${detected} of ${planted}`);
  if (falseAlarms > 0) faults.push(`${falseAlarms} false alarms`);
  for (const rule of everyRule)
    if (!proofs.some(proof => proof.rules.has(rule))) faults.push(`never exercised: rule ${rule}`);
  for (const guard of everyGuard)
    if (!proofs.some(proof => (proof.guards.get(guard) ?? 0) > 0))
      faults.push(`never exercised: guard ${guard}`);
  for (const { seed, disordered: again } of proofs)
    if (again !== null && (again.differ > 0 || again.toldAgain === 0 || again.judgedAgain === 0))
      faults.push(`seed ${seed} in disorder: ${JSON.stringify(again)}`);
  for (const { idle } of proofs) faults.push(...idle.map(each => `silent without its guard: ${each}`));
  faults.push(...neverApart(proofs));
  return { planted, detected, falseAlarms, lookAlikes: total(({ score }) => score.lookAlikes), faults };
}

function neverApart(proofs: readonly SeedProof[]): string[] {
  const faults: string[] = [];
  const ids = probes.map(({ id }) => id);
  for (const [i, a] of ids.entries()) {
    if (proofs.every(({ hits }) => (hits.get(a)?.size ?? 0) === 0)) faults.push(`${a} found nothing`);
    for (const b of ids.slice(i + 1)) {
      const isApart = proofs.some(
        ({ hits }) => !isSame(hits.get(a) as ReadonlySet<string>, hits.get(b) as ReadonlySet<string>),
      );
      if (!isApart) faults.push(`never told apart: ${a} and ${b}`);
    }
  }
  return faults;
}

function isSame(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every(each => b.has(each));
}
