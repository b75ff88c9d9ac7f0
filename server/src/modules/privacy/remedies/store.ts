import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at, json } from '../../../kernel/database/values.ts';
import type { Said } from '../catalogue.ts';

/** The only SQL over remedy_notice and appeal. */

export interface Notice {
  readonly noticeId: number;
  readonly partyId: number;
  readonly caseId: number;
  /** Null for the notice of a task. */
  readonly measureId: number | null;
  /** The task of a ladder that it goes with, where nothing is restricted yet. */
  readonly task: string | null;
  readonly reason: Said;
  readonly remedy: Said;
  readonly documents: readonly Said[];
  readonly catalogue: string;
  readonly issuedAtMs: number;
  readonly sentAtMs: number | null;
  readonly sentBy: string | null;
  readonly channel: string | null;
  readonly proofSha256: string | null;
}

const noticeColumns = sql`notice_id as "noticeId", party_id as "partyId", case_id as "caseId", measure_id as "measureId", task,
  reason, remedy, documents, catalogue, issued_at as "issuedAtMs", sent_at as "sentAtMs", sent_by as "sentBy", channel,
  proof_sha256 as "proofSha256"`;

/** Undefined when the measure or the task has its notice already. */
export async function insertNotice(
  tx: Tx,
  notice: Pick<
    Notice,
    'partyId' | 'caseId' | 'measureId' | 'task' | 'reason' | 'remedy' | 'documents' | 'catalogue'
  >,
  codeDigest: Buffer,
  atMs: number,
): Promise<number | undefined> {
  const { rows } = await sql<{ id: number }>`
    insert into remedy_notice (party_id, case_id, measure_id, task, reason, remedy, documents, catalogue, code_digest, issued_at)
    values (${notice.partyId}, ${notice.caseId}, ${notice.measureId}, ${notice.task}, ${json(notice.reason)}, ${json(notice.remedy)},
      ${json(notice.documents)}, ${notice.catalogue}, ${codeDigest}, ${at(atMs)})
    on conflict do nothing returning notice_id as id`.execute(tx);
  return rows[0]?.id;
}

export async function measuresWithNotice(tx: Tx, measureIds: readonly number[]): Promise<Set<number>> {
  const { rows } = await sql<{ id: number }>`select measure_id as id from remedy_notice
    where measure_id = any(${[...measureIds]}::bigint[])`.execute(tx);
  return new Set(rows.map(row => row.id));
}

/** Those of the cases that have a notice of the task. */
export async function casesWithNotice(
  tx: Tx,
  tasks: readonly { readonly caseId: number; readonly deed: string }[],
): Promise<Set<number>> {
  const { rows } = await sql<{ id: number }>`select case_id as id from remedy_notice
    where (case_id, task) in (select * from unnest(${tasks.map(each => each.caseId)}::bigint[], ${tasks.map(each => each.deed)}::text[]))`.execute(
    tx,
  );
  return new Set(rows.map(row => row.id));
}

export async function lockNotice(tx: Tx, noticeId: number): Promise<Notice | undefined> {
  const { rows } = await sql<Notice>`select ${noticeColumns} from remedy_notice
    where notice_id = ${noticeId} for update`.execute(tx);
  return rows[0];
}

export async function noticeByDigest(tx: Tx, digest: Buffer): Promise<Notice | undefined> {
  const { rows } = await sql<Notice>`select ${noticeColumns} from remedy_notice
    where code_digest = ${digest}`.execute(tx);
  return rows[0];
}

export async function setSent(
  tx: Tx,
  noticeId: number,
  sent: {
    readonly atMs: number;
    readonly actor: string;
    readonly channel: string;
    readonly proofSha256: string | null;
  },
): Promise<void> {
  await sql`update remedy_notice set sent_at = ${at(sent.atMs)}, sent_by = ${sent.actor}, channel = ${sent.channel},
    proof_sha256 = ${sent.proofSha256} where notice_id = ${noticeId}`.execute(tx);
}

export async function noticesPage(
  tx: Tx,
  caseId: number | undefined,
  beforeId: number | null,
  limit: number,
): Promise<Notice[]> {
  const ofCase = caseId === undefined ? sql`true` : sql`case_id = ${caseId}`;
  const before = beforeId === null ? sql`true` : sql`notice_id < ${beforeId}`;
  const { rows } = await sql<Notice>`select ${noticeColumns} from remedy_notice where ${ofCase} and ${before}
    order by notice_id desc limit ${limit}`.execute(tx);
  return rows;
}

export interface Appeal {
  readonly appealId: number;
  readonly partyId: number;
  readonly caseId: number;
  readonly personId: number;
  readonly via: 'code' | 'desk';
  readonly state: 'received' | 'upheld' | 'rejected';
  readonly receivedAtMs: number;
  readonly receivedBy: string;
  readonly dueAtMs: number | null;
  readonly answeredAtMs: number | null;
  readonly answeredBy: string | null;
}

const appealColumns = sql`appeal_id as "appealId", party_id as "partyId", case_id as "caseId", person_id as "personId",
  via, state, received_at as "receivedAtMs", received_by as "receivedBy", due_at as "dueAtMs",
  answered_at as "answeredAtMs", answered_by as "answeredBy"`;

/** Undefined while another appeal in the case waits for its answer. */
export async function insertAppeal(
  tx: Tx,
  appeal: Pick<Appeal, 'partyId' | 'caseId' | 'personId' | 'via' | 'receivedAtMs' | 'receivedBy'>,
): Promise<number | undefined> {
  const { rows } = await sql<{ id: number }>`
    insert into appeal (party_id, case_id, person_id, via, received_at, received_by)
    values (${appeal.partyId}, ${appeal.caseId}, ${appeal.personId}, ${appeal.via}, ${at(appeal.receivedAtMs)}, ${appeal.receivedBy})
    on conflict (case_id) where state = 'received' do nothing returning appeal_id as id`.execute(tx);
  return rows[0]?.id;
}

export async function setAppealDue(tx: Tx, appealId: number, dueAtMs: number | null): Promise<void> {
  if (dueAtMs === null) return;
  await sql`update appeal set due_at = ${at(dueAtMs)} where appeal_id = ${appealId}`.execute(tx);
}

export async function lockAppeal(tx: Tx, appealId: number): Promise<Appeal | undefined> {
  const { rows } =
    await sql<Appeal>`select ${appealColumns} from appeal where appeal_id = ${appealId} for update`.execute(
      tx,
    );
  return rows[0];
}

export async function appealById(tx: Tx, appealId: number): Promise<Appeal | undefined> {
  const { rows } =
    await sql<Appeal>`select ${appealColumns} from appeal where appeal_id = ${appealId}`.execute(tx);
  return rows[0];
}

export async function lastAppealOf(tx: Tx, caseId: number): Promise<Appeal | undefined> {
  const { rows } = await sql<Appeal>`select ${appealColumns} from appeal where case_id = ${caseId}
    order by appeal_id desc limit 1`.execute(tx);
  return rows[0];
}

export async function setAnswered(
  tx: Tx,
  appealId: number,
  answer: { readonly state: 'upheld' | 'rejected'; readonly atMs: number; readonly actor: string },
): Promise<void> {
  await sql`update appeal set state = ${answer.state}, answered_at = ${at(answer.atMs)}, answered_by = ${answer.actor}
    where appeal_id = ${appealId}`.execute(tx);
}

export async function appealsPage(
  tx: Tx,
  filter: { readonly caseId?: number | undefined; readonly state?: string | undefined },
  beforeId: number | null,
  limit: number,
): Promise<Appeal[]> {
  const ofCase = filter.caseId === undefined ? sql`true` : sql`case_id = ${filter.caseId}`;
  const inState = filter.state === undefined ? sql`true` : sql`state = ${filter.state}`;
  const before = beforeId === null ? sql`true` : sql`appeal_id < ${beforeId}`;
  const { rows } =
    await sql<Appeal>`select ${appealColumns} from appeal where ${ofCase} and ${inState} and ${before}
    order by appeal_id desc limit ${limit}`.execute(tx);
  return rows;
}

/** Appeals that were upheld lately: what they are against is lifted, also where it was still on its way. */
export async function upheldSince(tx: Tx, sinceMs: number, limit: number): Promise<Appeal[]> {
  const { rows } = await sql<Appeal>`select ${appealColumns} from appeal
    where state = 'upheld' and answered_at > ${at(sinceMs)} order by appeal_id desc limit ${limit}`.execute(
    tx,
  );
  return rows;
}
