import { timingSafeEqual } from 'node:crypto';
import { sha256 } from '../../../kernel/bytes.ts';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { isRefusal, Refusal } from '../../../kernel/refusal.ts';
import { subjectsNamed, subjectsNumbered } from '../../../spine/views/named-subjects.ts';
import { type Certificate, certificatesOfKey } from '../certificates/store.ts';
import type { DeviceCode } from '../codes.ts';
import { DEVICE, nameIn } from '../model.ts';
import { readCertificate } from '../x509/read-certificate.ts';
import { markSeen, sinceExpected } from './enrolment-store.ts';
import { expectedOf, type Fleet } from './fleet-store.ts';
import { secretDigest } from './fleets.ts';

/** What a device brings along to say who it is. */
export interface Brought {
  /** The certificate whose key it used in the handshake, as DER. */
  readonly certificate: Uint8Array | null;
  /** Name and secret of HTTP Basic (RFC 7617). */
  readonly basic: { readonly user: string; readonly secret: string } | null;
}

/** Who a device is shown to be: by a certificate that is being renewed, or by the secret it is expected with. */
export type Client = { readonly subjectId: number; readonly reference: string } & (
  | { readonly by: 'certificate'; readonly current: Certificate; readonly isExpired: boolean }
  | { readonly by: 'secret'; readonly expectedAtMs: number }
);

/** For so many keys a device may have certificates that it was never seen with: tries whose answers were lost. */
export const MOST_UNSEEN_KEYS = 3;

/**
 * Finds out who asks: there is no way without one or the other (I-14). A certificate is known by all of its octets and
 * its state is the register's (I-05); that it was presented is kept, for its predecessor is not needed from then on (I-08).
 *
 * Refuses `client-unknown`, `client-not-yet-valid`, `client-expired` beyond the fleet's grace, `client-suspended`,
 * `client-revoked`, `client-of-another-fleet`, `secret-wrong`, `secret-ended`, `secret-spent`.
 */
export async function clientOf(tx: Tx, fleet: Fleet, brought: Brought, nowMs: number): Promise<Client> {
  if (brought.certificate !== null) return await byCertificate(tx, fleet, brought.certificate, nowMs);
  if (brought.basic !== null) return await bySecret(tx, fleet, brought.basic, nowMs);
  throw refused('client-unknown');
}

async function byCertificate(tx: Tx, fleet: Fleet, der: Uint8Array, nowMs: number): Promise<Client> {
  const found = (await certificatesOfKey(tx, keyIn(der))).find(each => each.der.equals(der));
  if (found === undefined || found.partyId !== fleet.partyId) throw refused('client-unknown');
  if (found.state === 'revoked') throw refused('client-revoked');
  if (found.state === 'held') throw refused('client-suspended');
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
  const { wasSeen } = await sinceExpected(tx, fleet.fleetId, device.subjectId, expected.expectedAtMs);
  // It is spent when the certificate was seen, not when it was issued: an answer that was lost is asked for again (I-08).
  if (wasSeen) throw refused('secret-spent');
  return { subjectId: device.subjectId, reference, by: 'secret', expectedAtMs: expected.expectedAtMs };
}

function refused(code: DeviceCode, detail: Readonly<Record<string, string>> = {}): Refusal<DeviceCode> {
  return new Refusal<DeviceCode>(code, { subject: 'device/named', detail });
}
