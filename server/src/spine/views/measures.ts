import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../../kernel/database/transaction.ts';
import type { Measure, MeasureState } from '../measures/measure.ts';
import { conditions } from './conditions.ts';

/** A measure with its subject and its provider's name; read-only, for lists and reports. */
export interface MeasureView extends Measure {
  readonly subjectKind: string;
  readonly subjectReference: string;
  readonly provider: string;
}

export interface MeasureFilter {
  readonly state?: MeasureState | undefined;
  readonly caseId?: number | undefined;
  readonly subjectId?: number | undefined;
}

/** Newest first; before the number of the last one seen. */
export async function measuresPage(
  tx: Tx,
  filter: MeasureFilter,
  beforeId: number | null,
  limit: number,
): Promise<MeasureView[]> {
  const where = conditions([
    filter.state !== undefined && sql`m.state = ${filter.state}`,
    filter.caseId !== undefined && sql`m.case_id = ${filter.caseId}`,
    filter.subjectId !== undefined && sql`m.subject_id = ${filter.subjectId}`,
    beforeId !== null && sql`m.measure_id < ${beforeId}`,
  ]);
  return await select(tx, sql`${where} order by m.measure_id desc limit ${limit}`);
}

export async function measureView(tx: Tx, measureId: number): Promise<MeasureView | undefined> {
  return (await select(tx, sql`where m.measure_id = ${measureId}`))[0];
}

async function select(tx: Tx, rest: RawBuilder<unknown>): Promise<MeasureView[]> {
  const { rows } = await sql<MeasureView>`
    select m.measure_id as "measureId", m.party_id as "partyId", m.case_id as "caseId", m.subject_id as "subjectId",
      m.kind, m.provider_id as "providerId", m.terms, m.state, m.due_at as "dueAtMs", m.effective_at as "effectiveAtMs",
      m.decided_by as "decidedBy", m.decided_at as "decidedAtMs", s.kind as "subjectKind",
      s.reference as "subjectReference", p.name as provider
    from measure m join subject s using (subject_id) join provider p using (provider_id)
    ${rest}`.execute(tx);
  return rows;
}
