import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';

/** Certificates as those who present them are known by: the two functions of 0052. */

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
    select authority_id as "authorityId", changes, certificate_id as "certificateId", party_id as "partyId", reference,
      state, is_last as "isLast"
    from ended_certificates(${[...seen.keys()]}::bigint[], ${[...seen.values()]}::bigint[])`.execute(tx);
  return rows;
}
