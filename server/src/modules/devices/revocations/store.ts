import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at, json } from '../../../kernel/database/values.ts';

/** The only SQL over device_revocation and device_revocation_member; which certificates are meant is read by device_certificate's. */

/** By what certificates are chosen; all that is named must hold. */
export interface Selection {
  readonly authority?: number | undefined;
  readonly product?: string | undefined;
  readonly issuedFromMs?: number | undefined;
  readonly issuedUntilMs?: number | undefined;
  readonly certificates?: readonly number[] | undefined;
}

export type RevocationState = 'asked' | 'approved' | 'withdrawn' | 'ended';

export interface Revocation {
  readonly revocationId: number;
  readonly partyId: number;
  readonly selection: Selection;
  readonly reason: number;
  readonly why: string;
  readonly basis: string | null;
  readonly certificates: number;
  readonly devices: number;
  readonly state: RevocationState;
  readonly askedBy: string;
  readonly askedUser: string;
  readonly askedAtMs: number;
  readonly approvedBy: string | null;
  readonly approvedAtMs: number | null;
  readonly withdrawnBy: string | null;
  readonly withdrawnAtMs: number | null;
  readonly note: string | null;
  readonly endedAtMs: number | null;
}

const columns = sql`
  revocation_id as "revocationId", party_id as "partyId", selection, reason, why, basis, certificates, devices, state,
  asked_by as "askedBy", asked_user as "askedUser", asked_at as "askedAtMs", approved_by as "approvedBy",
  approved_at as "approvedAtMs", withdrawn_by as "withdrawnBy", withdrawn_at as "withdrawnAtMs", note,
  ended_at as "endedAtMs"`;

export type AskedRevocation = Pick<
  Revocation,
  | 'partyId'
  | 'selection'
  | 'reason'
  | 'why'
  | 'basis'
  | 'certificates'
  | 'devices'
  | 'askedBy'
  | 'askedUser'
  | 'askedAtMs'
>;

export async function addRevocation(tx: Tx, asked: AskedRevocation): Promise<Revocation> {
  const { rows } = await sql<Revocation>`
    insert into device_revocation (party_id, selection, reason, why, basis, certificates, devices, asked_by, asked_user,
      asked_at)
    values (${asked.partyId}, ${json(asked.selection)}, ${asked.reason}, ${asked.why}, ${asked.basis},
      ${asked.certificates}, ${asked.devices}, ${asked.askedBy}, ${asked.askedUser}, ${at(asked.askedAtMs)})
    returning ${columns}`.execute(tx);
  return rows[0] as Revocation;
}

export async function addMembers(
  tx: Tx,
  { revocationId, partyId }: Revocation,
  certificateIds: readonly number[],
): Promise<void> {
  await sql`
    insert into device_revocation_member (revocation_id, certificate_id, party_id)
    select ${revocationId}, id, ${partyId} from unnest(${certificateIds}::bigint[]) id`.execute(tx);
}

export async function revocationById(tx: Tx, revocationId: number): Promise<Revocation | undefined> {
  const { rows } = await sql<Revocation>`
    select ${columns} from device_revocation where revocation_id = ${revocationId}`.execute(tx);
  return rows[0];
}

/** Held until the commit: `share` by those who revoke under it, `update` by whoever changes its state. */
export async function holdRevocation(
  tx: Tx,
  revocationId: number,
  how: 'share' | 'update',
): Promise<Revocation | undefined> {
  const { rows } = await sql<Revocation>`
    select ${columns} from device_revocation where revocation_id = ${revocationId} for ${sql.raw(how)}`.execute(
    tx,
  );
  return rows[0];
}

export async function listRevocations(tx: Tx, afterId: number, limit: number): Promise<Revocation[]> {
  const { rows } = await sql<Revocation>`
    select ${columns} from device_revocation where revocation_id > ${afterId}
    order by revocation_id limit ${limit}`.execute(tx);
  return rows;
}

export async function setApproved(
  tx: Tx,
  revocationId: number,
  by: { readonly label: string; readonly userId: string; readonly atMs: number },
): Promise<Revocation> {
  const { rows } = await sql<Revocation>`
    update device_revocation set state = 'approved', approved_by = ${by.label}, approved_user = ${by.userId},
      approved_at = ${at(by.atMs)}
    where revocation_id = ${revocationId} returning ${columns}`.execute(tx);
  return rows[0] as Revocation;
}

export async function setWithdrawn(
  tx: Tx,
  revocationId: number,
  by: { readonly label: string; readonly atMs: number; readonly note: string },
): Promise<Revocation> {
  const { rows } = await sql<Revocation>`
    update device_revocation set state = 'withdrawn', withdrawn_by = ${by.label}, withdrawn_at = ${at(by.atMs)},
      note = ${by.note}
    where revocation_id = ${revocationId} returning ${columns}`.execute(tx);
  return rows[0] as Revocation;
}

export async function setEnded(tx: Tx, revocationId: number, atMs: number): Promise<void> {
  await sql`
    update device_revocation set state = 'ended', ended_at = ${at(atMs)}
    where revocation_id = ${revocationId}`.execute(tx);
}

/** Approved ones of all parties, the oldest first. */
export async function openRevocations(
  tx: Tx,
  limit: number,
): Promise<{ readonly revocationId: number; readonly partyId: number }[]> {
  const { rows } = await sql<{ revocationId: number; partyId: number }>`
    select revocation_id as "revocationId", party_id as "partyId" from device_revocation
    where state = 'approved' order by revocation_id limit ${limit}`.execute(tx);
  return rows;
}

/** Certificates whose turn has not come, for whoever revokes them; those that another process works on are passed over. */
export async function takeOpenMembers(tx: Tx, revocationId: number, limit: number): Promise<number[]> {
  const { rows } = await sql<{ certificateId: number }>`
    select certificate_id as "certificateId" from device_revocation_member
    where revocation_id = ${revocationId} and outcome is null
    order by certificate_id limit ${limit} for no key update skip locked`.execute(tx);
  return rows.map(row => row.certificateId);
}

export async function settleMembers(
  tx: Tx,
  revocationId: number,
  certificateIds: readonly number[],
  outcome: 'revoked' | 'was-revoked',
  atMs: number,
): Promise<void> {
  if (certificateIds.length === 0) return;
  await sql`
    update device_revocation_member set outcome = ${outcome}, at = ${at(atMs)}
    where revocation_id = ${revocationId} and certificate_id = any(${certificateIds}::bigint[])`.execute(tx);
}

export interface Progress {
  readonly revoked: number;
  readonly wasRevoked: number;
  readonly waiting: number;
}

export async function progressOf(tx: Tx, revocationId: number): Promise<Progress> {
  const { rows } = await sql<Progress>`
    select count(*) filter (where outcome = 'revoked')::int as revoked,
      count(*) filter (where outcome = 'was-revoked')::int as "wasRevoked",
      count(*) filter (where outcome is null)::int as waiting
    from device_revocation_member where revocation_id = ${revocationId}`.execute(tx);
  return rows[0] as Progress;
}
