import { integer, nothing, oid, seq, setOf, tagged } from '../../../kernel/der/encode.ts';
import { subjectOf } from '../model.ts';
import type { KeyType } from '../x509/algorithms.ts';
import { signatureOf } from '../x509/algorithms.ts';
import { ATTRIBUTE, nameOf } from '../x509/names.ts';

/** What EST sends and takes: certificates alone in CMS, attributes that requests should have, base64. */

const SIGNED_DATA = '1.2.840.113549.1.7.2';
const DATA = '1.2.840.113549.1.7.1';

/** Certificates and nothing else: a SignedData that nobody signed (RFC 5272 §4.1, RFC 7030 §4.1.3). */
export function certificatesOnly(certificates: readonly Uint8Array[]): Buffer {
  const inner = seq(integer(1), setOf(), seq(oid(DATA)), tagged(0, ...certificates), setOf());
  return seq(oid(SIGNED_DATA), tagged(0, inner));
}

/**
 * Base64 as RFC 8951 §3.1 lets it come: with line breaks and blanks anywhere, and whatever Content-Transfer-Encoding
 * says. Null for what is none.
 */
export function fromBase64(body: Uint8Array): Buffer | null {
  const text = Buffer.from(body)
    .toString('latin1')
    .replace(/[\r\n\t ]/g, '');
  return text !== '' && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text)
    ? Buffer.from(text, 'base64')
    : null;
}

/** One line: some clients stop at the first break. */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

const EC_KEY = '1.2.840.10045.2.1';
const RSA_KEY = '1.2.840.113549.1.1.1';
const CURVES: Readonly<Partial<Record<KeyType, string>>> = {
  'ec-p256': '1.2.840.10045.3.1.7',
  'ec-p384': '1.3.132.0.34',
};
const ED25519 = '1.3.101.112';
const TEMPLATE = '1.2.840.113549.1.9.16.2.61';

/**
 * What a request should have, in both readings: the plain list (RFC 7030 §4.5.2 as RFC 9908 §3.2 mends it: one attribute
 * for the kind of key) and the template (RFC 9908 §3.4), whose subject is filled in where the device is known.
 */
export function csrAttributes(keyType: KeyType, reference: string | null): Buffer {
  const list = [
    keyAttribute(keyType),
    signatureAlgorithm(keyType),
    seq(oid(TEMPLATE), setOf(template(keyType, reference))),
  ];
  return seq(...list);
}

function keyAttribute(keyType: KeyType): Buffer {
  const curve = CURVES[keyType];
  if (curve !== undefined) return seq(oid(EC_KEY), setOf(oid(curve)));
  if (keyType === 'ed25519') return seq(oid(ED25519), setOf());
  return seq(oid(RSA_KEY), setOf(integer(Number(keyType.slice(4)))));
}

/** The object identifier alone: first in the algorithm's sequence. */
function signatureAlgorithm(keyType: KeyType): Buffer {
  const { der } = signatureOf(keyType);
  return Buffer.from(der.subarray(2, 4 + (der[3] as number)));
}

function template(keyType: KeyType, reference: string | null): Buffer {
  const subject =
    reference === null ? seq(setOf(seq(oid(ATTRIBUTE.commonName)))) : nameOf(subjectOf(reference));
  return seq(integer(0), subject, tagged(0, keyAlgorithm(keyType)), tagged(1));
}

function keyAlgorithm(keyType: KeyType): Buffer {
  const curve = CURVES[keyType];
  if (curve !== undefined) return seq(oid(EC_KEY), oid(curve));
  return keyType === 'ed25519' ? seq(oid(ED25519)) : seq(oid(RSA_KEY), nothing());
}

/** Key and certificate in two parts (RFC 7030 §4.4.2), each in base64. */
export function keyAndCertificate(boundary: string, pkcs8: Uint8Array, certificate: Uint8Array): string {
  return [
    `--${boundary}`,
    'Content-Type: application/pkcs8',
    'Content-Transfer-Encoding: base64',
    '',
    toBase64(pkcs8),
    `--${boundary}`,
    'Content-Type: application/pkcs7-mime; smime-type=certs-only',
    'Content-Transfer-Encoding: base64',
    '',
    toBase64(certificatesOnly([certificate])),
    `--${boundary}--`,
    '',
  ].join('\r\n');
}
