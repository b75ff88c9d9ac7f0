import { nothing, oid, seq } from '../../../kernel/der/encode.ts';
import { DerReader } from '../../../kernel/der/read.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import type { DeviceCode } from '../codes.ts';

/** Kinds of key that certificates here may be made for or signed with. */
export const KEY_TYPES = ['ec-p256', 'ec-p384', 'rsa-2048', 'rsa-3072', 'rsa-4096', 'ed25519'] as const;
export type KeyType = (typeof KEY_TYPES)[number];

/** How something is signed: the algorithm identifier as DER, and the digest by which node:crypto knows it; null where none is named. */
export interface SignatureAlgorithm {
  readonly der: Buffer;
  readonly digest: 'sha256' | 'sha384' | 'sha512' | null;
}

const EC_KEY = '1.2.840.10045.2.1';
const RSA_KEY = '1.2.840.113549.1.1.1';
const ED25519 = '1.3.101.112';
const CURVES: Readonly<Record<string, { readonly type: KeyType; readonly pointBytes: number }>> = {
  '1.2.840.10045.3.1.7': { type: 'ec-p256', pointBytes: 65 },
  '1.3.132.0.34': { type: 'ec-p384', pointBytes: 97 },
};

/** RFC 5758 §3.2, RFC 4055 §5, RFC 8410 §3: parameters are absent for ECDSA and Ed25519, NULL for RSA. */
const SIGNATURES: Readonly<Record<string, SignatureAlgorithm & { readonly of: string }>> = {
  '1.2.840.10045.4.3.2': { der: seq(oid('1.2.840.10045.4.3.2')), digest: 'sha256', of: 'ec' },
  '1.2.840.10045.4.3.3': { der: seq(oid('1.2.840.10045.4.3.3')), digest: 'sha384', of: 'ec' },
  '1.2.840.10045.4.3.4': { der: seq(oid('1.2.840.10045.4.3.4')), digest: 'sha512', of: 'ec' },
  '1.2.840.113549.1.1.11': rsa('1.2.840.113549.1.1.11', 'sha256'),
  '1.2.840.113549.1.1.12': rsa('1.2.840.113549.1.1.12', 'sha384'),
  '1.2.840.113549.1.1.13': rsa('1.2.840.113549.1.1.13', 'sha512'),
  [ED25519]: { der: seq(oid(ED25519)), digest: null, of: 'ed25519' },
};

function rsa(dotted: string, digest: 'sha256' | 'sha384' | 'sha512') {
  return { der: seq(oid(dotted), nothing()), digest, of: 'rsa' };
}

/** The algorithm that a key of the type signs with. */
export function signatureOf(type: KeyType): SignatureAlgorithm {
  if (type === 'ed25519') return SIGNATURES[ED25519] as SignatureAlgorithm;
  if (type === 'ec-p256') return SIGNATURES['1.2.840.10045.4.3.2'] as SignatureAlgorithm;
  if (type === 'ec-p384') return SIGNATURES['1.2.840.10045.4.3.3'] as SignatureAlgorithm;
  return SIGNATURES['1.2.840.113549.1.1.11'] as SignatureAlgorithm;
}

/** Reads the algorithm identifier of a signature by a key of the type. Refuses `signature-algorithm-refused`: SHA-1 and what is not listed are none. */
export function readSignatureAlgorithm(reader: DerReader, type: KeyType): SignatureAlgorithm {
  const inside = reader.enter(0x30);
  const dotted = inside.oid();
  const found = SIGNATURES[dotted];
  if (found === undefined || found.of !== type.split('-')[0])
    throw new Refusal<DeviceCode>('signature-algorithm-refused', { detail: { algorithm: dotted } });
  // NULL parameters of RSA may be left out (RFC 4055 §5); nothing else may stand there.
  if (inside.optional(0x05) !== null && found.of !== 'rsa')
    throw inside.no('parameters where there are none');
  inside.close();
  return found;
}

/** A public key that was looked at: its kind and its SubjectPublicKeyInfo. */
export interface PublicKey {
  readonly type: KeyType;
  readonly spki: Uint8Array;
  /** What stands in the bit string: the octets that key identifiers are digests of (RFC 5280 §4.2.1.2). */
  readonly key: Uint8Array;
}

/**
 * Reads a SubjectPublicKeyInfo. Refuses `key-refused` for a kind that is not on the list, an RSA modulus below 2048
 * bits, an exponent below 65537 or even, and a point that is not written out (§7 of the field facts).
 */
export function readPublicKey(reader: DerReader): PublicKey {
  const element = reader.element(0x30);
  const inside = reader.inside(element);
  const algorithm = inside.enter(0x30);
  const dotted = algorithm.oid();
  if (dotted === EC_KEY) {
    const curve = algorithm.nextTag === 0x06 ? algorithm.oid() : 'explicit';
    algorithm.close();
    const key = inside.bits();
    inside.close();
    const known = CURVES[curve];
    if (known === undefined) throw refused(`EC curve ${curve}`);
    if (key.length !== known.pointBytes || key[0] !== 4) throw refused('EC point of another form');
    return { type: known.type, spki: reader.whole(element), key };
  }
  if (dotted === ED25519) {
    algorithm.close();
    const key = inside.bits();
    inside.close();
    if (key.length !== 32) throw refused('Ed25519 key of another length');
    return { type: 'ed25519', spki: reader.whole(element), key };
  }
  if (dotted !== RSA_KEY) throw refused(`algorithm ${dotted}`);
  algorithm.element(0x05);
  algorithm.close();
  const key = inside.bits();
  inside.close();
  return { type: rsaType(key), spki: reader.whole(element), key };
}

function rsaType(key: Uint8Array): KeyType {
  const reader = new DerReader(key);
  const numbers = reader.enter(0x30);
  const modulus = numbers.natural(1024);
  const exponent = numbers.natural(8);
  numbers.close();
  reader.close();
  const size = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
  const value =
    exponent.length > 5 ? Number.POSITIVE_INFINITY : exponent.reduce((sum, each) => sum * 256 + each, 0);
  if (value < 65_537 || ((exponent.at(-1) ?? 0) & 1) === 0) throw refused('RSA exponent');
  const type = `rsa-${size}`;
  if (!(KEY_TYPES as readonly string[]).includes(type)) throw refused(`RSA of ${size} bits`);
  return type as KeyType;
}

function refused(what: string): Refusal<DeviceCode> {
  return new Refusal<DeviceCode>('key-refused', { detail: { what } });
}
