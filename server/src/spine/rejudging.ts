import { type Canonical, canonicalJson } from '../kernel/canonical-json.ts';
import { opens } from '../kernel/seal/commitment.ts';
import { type Contribution, worldOf } from './contribution.ts';
import { inputsOf, inReach, keyOf, stretchesOf } from './judging.ts';
import { isAbout, repeatKey, type ToldSubject } from './keys/repeat-key.ts';
import type { Observation } from './observations/observation.ts';
import { compareObservations } from './rules/counters.ts';
import type { Digest } from './rules/finding-id.ts';
import { judgeKey, type Verdict } from './rules/judge-key.ts';
import { readRule } from './rules/read-rule.ts';
import type { Rule } from './rules/rule.ts';
import type { RuleFault } from './rules/rule-fault.ts';
import { termsToldBy } from './terms-in-force.ts';

/** What a folder of evidence holds, as far as repeating the verdicts needs it. */
export interface EvidenceFolder {
  readonly rules: readonly string[];
  readonly findings: readonly {
    readonly findingId: string;
    readonly ruleId: string;
    readonly ruleVersion: string;
    readonly partyId: number;
    readonly key: string;
    readonly observedAtMs: number;
    readonly standing: string;
    readonly evidence: Canonical;
  }[];
  readonly observations: readonly Observation[];
  /** The terms are those in force over the time of the observations. */
  readonly restrictions: ToldSubject & {
    readonly kind: string;
    /** The other subjects that lie under a finding's key, of a rule keyed by a field. */
    readonly others: readonly ToldSubject[];
  };
  readonly salts: Readonly<Record<string, readonly { readonly name: string; readonly salt: string }[]>>;
  /** Ledger entries as text. */
  readonly entries: readonly string[];
}

/** What repeating one finding came to. */
export interface Repeated {
  readonly findingId: string;
  readonly ruleId: string;
  readonly ruleVersion: string;
  readonly standing: string;
  /** The verdict comes out again from the folder alone, under the same name. */
  readonly isRepeated: boolean;
  /** The observations, facts and terms in the folder are those it was judged from, by digest. */
  readonly hasSameInputs: boolean;
  /** The ledger's entry commits to this very evidence; null when the folder lacks entry or salt. */
  readonly isSealed: boolean | null;
  readonly fault: 'rule-missing' | RuleFault | null;
}

/**
 * Repeats the verdicts of a folder of evidence from nothing but its content. Good means: every finding that
 * stands comes out again, none that was withdrawn does, and no commitment is contradicted.
 */
export function rejudge(
  folder: EvidenceFolder,
  contributions: readonly Contribution[],
): { isGood: boolean; findings: Repeated[] } {
  const world = worldOf(contributions);
  const rules = new Map<string, Rule>();
  for (const text of folder.rules) {
    const rule = readRule(text, nameIn(text), world);
    if ('where' in rule) rules.set(rule.version, rule);
  }
  const observations = [...folder.observations].sort(compareObservations);
  const { others, ...subject } = folder.restrictions;
  const subjects = [subject, ...others];
  // Records of other subjects are there for the keys they share.
  const own = others.length === 0 ? observations : observations.filter(each => isAbout(subject, each));
  const repeat = (rule: Rule, finding: EvidenceFolder['findings'][number]) =>
    rule.key === 'subject'
      ? repeatSubject(rule, finding, { observations: own, subject }, world.digest)
      : repeatKey(rule, finding, { observations, subjects }, world.digest);
  const findings = folder.findings.map(finding => {
    const rule = rules.get(finding.ruleVersion);
    if (rule === undefined) return failed(finding, 'rule-missing');
    const { verdicts, inputs } = repeat(rule, finding);
    return {
      findingId: finding.findingId,
      ruleId: finding.ruleId,
      ruleVersion: finding.ruleVersion,
      standing: finding.standing,
      isRepeated: verdicts.some(verdict => verdict.findingId === finding.findingId),
      hasSameInputs: canonicalJson(inputs) === canonicalJson(inputsIn(finding.evidence)),
      isSealed: sealOf(folder, finding),
      fault: null,
    };
  });
  return { isGood: findings.length > 0 && findings.every(isGood), findings };
}

function repeatSubject(
  rule: Rule,
  finding: { readonly observedAtMs: number },
  told: { readonly observations: readonly Observation[]; readonly subject: ToldSubject },
  digest: Digest,
): { readonly verdicts: readonly Verdict[]; readonly inputs: Canonical } {
  const terms = termsToldBy(told.subject.terms);
  const used = inReach(told.observations, finding, rule);
  const { verdicts } = judgeKey(rule, {
    ...keyOf(told.subject),
    boundAt: terms.at,
    digest,
    observations: used,
    ticks: [finding.observedAtMs],
    fromMs: finding.observedAtMs,
  });
  return { verdicts, inputs: inputsOf(used, told.subject.facts, stretchesOf(terms, finding, rule)) };
}

function isGood(finding: Repeated): boolean {
  return (
    finding.isRepeated === (finding.standing !== 'withdrawn') &&
    finding.isSealed !== false &&
    finding.fault === null
  );
}

/** A rule's id stands in its text; a text without one names no finding. */
function nameIn(text: string): string {
  return /^id:\s*["']?([a-z0-9-]+)/m.exec(text)?.[1] ?? '';
}

function failed(finding: EvidenceFolder['findings'][number], fault: 'rule-missing'): Repeated {
  const { findingId, ruleId, ruleVersion, standing } = finding;
  return {
    findingId,
    ruleId,
    ruleVersion,
    standing,
    isRepeated: false,
    hasSameInputs: false,
    isSealed: null,
    fault,
  };
}

function inputsIn(evidence: Canonical): Canonical {
  if (typeof evidence !== 'object' || evidence === null || Array.isArray(evidence)) return null;
  return (evidence as { readonly [key: string]: Canonical })['inputs'] ?? null;
}

/** Whether the entry `finding-found` of the finding commits to the evidence that the folder shows. */
function sealOf(folder: EvidenceFolder, finding: EvidenceFolder['findings'][number]): boolean | null {
  const object = `finding/${finding.findingId}`;
  const salt = folder.salts[object]?.find(each => each.name === 'evidence')?.salt;
  for (const text of folder.entries) {
    const entry = JSON.parse(text) as { act?: string; object?: string; detail?: { evidence?: string } };
    if (entry.act !== 'finding-found' || entry.object !== object || salt === undefined) continue;
    return opens(
      Buffer.from(entry.detail?.evidence ?? '', 'hex'),
      Buffer.from(salt, 'hex'),
      canonicalJson(finding.evidence),
    );
  }
  return null;
}
