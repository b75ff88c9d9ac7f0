import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';

/** The only SQL over informant_report. */

export const OUTCOMES = ['confirmed', 'unconfirmed', 'passed-on', 'not-ours'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface InformantReport {
  readonly reportId: number;
  readonly partyId: number;
  readonly personId: number;
  readonly kind: string;
  readonly hasContact: boolean;
  readonly state: 'received' | 'acknowledged' | 'answered';
  readonly receivedAtMs: number;
  readonly acknowledgeByMs: number;
  readonly answerByMs: number;
  readonly acknowledgedAtMs: number | null;
  readonly acknowledgedBy: string | null;
  readonly answeredAtMs: number | null;
  readonly answeredBy: string | null;
  readonly outcome: Outcome | null;
  readonly caseId: number | null;
  readonly acknowledgeMissedAtMs: number | null;
  readonly answerMissedAtMs: number | null;
}

const columns = sql`report_id as "reportId", party_id as "partyId", person_id as "personId", kind,
  has_contact as "hasContact", state, received_at as "receivedAtMs", acknowledge_by as "acknowledgeByMs",
  answer_by as "answerByMs", acknowledged_at as "acknowledgedAtMs", acknowledged_by as "acknowledgedBy",
  answered_at as "answeredAtMs", answered_by as "answeredBy", outcome, case_id as "caseId",
  acknowledge_missed_at as "acknowledgeMissedAtMs", answer_missed_at as "answerMissedAtMs"`;

type Received = Pick<
  InformantReport,
  'partyId' | 'personId' | 'kind' | 'hasContact' | 'receivedAtMs' | 'acknowledgeByMs' | 'answerByMs'
>;

export async function insertInformantReport(tx: Tx, one: Received, receiptDigest: Buffer): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    insert into informant_report (party_id, person_id, kind, has_contact, receipt_digest, received_at, acknowledge_by, answer_by)
    values (${one.partyId}, ${one.personId}, ${one.kind}, ${one.hasContact}, ${receiptDigest},
      ${at(one.receivedAtMs)}, ${at(one.acknowledgeByMs)}, ${at(one.answerByMs)})
    returning report_id as id`.execute(tx);
  return rows[0]!.id;
}

export async function informantReportById(tx: Tx, id: number): Promise<InformantReport | undefined> {
  const { rows } =
    await sql<InformantReport>`select ${columns} from informant_report where report_id = ${id}`.execute(tx);
  return rows[0];
}

export async function lockInformantReport(tx: Tx, id: number): Promise<InformantReport | undefined> {
  const { rows } = await sql<InformantReport>`select ${columns} from informant_report
    where report_id = ${id} for update`.execute(tx);
  return rows[0];
}

export async function informantReportByDigest(tx: Tx, digest: Buffer): Promise<InformantReport | undefined> {
  const { rows } = await sql<InformantReport>`select ${columns} from informant_report
    where receipt_digest = ${digest}`.execute(tx);
  return rows[0];
}

export async function setInformantAcknowledged(
  tx: Tx,
  id: number,
  actor: string,
  atMs: number,
): Promise<void> {
  await sql`update informant_report set state = 'acknowledged', acknowledged_at = ${at(atMs)},
    acknowledged_by = ${actor} where report_id = ${id}`.execute(tx);
}

export async function setInformantAnswered(
  tx: Tx,
  id: number,
  answer: {
    readonly actor: string;
    readonly atMs: number;
    readonly outcome: Outcome;
    readonly caseId: number | null;
  },
): Promise<void> {
  await sql`update informant_report set state = 'answered', answered_at = ${at(answer.atMs)},
    answered_by = ${answer.actor}, outcome = ${answer.outcome}, case_id = coalesce(${answer.caseId}::bigint, case_id),
    acknowledged_at = coalesce(acknowledged_at, ${at(answer.atMs)}),
    acknowledged_by = coalesce(acknowledged_by, ${answer.actor}) where report_id = ${id}`.execute(tx);
}

export async function setInformantCase(tx: Tx, id: number, caseId: number): Promise<void> {
  await sql`update informant_report set case_id = ${caseId} where report_id = ${id}`.execute(tx);
}

/** Marks what was not acknowledged or answered by its last moment; each of the two is told once. */
export async function markMissedInformants(
  tx: Tx,
  nowMs: number,
): Promise<Array<{ reportId: number; partyId: number; duty: 'acknowledge' | 'answer' }>> {
  const now = at(nowMs);
  const acknowledge = await sql<{ reportId: number; partyId: number }>`
    update informant_report set acknowledge_missed_at = ${now}
    where state = 'received' and acknowledge_missed_at is null and acknowledge_by < ${now}
    returning report_id as "reportId", party_id as "partyId"`.execute(tx);
  const answer = await sql<{ reportId: number; partyId: number }>`
    update informant_report set answer_missed_at = ${now}
    where state <> 'answered' and answer_missed_at is null and answer_by < ${now}
    returning report_id as "reportId", party_id as "partyId"`.execute(tx);
  return [
    ...acknowledge.rows.map(row => ({ ...row, duty: 'acknowledge' as const })),
    ...answer.rows.map(row => ({ ...row, duty: 'answer' as const })),
  ];
}

export async function informantReportsPage(
  tx: Tx,
  state: string | undefined,
  beforeId: number | null,
  limit: number,
): Promise<InformantReport[]> {
  const inState = state === undefined ? sql`true` : sql`state = ${state}`;
  const before = beforeId === null ? sql`true` : sql`report_id < ${beforeId}`;
  const { rows } =
    await sql<InformantReport>`select ${columns} from informant_report where ${inState} and ${before}
    order by report_id desc limit ${limit}`.execute(tx);
  return rows;
}

/** Who receives what is told about a party: whoever stands above it, for nobody handles reports about themselves. */
export async function receiverFor(tx: Tx, aboutPartyId: number | null): Promise<number | undefined> {
  const { rows } = await sql<{ id: number }>`
    select coalesce((select parent_id from party where party_id = ${aboutPartyId}::bigint),
      (select party_id from party where parent_id is null order by party_id limit 1)) as id`.execute(tx);
  return rows[0]?.id ?? undefined;
}
