import { sha256 } from '../kernel/bytes.ts';
import { type Canonical, canonicalJson } from '../kernel/canonical-json.ts';
import type { Tx } from '../kernel/database/transaction.ts';
import { FOREVER_MS } from '../kernel/database/values.ts';
import type { Clock } from '../kernel/time.ts';
import type { Contribution, DatedFact } from './contribution.ts';
import type { ArmedRule } from './findings/armed/armed-rules.ts';
import type { NewFinding } from './findings/finding.ts';
import { storedFindings, subjectsWithFindings } from './findings/store.ts';
import { watermarksOf } from './observations/feeds/store.ts';
import type { Observation } from './observations/observation.ts';
import { claimsWithRecords, history, type StoredObservation } from './observations/store.ts';
import type { Dossier } from './registry/dossier.ts';
import { judgeKey, type KeyState, reach, type Tally, type Verdict } from './rules/judge-key.ts';
import type { Rule } from './rules/rule.ts';
import { compareStanding } from './rules/standing.ts';
import { type Stretch, stretchesIn, type TermsInForce, termsOf } from './terms-in-force.ts';

/** A subject something happened to, and the earliest moment from which its verdicts may differ. */
export interface Touched {
  readonly dossier: Dossier;
  readonly fromMs: number;
  /** True when all that happened is that records came. */
  readonly isOnlyFed: boolean;
}

/**
 * The subjects of which nothing is stored, no observation and no finding: a fleet that was just registered. Asked once
 * for all of them, for asking each is what costs.
 */
export async function bareOf(tx: Tx, touched: readonly Touched[]): Promise<Set<number>> {
  if (touched.length < 2) return new Set();
  const claims = touched.flatMap(({ dossier }) => dossier.aliases.map(({ claim }) => claim));
  const withRecords = await claimsWithRecords(tx, [...new Set(claims)]);
  const silent = touched
    .map(({ dossier }) => dossier)
    .filter(({ aliases }) => !aliases.some(({ claim }) => withRecords.has(claim)))
    .map(({ subjectId }) => subjectId);
  const withFindings = await subjectsWithFindings(tx, silent);
  return new Set(silent.filter(subjectId => !withFindings.has(subjectId)));
}

/** A subject judged again: what must be written, and the state each rule came to. */
export interface JudgedAgain {
  readonly judgements: readonly SubjectJudgement[];
  readonly states: ReadonlyMap<string, KeyState>;
  /** Records each rule could not be evaluated on, by rule id. */
  readonly errors: ReadonlyMap<string, number>;
}

/** What must be written for one subject under one rule. */
export interface SubjectJudgement {
  readonly rule: Rule;
  readonly added: readonly NewFinding[];
  readonly withdrawn: readonly string[];
  readonly reinstated: readonly string[];
}

const digest = (text: string): string => sha256(text).toString('hex');

/**
 * Judges a subject again from `fromMs` on, under every armed rule, from stored observations alone, and says
 * what must change so that the standing findings are those of the stored set (design, "Judging, exactly" 2, 3).
 * Of one that `isBare` nothing is stored, and nothing is asked.
 */
export async function judgeSubject(
  tx: Tx,
  doors: { readonly contributions: readonly Contribution[]; readonly clock: Clock },
  rules: readonly ArmedRule[],
  touched: Touched,
  isBare = false,
): Promise<JudgedAgain> {
  const states = new Map<string, KeyState>();
  const errors = new Map<string, number>();
  if (rules.length === 0) return { judgements: [], states, errors };
  const { dossier, fromMs } = touched;
  const since = before(fromMs, Math.max(...rules.map(armed => reach(armed.rule))));
  const observations = isBare ? [] : await history(tx, dossier.aliases, dossier.ancestors, since);
  const terms = termsOf(doors.contributions, dossier);
  const ticks = await ticksFor(tx, rules, observations);
  const ids = rules.map(armed => armed.rule.id);
  const stored = isBare ? [] : await storedFindings(tx, ids, [dossier.subjectId], fromMs);
  const judgements: SubjectJudgement[] = [];
  for (const armed of rules) {
    const { rule } = armed;
    const { verdicts, state, tally } = judgeKey(rule, {
      ...keyOf(dossier),
      boundAt: terms.at,
      digest,
      observations,
      ticks: ticks(rule),
      fromMs,
    });
    states.set(rule.id, state);
    noteErrors(errors, rule, tally);
    const change = compareStanding(
      stored.filter(({ ruleId, ruleVersion }) => ruleId === rule.id && ruleVersion === rule.version),
      verdicts,
    );
    if (change.added.length + change.withdrawn.length + change.reinstated.length === 0) continue;
    const judgedAtMs = doors.clock.now();
    const added = change.added.map(verdict =>
      findingOn(dossier, verdict, armed, observations, terms, judgedAtMs),
    );
    judgements.push({ rule, added, withdrawn: change.withdrawn, reinstated: change.reinstated });
  }
  return { judgements, states, errors };
}

/**
 * What must be written for a subject whose records came in order and gave these verdicts. Its stored
 * observations are read only for the evidence.
 */
export async function judgementsOf(
  tx: Tx,
  doors: { readonly contributions: readonly Contribution[]; readonly clock: Clock },
  rules: readonly ArmedRule[],
  dossier: Dossier,
  verdicts: readonly Verdict[],
): Promise<SubjectJudgement[]> {
  const fired = rules.filter(({ rule }) => verdicts.some(verdict => verdict.ruleId === rule.id));
  if (fired.length === 0) return [];
  const earliestMs = Math.min(...verdicts.map(verdict => verdict.observedAtMs));
  const since = before(earliestMs, Math.max(...fired.map(({ rule }) => reach(rule))));
  const observations = await history(tx, dossier.aliases, dossier.ancestors, since);
  const terms = termsOf(doors.contributions, dossier);
  const judgedAtMs = doors.clock.now();
  return fired.map(armed => ({
    rule: armed.rule,
    added: verdicts
      .filter(verdict => verdict.ruleId === armed.rule.id)
      .map(verdict => findingOn(dossier, verdict, armed, observations, terms, judgedAtMs)),
    withdrawn: [],
    reinstated: [],
  }));
}

/**
 * The tick at which a rule judges the silence after the last record: how far the source of that record has come.
 * A source that stands still proves no silence, however far others of the subject's have come; and what another
 * brings late is a record between, which judging meets by itself.
 */
async function ticksFor(
  tx: Tx,
  rules: readonly ArmedRule[],
  observations: readonly StoredObservation[],
): Promise<(rule: Rule) => readonly number[]> {
  const lasts = new Map<string, number>();
  for (const { rule } of rules) {
    if (!rule.state.some(each => each.silenceMs !== null)) continue;
    const last = observations.findLast(each => each.kind === rule.reads);
    if (last !== undefined) lasts.set(rule.reads, last.sourceId);
  }
  if (lasts.size === 0) return () => [];
  const watermarks = await watermarksOf(tx, [...new Set(lasts.values())]);
  return rule => {
    const watermarkMs = watermarks.get(lasts.get(rule.reads) ?? -1);
    return watermarkMs === undefined ? [] : [watermarkMs];
  };
}

/** Notes on how many records a rule could not be evaluated. */
export function noteErrors(errors: Map<string, number>, rule: Rule, tally: Tally): void {
  const failed = Object.values(tally.errors).reduce((sum, count) => sum + count, 0);
  if (failed > 0) errors.set(rule.id, failed);
}

/** A moment that lies `lengthMs` earlier; before everything stays before everything. */
export function before(ms: number, lengthMs: number): number {
  return ms <= -FOREVER_MS ? -FOREVER_MS : ms - lengthMs;
}

/** How judging names a subject; the same offline. */
export function keyOf(dossier: Pick<Dossier, 'subjectId' | 'class'>): {
  key: string;
  subject: { id: string; class: string };
} {
  const key = `subject/${dossier.subjectId}`;
  return { key, subject: { id: key, class: dossier.class ?? '' } };
}

/**
 * A verdict as it is kept: its evidence names by digest the observations within the rule's reach and the
 * facts in force, so that whoever repeats the verdict knows that nothing was added or left out. A record
 * received before the rule was armed gives a historical finding, which orders nothing.
 */
export function findingOf(
  verdict: Verdict,
  armed: ArmedRule,
  dossier: Dossier,
  used: readonly StoredObservation[],
  inputs: Canonical,
  judgedAtMs: number,
): NewFinding {
  const completing = used.find(each => each.digest === verdict.completedBy);
  return {
    findingId: verdict.findingId,
    partyId: dossier.partyId,
    ruleId: verdict.ruleId,
    ruleVersion: verdict.ruleVersion,
    subjectId: dossier.subjectId,
    key: verdict.key,
    completedBy: verdict.completedBy,
    observedAtMs: verdict.observedAtMs,
    judgedAtMs,
    severity: verdict.severity,
    historical: completing !== undefined && completing.receivedAtMs < armed.armedAtMs,
    evidence: { ...verdict.evidence, inputs },
  };
}

/** A finding on a key's own subject. */
function findingOn(
  dossier: Dossier,
  verdict: Verdict,
  armed: ArmedRule,
  observations: readonly StoredObservation[],
  terms: TermsInForce,
  judgedAtMs: number,
): NewFinding {
  const used = inReach(observations, verdict, armed.rule);
  const inputs = inputsOf(used, dossier.facts, stretchesOf(terms, verdict, armed.rule));
  return findingOf(verdict, armed, dossier, used, inputs, judgedAtMs);
}

/** The observations that could bear on a verdict: those within the rule's reach before it, up to it. */
export function inReach<T extends Observation>(
  observations: readonly T[],
  verdict: { observedAtMs: number },
  rule: Rule,
): T[] {
  const since = verdict.observedAtMs - reach(rule);
  return observations.filter(
    each =>
      each.kind === rule.reads && each.observedAtMs >= since && each.observedAtMs <= verdict.observedAtMs,
  );
}

/** The terms that could bear on a verdict: those in force at a moment within the rule's reach before it. */
export function stretchesOf(terms: TermsInForce, verdict: { observedAtMs: number }, rule: Rule): Stretch[] {
  return stretchesIn(terms, verdict.observedAtMs - reach(rule), verdict.observedAtMs);
}

/**
 * SHA-256, in hex, of the canonical form of what a verdict was judged from. The terms stand beside the facts
 * they follow from, for they rest on catalogues too.
 */
export function inputsOf(
  observations: readonly Observation[],
  facts: readonly DatedFact[],
  stretches: readonly Stretch[],
): { observations: string; count: number; facts: string; terms: string } {
  return {
    observations: digest(canonicalJson(observations.map(listedRecord))),
    count: observations.length,
    facts: digest(canonicalJson(facts.map(listedFact))),
    terms: digest(canonicalJson(stretches as unknown as Canonical)),
  };
}

/** A record as the digest of inputs lists it. */
export function listedRecord(observation: Observation): { readonly [key: string]: Canonical } {
  const { digest: name, sourceId, claim, observedAtMs, timeMark, series, body } = observation;
  return { digest: name, sourceId, claim, observedAtMs, timeMark, series, body: body as Canonical };
}

/** The same for a fact. */
export function listedFact({ kind, fromMs, toMs, distance, linkKind, body }: DatedFact): Canonical {
  return { kind, fromMs, toMs, distance, linkKind, body: body as Canonical } as Canonical;
}
