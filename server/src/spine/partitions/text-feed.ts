import { longer, type Texts } from '../rules/arrays/texts.ts';

/** Texts that a partition is told for the first time; they are numbered on from those it was told before. */
export interface NewTexts {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where each text ends in `bytes`. */
  readonly ends: Int32Array<ArrayBuffer>;
}

/** The owner's side of a table of texts: each goes to the partition once, as bytes, and then by its number. */
export class TextFeed {
  readonly #texts: Texts;
  /** The number a text goes by, found by the owner's; 0 when it was never sent. */
  #sentAs = new Int32Array(256);
  #sent = 0;
  #fresh: number[] = [];

  constructor(texts: Texts) {
    this.#texts = texts;
  }

  /** The number the partition knows the text by; of an absent text, 0 or NaN, the same. */
  numberOf(id: number): number {
    if (!(id > 0)) return id;
    if (id >= this.#sentAs.length) this.#sentAs = longer(this.#sentAs, Int32Array, id + 1);
    const known = this.#sentAs[id] as number;
    if (known !== 0) return known;
    this.#sent += 1;
    this.#sentAs[id] = this.#sent;
    this.#fresh.push(id);
    return this.#sent;
  }

  /** What the numbers handed out since the last time stand for. */
  take(): NewTexts {
    const fresh = this.#fresh;
    let length = 0;
    for (const id of fresh) length += this.#texts.lengthOf(id);
    const bytes = new Uint8Array(length);
    const ends = new Int32Array(fresh.length);
    let at = 0;
    for (let n = 0; n < fresh.length; n += 1) {
      at = this.#texts.copyTo(fresh[n] as number, bytes, at);
      ends[n] = at;
    }
    this.#fresh = [];
    return { bytes, ends };
  }
}

/** The partition's side: its own numbers by those the owner sends. */
export class TextsTold {
  readonly #texts: Texts;
  #own = new Int32Array(256);
  #told = 0;

  constructor(texts: Texts) {
    this.#texts = texts;
  }

  hear({ bytes, ends }: NewTexts): void {
    if (this.#told + ends.length >= this.#own.length)
      this.#own = longer(this.#own, Int32Array, this.#told + ends.length + 1);
    let from = 0;
    for (const to of ends) {
      this.#told += 1;
      this.#own[this.#told] = this.#texts.idOfBytes(bytes, from, to);
      from = to;
    }
  }

  own(number: number): number {
    return this.#own[number] as number;
  }

  /** Turns a column of the owner's numbers into a column of the partition's. */
  translate(numbers: Int32Array | Float64Array, count: number, out: Int32Array | Float64Array): void {
    const own = this.#own;
    for (let i = 0; i < count; i += 1) {
      const number = numbers[i] as number;
      out[i] = number > 0 ? (own[number] as number) : number;
    }
  }
}
