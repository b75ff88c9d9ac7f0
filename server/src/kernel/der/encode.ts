/**
 * Writes DER (X.690 §8, §10, §11): definite and shortest lengths, shortest whole numbers. It knows no structure of
 * anything; whoever writes one gives the parts in their order.
 */

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8: 0x0c,
  sequence: 0x30,
  set: 0x31,
  printable: 0x13,
  ia5: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
} as const;

/** How many octets the length takes. */
export function lengthSize(length: number): number {
  if (length < 0x80) return 1;
  if (length < 0x100) return 2;
  if (length < 0x10000) return 3;
  return length < 0x1000000 ? 4 : 5;
}

/** Writes the length at the place and answers the place after it. */
export function writeLength(into: Buffer, place: number, length: number): number {
  const size = lengthSize(length);
  if (size === 1) {
    into[place] = length;
    return place + 1;
  }
  into[place] = 0x7f + size;
  into.writeUIntBE(length, place + 1, size - 1);
  return place + size;
}

/** One element: its tag and its contents. */
export function tlv(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = Buffer.allocUnsafe(1 + lengthSize(length) + length);
  whole[0] = tag;
  let place = writeLength(whole, 1, length);
  for (const part of parts) {
    whole.set(part, place);
    place += part.length;
  }
  return whole;
}

export const seq = (...parts: readonly Uint8Array[]): Buffer => tlv(TAG.sequence, ...parts);
export const octets = (bytes: Uint8Array): Buffer => tlv(TAG.octetString, bytes);
/** A bit string of whole octets. */
export const bits = (bytes: Uint8Array): Buffer => tlv(TAG.bitString, NO_UNUSED, bytes);
export const boolean = (value: boolean): Buffer => tlv(TAG.boolean, Buffer.of(value ? 0xff : 0));
export const nothing = (): Buffer => Buffer.of(TAG.null, 0);
export const utf8 = (text: string): Buffer => tlv(TAG.utf8, Buffer.from(text, 'utf8'));
export const printable = (text: string): Buffer => tlv(TAG.printable, Buffer.from(text, 'latin1'));
export const ia5 = (text: string): Buffer => tlv(TAG.ia5, Buffer.from(text, 'latin1'));
export const enumerated = (value: number): Buffer => tlv(TAG.enumerated, Buffer.of(value));

/** Members of a set in the order of their encodings (X.690 §11.6). */
export function setOf(...members: readonly Uint8Array[]): Buffer {
  return tlv(TAG.set, ...[...members].sort(Buffer.compare));
}

const NO_UNUSED = Buffer.of(0);

/** A whole number that is not negative, out of big-endian octets or a safe number. */
export function integer(value: number | Uint8Array): Buffer {
  const bytes = typeof value === 'number' ? bytesOf(value) : value;
  let from = 0;
  while (from < bytes.length - 1 && bytes[from] === 0) from += 1;
  const shortest = bytes.subarray(from);
  if (shortest.length === 0) return tlv(TAG.integer, NO_UNUSED);
  return (shortest[0] as number) < 0x80 ? tlv(TAG.integer, shortest) : tlv(TAG.integer, NO_UNUSED, shortest);
}

function bytesOf(value: number): Buffer {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError('a whole number from 0 is meant');
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}

/** Named bits, the first being bit 0 (X.690 §11.2.2: no trailing zero bits). */
export function namedBits(...set: readonly number[]): Buffer {
  const last = Math.max(-1, ...set);
  const bytes = Buffer.alloc(Math.ceil((last + 1) / 8));
  for (const bit of set) bytes[bit >> 3] = (bytes[bit >> 3] as number) | (0x80 >> (bit & 7));
  return tlv(TAG.bitString, Buffer.of((8 - ((last + 1) % 8)) % 8), bytes);
}

/** A tag of context class: primitive over contents, constructed over elements. */
export const context = (number: number, contents: Uint8Array): Buffer => tlv(0x80 | number, contents);
export const tagged = (number: number, ...parts: readonly Uint8Array[]): Buffer =>
  tlv(0xa0 | number, ...parts);

const known = new Map<string, Buffer>();

/** An object identifier in dots. */
export function oid(dotted: string): Buffer {
  const before = known.get(dotted);
  if (before !== undefined) return before;
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const octetsOf = [first * 40 + second, ...rest].flatMap(base128);
  const made = tlv(TAG.oid, Buffer.from(octetsOf));
  known.set(dotted, made);
  return made;
}

function base128(arc: number): number[] {
  const digits = [arc % 128];
  for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
    digits.unshift((left % 128) | 0x80);
  return digits;
}

const FIRST_GENERALIZED_MS = Date.UTC(2050, 0, 1);
const FIRST_UTC_MS = Date.UTC(1950, 0, 1);

/** A moment as certificates and CRLs write it, to the second: UTCTime through 2049, GeneralizedTime after (RFC 5280 §4.1.2.5). */
export function time(ms: number): Buffer {
  if (ms >= FIRST_GENERALIZED_MS || ms < FIRST_UTC_MS) return generalizedTime(ms);
  return tlv(TAG.utcTime, Buffer.from(`${digitsOf(ms).slice(2)}Z`, 'latin1'));
}

/** GeneralizedTime in UTC to the second (RFC 5280 §4.1.2.5.2). */
export function generalizedTime(ms: number): Buffer {
  return tlv(TAG.generalizedTime, Buffer.from(`${digitsOf(ms)}Z`, 'latin1'));
}

function digitsOf(ms: number): string {
  const text = new Date(ms).toISOString();
  if (text.length !== 24) throw new RangeError('the year has four digits');
  return text.slice(0, 19).replace(/[-T:]/g, '');
}
