import { createHash, randomBytes } from 'node:crypto';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { recorded } from '../../../spine/registry/recorded.ts';
import { subjectsNamed } from '../../../spine/views/named-subjects.ts';
import { ADDRESS } from '../addresses.ts';
import { type AuthorityDesk, type Doer, no, speaking } from '../authorities/authorities.ts';
import { type Profile, profileNamed } from '../authorities/profiles.ts';
import type { Authority } from '../authorities/store.ts';
import type { DeviceCode } from '../codes.ts';
import { DEVICE, PRODUCT, subjectOf, uriOf } from '../model.ts';
import { type KeyType, signatureOf } from '../x509/algorithms.ts';
import { keyIdOf, signed, toBeSigned } from '../x509/certificate.ts';
import { SERIAL_BYTES } from '../x509/crl.ts';
import * as extensions from '../x509/extensions.ts';
import { nameOf } from '../x509/names.ts';
import type { Request } from '../x509/request.ts';
import * as store from './store.ts';

export { actsOf, type Certificate, certificateById, listCertificates } from './store.ts';

export interface AskedCertificate {
  /** Reference of the device; of the product, where `bearer` says so. */
  readonly device: string;
  /** `claim` for a certificate that devices of a product carry from the factory; `device` unless told. */
  readonly bearer?: 'device' | 'claim' | undefined;
  /** The certificate ends here at the latest, whatever its profile says. */
  readonly untilMs?: number | undefined;
  readonly authorityId: number;
  readonly profile: string;
  /** PKCS#10 as DER. */
  readonly request: Uint8Array;
  /** Whether what was issued before is given again for the same request alone, or for the key in any request. */
  readonly again?: 'request' | 'key' | undefined;
  /** Asked in the transaction that issues, after the key is held: what it refuses is not issued. */
  readonly allows?: ((tx: Tx, keySha256: Buffer) => Promise<void>) | undefined;
  /** Whether a certificate may be given again, where it is found by its key. */
  readonly mayRepeat?: ((tx: Tx, found: store.Certificate) => Promise<boolean>) | undefined;
  /** Commits with the certificate, also with one that is given again. */
  readonly also?: ((tx: Tx, made: store.Certificate) => Promise<void>) | undefined;
}

/**
 * Issues a certificate to a registered device, out of a request whose sender holds the key. What it says comes from the
 * register and the profile; of the request only the key is taken.
 *
 * The certificate, its act and the ledger's entry commit together. The same request for the same device asked again, an
 * answer having been lost, gives the certificate that was issued, and no other.
 *
 * Refuses what `readRequest` does, `device-unknown`, `authority-unknown`, `authority-not-installed`, `profile-unknown`,
 * `key-refused`, `request-of-another` for a common name that is not the device's, `key-of-another-device` (I-15) and
 * `key-revoked` for a key that was given up as compromised.
 */
export async function issueCertificate(
  desk: AuthorityDesk,
  doer: Doer,
  asked: AskedCertificate,
): Promise<store.Certificate> {
  const object = `authority/${asked.authorityId}`;
  const attempt = { act: 'certificate-issued', object, partyId: doer.partyId, actor: doer.label };
  const [read] = await desk.keys.signing.requests([asked.request]);
  return await recorded(desk, attempt, async tx => {
    if (read === undefined || 'code' in read)
      throw new Refusal<string>(read?.code ?? 'request-unreadable', {
        subject: object,
        detail: { ...read?.detail },
      });
    const { bearer = 'device' } = asked;
    const device = await holderOf(tx, doer, asked.device, bearer);
    const { authority, key } = await speaking(tx, asked.authorityId);
    if (authority.state !== 'active' || (authority.notAfterMs ?? 0) <= desk.clock.now())
      throw no('authority-not-installed', object);
    const profile = profileNamed(desk.profiles, asked.profile, bearer);
    refuseUnlike(read, profile, device.reference);
    const keySha256 = sha256(read.spki);
    const requestSha256 = sha256(asked.request);
    await store.holdKey(tx, keySha256);
    await asked.allows?.(tx, keySha256);
    const before = await issuedBefore(
      tx,
      keySha256,
      requestSha256,
      device.subjectId,
      asked,
      desk.clock.now(),
    );
    if (before !== null) {
      await asked.also?.(tx, before);
      return { result: before, object: `certificate/${before.certificateId}`, detail: { repeated: true } };
    }

    const atMs = desk.clock.now();
    const validMs = Math.min(profile.validMs, (asked.untilMs ?? Number.MAX_SAFE_INTEGER) - atMs);
    const speaks = { ...authority, keyType: key.keyType };
    const plan = planOf(speaks, { ...profile, validMs }, device.reference, read, atMs);
    const [signature] = await desk.keys.signing.sign(desk.keys.named(key), [plan.tbs]);
    const der = signed(plan.tbs, signatureOf(key.keyType).der, signature as Buffer);
    const made = await store.addCertificate(tx, {
      partyId: device.partyId,
      authorityId: authority.authorityId,
      serial: plan.serial,
      subjectId: device.subjectId,
      profile: profile.id,
      shard: plan.shard,
      keySha256,
      requestSha256,
      notBeforeMs: plan.notBeforeMs,
      notAfterMs: plan.notAfterMs,
      der,
      issuedBy: doer.label,
      issuedAtMs: atMs,
    });
    const { certificateId, partyId } = made;
    const nothing = { reason: null, why: null, basis: null };
    await store.addAct(tx, { partyId, certificateId, act: 'issued', ...nothing, actor: doer.label, atMs });
    await asked.also?.(tx, made);
    const detail = {
      authority: authority.authorityId,
      subject: device.subjectId,
      serial: serialText(plan.serial),
      profile: profile.id,
      certificate: `sha256:${sha256(der).toString('hex')}`,
    };
    return { result: made, object: `certificate/${certificateId}`, detail };
  });
}

/** How a serial number stands in the ledger and on pages; the prefix tells it from numbers of cards. */
export function serialText(serial: Uint8Array): string {
  return `sn:${Buffer.from(serial).toString('hex')}`;
}

async function holderOf(tx: Tx, doer: Doer, reference: string, bearer: 'device' | 'claim') {
  const found = await subjectsNamed(tx, bearer === 'device' ? DEVICE : PRODUCT, [reference]);
  const own = found.filter(each => each.partyId === doer.partyId);
  const [device, ...others] = own.length > 0 ? own : found;
  if (device === undefined || others.length > 0) throw no('device-unknown', 'device/named');
  return device;
}

function refuseUnlike(request: Request, profile: Profile, reference: string): void {
  if (!profile.keyTypes.includes(request.keyType))
    throw new Refusal<DeviceCode>('key-refused', { detail: { what: request.keyType } });
  const { commonName } = request;
  if (commonName !== null && commonName !== reference && commonName !== reference.split(':')[1])
    throw new Refusal<DeviceCode>('request-of-another', { subject: 'device/named' });
}

async function issuedBefore(
  tx: Tx,
  keySha256: Buffer,
  requestSha256: Buffer,
  subjectId: number,
  asked: AskedCertificate,
  atMs: number,
): Promise<store.Certificate | null> {
  const known = await store.certificatesOfKey(tx, keySha256);
  if (known.some(each => each.subjectId !== subjectId && each.state !== 'revoked' && each.notAfterMs > atMs))
    throw no('key-of-another-device', 'device/named');
  if (known.some(each => each.state === 'revoked' && each.reason === 1))
    throw no('key-revoked', 'device/named');
  const same = known.find(
    each =>
      each.subjectId === subjectId &&
      each.authorityId === asked.authorityId &&
      each.profile === asked.profile &&
      each.state === 'valid' &&
      each.notAfterMs > atMs &&
      (asked.again === 'key' || each.requestSha256.equals(requestSha256)),
  );
  if (same === undefined || asked.mayRepeat === undefined) return same ?? null;
  return (await asked.mayRepeat(tx, same)) ? same : null;
}

export interface Plan {
  readonly tbs: Buffer;
  readonly serial: Buffer;
  readonly shard: number;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** What the certificate says, ready to be signed. It never outlives its authority. */
export function planOf(
  authority: Pick<
    Authority,
    'authorityId' | 'subject' | 'keyDigests' | 'notBeforeMs' | 'notAfterMs' | 'shards' | 'baseUrl'
  > & {
    readonly keyType: KeyType;
  },
  profile: Profile,
  reference: string,
  request: Pick<Request, 'spki' | 'key' | 'keyType'>,
  atMs: number,
): Plan {
  const serial = newSerial();
  const shard = serial.readUInt32BE(SERIAL_BYTES - 4) % authority.shards;
  const nowS = atMs - (atMs % 1_000);
  const notBeforeMs = Math.max(nowS - profile.backdateMs, authority.notBeforeMs ?? 0);
  // Both ends belong to the validity (RFC 5280 §4.1.2.5).
  const notAfterMs = Math.min(nowS + profile.validMs - 1_000, authority.notAfterMs ?? 0);
  const tbs = toBeSigned({
    serial,
    algorithm: signatureOf(authority.keyType).der,
    issuer: authority.subject,
    notBeforeMs,
    notAfterMs,
    subject: nameOf(subjectOf(reference)),
    spki: request.spki,
    extensions: [
      extensions.subjectKeyId(keyIdOf(request.key)),
      extensions.subjectUri(uriOf(reference)),
      sameForAll(authority, profile, shard, request.keyType),
    ],
  });
  return { tbs, serial, shard, notBeforeMs, notAfterMs };
}

/** What certificates of one authority, profile and shard have in common, by what it is made of. */
const common = new Map<string, Buffer>();
const MOST_COMMON = 10_000;

function sameForAll(
  { authorityId, baseUrl, keyDigests }: Pick<Authority, 'authorityId' | 'baseUrl' | 'keyDigests'>,
  { usages, purposes }: Profile,
  shard: number,
  keyType: KeyType,
): Buffer {
  const [keyId] = keyDigests as [Buffer];
  // Key encipherment is for RSA alone: TLS 1.2 without an agreement of keys.
  const own = keyType.startsWith('rsa-') ? usages : usages.filter(each => each !== 'key-encipherment');
  const name = `${authorityId}/${shard}/${baseUrl}/${keyId.toString('latin1')}/${own}/${purposes}`;
  const known = common.get(name);
  if (known !== undefined) return known;
  if (common.size >= MOST_COMMON) common.clear();
  const made = Buffer.concat([
    extensions.basicConstraints(false, null),
    extensions.keyUsage(own),
    extensions.extendedKeyUsage(purposes),
    extensions.authorityKeyId(keyId),
    extensions.crlAt(ADDRESS.crl(baseUrl, authorityId, shard)),
    extensions.freshestCrlAt(ADDRESS.delta(baseUrl, authorityId, shard)),
    extensions.authorityInfo(ADDRESS.ocsp(baseUrl), ADDRESS.certificate(baseUrl, authorityId)),
  ]);
  common.set(name, made);
  return made;
}

/** 126 bits of chance in sixteen octets that are always a positive number in its shortest form (RFC 5280 §4.1.2.2). */
export function newSerial(): Buffer {
  const serial = randomBytes(SERIAL_BYTES);
  serial[0] = ((serial[0] as number) & 0x3f) | 0x40;
  return serial;
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
