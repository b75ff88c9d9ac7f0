import { createHash } from 'node:crypto';
import { isRefusal } from '../../../kernel/refusal.ts';
import type {
  Credential,
  CredentialFault,
  Credentials,
  EndedCredential,
} from '../../../spine/credentials.ts';
import { markSeen } from '../enrolment/enrolment-store.ts';
import { claimOf, nameIn } from '../model.ts';
import { readCertificate } from '../x509/read-certificate.ts';
import * as store from './store.ts';

/**
 * The register as it answers for certificates. A certificate is known by all of its octets, so nothing that its holder
 * or another authority could have written decides anything; its state is the register's, never a list's (I-05). That one was
 * used is kept: its predecessor is not needed from then on (I-08).
 */
export const credentials: Credentials = {
  presented: async (database, certificate, nowMs) => {
    const key = keyIn(certificate);
    if (key === null) return { fault: 'unknown', of: null };
    const row = await database.door(0, tx => store.presentedCertificate(tx, key, certificate));
    // A claim certificate is a product's: it opens the way to a first certificate and no other door (I-14).
    if (row === undefined || nameIn(row.reference) === null) return { fault: 'unknown', of: null };
    const credential = credentialOf(row);
    const fault = faultOf(row, nowMs);
    return fault === null ? { credential } : { fault, of: credential };
  },
  used: async (database, { credentialId, partyId }, atMs) => {
    await database.door(partyId, tx => markSeen(tx, { certificateId: credentialId, partyId }, atMs));
  },
  news: async (database, seen) => {
    const rows = seen.size === 0 ? [] : await database.corridor(tx => store.endedSince(tx, seen));
    return {
      changeNos: new Map(rows.map(row => [row.authorityId, row.changes])),
      ended: rows.flatMap(row => (row.certificateId === null ? [] : [endedOf(row, row.certificateId)])),
    };
  },
};

function keyIn(certificate: Uint8Array): Buffer | null {
  try {
    return createHash('sha256').update(readCertificate(certificate).publicKey.spki).digest();
  } catch (thrown) {
    if (isRefusal(thrown)) return null;
    throw thrown;
  }
}

function credentialOf(row: store.PresentedRow): Credential {
  return {
    credentialId: row.certificateId,
    ...{ partyId: row.partyId, subjectId: row.subjectId, reference: row.reference },
    ...{ claim: claimOf(row.reference), notAfterMs: row.notAfterMs },
    ...{ issuerId: row.authorityId, changeNo: row.changes },
  };
}

function faultOf(row: store.PresentedRow, nowMs: number): CredentialFault | null {
  if (row.state !== 'valid') return row.state === 'held' ? 'suspended' : 'revoked';
  if (nowMs < row.notBeforeMs) return 'not-yet-valid';
  return nowMs > row.notAfterMs ? 'expired' : null;
}

function endedOf(
  { partyId, reference, state, isLast }: store.ChangedRow,
  credentialId: number,
): EndedCredential {
  const fault = state === 'held' ? 'suspended' : 'revoked';
  return { credentialId, partyId, reference, claim: claimOf(reference), fault, isLast };
}
