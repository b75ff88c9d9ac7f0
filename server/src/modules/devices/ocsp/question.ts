import { DerReader } from '../../../kernel/der/read.ts';
import { OID } from '../x509/extensions.ts';

/** Digests by which a question may name an issuer. */
export const ISSUER_DIGESTS: Readonly<Record<string, 'sha1' | 'sha256' | 'sha384' | 'sha512'>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

/** One certificate asked about. `certId` is the whole element, which the answer repeats. */
export interface Asked {
  readonly certId: Uint8Array;
  readonly digest: 'sha1' | 'sha256' | 'sha384' | 'sha512';
  readonly issuerName: Uint8Array;
  readonly issuerKey: Uint8Array;
  /** Big-endian octets without a leading zero: serials are compared as numbers, never as they were written. */
  readonly serial: Uint8Array;
}

export interface Question {
  readonly asked: readonly Asked[];
  readonly nonce: Uint8Array | null;
}

/** A question of one certificate has some 80 octets, with a nonce and a digest of 64 octets some 300. */
export const MOST_QUESTION_BYTES = 8_192;
const MOST_ASKED = 16;
const MOST_EXTENSIONS = 8;
/** RFC 9654 §2.1: 1 to 128 octets; any other length is a malformed request. */
const MOST_NONCE_BYTES = 128;

/**
 * Reads a question about the state of certificates (RFC 6960 §4.1.1). A signature over it is passed over unread: who
 * asks does not matter, for what is told is public. Refuses `der-unreadable`, which is told as `malformedRequest`.
 */
export function readQuestion(bytes: Uint8Array): Question {
  const top = new DerReader(bytes);
  if (bytes.length > MOST_QUESTION_BYTES) throw top.no('too long');
  const whole = top.enter(0x30);
  top.close();
  const tbs = whole.enter(0x30);
  whole.optional(0xa0);
  whole.close();
  const version = tbs.optional(0xa0);
  if (version !== null && tbs.inside(version).small() !== 0) throw tbs.no('version 1 expected');
  tbs.optional(0xa1);
  const asked = readList(tbs.enter(0x30));
  const extensions = tbs.optional(0xa2);
  const nonce = extensions === null ? null : readNonce(tbs.inside(extensions));
  tbs.close();
  return { asked, nonce };
}

function readList(list: DerReader): Asked[] {
  const asked: Asked[] = [];
  while (!list.isAtEnd) {
    if (asked.length === MOST_ASKED) throw list.no('too many certificates in one question');
    const one = list.enter(0x30);
    asked.push(readCertId(one));
    one.optional(0xa0);
    one.close();
  }
  if (asked.length === 0) throw list.no('nothing is asked');
  return asked;
}

function readCertId(reader: DerReader): Asked {
  const element = reader.element(0x30);
  const inside = reader.inside(element);
  const algorithm = inside.enter(0x30);
  const digest = ISSUER_DIGESTS[algorithm.oid()];
  algorithm.optional(0x05);
  algorithm.close();
  if (digest === undefined) throw inside.no('an issuer named by an unknown digest');
  const issuerName = inside.octets();
  const issuerKey = inside.octets();
  const serial = inside.natural(20);
  inside.close();
  return { certId: reader.whole(element), digest, issuerName, issuerKey, serial };
}

function readNonce(reader: DerReader): Uint8Array | null {
  const list = reader.enter(0x30);
  reader.close();
  let nonce: Uint8Array | null = null;
  for (let count = 1; !list.isAtEnd; count += 1) {
    if (count > MOST_EXTENSIONS) throw list.no('too many extensions');
    const one = list.enter(0x30);
    const id = one.oid();
    const isCritical = one.nextTag === 0x01 && one.boolean();
    const value = one.octets();
    one.close();
    if (id === OID.ocspNonce) {
      if (nonce !== null) throw list.no('two nonces');
      const inner = new DerReader(value);
      nonce = inner.octets();
      inner.close();
      if (nonce.length === 0 || nonce.length > MOST_NONCE_BYTES)
        throw list.no('a nonce of no allowed length');
    } else if (isCritical) throw list.no('a critical extension that is not known');
  }
  return nonce;
}
