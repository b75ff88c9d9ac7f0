import { Packing } from './packing.ts';

/** Reads and writes texts by number. */
export interface TextNumbers {
  idOf(text: string): number;
  textOf(id: number): string | undefined;
}

/** How many texts made into strings are held. */
const HELD_STRINGS = 4096;
/** A text of up to three bytes, met before, is found by its bytes alone. */
const SHORTEST_HASHED = 4;
const SHORT_PLACES = 1024;
/** A table is spread when more than four of five places are taken. */
const FULL = 0.8;

/**
 * Texts by number: each distinct text has one number, from 1, for as long as the table lives; 0 is the absent
 * text. Texts lie as UTF-8 in one buffer, digits at their end two to a byte, so that a reader of bytes finds a
 * number without making a string.
 */
export class Texts {
  /** The highest number given; 0 when there is none. */
  size = 0;
  /** A text's number in the lower bits, the lowest bits of its hash above them; 0 where nothing lies. */
  #table = new Int32Array(64);
  #numberBits = 6;
  #ends = new Uint32Array(64);
  #bytes = new Uint8Array(1024);
  #packing = new Packing();
  #held: (string | undefined)[] = [];
  #heldIds = new Int32Array(HELD_STRINGS);
  #scratch = new Uint8Array(256);
  /** Short texts met last in a column: bytes and length in one word, and their number. */
  readonly #shortWords = new Int32Array(SHORT_PLACES);
  readonly #shortIds = new Int32Array(SHORT_PLACES);
  readonly #seed: number;
  readonly #multiplier: number;

  /** `seed` makes the places of texts unforeseeable to whoever sends them. */
  constructor(seed = 0) {
    this.#seed = seed | 0;
    this.#multiplier = (Math.imul(seed, 0x5bd1e995) ^ 0x9e3779b1) | 1;
  }

  /** The number of the text in `source[from, to)`, which must be UTF-8; gives a new text its number. */
  idOfBytes(source: Uint8Array, from: number, to: number): number {
    const hash = this.#hash(source, from, to);
    const table = this.#table;
    const bits = this.#numberBits;
    const tag = (hash << bits) >>> bits;
    for (let at = placeOf(hash, table.length); ; ) {
      const word = table[at] as number;
      if (word === 0) return this.#add(source, from, to, hash, at);
      if (word >>> bits === tag) {
        const id = word & ((1 << bits) - 1);
        if (this.#isText(id, source, from, to)) return id;
      }
      at = at + 1 === table.length ? 0 : at + 1;
    }
  }

  /**
   * The numbers of a column of texts: text `i` begins at `begins[field + i * stride]` and ends a byte before
   * the field after it begins. An empty text is 0.
   */
  idsOfBytes(
    source: Uint8Array,
    begins: Int32Array,
    field: number,
    stride: number,
    count: number,
    ids: Int32Array | Float64Array,
  ): void {
    const words = this.#shortWords;
    const shortIds = this.#shortIds;
    for (let i = 0, place = field; i < count; i += 1, place += stride) {
      const from = begins[place] as number;
      const to = (begins[place + 1] as number) - 1;
      const length = to - from;
      if (length === 0) {
        ids[i] = 0;
        continue;
      }
      if (length >= SHORTEST_HASHED) {
        ids[i] = this.idOfBytes(source, from, to);
        continue;
      }
      let word = source[from] as number;
      if (length > 1) word = (word << 8) | (source[from + 1] as number);
      if (length > 2) word = (word << 8) | (source[from + 2] as number);
      word |= length << 24;
      const at = (word ^ (word >>> 7) ^ (word >>> 14)) & (SHORT_PLACES - 1);
      if (words[at] !== word) {
        shortIds[at] = this.idOfBytes(source, from, to);
        words[at] = word;
      }
      ids[i] = shortIds[at] as number;
    }
  }

  idOf(text: string): number {
    const length = this.#encode(text);
    return this.idOfBytes(this.#scratch, 0, length);
  }

  /** The text of a number, undefined for 0. */
  textOf(id: number): string | undefined {
    if (id === 0) return undefined;
    const place = id % HELD_STRINGS;
    if (this.#heldIds[place] === id) return this.#held[place];
    const length = this.#unpack(id);
    const text = decode(this.#scratch, 0, length);
    this.#held[place] = text;
    this.#heldIds[place] = id;
    return text;
  }

  /** How many bytes the text of a number has. */
  lengthOf(id: number): number {
    return this.#packing.lengthOf(this.#bytes, this.#start(id), this.#ends[id] as number);
  }

  /** Writes the bytes of a text to a place; the place after them. */
  copyTo(id: number, bytes: Uint8Array, at: number): number {
    return this.#packing.unpack(this.#bytes, this.#start(id), this.#ends[id] as number, bytes, at);
  }

  /** Takes over the texts of a table of the same seed, which is not to be used any more. */
  become(other: Texts): void {
    this.size = other.size;
    this.#table = other.#table;
    this.#numberBits = other.#numberBits;
    this.#ends = other.#ends;
    this.#bytes = other.#bytes;
    this.#packing = other.#packing;
    this.#held = [];
    this.#heldIds = new Int32Array(HELD_STRINGS);
    this.#shortWords.fill(0);
  }

  get sizeBytes(): number {
    return (
      this.#table.byteLength +
      this.#ends.byteLength +
      this.#bytes.byteLength +
      this.#heldIds.byteLength +
      2 * this.#shortWords.byteLength
    );
  }

  /** All texts in the order of their numbers. */
  *[Symbol.iterator](): Generator<string> {
    for (let id = 1; id <= this.size; id += 1) yield this.textOf(id) as string;
  }

  #start(id: number): number {
    return id === 1 ? 0 : (this.#ends[id - 1] as number);
  }

  /** Four bytes at a time, by a multiplier that senders do not know. */
  #hash(source: Uint8Array, from: number, to: number): number {
    const multiplier = this.#multiplier;
    let hash = (to - from) ^ this.#seed;
    let i = from;
    for (; i + 4 <= to; i += 4) {
      const word =
        (source[i] as number) |
        ((source[i + 1] as number) << 8) |
        ((source[i + 2] as number) << 16) |
        ((source[i + 3] as number) << 24);
      hash = Math.imul(hash ^ word, multiplier);
      hash ^= hash >>> 15;
    }
    let rest = 0;
    for (; i < to; i += 1) rest = (rest << 8) | (source[i] as number);
    hash = Math.imul(hash ^ rest, multiplier);
    return hash ^ (hash >>> 15);
  }

  #isText(id: number, source: Uint8Array, from: number, to: number): boolean {
    const start = id === 1 ? 0 : (this.#ends[id - 1] as number);
    return this.#packing.isText(this.#bytes, start, this.#ends[id] as number, source, from, to);
  }

  #add(source: Uint8Array, from: number, to: number, hash: number, at: number): number {
    const id = this.size + 1;
    const start = this.#start(id);
    const most = start + 1 + to - from;
    if (most > 0xffff_ffff) throw new RangeError('texts: the buffer is full');
    if (id >= this.#ends.length) this.#ends = longer(this.#ends, Uint32Array, id + 1);
    if (most > this.#bytes.length) this.#bytes = longer(this.#bytes, Uint8Array, most);
    this.#ends[id] = this.#packing.pack(source, from, to, this.#bytes, start);
    this.#table[at] = (hash << this.#numberBits) | id;
    this.size = id;
    if (id > this.#table.length * FULL) this.#spread();
    return id;
  }

  /** Into a table half as long again, of a long one a quarter. */
  #spread(): void {
    const { length } = this.#table;
    const table = new Int32Array(length + (length < 65_536 ? length >> 1 : length >> 2));
    const bits = 32 - Math.clz32(table.length);
    for (let id = 1; id <= this.size; id += 1) {
      const hash = this.#hash(this.#scratch, 0, this.#unpack(id));
      let at = placeOf(hash, table.length);
      while (table[at] !== 0) at = at + 1 === table.length ? 0 : at + 1;
      table[at] = (hash << bits) | id;
    }
    this.#table = table;
    this.#numberBits = bits;
  }

  /** Puts the bytes of a text into the scratch; how many. */
  #unpack(id: number): number {
    const length = this.lengthOf(id);
    if (length > this.#scratch.length) this.#scratch = new Uint8Array(length * 2);
    return this.copyTo(id, this.#scratch, 0);
  }

  #encode(text: string): number {
    if (text.length * 3 > this.#scratch.length) this.#scratch = new Uint8Array(text.length * 3);
    const out = this.#scratch;
    let length = 0;
    for (let i = 0; i < text.length; i += 1) {
      const unit = text.charCodeAt(i);
      if (unit < 0x80) out[length++] = unit;
      else {
        const point = text.codePointAt(i) as number;
        length = encodePoint(point, out, length);
        if (point > 0xffff) i += 1;
      }
    }
    return length;
  }
}

/** The place of a hash among `places`, by its highest bits. */
function placeOf(hash: number, places: number): number {
  return ((hash >>> 0) * places * 2.3283064365386963e-10) | 0;
}

/** UTF-8; a lone surrogate is kept as its own three bytes: what goes in comes out. */
function encodePoint(point: number, out: Uint8Array, at: number): number {
  if (point < 0x800) {
    out[at] = 0xc0 | (point >> 6);
    out[at + 1] = 0x80 | (point & 0x3f);
    return at + 2;
  }
  let to = at;
  if (point < 0x10000) out[to++] = 0xe0 | (point >> 12);
  else {
    out[to++] = 0xf0 | (point >> 18);
    out[to++] = 0x80 | ((point >> 12) & 0x3f);
  }
  out[to] = 0x80 | ((point >> 6) & 0x3f);
  out[to + 1] = 0x80 | (point & 0x3f);
  return to + 2;
}

/** UTF-8 as it came, and surrogates as `encodePoint` keeps them. */
function decode(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let i = from; i < to; ) {
    const a = bytes[i] as number;
    if (a < 0x80) {
      text += String.fromCharCode(a);
      i += 1;
    } else if (a < 0xe0) {
      text += String.fromCharCode(((a & 0x1f) << 6) | ((bytes[i + 1] as number) & 0x3f));
      i += 2;
    } else if (a < 0xf0) {
      const unit =
        ((a & 0xf) << 12) | (((bytes[i + 1] as number) & 0x3f) << 6) | ((bytes[i + 2] as number) & 0x3f);
      text += String.fromCharCode(unit);
      i += 3;
    } else {
      const point =
        ((a & 7) << 18) |
        (((bytes[i + 1] as number) & 0x3f) << 12) |
        (((bytes[i + 2] as number) & 0x3f) << 6) |
        ((bytes[i + 3] as number) & 0x3f);
      text += String.fromCodePoint(point);
      i += 4;
    }
  }
  return text;
}

interface Growing<A> {
  new (length: number): A;
}

/** A copy half as long again, of a long one an eighth, of a very long one less, at least `length`. */
export function longer<A extends Int32Array | Uint32Array | Uint8Array | Float64Array>(
  array: A,
  kind: Growing<A>,
  length: number,
): A {
  const more = array.length < 65_536 ? array.length >> 1 : array.length >> (array.length < 1 << 20 ? 3 : 4);
  const copy = new kind(Math.max(length, array.length + more));
  (copy as Uint8Array).set(array as Uint8Array);
  return copy;
}
