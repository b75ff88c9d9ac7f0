import type { Database } from '../kernel/database/transaction.ts';

/** Who holds a credential that the register knows and that stands: a device of a party, by a certificate. */
export interface Credential {
  readonly credentialId: number;
  readonly partyId: number;
  readonly subjectId: number;
  /** `meter-3:A0001`. */
  readonly reference: string;
  /** The canonical identifier by which observations name the subject. */
  readonly claim: string;
  readonly notAfterMs: number;
  /** Who issued it, and the number of that issuer's last change of state when this was read. */
  readonly issuerId: number;
  readonly changeNo: number;
}

/** Why a credential opens nothing. `unknown` is whatever the register does not hold octet for octet (I-05). */
export type CredentialFault = 'unknown' | 'suspended' | 'revoked' | 'expired' | 'not-yet-valid';

export type Presented =
  | { readonly credential: Credential }
  | { readonly fault: CredentialFault; readonly of: Credential | null };

/** What came of credentials since somebody looked. */
export interface CredentialNews {
  /** For each issuer asked about: the number of its last change. */
  readonly changeNos: ReadonlyMap<number, number>;
  readonly ended: readonly EndedCredential[];
}

export interface EndedCredential {
  readonly credentialId: number;
  readonly partyId: number;
  readonly reference: string;
  readonly claim: string;
  readonly fault: 'suspended' | 'revoked';
  /** Whether its holder has no other that stands. */
  readonly isLast: boolean;
}

/**
 * Asks the register of devices about certificates. The room that keeps the register brings one; rooms that let devices
 * in are handed it. Nothing is remembered in the process: each question reads what is committed now.
 */
export interface Credentials {
  presented(database: Database, certificate: Uint8Array, nowMs: number): Promise<Presented>;
  /** Keeps that the holder came with it: what it replaces is not needed from then on (I-08). May be told again. */
  used(database: Database, one: Credential, atMs: number): Promise<void>;
  /** What ended after the given change of each issuer. */
  news(database: Database, seen: ReadonlyMap<number, number>): Promise<CredentialNews>;
}
