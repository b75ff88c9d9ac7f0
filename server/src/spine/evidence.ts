import type { Tx } from '../kernel/database/transaction.ts';
import { Refusal } from '../kernel/refusal.ts';
import { rfc3339 } from '../kernel/time.ts';
import type { Case } from './cases/case.ts';
import { caseById, findingIdsOf } from './cases/store.ts';
import { type Contribution, worldOf } from './contribution.ts';
import { versionOf } from './findings/armed/store.ts';
import { findingsWhole, type StoredEvidence } from './findings/evidence/store.ts';
import { bearersOf } from './keys/key-evidence.ts';
import type { LedgerReader } from './ledger/read.ts';
import { history, type StoredObservation } from './observations/store.ts';
import { type Dossier, loadDossiers } from './registry/dossier.ts';
import { compareObservations } from './rules/counters.ts';
import { reach } from './rules/judge-key.ts';
import { readRule } from './rules/read-rule.ts';
import type { Rule } from './rules/rule.ts';
import { type Stretch, stretchesIn, type TermsInForce, termsOf } from './terms-in-force.ts';

type Proofs = Pick<LedgerReader, 'proofs' | 'checkpoint' | 'verifierKey'>;

type Restrictions = Pick<Dossier, 'subjectId' | 'kind' | 'class' | 'aliases' | 'facts'> & {
  readonly terms: readonly Stretch[];
};

/** Everything that repeating a case's verdicts offline needs, and the proofs that it is what was judged. */
export interface CaseEvidence {
  readonly case: object;
  readonly findings: readonly StoredEvidence[];
  readonly rules: readonly { readonly id: string; readonly version: string; readonly text: string }[];
  /** In the order of judging. */
  readonly observations: readonly object[];
  /** The dated facts, and the terms that followed from them and from the catalogues of then. */
  readonly restrictions: Restrictions & {
    /** The same of the other subjects that lie under the keys of findings of rules keyed by a field. */
    readonly others: readonly Restrictions[];
  };
  /** By object: what opens the commitments in its entries. */
  readonly salts: Readonly<Record<string, readonly { name: string; salt: string }[]>>;
  readonly proofs: readonly object[];
  readonly checkpoint: string;
  readonly ledgerKey: string;
}

/**
 * Gathers the evidence of a case: its findings, each rule version that found them, the observations within
 * the rules' reach, the dated facts, opened salts, and the ledger's proofs.
 *
 * Personal data is in it; whoever asks sees what row-level security lets them see, and the asking is an act
 * of its own that the caller records.
 */
export async function gatherEvidence(
  tx: Tx,
  doors: { readonly ledger: Proofs; readonly contributions: readonly Contribution[] },
  caseId: number,
): Promise<CaseEvidence> {
  const found = await caseById(tx, caseId);
  if (found === undefined) throw new Refusal('case-not-found', { subject: `case/${caseId}` });
  const findings = await findingsWhole(tx, await findingIdsOf(tx, caseId));
  const rules = await rulesOf(tx, findings);
  const [dossier] = await loadDossiers(tx, { claims: [], subjectIds: [found.subjectId] });
  if (dossier === undefined) throw new Refusal('case-not-found', { subject: `case/${caseId}` });
  const read = rulesRead(doors.contributions, rules);
  const span = spanOf(findings, read);
  const under = await bearersOf(tx, doors.contributions, findings, read, dossier);
  const observations = span === null ? [] : await observationsOf(tx, dossier, span, under.records);
  const told = (each: Dossier, terms: TermsInForce): Restrictions => {
    const { subjectId, kind, class: industry, aliases, facts } = each;
    const stretches = span === null ? [] : stretchesIn(terms, span.sinceMs, span.untilMs);
    return { subjectId, kind, class: industry, aliases, facts, terms: stretches };
  };
  const { proofs, salts } = await proofsOf(tx, doors.ledger, found, findings);
  return {
    case: { ...found, openedAt: rfc3339(found.openedAtMs) },
    findings,
    rules,
    observations,
    restrictions: {
      ...told(dossier, termsOf(doors.contributions, dossier)),
      others: under.others.map(each => told(each.dossier, each.terms)),
    },
    salts,
    proofs,
    checkpoint: (await doors.ledger.checkpoint()) ?? '',
    ledgerKey: doors.ledger.verifierKey(),
  };
}

export async function rulesOf(tx: Tx, findings: readonly StoredEvidence[]): Promise<CaseEvidence['rules']> {
  const rules: { id: string; version: string; text: string }[] = [];
  for (const { ruleId, ruleVersion } of [...findings].reverse()) {
    if (rules.some(rule => rule.version === ruleVersion)) continue;
    const version = await versionOf(tx, ruleId, ruleVersion);
    if (version !== undefined) rules.push({ id: ruleId, version: ruleVersion, text: version.text });
  }
  return rules;
}

interface Span {
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** The time that could bear on the findings: from the longest reach before the first to the last. */
function spanOf(findings: readonly StoredEvidence[], rules: readonly Rule[]): Span | null {
  const first = findings[0];
  const last = findings.at(-1);
  if (first === undefined || last === undefined) return null;
  return { sinceMs: first.observedAtMs - Math.max(0, ...rules.map(reach)), untilMs: last.observedAtMs };
}

export function rulesRead(contributions: readonly Contribution[], rules: CaseEvidence['rules']): Rule[] {
  const world = worldOf(contributions);
  return rules.flatMap(({ id, text }) => {
    const rule = readRule(text, id, world);
    return 'where' in rule ? [rule] : [];
  });
}

async function observationsOf(
  tx: Tx,
  dossier: Dossier,
  span: Span,
  others: readonly StoredObservation[],
): Promise<readonly object[]> {
  const own = await history(tx, dossier.aliases, dossier.ancestors, span.sinceMs);
  const all = new Map([...own, ...others].map(each => [each.digest, each]));
  return [...all.values()].filter(each => each.observedAtMs <= span.untilMs).sort(compareObservations);
}

async function proofsOf(
  tx: Tx,
  ledger: Proofs,
  found: Case,
  findings: readonly StoredEvidence[],
): Promise<{ proofs: object[]; salts: Record<string, readonly { name: string; salt: string }[]> }> {
  const proofs: object[] = [];
  const salts: Record<string, readonly { name: string; salt: string }[]> = {};
  const objects = [`case/${found.caseId}`, ...findings.map(finding => `finding/${finding.findingId}`)];
  for (const object of objects) {
    const told = await ledger.proofs(tx, object);
    for (const { index, state, act, entry, proof } of told.items)
      proofs.push({ object, index, state, act, entry, proof });
    if (told.salts.length > 0) salts[object] = told.salts;
  }
  return { proofs, salts };
}
