/** Digits at the end of a text that are worth packing. */
const FEWEST_DIGITS = 5;
/** Bytes of a beginning that many texts may share, and how many such beginnings are known at most. */
const LONGEST_BEGINNING = 24;
const MOST_BEGINNINGS = 255;
/** Stands for the second digit of a byte that holds one. */
const NONE = 15;
const ZERO = 0x30;
const SLASH = 0x2f;

/**
 * How texts lie in a buffer: a byte that names their beginning, 0 for none that is known, and then the rest. Of
 * a text that ends in digits after nothing or after a slash (an IMEI, `subject/4711`) the beginning is named
 * and the digits lie two to a byte; the rest of any other is its bytes.
 */
export class Packing {
  /** By their number; that of the empty beginning is 1. */
  readonly #beginnings: Uint8Array[] = [new Uint8Array(0), new Uint8Array(0)];
  #last = 1;

  /** Writes `source[from, to)` to a place, in no more than one byte more than it has; the place after it. */
  pack(source: Uint8Array, from: number, to: number, bytes: Uint8Array, at: number): number {
    const digits = digitsFrom(source, from, to);
    const beginning = to - digits < FEWEST_DIGITS ? 0 : this.#beginningOf(source, from, digits);
    bytes[at] = beginning;
    let place = at + 1;
    if (beginning === 0) {
      for (let i = from; i < to; i += 1, place += 1) bytes[place] = source[i] as number;
      return place;
    }
    for (let i = digits; i < to; i += 2, place += 1) {
      const second = i + 1 < to ? (source[i + 1] as number) - ZERO : NONE;
      bytes[place] = (((source[i] as number) - ZERO) << 4) | second;
    }
    return place;
  }

  lengthOf(bytes: Uint8Array, start: number, end: number): number {
    const beginning = bytes[start] as number;
    if (beginning === 0) return end - start - 1;
    const odd = ((bytes[end - 1] as number) & 15) === NONE ? 1 : 0;
    return (this.#beginnings[beginning] as Uint8Array).length + 2 * (end - start - 1) - odd;
  }

  /** Writes the text that lies in `bytes[start, end)` to a place; the place after it. */
  unpack(bytes: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
    const beginning = bytes[start] as number;
    let to = at;
    if (beginning === 0) {
      for (let i = start + 1; i < end; i += 1, to += 1) out[to] = bytes[i] as number;
      return to;
    }
    const known = this.#beginnings[beginning] as Uint8Array;
    for (let i = 0; i < known.length; i += 1, to += 1) out[to] = known[i] as number;
    for (let i = start + 1; i < end; i += 1) {
      const pair = bytes[i] as number;
      out[to++] = ZERO + (pair >> 4);
      if ((pair & 15) !== NONE) out[to++] = ZERO + (pair & 15);
    }
    return to;
  }

  /** Whether the text that lies in `bytes[start, end)` is `source[from, to)`. */
  isText(
    bytes: Uint8Array,
    start: number,
    end: number,
    source: Uint8Array,
    from: number,
    to: number,
  ): boolean {
    const beginning = bytes[start] as number;
    if (beginning === 0) {
      if (end - start - 1 !== to - from) return false;
      for (let i = from, at = start + 1; i < to; i += 1, at += 1) if (bytes[at] !== source[i]) return false;
      return true;
    }
    const known = this.#beginnings[beginning] as Uint8Array;
    const digits = from + known.length;
    if ((to - digits + 1) >> 1 !== end - start - 1) return false;
    for (let i = 0; i < known.length; i += 1) if (known[i] !== source[from + i]) return false;
    for (let i = digits, at = start + 1; i < to; i += 2, at += 1) {
      const pair = bytes[at] as number;
      if ((pair >> 4) + ZERO !== source[i]) return false;
      if (i + 1 < to ? (pair & 15) + ZERO !== source[i + 1] : (pair & 15) !== NONE) return false;
    }
    return true;
  }

  /** The number of the beginning `source[from, to)`, 0 when it is none that may be named. */
  #beginningOf(source: Uint8Array, from: number, to: number): number {
    if (from === to) return 1;
    if (source[to - 1] !== SLASH || to - from > LONGEST_BEGINNING) return 0;
    if (this.#isBeginning(this.#last, source, from, to)) return this.#last;
    for (let number = 2; number < this.#beginnings.length; number += 1)
      if (this.#isBeginning(number, source, from, to)) {
        this.#last = number;
        return number;
      }
    if (this.#beginnings.length > MOST_BEGINNINGS) return 0;
    this.#last = this.#beginnings.push(source.slice(from, to)) - 1;
    return this.#last;
  }

  #isBeginning(number: number, source: Uint8Array, from: number, to: number): boolean {
    const known = this.#beginnings[number] as Uint8Array;
    if (known.length !== to - from) return false;
    for (let i = 0; i < known.length; i += 1) if (known[i] !== source[from + i]) return false;
    return true;
  }
}

/** Where the digits that end `source[from, to)` begin. */
function digitsFrom(source: Uint8Array, from: number, to: number): number {
  let at = to;
  while (at > from && (source[at - 1] as number) >= ZERO && (source[at - 1] as number) <= ZERO + 9) at -= 1;
  return at;
}
