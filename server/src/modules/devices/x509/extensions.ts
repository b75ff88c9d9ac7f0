import {
  boolean,
  context,
  ia5,
  integer,
  namedBits,
  nothing,
  octets,
  oid,
  seq,
  tagged,
} from '../../../kernel/der/encode.ts';

/** Extensions of certificates and CRLs, each as RFC 5280 (or the named clause) writes it. */

export const OID = {
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  subjectKeyId: '2.5.29.14',
  authorityKeyId: '2.5.29.35',
  subjectAltName: '2.5.29.17',
  nameConstraints: '2.5.29.30',
  certificatePolicies: '2.5.29.32',
  policyMappings: '2.5.29.33',
  policyConstraints: '2.5.29.36',
  inhibitAnyPolicy: '2.5.29.54',
  crlDistributionPoints: '2.5.29.31',
  freshestCrl: '2.5.29.46',
  authorityInfo: '1.3.6.1.5.5.7.1.1',
  crlNumber: '2.5.29.20',
  deltaCrlIndicator: '2.5.29.27',
  issuingDistributionPoint: '2.5.29.28',
  reasonCode: '2.5.29.21',
  ocspNoCheck: '1.3.6.1.5.5.7.48.1.5',
  ocspNonce: '1.3.6.1.5.5.7.48.1.2',
  extensionRequest: '1.2.840.113549.1.9.14',
  challengePassword: '1.2.840.113549.1.9.7',
} as const;

/** Key purposes by the names profiles use. */
export const PURPOSES: Readonly<Record<string, string>> = {
  'client-auth': '1.3.6.1.5.5.7.3.2',
  'server-auth': '1.3.6.1.5.5.7.3.1',
  'ocsp-signing': '1.3.6.1.5.5.7.3.9',
};

/** Uses of a key by the names profiles use, with their bits (§4.2.1.3). */
export const USAGES: Readonly<Record<string, number>> = {
  'digital-signature': 0,
  'key-encipherment': 2,
  'key-agreement': 4,
  'key-cert-sign': 5,
  'crl-sign': 6,
};

function extension(id: string, isCritical: boolean, value: Uint8Array): Buffer {
  return isCritical ? seq(oid(id), boolean(true), octets(value)) : seq(oid(id), octets(value));
}

export function basicConstraints(isAuthority: boolean, pathLength: number | null): Buffer {
  const parts = isAuthority ? [boolean(true), ...(pathLength === null ? [] : [integer(pathLength)])] : [];
  return extension(OID.basicConstraints, true, seq(...parts));
}

export const keyUsage = (names: readonly string[]): Buffer =>
  extension(OID.keyUsage, true, namedBits(...names.map(name => USAGES[name] as number)));

export const extendedKeyUsage = (names: readonly string[]): Buffer =>
  extension(OID.extendedKeyUsage, false, seq(...names.map(name => oid(PURPOSES[name] as string))));

export const subjectKeyId = (keyId: Uint8Array): Buffer => extension(OID.subjectKeyId, false, octets(keyId));

export const authorityKeyId = (keyId: Uint8Array): Buffer =>
  extension(OID.authorityKeyId, false, seq(context(0, keyId)));

const uri = (text: string): Buffer => context(6, Buffer.from(text, 'latin1'));

export const subjectUri = (text: string): Buffer => extension(OID.subjectAltName, false, seq(uri(text)));

const pointAt = (url: string): Buffer => seq(tagged(0, tagged(0, uri(url))));

export const crlAt = (url: string): Buffer => extension(OID.crlDistributionPoints, false, seq(pointAt(url)));
export const freshestCrlAt = (url: string): Buffer => extension(OID.freshestCrl, false, seq(pointAt(url)));

/** Where the issuer's status is told (OCSP) and where its certificate lies (§4.2.2.1). */
export function authorityInfo(ocspUrl: string, issuerUrl: string): Buffer {
  const ways = [seq(oid('1.3.6.1.5.5.7.48.1'), uri(ocspUrl)), seq(oid('1.3.6.1.5.5.7.48.2'), uri(issuerUrl))];
  return extension(OID.authorityInfo, false, seq(...ways));
}

/** The responder's own certificate is not asked about (RFC 6960 §4.2.2.2.1). */
export const ocspNoCheck = (): Buffer => extension(OID.ocspNoCheck, false, nothing());

export const crlNumber = (number: number): Buffer => extension(OID.crlNumber, false, integer(number));
export const deltaCrlIndicator = (base: number): Buffer =>
  extension(OID.deltaCrlIndicator, true, integer(base));
export const issuingDistributionPoint = (url: string): Buffer =>
  extension(OID.issuingDistributionPoint, true, seq(tagged(0, tagged(0, uri(url)))));

/** The nonce of a question, as it came (RFC 9654 §2.1). */
export const ocspNonce = (nonce: Uint8Array): Buffer => extension(OID.ocspNonce, false, octets(nonce));

/** Only ASCII may stand in a URI of a certificate. */
export function isPlainUrl(text: string): boolean {
  return text.length <= 500 && /^https?:\/\/[\x21-\x7e]+$/.test(text) && ia5(text).length > 0;
}
