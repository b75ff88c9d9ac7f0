import type { Tx } from '../../../kernel/database/transaction.ts';
import { sealText } from '../../../kernel/seal/store.ts';
import { recorded } from '../../../spine/registry/recorded.ts';
import { type AuthorityDesk, type Doer, no } from '../authorities/authorities.ts';
import { nextChange } from '../authorities/store.ts';
import { REASONS, type Reason } from '../x509/crl.ts';
import { serialText } from './issue.ts';
import * as store from './store.ts';

/** Reasons for which somebody may revoke; the others are states of lists. */
export const REVOKING = [
  'unspecified',
  'key-compromise',
  'affiliation-changed',
  'superseded',
  'cessation-of-operation',
  'privilege-withdrawn',
] as const satisfies readonly Reason[];
export type Revoking = (typeof REVOKING)[number];

export interface Grounds {
  readonly why: string;
  /** The clause of law or contract it is done by. */
  readonly basis?: string | undefined;
}

type Doors = Pick<AuthorityDesk, 'database' | 'clock'>;

/**
 * Revokes a certificate for good. The change, its act and the ledger's entry commit together; revoking it again changes
 * nothing and is on record. Refuses `certificate-unknown`.
 */
export async function revokeCertificate(
  doors: Doors,
  doer: Doer,
  certificateId: number,
  asked: Grounds & { readonly reason: Revoking },
): Promise<store.Certificate> {
  return await change(doors, doer, certificateId, 'revoked', { ...asked, code: REASONS[asked.reason] });
}

/** Suspends a certificate; it can be released (I-07). Refuses `certificate-unknown`, `certificate-revoked`. */
export async function holdCertificate(
  doors: Doors,
  doer: Doer,
  certificateId: number,
  asked: Grounds,
): Promise<store.Certificate> {
  return await change(doors, doer, certificateId, 'held', { ...asked, code: REASONS['certificate-hold'] });
}

/** Ends a suspension. Refuses `certificate-unknown`, `certificate-revoked`, `certificate-not-held`. */
export async function releaseCertificate(
  doors: Doors,
  doer: Doer,
  certificateId: number,
  asked: Grounds,
): Promise<store.Certificate> {
  return await change(doors, doer, certificateId, 'released', { ...asked, code: null });
}

type Act = 'revoked' | 'held' | 'released';

async function change(
  doors: Doors,
  doer: Doer,
  certificateId: number,
  act: Act,
  asked: Grounds & { readonly code: number | null },
): Promise<store.Certificate> {
  const object = `certificate/${certificateId}`;
  const attempt = { act: `certificate-${act}`, object, partyId: doer.partyId, actor: doer.label };
  return await recorded(doors, attempt, async tx => {
    const found = await store.lockCertificate(tx, certificateId);
    if (found === undefined) throw no('certificate-unknown', object);
    const serial = serialText(found.serial);
    if (isDone(found, act)) return { result: found, detail: { serial, repeated: true } };
    refuseUnfit(found, act, object);
    const atMs = doors.clock.now();
    // Certificates first, their authority second: everybody takes them in this order.
    const changeNo = await nextChange(tx, found.authorityId);
    const done = await store.setStanding(tx, certificateId, {
      ...next(found, act, asked.code, atMs),
      changeNo,
    });
    const committed = await tell(tx, doer, found, act, asked, atMs);
    const basis = asked.basis === undefined ? {} : { basis: asked.basis };
    const detail = { authority: found.authorityId, serial, reason: asked.code, why: committed, ...basis };
    return { result: done, detail };
  });
}

function isDone({ state }: store.Certificate, act: Act): boolean {
  return state === act;
}

function refuseUnfit({ state }: store.Certificate, act: Act, object: string): void {
  if (state === 'revoked') throw no('certificate-revoked', object);
  if (act === 'released' && state !== 'held') throw no('certificate-not-held', object);
}

/** A suspension that becomes a revocation keeps the moment from which the certificate was not to be trusted. */
function next(found: store.Certificate, act: Act, code: number | null, atMs: number) {
  if (act === 'released') return { state: 'valid', reason: null, revokedAtMs: null } as const;
  const revokedAtMs = found.revokedAtMs ?? atMs;
  return { state: act, reason: code, revokedAtMs } as const;
}

async function tell(
  tx: Tx,
  doer: Doer,
  { certificateId, partyId }: store.Certificate,
  act: Act,
  { why, basis, code }: Grounds & { readonly code: number | null },
  atMs: number,
): Promise<string> {
  const actId = await store.addAct(tx, {
    ...{ partyId, certificateId, act, reason: code, why, basis: basis ?? null, actor: doer.label, atMs },
  });
  // People write names into reasons: the ledger has the commitment.
  return await sealText(tx, {
    partyId,
    object: `certificate/${certificateId}`,
    name: `why-${actId}`,
    text: why,
  });
}
