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

/** Judges a fleet by the shipped rules, the look-alikes by the rules without a guard, and holds both against the truth. */
export function proveSeed({ cards: count, days, seed, disorder = 0 }: Trial): SeedProof {
  const plan: Plan = { seed, cards: count, days, fromMs: USUAL_FROM_MS };
  const cards = cardsOf(plan);
  const truth = truthOf(plan, cards);
  const terms = new SimulatedTerms(plan, cards);
  const run = new SimulatedRun(plan, cards, terms, rules);
  run.run();
  const findings = found(run);
  const score = scoreOf(truth, findings);
  const { guards, idle } = withoutGuards(plan, cards, terms, truth);
  const { records, toldAgain, judgedAgain } = run;
  const detected = new Set(score.byRule.filter(each => each.detected > 0).map(each => each.name));
  return {
    seed,
    score,
    truth,
    records,
    toldAgain,
    judgedAgain,
    rules: detected,
    guards,
    idle,
    hits: hitsOf(plan, cards, terms),
    disordered: disorder > 0 ? inDisorder(plan, cards, terms, run, disorder) : null,
  };
}

function inDisorder(
  plan: Plan,
  cards: ReturnType<typeof cardsOf>,
  terms: SimulatedTerms,
  first: SimulatedRun,
  part: number,
): Disordered {
  const run = new SimulatedRun(plan, cards, terms, rules, disordered(plan, part));
  run.run();
  const standing = new Set<string>();
  for (const { findingId } of run.findings()) standing.add(findingId);
  let differ = 0;
  let common = 0;
  for (const { findingId } of first.findings())
    if (standing.has(findingId)) common += 1;
    else differ += 1;
  differ += standing.size - common;
  return { standing: standing.size, differ, toldAgain: run.toldAgain, judgedAgain: run.judgedAgain };
}

function found(run: SimulatedRun): ScoredFinding[] {
  return [...run.findings()].map(({ ruleId, subjectId, observedAtMs }) => ({
    ruleId,
    card: subjectId.slice('iccid:'.length),
    atMs: observedAtMs,
  }));
}

/** Judges the look-alikes of each guard by its rule without it: each must be found, or the guard did nothing. */
function withoutGuards(
  plan: Plan,
  cards: ReturnType<typeof cardsOf>,
  terms: SimulatedTerms,
  truth: FleetTruth,
) {
  const guards = new Map<string, number>();
  const idle: string[] = [];
  const byIccid = new Map(cards.map(card => [card.iccid, card]));
  for (const name of everyGuard) {
    const [id = '', guard = ''] = name.split(' ');
    const rule = rules.find(each => each.id === id) as Rule;
    const alike = truth.lookAlikes.filter(each => nameOf(each) === name);
    const theirs = alike.flatMap(each =>
      each.cards.map(iccid => byIccid.get(iccid) as (typeof cards)[number]),
    );
    if (theirs.length === 0) continue;
    const run = new SimulatedRun(plan, theirs, terms, [without(rule, guard)]);
    run.run();
    const alarmed = new Set(found(run).map(({ card }) => card));
    for (const { kind, cards: iccids } of alike)
      if (iccids.some(iccid => alarmed.has(iccid))) guards.set(name, (guards.get(name) ?? 0) + 1);
      else idle.push(`${name}: ${kind} ${iccids[0]}`);
  }
  return { guards, idle };
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
