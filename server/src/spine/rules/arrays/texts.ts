/** Reads and writes texts by number. */
export interface TextNumbers {
  idOf(text: string): number;
  textOf(id: number): string | undefined;
}

/**
 * Texts by number: each distinct text has one number, from 1, for as long as the table lives; 0 is the absent
 * text. Texts lie as UTF-8 in one buffer, so that a reader of bytes finds a number without making a string.
 */
export class Texts {
  /** The highest number given; 0 when there is none. */
  size = 0;
  /** Pairs of a text's number and its hash, found by the hash; a quarter of them free at least. */
  #table = new Int32Array(1024);
  #ends = new Uint32Array(256);
  #bytes = new Uint8Array(4096);
  #strings: (string | undefined)[] = [undefined];
  #scratch = new Uint8Array(256);
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
    const mask = table.length - 2;
    for (let at = (hash << 1) & mask; ; at = (at + 2) & mask) {
      const id = table[at] as number;
      if (id === 0) return this.#add(source, from, to, hash, at);
      if (table[at + 1] === hash && this.#isText(id, source, from, to)) return id;
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
    for (let i = 0, place = field; i < count; i += 1, place += stride) {
      const from = begins[place] as number;
      const to = (begins[place + 1] as number) - 1;
      ids[i] = from === to ? 0 : this.idOfBytes(source, from, to);
    }
  }

  idOf(text: string): number {
    const length = this.#encode(text);
    return this.idOfBytes(this.#scratch, 0, length);
  }

  /** The text of a number, undefined for 0. */
  textOf(id: number): string | undefined {
    const known = this.#strings[id];
    if (known !== undefined || id === 0) return known;
    const text = decode(this.#bytes, id === 1 ? 0 : (this.#ends[id - 1] as number), this.#ends[id] as number);
    this.#strings[id] = text;
    return text;
  }

  /** How many bytes the text of a number has. */
  lengthOf(id: number): number {
    return (this.#ends[id] as number) - (id === 1 ? 0 : (this.#ends[id - 1] as number));
  }

  /** Writes the bytes of a text to a place; the place after them. */
  copyTo(id: number, bytes: Uint8Array, at: number): number {
    const end = this.#ends[id] as number;
    let to = at;
    for (let i = end - this.lengthOf(id); i < end; i += 1, to += 1) bytes[to] = this.#bytes[i] as number;
    return to;
  }

  /** Takes over the texts of a table of the same seed, which is not to be used any more. */
  become(other: Texts): void {
    this.size = other.size;
    this.#table = other.#table;
    this.#ends = other.#ends;
    this.#bytes = other.#bytes;
    this.#strings = other.#strings;
  }

  get sizeBytes(): number {
    return this.#table.byteLength + this.#ends.byteLength + this.#bytes.byteLength;
  }

  /** All texts in the order of their numbers. */
  *[Symbol.iterator](): Generator<string> {
    for (let id = 1; id <= this.size; id += 1) yield this.textOf(id) as string;
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
    if ((this.#ends[id] as number) - start !== to - from) return false;
    const bytes = this.#bytes;
    for (let i = from, at = start; i < to; i += 1, at += 1) if (bytes[at] !== source[i]) return false;
    return true;
  }

  #add(source: Uint8Array, from: number, to: number, hash: number, at: number): number {
    const id = this.size + 1;
    const start = id === 1 ? 0 : (this.#ends[id - 1] as number);
    const end = start + to - from;
    if (end > 0xffff_ffff) throw new RangeError('texts: the buffer is full');
    if (id >= this.#ends.length) {
      this.#ends = longer(this.#ends, Uint32Array, id + 1);
    }
    if (end > this.#bytes.length) this.#bytes = longer(this.#bytes, Uint8Array, end);
    for (let i = from, to2 = start; i < to; i += 1, to2 += 1) this.#bytes[to2] = source[i] as number;
    this.#ends[id] = end;
    this.#table[at] = id;
    this.#table[at + 1] = hash;
    this.#strings.push(undefined);
    this.size = id;
    if (id * 8 > this.#table.length * 3) this.#spread();
    return id;
  }

  #spread(): void {
    const old = this.#table;
    const table = new Int32Array(old.length * 2);
    const mask = table.length - 2;
    for (let from = 0; from < old.length; from += 2) {
      if (old[from] === 0) continue;
      let at = ((old[from + 1] as number) << 1) & mask;
      while (table[at] !== 0) at = (at + 2) & mask;
      table[at] = old[from] as number;
      table[at + 1] = old[from + 1] as number;
    }
    this.#table = table;
  }

  #encode(text: string): number {
    if (text.length * 3 > this.#scratch.length) this.#scratch = new Uint8Array(text.length * 3);
    const out = this.#scratch;
    let length = 0;
    for (let i = 0; i < text.length; i += 1) {
      const unit = text.charCodeAt(i);
      if (unit < 0x80) out[length++] = unit;
      else length = encodeUnit(text, i, out, length);
    }
    return length;
  }
}

/** A lone surrogate is kept as its own three bytes: what goes in comes out. */
function encodeUnit(text: string, i: number, out: Uint8Array, length: number): number {
  const unit = text.charCodeAt(i);
  if (unit < 0x800) {
    out[length] = 0xc0 | (unit >> 6);
    out[length + 1] = 0x80 | (unit & 0x3f);
    return length + 2;
  }
  out[length] = 0xe0 | (unit >> 12);
  out[length + 1] = 0x80 | ((unit >> 6) & 0x3f);
  out[length + 2] = 0x80 | (unit & 0x3f);
  return length + 3;
}

/** UTF-8 as it came, and surrogates as `encodeUnit` keeps them. */
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

/** A copy half as long again, of a long one an eighth, at least `length`. */
export function longer<A extends Int32Array | Uint32Array | Uint8Array | Float64Array>(
  array: A,
  kind: Growing<A>,
  length: number,
): A {
  const more = array.length < 65_536 ? array.length >> 1 : array.length >> 3;
  const copy = new kind(Math.max(length, array.length + more));
  (copy as Uint8Array).set(array as Uint8Array);
  return copy;
}
