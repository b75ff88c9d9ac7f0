import { Refusal } from '../refusal.ts';
import { TAG } from './encode.ts';

/** Why bytes are no DER of what was expected. */
export type DerCode = 'der-unreadable';

/** One element where it lies: its contents are `bytes[from..to)`, the whole of it `bytes[start..to)`. */
export interface Element {
  readonly tag: number;
  readonly start: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Reads DER from front to back, element by element, and never goes deeper than it is told: what is nested is opened by
 * whoever knows what it is, so that no depth of a stranger's bytes can exhaust the stack. Lengths that are indefinite,
 * longer than need be or beyond the end are refused as `der-unreadable` with the place.
 */
export class DerReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  #at: number;

  constructor(bytes: Uint8Array, from = 0, end = bytes.length) {
    this.bytes = bytes;
    this.#at = from;
    this.end = end;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.end;
  }

  /** The tag of what comes next; -1 at the end. */
  get nextTag(): number {
    return this.#at < this.end ? (this.bytes[this.#at] as number) : -1;
  }

  /** The next element, which has the tag where one is named. */
  element(tag?: number): Element {
    const start = this.#at;
    const bytes = this.bytes;
    if (start + 2 > this.end) throw this.no('ends early');
    const found = bytes[start] as number;
    if (tag !== undefined && found !== tag) throw this.no(`tag ${tag} expected`);
    if ((found & 0x1f) === 0x1f) throw this.no('a tag of many octets');
    let length = bytes[start + 1] as number;
    let from = start + 2;
    if (length >= 0x80) {
      const size = length - 0x80;
      if (size === 0 || size > 4) throw this.no('a length that is none');
      if (from + size > this.end) throw this.no('ends early');
      length = 0;
      for (let i = 0; i < size; i += 1) length = length * 256 + (bytes[from + i] as number);
      from += size;
      if (length < 0x80 || (size > 1 && length < 256 ** (size - 1)))
        throw this.no('a length longer than need be');
    }
    if (length > this.end - from) throw this.no('a length beyond the end');
    this.#at = from + length;
    return { tag: found, start, from, to: from + length };
  }

  /** The next element when it has the tag, else null. */
  optional(tag: number): Element | null {
    return this.nextTag === tag ? this.element(tag) : null;
  }

  /** A reader of what lies in an element. */
  inside(element: Element): DerReader {
    return new DerReader(this.bytes, element.from, element.to);
  }

  /** A reader of the next element's contents. */
  enter(tag: number): DerReader {
    return this.inside(this.element(tag));
  }

  contents({ from, to }: Element): Uint8Array {
    return this.bytes.subarray(from, to);
  }

  whole({ start, to }: Element): Uint8Array {
    return this.bytes.subarray(start, to);
  }

  /** A whole number that is not negative, as its octets without a leading zero; at most so many. */
  natural(most = 64): Uint8Array {
    const element = this.element(TAG.integer);
    const bytes = this.contents(element);
    const [first = 0, second = 0] = bytes;
    if (bytes.length === 0 || bytes.length > most + 1) throw this.no('a number of no sensible size');
    if (first >= 0x80) throw this.no('a number below zero');
    if (bytes.length > 1 && first === 0 && second < 0x80) throw this.no('a number longer than need be');
    return first === 0 && bytes.length > 1 ? bytes.subarray(1) : bytes;
  }

  /** A whole number as its octets lie, which may be below zero (RFC 5280 §4.1.2.2); at most so many. */
  integer(most = 64): Uint8Array {
    const bytes = this.contents(this.element(TAG.integer));
    const [first = 0, second = 0] = bytes;
    if (bytes.length === 0 || bytes.length > most) throw this.no('a number of no sensible size');
    const isPadded = (first === 0 && second < 0x80) || (first === 0xff && second >= 0x80);
    if (bytes.length > 1 && isPadded) throw this.no('a number longer than need be');
    return bytes;
  }

  /** A whole number below 2^31. */
  small(): number {
    const bytes = this.natural(4);
    return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  }

  oid(): string {
    const bytes = this.contents(this.element(TAG.oid));
    if (bytes.length === 0 || bytes.length > 32) throw this.no('an object identifier of no sensible size');
    const arcs: number[] = [];
    let arc = 0;
    let isOpen = false;
    for (const byte of bytes) {
      if (!isOpen && byte === 0x80) throw this.no('an object identifier longer than need be');
      arc = arc * 128 + (byte & 0x7f);
      if (arc > Number.MAX_SAFE_INTEGER) throw this.no('an object identifier too large');
      isOpen = byte >= 0x80;
      if (isOpen) continue;
      if (arcs.length === 0) {
        const first = Math.min(2, Math.floor(arc / 40));
        arcs.push(first, arc - first * 40);
      } else arcs.push(arc);
      arc = 0;
    }
    if (isOpen) throw this.no('an object identifier that ends early');
    return arcs.join('.');
  }

  octets(): Uint8Array {
    return this.contents(this.element(TAG.octetString));
  }

  /** A bit string of whole octets. */
  bits(): Uint8Array {
    const bytes = this.contents(this.element(TAG.bitString));
    if (bytes[0] !== 0) throw this.no('a bit string of whole octets expected');
    return bytes.subarray(1);
  }

  /** Named bits, the first being bit 0. */
  namedBits(): ReadonlySet<number> {
    const bytes = this.contents(this.element(TAG.bitString));
    const unused = bytes[0] ?? 8;
    if (unused > 7 || (bytes.length === 1 && unused > 0) || bytes.length > 5)
      throw this.no('a bit string of no sensible size');
    const set = new Set<number>();
    for (let bit = 0; bit < (bytes.length - 1) * 8 - unused; bit += 1)
      if (((bytes[1 + (bit >> 3)] as number) & (0x80 >> (bit & 7))) !== 0) set.add(bit);
    return set;
  }

  boolean(): boolean {
    const bytes = this.contents(this.element(TAG.boolean));
    if (bytes.length !== 1 || (bytes[0] !== 0 && bytes[0] !== 0xff)) throw this.no('no truth value of DER');
    return bytes[0] === 0xff;
  }

  /** UTCTime or GeneralizedTime as RFC 5280 §4.1.2.5 allows them, in milliseconds. */
  time(): number {
    const element = this.element();
    const text = Buffer.from(this.contents(element)).toString('latin1');
    const isShort = element.tag === TAG.utcTime;
    if (!isShort && element.tag !== TAG.generalizedTime) throw this.no('a time expected');
    const match = (isShort ? UTC_TIME : GENERALIZED_TIME).exec(text);
    if (match === null) throw this.no('a time of another form');
    const [year = 0, month = 0, ...rest] = match.slice(1).map(Number);
    const whole = isShort ? year + (year < 50 ? 2000 : 1900) : year;
    const [day = 0, hour = 0, minute = 0, second = 0] = rest;
    const date = new Date(0);
    date.setUTCFullYear(whole, month - 1, day);
    date.setUTCHours(hour, minute, second);
    const isReal =
      date.getUTCMonth() === month - 1 &&
      date.getUTCDate() === day &&
      date.getUTCHours() === hour &&
      date.getUTCMinutes() === minute &&
      date.getUTCSeconds() === second;
    if (!isReal) throw this.no('a time that never was');
    return date.getTime();
  }

  /** Refuses what comes after the last thing that was expected. */
  close(): void {
    if (!this.isAtEnd) throw this.no('more than was expected');
  }

  no(what: string): Refusal<DerCode> {
    return new Refusal<DerCode>('der-unreadable', { detail: { place: `octet ${this.#at}`, what } });
  }
}

/** A reader of what lies in bytes that are one element of the tag and nothing more. */
export function insideOf(bytes: Uint8Array, tag = TAG.sequence as number): DerReader {
  const top = new DerReader(bytes);
  const inside = top.enter(tag);
  top.close();
  return inside;
}

const UTC_TIME = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
const GENERALIZED_TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
