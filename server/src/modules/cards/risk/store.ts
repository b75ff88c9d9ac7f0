import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at, json } from '../../../kernel/database/values.ts';
import type { RiskPart, RiskReason, RiskSubject, Score } from './risk.ts';

/** The only SQL over risk_score and risk_assessment. Rows are the corridor's to add; the door reads. */

export async function addScore(
  tx: Tx,
  one: {
    partyId: number;
    subjectId: number;
    of: RiskSubject;
    part: RiskPart;
    scheme: string;
    by: string;
  } & Score,
): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    insert into risk_score (party_id, subject_id, of_what, part, scheme, score, level, inputs, reasons, stated_by, stated_at)
    values (${one.partyId}, ${one.subjectId}, ${one.of}, ${one.part}, ${one.scheme}, ${one.score}, ${one.level},
      ${json(one.inputs)}, ${json(one.reasons)}, ${one.by}, now()) returning score_id as id`.execute(tx);
  return rows[0]!.id;
}

/** The verdict lasts until `untilMs`, or as long as the scheme lets it where that is null. */
export async function addAssessment(
  tx: Tx,
  one: {
    partyId: number;
    subjectId: number;
    of: RiskSubject;
    nativeId: number;
    dynamicId: number;
    isPassed: boolean;
    cause: 'asked' | 'dynamic';
    byParty: number | null;
    untilMs: number | null;
    validDays: number;
    by: string;
  },
): Promise<{ assessmentId: number; untilMs: number }> {
  const until =
    one.untilMs === null ? sql`now() + make_interval(days => ${one.validDays}::int)` : at(one.untilMs);
  const { rows } = await sql<{ assessmentId: number; untilMs: number }>`
    insert into risk_assessment (party_id, subject_id, of_what, native_id, dynamic_id, passed, cause, by_party, valid_to, stated_by, stated_at)
    values (${one.partyId}, ${one.subjectId}, ${one.of}, ${one.nativeId}, ${one.dynamicId}, ${one.isPassed},
      ${one.cause}, ${one.byParty}, ${until}, ${one.by}, now())
    returning assessment_id as "assessmentId", valid_to as "untilMs"`.execute(tx);
  return rows[0]!;
}

export interface ScoreSeen {
  readonly scoreId: number;
  readonly part: RiskPart;
  readonly scheme: string;
  readonly score: number;
  readonly level: string;
  readonly inputs: Readonly<Record<string, boolean | number>>;
  readonly reasons: readonly RiskReason[];
  readonly by: string;
  readonly atMs: number;
}

/** The newest first. */
export async function scoresOf(tx: Tx, subjectId: number, limit: number): Promise<ScoreSeen[]> {
  const { rows } = await sql<ScoreSeen>`
    select score_id as "scoreId", part, scheme, score, level, inputs, reasons, stated_by as by, stated_at as "atMs"
    from risk_score where subject_id = ${subjectId} order by score_id desc limit ${limit}`.execute(tx);
  return rows;
}

/** The last score of a part. */
export async function lastScore(tx: Tx, subjectId: number, part: RiskPart): Promise<ScoreSeen | undefined> {
  const { rows } = await sql<ScoreSeen>`
    select score_id as "scoreId", part, scheme, score, level, inputs, reasons, stated_by as by, stated_at as "atMs"
    from risk_score where subject_id = ${subjectId} and part = ${part} order by score_id desc limit 1`.execute(
    tx,
  );
  return rows[0];
}

export interface AssessmentSeen {
  readonly assessmentId: number;
  readonly isPassed: boolean;
  readonly cause: string;
  readonly nativeScore: number;
  readonly dynamicScore: number;
  readonly untilMs: number;
  readonly by: string;
  readonly atMs: number;
  /** The last one, passed, and not over by the database's clock. */
  readonly isInForce: boolean;
}

/** The newest first. */
export async function assessmentsOf(tx: Tx, subjectId: number, limit: number): Promise<AssessmentSeen[]> {
  const { rows } = await sql<AssessmentSeen>`
    select a.assessment_id as "assessmentId", a.passed as "isPassed", a.cause, n.score as "nativeScore",
      d.score as "dynamicScore", a.valid_to as "untilMs", a.stated_by as by, a.stated_at as "atMs",
      a.passed and clock_timestamp() < a.valid_to and a.assessment_id = max(a.assessment_id) over () as "isInForce"
    from risk_assessment a join risk_score n on n.score_id = a.native_id join risk_score d on d.score_id = a.dynamic_id
    where a.subject_id = ${subjectId} order by a.assessment_id desc limit ${limit}`.execute(tx);
  return rows;
}

/** Those whose last verdict is in force and whose dynamic part is older than the moment; the longest unlooked-at first. */
export async function dueAgain(
  tx: Tx,
  beforeMs: number,
  limit: number,
): Promise<Array<{ subjectId: number; partyId: number; of: RiskSubject }>> {
  const { rows } = await sql<{ subjectId: number; partyId: number; of: RiskSubject }>`
    select last.subject_id as "subjectId", last.party_id as "partyId", last.of_what as of from (
      select distinct on (subject_id) * from risk_assessment order by subject_id, assessment_id desc) last
    cross join lateral (select s.stated_at from risk_score s where s.subject_id = last.subject_id and s.part = 'dynamic'
      order by s.score_id desc limit 1) seen
    where last.passed and clock_timestamp() < last.valid_to and seen.stated_at < ${at(beforeMs)}
    order by seen.stated_at limit ${limit}`.execute(tx);
  return rows;
}

/** Verdicts of a period with both their parts, subjects by number; after one (C-54). */
export async function assessmentsWithin(
  tx: Tx,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  afterId: number,
  limit: number,
): Promise<Array<{ readonly id: number } & Readonly<Record<string, string | number | boolean | null>>>> {
  const { rows } = await sql<{ id: number } & Record<string, string | number | boolean | null>>`
    select a.assessment_id as id, a.assessment_id as assessment, a.party_id as party, a.stated_at as at, a.of_what as of,
      a.subject_id as subject, n.score as "nativeScore", n.level as "nativeLevel",
      d.score as "dynamicScore", d.level as "dynamicLevel", a.passed, a.valid_to as "validTo"
    from risk_assessment a join risk_score n on n.score_id = a.native_id
    join risk_score d on d.score_id = a.dynamic_id
    where a.assessment_id > ${afterId} and a.stated_at >= ${at(fromMs)} and a.stated_at < ${at(toMs)}
    order by a.assessment_id limit ${limit}`.execute(tx);
  return rows;
}
