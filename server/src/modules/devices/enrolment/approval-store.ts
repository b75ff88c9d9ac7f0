import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';

/** The only SQL over device_approval. */

export type ApprovalState = 'asked' | 'approved' | 'declined';

export interface Approval {
  readonly approvalId: number;
  readonly partyId: number;
  readonly fleetId: number;
  readonly subjectId: number;
  readonly keySha256: Buffer;
  readonly operation: string;
  readonly shownBy: 'secret' | 'certificate' | 'claim';
  readonly state: ApprovalState;
  readonly askedAtMs: number;
  readonly decidedBy: string | null;
  readonly decidedAtMs: number | null;
  readonly why: string | null;
  /** Until when a decision stands. */
  readonly untilMs: number | null;
}

const columns = sql`
  approval_id as "approvalId", party_id as "partyId", fleet_id as "fleetId", subject_id as "subjectId",
  key_sha256 as "keySha256", operation, shown_by as "shownBy", state, asked_at as "askedAtMs",
  decided_by as "decidedBy", decided_at as "decidedAtMs", why, until as "untilMs"`;

export type AskedApproval = Pick<
  Approval,
  'partyId' | 'fleetId' | 'subjectId' | 'keySha256' | 'operation' | 'shownBy' | 'askedAtMs'
>;

export async function addApproval(tx: Tx, one: AskedApproval): Promise<Approval> {
  const { rows } = await sql<Approval>`
    insert into device_approval (party_id, fleet_id, subject_id, key_sha256, operation, shown_by, asked_at)
    values (${one.partyId}, ${one.fleetId}, ${one.subjectId}, ${one.keySha256}, ${one.operation}, ${one.shownBy},
      ${at(one.askedAtMs)}) returning ${columns}`.execute(tx);
  return rows[0] as Approval;
}

/** The last that was asked for a device's key at a fleet. */
export async function latestApproval(
  tx: Tx,
  of: { readonly fleetId: number; readonly subjectId: number; readonly keySha256: Buffer },
): Promise<Approval | undefined> {
  const { rows } = await sql<Approval>`
    select ${columns} from device_approval
    where fleet_id = ${of.fleetId} and subject_id = ${of.subjectId} and key_sha256 = ${of.keySha256}
    order by approval_id desc limit 1`.execute(tx);
  return rows[0];
}

/** How many keys of a device wait at a fleet. */
export async function askedOf(tx: Tx, fleetId: number, subjectId: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from device_approval
    where fleet_id = ${fleetId} and subject_id = ${subjectId} and state = 'asked'`.execute(tx);
  return rows[0]?.n ?? 0;
}

export async function lockApproval(tx: Tx, approvalId: number): Promise<Approval | undefined> {
  const { rows } = await sql<Approval>`
    select ${columns} from device_approval where approval_id = ${approvalId} for no key update`.execute(tx);
  return rows[0];
}

export async function setDecided(
  tx: Tx,
  approvalId: number,
  to: {
    readonly state: Exclude<ApprovalState, 'asked'>;
    readonly by: string;
    readonly atMs: number;
    readonly why: string | null;
    readonly untilMs: number;
  },
): Promise<Approval> {
  const { rows } = await sql<Approval>`
    update device_approval set state = ${to.state}, decided_by = ${to.by}, decided_at = ${at(to.atMs)},
      why = ${to.why}, until = ${at(to.untilMs)}
    where approval_id = ${approvalId} returning ${columns}`.execute(tx);
  return rows[0] as Approval;
}

export async function listApprovals(
  tx: Tx,
  filter: { readonly fleetId?: number | undefined; readonly state?: ApprovalState | undefined },
  afterId: number,
  limit: number,
): Promise<Approval[]> {
  const { fleetId = null, state = null } = filter;
  const { rows } = await sql<Approval>`
    select ${columns} from device_approval
    where approval_id > ${afterId} and (${fleetId}::bigint is null or fleet_id = ${fleetId})
      and (${state}::text is null or state = ${state})
    order by approval_id limit ${limit}`.execute(tx);
  return rows;
}
