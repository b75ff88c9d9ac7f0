import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';

/** The only SQL over authority_report. */

export interface AuthorityReport {
  readonly reportId: number;
  readonly partyId: number;
  readonly caseId: number | null;
  readonly personId: number;
  readonly addresseeKind: 'police' | 'regulator';
  readonly addressee: string;
  readonly about: string;
  readonly basis: string;
  readonly state: 'written' | 'sent' | 'acknowledged';
  readonly textSha256: string;
  readonly writtenAtMs: number;
  readonly writtenBy: string;
  readonly dueAtMs: number;
  readonly sentAtMs: number | null;
  readonly sentBy: string | null;
  readonly channel: string | null;
  readonly proofSha256: string | null;
  readonly acknowledgedAtMs: number | null;
  readonly theirNumber: string | null;
  readonly missedAtMs: number | null;
}

const columns = sql`report_id as "reportId", party_id as "partyId", case_id as "caseId", person_id as "personId",
  addressee_kind as "addresseeKind", addressee, about, basis, state, text_sha256 as "textSha256",
  written_at as "writtenAtMs", written_by as "writtenBy", due_at as "dueAtMs", sent_at as "sentAtMs",
  sent_by as "sentBy", channel, proof_sha256 as "proofSha256", acknowledged_at as "acknowledgedAtMs",
  their_number as "theirNumber", missed_at as "missedAtMs"`;

type Written = Pick<
  AuthorityReport,
  | 'partyId'
  | 'caseId'
  | 'personId'
  | 'addresseeKind'
  | 'addressee'
  | 'about'
  | 'basis'
  | 'textSha256'
  | 'writtenAtMs'
  | 'writtenBy'
  | 'dueAtMs'
>;

export async function insertReport(tx: Tx, one: Written): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    insert into authority_report (party_id, case_id, person_id, addressee_kind, addressee, about, basis, text_sha256, written_at, written_by, due_at)
    values (${one.partyId}, ${one.caseId}, ${one.personId}, ${one.addresseeKind}, ${one.addressee}, ${one.about},
      ${one.basis}, ${one.textSha256}, ${at(one.writtenAtMs)}, ${one.writtenBy}, ${at(one.dueAtMs)})
    returning report_id as id`.execute(tx);
  return rows[0]!.id;
}

export async function reportById(tx: Tx, id: number): Promise<AuthorityReport | undefined> {
  const { rows } =
    await sql<AuthorityReport>`select ${columns} from authority_report where report_id = ${id}`.execute(tx);
  return rows[0];
}

export async function lockReport(tx: Tx, id: number): Promise<AuthorityReport | undefined> {
  const { rows } = await sql<AuthorityReport>`select ${columns} from authority_report
    where report_id = ${id} for update`.execute(tx);
  return rows[0];
}

export async function setReportSent(
  tx: Tx,
  id: number,
  sent: {
    readonly atMs: number;
    readonly actor: string;
    readonly channel: string;
    readonly proofSha256: string;
  },
): Promise<void> {
  await sql`update authority_report set state = 'sent', sent_at = ${at(sent.atMs)}, sent_by = ${sent.actor},
    channel = ${sent.channel}, proof_sha256 = ${sent.proofSha256} where report_id = ${id}`.execute(tx);
}

export async function setReportAcknowledged(
  tx: Tx,
  id: number,
  atMs: number,
  theirNumber: string,
): Promise<void> {
  await sql`update authority_report set state = 'acknowledged', acknowledged_at = ${at(atMs)},
    their_number = ${theirNumber} where report_id = ${id}`.execute(tx);
}

/** Marks what was not sent by its last moment; those, each told once. */
export async function markMissedReports(
  tx: Tx,
  nowMs: number,
): Promise<Array<{ reportId: number; partyId: number; dueAtMs: number }>> {
  const { rows } = await sql<{ reportId: number; partyId: number; dueAtMs: number }>`
    update authority_report set missed_at = ${at(nowMs)}
    where state = 'written' and missed_at is null and due_at < ${at(nowMs)}
    returning report_id as "reportId", party_id as "partyId", due_at as "dueAtMs"`.execute(tx);
  return rows;
}

export async function reportsPage(
  tx: Tx,
  state: string | undefined,
  beforeId: number | null,
  limit: number,
): Promise<AuthorityReport[]> {
  const inState = state === undefined ? sql`true` : sql`state = ${state}`;
  const before = beforeId === null ? sql`true` : sql`report_id < ${beforeId}`;
  const { rows } =
    await sql<AuthorityReport>`select ${columns} from authority_report where ${inState} and ${before}
    order by report_id desc limit ${limit}`.execute(tx);
  return rows;
}
