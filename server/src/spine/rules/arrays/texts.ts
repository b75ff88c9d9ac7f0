/**
 * Texts by number: each distinct text has one number, from 1, for as long as the table lives; 0 is the absent
 * text. Texts lie as UTF-8 in one buffer, so that a reader of bytes finds a number without making a string.
 */
export class Texts {
  /** The highest number given; 0 when there is none. */
  size = 0;
  #table = new Int32Array(1024);
  #hashes = new Int32Array(256);
  #ends = new Uint32Array(256);
  #bytes = new Uint8Array(4096);
  #strings: (string | undefined)[] = [undefined];
  #scratch = new Uint8Array(256);
  readonly #seed: number;

  /** `seed` makes the places of texts unforeseeable to whoever sends them. */
  constructor(seed = 0) {
    this.#seed = seed | 0;
  }

  /** The number of the text in `source[from, to)`, which must be UTF-8; gives a new text its number. */
  idOfBytes(source: Uint8Array, from: number, to: number): number {
    let hash = this.#seed ^ 0x811c9dc5;
    for (let i = from; i < to; i += 1) hash = Math.imul(hash ^ (source[i] as number), 0x01000193);
    hash ^= hash >>> 15;
    const mask = this.#table.length - 1;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const id = this.#table[at] as number;
      if (id === 0) return this.#add(source, from, to, hash, at);
      if (this.#hashes[id] === hash && this.#isText(id, source, from, to)) return id;
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

  get sizeBytes(): number {
    return this.#table.byteLength + this.#hashes.byteLength + this.#ends.byteLength + this.#bytes.byteLength;
  }

  /** All texts in the order of their numbers. */
  *[Symbol.iterator](): Generator<string> {
    for (let id = 1; id <= this.size; id += 1) yield this.textOf(id) as string;
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
    if (id >= this.#hashes.length) {
      this.#hashes = longer(this.#hashes, Int32Array, id + 1);
      this.#ends = longer(this.#ends, Uint32Array, id + 1);
    }
    if (end > this.#bytes.length) this.#bytes = longer(this.#bytes, Uint8Array, end);
    for (let i = from, to2 = start; i < to; i += 1, to2 += 1) this.#bytes[to2] = source[i] as number;
    this.#hashes[id] = hash;
    this.#ends[id] = end;
    this.#table[at] = id;
    this.#strings.push(undefined);
    this.size = id;
    if (id * 2 > this.#table.length) this.#spread();
    return id;
  }

  #spread(): void {
    const table = new Int32Array(this.#table.length * 2);
    const mask = table.length - 1;
    for (let id = 1; id <= this.size; id += 1) {
      let at = (this.#hashes[id] as number) & mask;
      while (table[at] !== 0) at = (at + 1) & mask;
      table[at] = id;
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

/** A copy half as long again, at least `length`. */
export function longer<A extends Int32Array | Uint32Array | Uint8Array | Float64Array>(
  array: A,
  kind: Growing<A>,
  length: number,
): A {
  const copy = new kind(Math.max(length, array.length + (array.length >> 1)));
  (copy as Uint8Array).set(array as Uint8Array);
  return copy;
}
