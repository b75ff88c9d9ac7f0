import { type RawBuilder, sql } from 'kysely';
import type { Canonical } from '../../kernel/canonical-json.ts';
import type { Tx } from '../../kernel/database/transaction.ts';
import { at } from '../../kernel/database/values.ts';
import type { Standing } from '../findings/finding.ts';
import { conditions } from './conditions.ts';

/** A finding with its subject, its case and how it stands; read-only, for lists and reports. */
export interface FindingView {
  readonly findingId: string;
  readonly partyId: number;
  readonly ruleId: string;
  readonly ruleVersion: string;
  readonly subjectId: number;
  readonly subjectKind: string;
  readonly subjectReference: string;
  readonly key: string;
  readonly observedAtMs: number;
  readonly judgedAtMs: number;
  readonly severity: string;
  readonly historical: boolean;
  readonly standing: Standing;
  readonly caseId: number | null;
  readonly evidence: Canonical;
}

export interface FindingFilter {
  readonly rule?: string | undefined;
  /** A subject's number or its reference. */
  readonly subject?: string | undefined;
  readonly standing?: Standing | undefined;
  readonly caseId?: number | undefined;
}

/** Newest first; after the moment and id of the last one seen. */
export async function findingsPage(
  tx: Tx,
  filter: FindingFilter,
  after: { readonly observedAtMs: number; readonly findingId: string } | null,
  limit: number,
): Promise<FindingView[]> {
  const { rule, subject, standing, caseId } = filter;
  const where = conditions([
    rule !== undefined && sql`f.rule_id = ${rule}`,
    subject !== undefined && sql`(s.reference = ${subject} or s.subject_id::text = ${subject})`,
    standing !== undefined && sql`last.standing = ${standing}`,
    caseId !== undefined && sql`c.case_id = ${caseId}`,
    after !== null &&
      sql`(f.observed_at, f.finding_id) < (${at(after.observedAtMs)}, decode(${after.findingId}, 'hex'))`,
  ]);
  return await select(tx, sql`${where} order by f.observed_at desc, f.finding_id desc limit ${limit}`);
}

export async function findingView(tx: Tx, findingId: string): Promise<FindingView | undefined> {
  return (await select(tx, sql`where f.finding_id = decode(${findingId}, 'hex')`))[0];
}

async function select(tx: Tx, rest: RawBuilder<unknown>): Promise<FindingView[]> {
  const { rows } = await sql<FindingView>`
    select encode(f.finding_id, 'hex') as "findingId", f.party_id as "partyId", f.rule_id as "ruleId",
      f.rule_version as "ruleVersion", f.subject_id as "subjectId", s.kind as "subjectKind",
      s.reference as "subjectReference", f.key, f.observed_at as "observedAtMs", f.judged_at as "judgedAtMs",
      f.severity, f.historical, last.standing, c.case_id as "caseId", f.evidence
    from finding f
    join subject s using (subject_id)
    left join case_finding c using (finding_id)
    cross join lateral (
      select n.standing from finding_standing n where n.finding_id = f.finding_id order by n.standing_id desc limit 1
    ) last
    ${rest}`.execute(tx);
  return rows;
}
