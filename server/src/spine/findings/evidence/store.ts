import { sql } from 'kysely';
import type { Canonical } from '../../../kernel/canonical-json.ts';
import type { Tx } from '../../../kernel/database/transaction.ts';
import type { NewFinding, Standing } from '../finding.ts';

/** A finding as it is stored, with its last standing. */
export interface StoredEvidence extends NewFinding {
  readonly standing: Standing;
  readonly evidence: Canonical;
}

/** Whole findings by id, in the order of their time. */
export async function findingsWhole(tx: Tx, ids: readonly string[]): Promise<StoredEvidence[]> {
  const { rows } = await sql<StoredEvidence>`
    select encode(f.finding_id, 'hex') as "findingId", f.party_id as "partyId", f.rule_id as "ruleId",
      f.rule_version as "ruleVersion", f.subject_id as "subjectId", f.key, encode(f.completed_by, 'hex') as "completedBy",
      f.observed_at as "observedAtMs", f.judged_at as "judgedAtMs", f.severity, f.historical, f.evidence,
      (select s.standing from finding_standing s where s.finding_id = f.finding_id order by s.standing_id desc limit 1) as standing
    from finding f where f.finding_id in (select decode(id, 'hex') from unnest(${[...ids]}::text[]) as id)
    order by f.observed_at, f.finding_id`.execute(tx);
  return rows;
}
