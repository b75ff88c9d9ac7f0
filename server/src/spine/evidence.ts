import type { Tx } from '../kernel/database/transaction.ts';
import { Refusal } from '../kernel/refusal.ts';
import { rfc3339 } from '../kernel/time.ts';
import type { Case } from './cases/case.ts';
import { caseById, findingIdsOf } from './cases/store.ts';
import { type Contribution, worldOf } from './contribution.ts';
import { versionOf } from './findings/armed/store.ts';
import { findingsWhole, type StoredEvidence } from './findings/evidence/store.ts';
import type { LedgerReader } from './ledger/read.ts';
import { history } from './observations/store.ts';
import { type Dossier, loadDossiers } from './registry/dossier.ts';
import { reach } from './rules/judge-key.ts';
import { readRule } from './rules/read-rule.ts';
import { type Stretch, stretchesIn, termsOf } from './terms-in-force.ts';

/** Everything that repeating a case's verdicts offline needs, and the proofs that it is what was judged. */
export interface CaseEvidence {
  readonly case: object;
  readonly findings: readonly StoredEvidence[];
  readonly rules: readonly { readonly id: string; readonly version: string; readonly text: string }[];
  /** In the order of judging. */
  readonly observations: readonly object[];
  /** The dated facts, and the terms that followed from them and from the catalogues of then. */
  readonly restrictions: Pick<Dossier, 'subjectId' | 'kind' | 'class' | 'aliases' | 'facts'> & {
    readonly terms: readonly Stretch[];
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
  doors: { readonly ledger: LedgerReader; readonly contributions: readonly Contribution[] },
  caseId: number,
): Promise<CaseEvidence> {
  const found = await caseById(tx, caseId);
  if (found === undefined) throw new Refusal('case-not-found', { subject: `case/${caseId}` });
  const findings = await findingsWhole(tx, await findingIdsOf(tx, caseId));
  const rules = await rulesOf(tx, findings);
  const [dossier] = await loadDossiers(tx, { claims: [], subjectIds: [found.subjectId] });
  if (dossier === undefined) throw new Refusal('case-not-found', { subject: `case/${caseId}` });
  const span = spanOf(doors.contributions, findings, rules);
  const observations = span === null ? [] : await observationsOf(tx, dossier, span);
  const terms =
    span === null ? [] : stretchesIn(termsOf(doors.contributions, dossier), span.sinceMs, span.untilMs);
  const { proofs, salts } = await proofsOf(tx, doors.ledger, found, findings);
  const { subjectId, kind, class: industry, aliases, facts } = dossier;
  return {
    case: { ...found, openedAt: rfc3339(found.openedAtMs) },
    findings,
    rules,
    observations,
    restrictions: { subjectId, kind, class: industry, aliases, facts, terms },
    salts,
    proofs,
    checkpoint: (await doors.ledger.checkpoint()) ?? '',
    ledgerKey: doors.ledger.verifierKey(),
  };
}

async function rulesOf(tx: Tx, findings: readonly StoredEvidence[]): Promise<CaseEvidence['rules']> {
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
function spanOf(
  contributions: readonly Contribution[],
  findings: readonly StoredEvidence[],
  rules: CaseEvidence['rules'],
): Span | null {
  const first = findings[0];
  const last = findings.at(-1);
  if (first === undefined || last === undefined) return null;
  const world = worldOf(contributions);
  const reaches = rules.map(({ id, text }) => {
    const rule = readRule(text, id, world);
    return 'where' in rule ? reach(rule) : 0;
  });
  return { sinceMs: first.observedAtMs - Math.max(0, ...reaches), untilMs: last.observedAtMs };
}

async function observationsOf(tx: Tx, dossier: Dossier, span: Span): Promise<readonly object[]> {
  const all = await history(tx, dossier.aliases, dossier.ancestors, span.sinceMs);
  return all.filter(each => each.observedAtMs <= span.untilMs);
}

async function proofsOf(
  tx: Tx,
  ledger: LedgerReader,
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
