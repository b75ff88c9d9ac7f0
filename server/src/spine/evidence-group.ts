import type { Tx } from '../kernel/database/transaction.ts';
import { Refusal } from '../kernel/refusal.ts';
import { caseById, findingIdsOf } from './cases/store.ts';
import type { Contribution } from './contribution.ts';
import { rulesOf, rulesRead } from './evidence.ts';
import { findingsWhole, type StoredEvidence } from './findings/evidence/store.ts';
import { bearersOf } from './keys/key-evidence.ts';
import { loadDossiers } from './registry/dossier.ts';

/** Subjects that the same thing was found about: one device and its forty cards. */
export interface EvidenceGroup {
  readonly ruleId: string;
  readonly subjectIds: readonly number[];
}

/**
 * The subject of a case and everybody whose records lie under the keys of its findings. A key that has become crowded
 * since has nobody. Refuses `case-not-found`.
 */
export async function groupOfCase(
  tx: Tx,
  contributions: readonly Contribution[],
  caseId: number,
): Promise<EvidenceGroup> {
  const found = await caseById(tx, caseId);
  if (found === undefined) throw new Refusal('case-not-found', { subject: `case/${caseId}` });
  const findings = await findingsWhole(tx, await findingIdsOf(tx, caseId));
  const subjectIds = await underKeys(tx, contributions, findings, found.subjectId);
  return { ruleId: found.ruleId, subjectIds };
}

/** As `groupOfCase`, for one finding. Refuses `finding-not-found`. */
export async function groupOfFinding(
  tx: Tx,
  contributions: readonly Contribution[],
  findingId: string,
): Promise<EvidenceGroup> {
  const [finding] = await findingsWhole(tx, [findingId]);
  if (finding === undefined) throw new Refusal('finding-not-found', { subject: `finding/${findingId}` });
  const subjectIds = await underKeys(tx, contributions, [finding], finding.subjectId);
  return { ruleId: finding.ruleId, subjectIds };
}

async function underKeys(
  tx: Tx,
  contributions: readonly Contribution[],
  findings: readonly StoredEvidence[],
  subjectId: number,
): Promise<number[]> {
  const [dossier] = await loadDossiers(tx, { claims: [], subjectIds: [subjectId] });
  if (dossier === undefined) return [subjectId];
  const rules = rulesRead(contributions, await rulesOf(tx, findings));
  const { others } = await bearersOf(tx, contributions, findings, rules, dossier);
  return [...new Set([subjectId, ...others.map(each => each.dossier.subjectId)])];
}
