import { timingSafeEqual } from 'node:crypto';
import { sha256 } from '../../../kernel/bytes.ts';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { isRefusal, Refusal } from '../../../kernel/refusal.ts';
import { subjectsNamed, subjectsNumbered } from '../../../spine/views/named-subjects.ts';
import {
  type Certificate,
  type CertificateState,
  certificateById,
  certificatesOfKey,
} from '../certificates/store.ts';
import type { DeviceCode } from '../codes.ts';
import { DEVICE, nameIn } from '../model.ts';
import { readCertificate } from '../x509/read-certificate.ts';
import { type ClaimHolder, claimById, refuseUnlessClaims, refuseUnlessGood } from './claims.ts';
import { markSeen, sinceExpected } from './enrolment-store.ts';
import { expectedOf, type Fleet, lockExpected } from './fleet-store.ts';
import { secretDigest } from './fleets.ts';

/** What a device brings along to say who it is. */
export interface Brought {
  /** The certificate whose key it used in the handshake, as DER. */
  readonly certificate: Uint8Array | null;
  /** Name and secret of HTTP Basic (RFC 7617). */
  readonly basic: { readonly user: string; readonly secret: string } | null;
}

/**
 * Who a device is shown to be: by a certificate that is being renewed, by the secret it is expected with, or, where it came
 * with a claim, by its own word.
 */
export type Client = { readonly subjectId: number; readonly reference: string } & (
  | { readonly by: 'certificate'; readonly current: Certificate; readonly isExpired: boolean }
  | { readonly by: 'secret'; readonly expectedAtMs: number }
  | { readonly by: 'claim'; readonly claimId: number }
);

/** For so many keys a device may have certificates that it was never seen with: tries whose answers were lost. */
export const MOST_UNSEEN_KEYS = 3;

/**
 * Finds out who asks: there is no way without one or the other (I-14). A certificate is known by all of its octets and
 * its state is the register's (I-05); that it was presented is kept, for its predecessor is not needed from then on (I-08).
 * Of who holds a claim certificate it is not known yet which device it is.
 *
 * Refuses `client-unknown`, `client-not-yet-valid`, `client-expired` beyond the fleet's grace, `client-suspended`,
 * `client-revoked`, `client-of-another-fleet`, `claim-ended`, `secret-wrong`, `secret-ended`, `secret-spent`.
 */
export async function clientOf(
  tx: Tx,
  fleet: Fleet,
  brought: Brought,
  nowMs: number,
): Promise<Client | ClaimHolder> {
  if (brought.certificate !== null) return await byCertificate(tx, fleet, brought.certificate, nowMs);
  if (brought.basic !== null) return await bySecret(tx, fleet, brought.basic, nowMs);
  throw refused('client-unknown');
}

async function byCertificate(
  tx: Tx,
  fleet: Fleet,
  der: Uint8Array,
  nowMs: number,
): Promise<Client | ClaimHolder> {
  const found = (await certificatesOfKey(tx, keyIn(der))).find(each => each.der.equals(der));
  if (found === undefined || found.partyId !== fleet.partyId) throw refused('client-unknown');
  const claim = await claimById(tx, found.certificateId);
  if (claim !== undefined) {
    refuseUnlessGood(claim, nowMs);
    if (claim.fleetId !== fleet.fleetId) throw refused('client-of-another-fleet', { product: fleet.product });
    return { by: 'claim', claimId: claim.claimId, reference: `claim/${claim.claimId}` };
  }
  refuseUnlessValid(found.state);
  if (nowMs < found.notBeforeMs)
    throw refused('client-not-yet-valid', { from: new Date(found.notBeforeMs).toISOString() });
  if (nowMs > found.notAfterMs + fleet.graceMs)
    throw refused('client-expired', { until: new Date(found.notAfterMs).toISOString() });
  const [device] = await subjectsNumbered(tx, [found.subjectId]);
  if (device === undefined || nameIn(device.reference)?.product !== fleet.product)
    throw refused('client-of-another-fleet', { product: fleet.product });
  await markSeen(tx, found, nowMs);
  const { subjectId, reference } = device;
  return { subjectId, reference, by: 'certificate', current: found, isExpired: nowMs > found.notAfterMs };
}

function keyIn(der: Uint8Array): Buffer {
  try {
    return sha256(readCertificate(der).publicKey.spki);
  } catch (thrown) {
    if (isRefusal(thrown)) throw refused('client-unknown');
    throw thrown;
  }
}

async function bySecret(
  tx: Tx,
  fleet: Fleet,
  { user, secret }: { readonly user: string; readonly secret: string },
  nowMs: number,
): Promise<Client> {
  const reference = user.includes(':') ? user : `${fleet.product}:${user}`;
  const isOfFleet = nameIn(reference)?.product === fleet.product;
  const found = isOfFleet ? await subjectsNamed(tx, DEVICE, [reference]) : [];
  const device = found.find(each => each.partyId === fleet.partyId);
  const expected = device && (await expectedOf(tx, fleet.fleetId, device.subjectId));
  // Who is not expected and who brings a wrong secret are told the same.
  if (device === undefined || expected === undefined) throw refused('secret-wrong');
  if (!timingSafeEqual(secretDigest(secret), expected.secretSha256)) throw refused('secret-wrong');
  if (nowMs > expected.untilMs)
    throw refused('secret-ended', { until: new Date(expected.untilMs).toISOString() });
  const { isSpent } = await sinceExpected(tx, fleet.fleetId, device.subjectId, expected.expectedAtMs);
  // It is spent when the certificate was seen, not when it was issued: an answer that was lost is asked for again (I-08).
  if (isSpent) throw refused('secret-spent');
  return { subjectId: device.subjectId, reference, by: 'secret', expectedAtMs: expected.expectedAtMs };
}

/**
 * Asked again in the transaction that issues, which the one that found out who asks came before. For one device secrets
 * are counted one after the other. Refuses as `clientOf` and `admitByClaim`, and `too-many-keys`.
 */
export async function refuseUnlessStill(
  tx: Tx,
  fleet: Fleet,
  client: Client,
  keySha256: Uint8Array,
  nowMs: number,
): Promise<void> {
  if (client.by === 'claim') return await refuseUnlessClaims(tx, client, keySha256, nowMs);
  if (client.by === 'certificate') {
    const now = await certificateById(tx, client.current.certificateId);
    refuseUnlessValid(now?.state);
    // I-09: after its end only the key that was registered goes on.
    if (client.isExpired && !client.current.keySha256.equals(keySha256))
      throw refused('client-expired', { until: new Date(client.current.notAfterMs).toISOString() });
    return;
  }
  const { subjectId, expectedAtMs } = client;
  const expected = await lockExpected(tx, fleet.fleetId, subjectId);
  // It was expected anew meanwhile: the secret that was brought opens nothing any more.
  if (expected?.expectedAtMs !== expectedAtMs) throw refused('secret-wrong');
  const { isSpent, keys } = await sinceExpected(tx, fleet.fleetId, subjectId, expectedAtMs);
  if (isSpent) throw refused('secret-spent');
  if (keys.length >= MOST_UNSEEN_KEYS && !keys.some(each => each.equals(keySha256)))
    throw refused('too-many-keys', { most: String(MOST_UNSEEN_KEYS) });
}

function refuseUnlessValid(state: CertificateState | undefined): void {
  if (state === 'held') throw refused('client-suspended');
  if (state !== 'valid') throw refused('client-revoked');
}

function refused(code: DeviceCode, detail: Readonly<Record<string, string>> = {}): Refusal<DeviceCode> {
  return new Refusal<DeviceCode>(code, { subject: 'device/named', detail });
}
