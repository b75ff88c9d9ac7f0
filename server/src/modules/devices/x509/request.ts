import { createPublicKey, verify } from 'node:crypto';
import { DerReader } from '../../../kernel/der/read.ts';
import { isRefusal, Refusal } from '../../../kernel/refusal.ts';
import type { DeviceCode } from '../codes.ts';
import { type KeyType, readPublicKey, readSignatureAlgorithm } from './algorithms.ts';
import { ATTRIBUTE, readName } from './names.ts';

/** A request for a certificate (PKCS#10, RFC 2986) whose sender was shown to hold the key. */
export interface Request {
  readonly keyType: KeyType;
  readonly spki: Uint8Array;
  readonly key: Uint8Array;
  readonly commonName: string | null;
}

/** Longest request that is read; one with an RSA key of 4096 bits has some 1,500 octets. */
export const MOST_REQUEST_BYTES = 16_384;
const MOST_ATTRIBUTES = 16;

/**
 * Reads a request and proves possession of its key (I-14: there is no way around). Whatever lies in it is a stranger's:
 * only the key, and the common name for comparison, are taken over. Refuses `request-unreadable` with the place,
 * `key-refused`, `signature-algorithm-refused`, `request-not-signed`.
 */
export function readRequest(der: Uint8Array): Request {
  if (der.length > MOST_REQUEST_BYTES)
    throw new Refusal<DeviceCode>('request-unreadable', {
      detail: { what: 'too long', mostBytes: MOST_REQUEST_BYTES },
    });
  const { request, algorithm, info, signature } = taken(der);
  const key = publicKeyOf(request.spki);
  if (!verify(algorithm.digest, info, key, signature)) throw new Refusal<DeviceCode>('request-not-signed');
  return request;
}

function taken(der: Uint8Array) {
  try {
    const top = new DerReader(der);
    const whole = top.enter(0x30);
    top.close();
    const infoElement = whole.element(0x30);
    const info = whole.inside(infoElement);
    if (info.small() !== 0) throw info.no('version 1 expected');
    const name = readName(info);
    const { type, spki, key } = readPublicKey(info);
    passAttributes(info);
    info.close();
    const algorithm = readSignatureAlgorithm(whole, type);
    const signature = whole.bits();
    whole.close();
    const commonName = name.values.get(ATTRIBUTE.commonName)?.at(-1) ?? null;
    return {
      request: { keyType: type, spki, key, commonName },
      algorithm,
      info: whole.whole(infoElement),
      signature,
    };
  } catch (thrown) {
    if (isRefusal(thrown) && thrown.code === 'der-unreadable')
      throw new Refusal<DeviceCode>('request-unreadable', { detail: thrown.detail });
    throw thrown;
  }
}

/** Attributes are read for their form alone. Some clients leave the empty set out, though RFC 2986 §4.1 wants it. */
function passAttributes(info: DerReader): void {
  const attributes = info.optional(0xa0);
  if (attributes === null) return;
  const inside = info.inside(attributes);
  for (let count = 1; !inside.isAtEnd; count += 1) {
    if (count > MOST_ATTRIBUTES) throw inside.no('too many attributes');
    const one = inside.enter(0x30);
    one.oid();
    one.element(0x31);
    one.close();
  }
}

/** The name that a request which was read before asks for, as its octets are. */
export function subjectIn(der: Uint8Array): Uint8Array {
  const info = new DerReader(der).enter(0x30).enter(0x30);
  info.small();
  return info.whole(info.element(0x30));
}

/** OpenSSL refuses a point that is not on its curve and a modulus that is none. */
export function publicKeyOf(spki: Uint8Array) {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch {
    throw new Refusal<DeviceCode>('key-refused', {
      detail: { what: 'no point of its curve, or no such number' },
    });
  }
}
