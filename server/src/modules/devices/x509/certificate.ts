import { createHash } from 'node:crypto';
import { bits, integer, seq, tagged, time } from '../../../kernel/der/encode.ts';

/** What a certificate says, in parts that are DER already. */
export interface CertificateParts {
  /** Big-endian octets of a positive number (RFC 5280 §4.1.2.2). */
  readonly serial: Uint8Array;
  readonly algorithm: Uint8Array;
  readonly issuer: Uint8Array;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly subject: Uint8Array;
  readonly spki: Uint8Array;
  readonly extensions: readonly Uint8Array[];
}

const VERSION_3 = tagged(0, integer(2));

/** The part of a certificate that is signed (RFC 5280 §4.1.1.1). */
export function toBeSigned(parts: CertificateParts): Buffer {
  return seq(
    VERSION_3,
    integer(parts.serial),
    parts.algorithm,
    parts.issuer,
    seq(time(parts.notBeforeMs), time(parts.notAfterMs)),
    parts.subject,
    parts.spki,
    tagged(3, seq(...parts.extensions)),
  );
}

/** A certificate or CRL: what was signed, how, and the signature. */
export function signed(tbs: Uint8Array, algorithm: Uint8Array, signature: Uint8Array): Buffer {
  return seq(tbs, algorithm, bits(signature));
}

/** The identifier of a key: SHA-1 of the octets of its bit string (§4.2.1.2 (1)); a name, nothing rests on it. */
export function keyIdOf(key: Uint8Array): Buffer {
  return createHash('sha1').update(key).digest();
}
