import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';

/** The only SQL over re_verification. */

export interface ReVerification {
  readonly reVerificationId: number;
  readonly partyId: number;
  readonly caseId: number;
  readonly subjectId: number;
  readonly state: 'running' | 'passed' | 'failed' | 'lapsed' | 'passed-late';
  readonly reason: string;
  /** The kind of measure that a lapse or failure orders. */
  readonly onLapse: string;
  readonly clockId: string;
  readonly catalogue: string;
  readonly askedAtMs: number;
  readonly askedBy: string;
  readonly dueAtMs: number;
  readonly identityAtMs: number | null;
  readonly identityBy: string | null;
  readonly scenarioAtMs: number | null;
  readonly scenarioBy: string | null;
  readonly measureId: number | null;
  /** Why the measure could not be ordered; tried again until it is. */
  readonly notOrdered: string | null;
  readonly endedAtMs: number | null;
}

const columns = sql`re_verification_id as "reVerificationId", party_id as "partyId", case_id as "caseId",
  subject_id as "subjectId", state, reason, on_lapse as "onLapse", clock_id as "clockId", catalogue,
  asked_at as "askedAtMs", asked_by as "askedBy", due_at as "dueAtMs", identity_at as "identityAtMs",
  identity_by as "identityBy", scenario_at as "scenarioAtMs", scenario_by as "scenarioBy", measure_id as "measureId",
  not_ordered as "notOrdered", ended_at as "endedAtMs"`;

type Asked = Pick<
  ReVerification,
  | 'partyId'
  | 'caseId'
  | 'subjectId'
  | 'reason'
  | 'onLapse'
  | 'clockId'
  | 'catalogue'
  | 'askedAtMs'
  | 'askedBy'
  | 'dueAtMs'
>;

/** Undefined while the subject is being verified again already, or has lapsed. */
export async function insertReVerification(tx: Tx, one: Asked): Promise<number | undefined> {
  const { rows } = await sql<{ id: number }>`
    insert into re_verification (party_id, case_id, subject_id, reason, on_lapse, clock_id, catalogue, asked_at, asked_by, due_at)
    values (${one.partyId}, ${one.caseId}, ${one.subjectId}, ${one.reason}, ${one.onLapse}, ${one.clockId},
      ${one.catalogue}, ${at(one.askedAtMs)}, ${one.askedBy}, ${at(one.dueAtMs)})
    on conflict (subject_id) where state in ('running', 'lapsed') do nothing
    returning re_verification_id as id`.execute(tx);
  return rows[0]?.id;
}

export async function reVerificationById(tx: Tx, id: number): Promise<ReVerification | undefined> {
  const { rows } = await sql<ReVerification>`select ${columns} from re_verification
    where re_verification_id = ${id}`.execute(tx);
  return rows[0];
}

export async function lockReVerification(tx: Tx, id: number): Promise<ReVerification | undefined> {
  const { rows } = await sql<ReVerification>`select ${columns} from re_verification
    where re_verification_id = ${id} for update`.execute(tx);
  return rows[0];
}

export async function setIdentity(tx: Tx, id: number, actor: string, atMs: number): Promise<void> {
  await sql`update re_verification set identity_at = ${at(atMs)}, identity_by = ${actor}
    where re_verification_id = ${id}`.execute(tx);
}

export async function setScenario(
  tx: Tx,
  id: number,
  actor: string,
  evidenceSha256: string | null,
  atMs: number,
): Promise<void> {
  await sql`update re_verification set scenario_at = ${at(atMs)}, scenario_by = ${actor},
    scenario_evidence = ${evidenceSha256} where re_verification_id = ${id}`.execute(tx);
}

export async function setState(
  tx: Tx,
  id: number,
  state: ReVerification['state'],
  endedAtMs: number | null,
): Promise<void> {
  const ended = endedAtMs === null ? sql`null` : at(endedAtMs);
  await sql`update re_verification set state = ${state}, ended_at = ${ended} where re_verification_id = ${id}`.execute(
    tx,
  );
}

export async function setMeasure(
  tx: Tx,
  id: number,
  measureId: number | null,
  notOrdered: string | null,
): Promise<void> {
  await sql`update re_verification set measure_id = ${measureId}, not_ordered = ${notOrdered}
    where re_verification_id = ${id}`.execute(tx);
}

/** Ids of those past their last moment, and of those whose measure could not be ordered yet. */
export async function dueForLapse(tx: Tx, nowMs: number, limit: number): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    (select re_verification_id as id from re_verification where state = 'running' and due_at < ${at(nowMs)}
      order by due_at limit ${limit})
    union
    (select re_verification_id from re_verification where state in ('lapsed', 'failed') and measure_id is null
      and not_ordered is not null and not_ordered <> 'case-closed' order by 1 limit ${limit})`.execute(tx);
  return rows.map(row => row.id);
}

/** Those passed late whose measure is to be lifted as soon as that can be. */
export async function passedLateSince(tx: Tx, sinceMs: number, limit: number): Promise<ReVerification[]> {
  const { rows } = await sql<ReVerification>`select ${columns} from re_verification
    where state = 'passed-late' and measure_id is not null and ended_at > ${at(sinceMs)}
    order by re_verification_id desc limit ${limit}`.execute(tx);
  return rows;
}

export async function reVerificationsPage(
  tx: Tx,
  filter: { readonly caseId?: number | undefined; readonly state?: string | undefined },
  beforeId: number | null,
  limit: number,
): Promise<ReVerification[]> {
  const ofCase = filter.caseId === undefined ? sql`true` : sql`case_id = ${filter.caseId}`;
  const inState = filter.state === undefined ? sql`true` : sql`state = ${filter.state}`;
  const before = beforeId === null ? sql`true` : sql`re_verification_id < ${beforeId}`;
  const { rows } = await sql<ReVerification>`select ${columns} from re_verification
    where ${ofCase} and ${inState} and ${before} order by re_verification_id desc limit ${limit}`.execute(tx);
  return rows;
}
