import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';

/** Certificates as those who present them are known by, over device_certificate and device_authority. */

export interface PresentedRow {
  readonly certificateId: number;
  readonly partyId: number;
  readonly authorityId: number;
  readonly subjectId: number;
  readonly reference: string;
  readonly state: 'valid' | 'held' | 'revoked';
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly changes: number;
}

/** The certificate that is the very octets presented; undefined where nobody here issued it. */
export async function presentedCertificate(
  tx: Tx,
  keySha256: Buffer,
  der: Uint8Array,
): Promise<PresentedRow | undefined> {
  const { rows } = await sql<PresentedRow>`
    select certificate_id as "certificateId", party_id as "partyId", authority_id as "authorityId",
      subject_id as "subjectId", reference, state, not_before as "notBeforeMs", not_after as "notAfterMs", changes
    from presented_certificate(${keySha256}, ${Buffer.from(der)})`.execute(tx);
  return rows[0];
}

export interface ChangedRow {
  readonly authorityId: number;
  readonly changes: number;
  readonly certificateId: number | null;
  readonly partyId: number;
  readonly reference: string;
  readonly state: 'held' | 'revoked';
  readonly isLast: boolean;
}

/**
 * Each authority with the number of its last committed change, and what it ended after the change given. One statement
 * reads both, and changes of an authority follow one another, so none is passed over.
 */
export async function endedSince(tx: Tx, seen: ReadonlyMap<number, number>): Promise<ChangedRow[]> {
  const { rows } = await sql<ChangedRow>`
    select a.authority_id as "authorityId", a.changes, c.certificate_id as "certificateId", c.party_id as "partyId",
      s.reference, c.state, not exists (
        select from device_certificate other
        where other.subject_id = c.subject_id and other.state = 'valid' and other.not_after > now()) as "isLast"
    from unnest(${[...seen.keys()]}::bigint[], ${[...seen.values()]}::bigint[]) as known (authority_id, change_no)
    join device_authority a using (authority_id)
    left join device_certificate c
      on c.authority_id = a.authority_id and c.change_no > known.change_no and c.state <> 'valid'
    left join subject s using (subject_id)`.execute(tx);
  return rows;
}
