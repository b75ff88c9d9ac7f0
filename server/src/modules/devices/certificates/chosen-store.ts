import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';
import type { Selection } from '../revocations/store.ts';
import type { CertificateState } from './store.ts';

/** SQL over device_certificate and its acts for many at once. */

export interface Chosen {
  readonly certificateId: number;
  readonly subjectId: number;
  readonly authorityId: number;
  readonly state: CertificateState;
}

/** Certificates of a selection that are not revoked and have not ended, in the order of their numbers; at most so many. */
export async function chosenCertificates(
  tx: Tx,
  selection: Selection,
  nowMs: number,
  limit: number,
): Promise<Chosen[]> {
  const { authority = null, product = null, certificates, issuedFromMs, issuedUntilMs } = selection;
  const ids = certificates === undefined ? null : [...certificates];
  const { rows } = await sql<Chosen>`
    select certificate_id as "certificateId", subject_id as "subjectId", authority_id as "authorityId", state
    from device_certificate
    where state <> 'revoked' and not_after > ${at(nowMs)}
      and (${authority}::bigint is null or authority_id = ${authority})
      and (${ids}::bigint[] is null or certificate_id = any(${ids}::bigint[]))
      and issued_at >= ${at(issuedFromMs ?? -Number.MAX_SAFE_INTEGER)}
      and issued_at < ${at(issuedUntilMs ?? Number.MAX_SAFE_INTEGER)}
      and (${product}::text is null or device_is_of(subject_id, ${product}))
    order by certificate_id limit ${limit}`.execute(tx);
  return rows;
}

export interface Held {
  readonly certificateId: number;
  readonly authorityId: number;
  readonly serial: Buffer;
  readonly state: CertificateState;
}

/** Certificates held until the commit, in the order of their numbers: two who want the same wait for one another. */
export async function holdCertificates(tx: Tx, certificateIds: readonly number[]): Promise<Held[]> {
  const { rows } = await sql<Held>`
    select certificate_id as "certificateId", authority_id as "authorityId", serial, state from device_certificate
    where certificate_id = any(${certificateIds}::bigint[]) order by certificate_id for no key update`.execute(
    tx,
  );
  return rows;
}

/** Certificates of one authority that are held and not revoked; one change brings them all to it. */
export async function setRevoked(
  tx: Tx,
  certificateIds: readonly number[],
  to: { readonly reason: number; readonly atMs: number; readonly changeNo: number },
): Promise<void> {
  await sql`
    update device_certificate set state = 'revoked', reason = ${to.reason}, change_no = ${to.changeNo},
      revoked_at = coalesce(revoked_at, ${at(to.atMs)})
    where certificate_id = any(${certificateIds}::bigint[])`.execute(tx);
}

export async function addRevokedActs(
  tx: Tx,
  certificateIds: readonly number[],
  act: {
    readonly partyId: number;
    readonly reason: number;
    readonly why: string;
    readonly basis: string | null;
    readonly actor: string;
    readonly atMs: number;
  },
): Promise<void> {
  await sql`
    insert into device_certificate_act (party_id, certificate_id, act, reason, why, basis, actor, at)
    select ${act.partyId}, id, 'revoked', ${act.reason}, ${act.why}, ${act.basis}, ${act.actor}, ${at(act.atMs)}
    from unnest(${certificateIds}::bigint[]) id order by id`.execute(tx);
}
