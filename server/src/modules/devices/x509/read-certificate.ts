import { DerReader } from '../../../kernel/der/read.ts';
import { type PublicKey, readPublicKey } from './algorithms.ts';
import { OID } from './extensions.ts';
import { readName } from './names.ts';

/** A certificate as it was read; nothing of it was verified. */
export interface ReadCertificate {
  readonly der: Uint8Array;
  readonly tbs: Uint8Array;
  /** The octets as they lie: others gave out numbers below zero (RFC 5280 §4.1.2.2). */
  readonly serial: Uint8Array;
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly publicKey: PublicKey;
  /** The algorithm identifier inside and outside are the same octets (RFC 5280 §4.1.1.2). */
  readonly algorithm: Uint8Array;
  readonly signature: Uint8Array;
  readonly isAuthority: boolean;
  readonly pathLength: number | null;
  readonly keyUsage: ReadonlySet<number> | null;
  readonly subjectKeyId: Uint8Array | null;
  /** All of its extensions by their identifiers. */
  readonly extensions: Extensions;
}

export interface Extension {
  readonly isCritical: boolean;
  readonly value: Uint8Array;
}

export type Extensions = ReadonlyMap<string, Extension>;

/** Longest certificate that is read. */
export const MOST_CERTIFICATE_BYTES = 65_536;
const MOST_EXTENSIONS = 64;
/** Twenty octets, and one in front where the first of them would make it negative. */
export const MOST_SERIAL_BYTES = 21;

/** Reads a certificate of version 3. Refuses `der-unreadable` with the place, `key-refused` for its key. */
export function readCertificate(der: Uint8Array): ReadCertificate {
  const top = new DerReader(der);
  if (der.length > MOST_CERTIFICATE_BYTES) throw top.no('too long');
  const whole = top.enter(0x30);
  top.close();
  const tbsElement = whole.element(0x30);
  const algorithm = whole.whole(whole.element(0x30));
  const signature = whole.bits();
  whole.close();
  const tbs = whole.inside(tbsElement);
  const version = tbs.enter(0xa0);
  if (version.small() !== 2) throw version.no('version 3 expected');
  const serial = tbs.integer(MOST_SERIAL_BYTES);
  const inner = tbs.whole(tbs.element(0x30));
  if (Buffer.compare(inner, algorithm) !== 0) throw tbs.no('two different algorithms of signature');
  const issuer = readName(tbs).der;
  const validity = tbs.enter(0x30);
  const notBeforeMs = validity.time();
  const notAfterMs = validity.time();
  validity.close();
  const subject = readName(tbs).der;
  const publicKey = readPublicKey(tbs);
  // Unique identifiers of issuer and subject: nobody writes them any more, and nothing rests on them (§4.1.2.8).
  tbs.optional(0x81);
  tbs.optional(0x82);
  const list = tbs.optional(0xa3);
  tbs.close();
  const extensions = list === null ? new Map<string, Extension>() : readExtensions(tbs.inside(list));
  return {
    der,
    tbs: whole.whole(tbsElement),
    serial,
    issuer,
    subject,
    notBeforeMs,
    notAfterMs,
    publicKey,
    algorithm,
    signature,
    ...constraintsIn(extensions.get(OID.basicConstraints)),
    keyUsage: usageIn(extensions.get(OID.keyUsage)),
    subjectKeyId: keyIdIn(extensions.get(OID.subjectKeyId)),
    extensions,
  };
}

/** The one list of extensions in a box, for certificates, lists and their entries alike (§4.1, §5.1). */
export function readExtensions(outer: DerReader): Map<string, Extension> {
  const list = outer.enter(0x30);
  outer.close();
  const found = new Map<string, Extension>();
  while (!list.isAtEnd) {
    if (found.size === MOST_EXTENSIONS) throw list.no('too many extensions');
    const one = list.enter(0x30);
    const id = one.oid();
    const isCritical = one.nextTag === 0x01 && one.boolean();
    const value = one.octets();
    one.close();
    if (found.has(id)) throw list.no('one extension twice');
    found.set(id, { isCritical, value });
  }
  return found;
}

function constraintsIn(extension: Extension | undefined) {
  if (extension === undefined) return { isAuthority: false, pathLength: null };
  const reader = new DerReader(extension.value);
  const inside = reader.enter(0x30);
  const isAuthority = inside.nextTag === 0x01 && inside.boolean();
  const pathLength = inside.isAtEnd ? null : inside.small();
  inside.close();
  return { isAuthority, pathLength };
}

function usageIn(extension: Extension | undefined): ReadonlySet<number> | null {
  return extension === undefined ? null : new DerReader(extension.value).namedBits();
}

function keyIdIn(extension: Extension | undefined): Uint8Array | null {
  return extension === undefined ? null : new DerReader(extension.value).octets();
}
