import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../../kernel/database/transaction.ts';
import { conditions } from './conditions.ts';

/** A case with its subject, how many findings it joins, and what falls due next; read-only, for lists and reports. */
export interface CaseView {
  readonly caseId: number;
  readonly partyId: number;
  readonly subjectId: number;
  readonly subjectKind: string;
  readonly subjectReference: string;
  readonly ruleId: string;
  readonly state: 'open' | 'closed';
  readonly severity: string;
  readonly ownerId: string | null;
  readonly openedAtMs: number;
  readonly closedAtMs: number | null;
  readonly closeReason: string | null;
  readonly findingCount: number;
  readonly nextDueAtMs: number | null;
}

export interface CaseFilter {
  readonly state?: 'open' | 'closed' | undefined;
  readonly rule?: string | undefined;
}

/** Newest first; before the number of the last one seen. */
export async function casesPage(
  tx: Tx,
  filter: CaseFilter,
  beforeId: number | null,
  limit: number,
): Promise<CaseView[]> {
  const where = conditions([
    filter.state !== undefined && sql`i.state = ${filter.state}`,
    filter.rule !== undefined && sql`i.rule_id = ${filter.rule}`,
    beforeId !== null && sql`i.case_id < ${beforeId}`,
  ]);
  return await select(tx, sql`${where} order by i.case_id desc limit ${limit}`);
}

export async function caseView(tx: Tx, caseId: number): Promise<CaseView | undefined> {
  return (await select(tx, sql`where i.case_id = ${caseId}`))[0];
}

async function select(tx: Tx, rest: RawBuilder<unknown>): Promise<CaseView[]> {
  const { rows } = await sql<CaseView>`
    select i.case_id as "caseId", i.party_id as "partyId", i.subject_id as "subjectId", i.subject_kind as "subjectKind",
      s.reference as "subjectReference", i.rule_id as "ruleId", i.state, i.severity, i.owner_id as "ownerId",
      i.opened_at as "openedAtMs", i.closed_at as "closedAtMs", i.close_reason as "closeReason",
      (select count(*) from case_finding f where f.case_id = i.case_id) as "findingCount",
      (select min(k.due_at) from case_clock k where k.case_id = i.case_id and k.state = 'running') as "nextDueAtMs"
    from incident i join subject s using (subject_id)
    ${rest}`.execute(tx);
  return rows;
}
