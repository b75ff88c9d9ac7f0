import { Refusal } from '../../../kernel/refusal.ts';
import { DIGEST_WORDS, digestAt, putDigest } from './columns.ts';

/** One part of an image, to be stored under its name. */
export interface Piece {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** SHA-256 of bytes as 64 lower-case hex digits; handed in, for judging holds no cryptography. */
export type Checksum = (bytes: Uint8Array) => string;

/**
 * Why a piece is refused: it is no piece (`not-an-image`) or one of another format; its checksum is not that
 * of its bytes; it is another piece than it is called; it is of another stop than the rest; it is missing or
 * there twice; a length, place or number in it is out of bounds; or the judge has already taken something in.
 */
export type ImageFault =
  | 'not-an-image'
  | 'other-format'
  | 'checksum'
  | 'other-name'
  | 'other-stop'
  | 'missing'
  | 'twice'
  | 'out-of-bounds'
  | 'not-empty';

export function refuse(piece: string, fault: ImageFault): never {
  throw new Refusal<ImageFault>(fault, { subject: piece });
}

/** `TWJI` in the byte order of the machine: an image of a machine of the other order is none here. */
const MAGIC = 0x494a_5754;
/** To be raised whenever words of a row or of a list come to mean something else. */
export const FORMAT = 4;

/** Words to be written one after the other; a piece is made of nothing else. */
export class WordsOut {
  words = new Int32Array(4096);
  length = 0;

  /** Room for `count` words, all zero, and where it begins. */
  room(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.words.length) {
      const longer = new Int32Array(Math.max(this.length, 2 * this.words.length));
      longer.set(this.words);
      this.words = longer;
    }
    return at;
  }

  put(word: number): void {
    const at = this.room(1);
    this.words[at] = word;
  }

  /** A text by its UTF-16 units, a word each: for the few texts of a heading. */
  putText(text: string): void {
    this.put(text.length);
    for (let i = 0; i < text.length; i += 1) this.put(text.charCodeAt(i));
  }

  /** The words as a piece, with their checksum at the end. */
  seal(name: string, checksum: Checksum): Piece {
    const sum = checksum(new Uint8Array(this.words.buffer, 0, this.length * 4));
    const at = this.room(DIGEST_WORDS);
    putDigest(this.words, at, sum);
    return { name, bytes: new Uint8Array(this.words.buffer.slice(0, this.length * 4)) };
  }
}

/** A piece begun: its heading says the format, its name and the stop it belongs to. */
export function beginPiece(name: string, stop: string): WordsOut {
  const out = new WordsOut();
  out.put(MAGIC);
  out.put(FORMAT);
  out.putText(name);
  out.putText(stop);
  return out;
}

/** Words of a piece, read one after the other; whatever lies outside of it is refused. */
export class WordsIn {
  readonly piece: string;
  readonly words: Int32Array;
  readonly #end: number;
  #at = 0;

  constructor(piece: string, words: Int32Array, end: number) {
    this.piece = piece;
    this.words = words;
    this.#end = end;
  }

  take(): number {
    return this.words[this.skip(1)] as number;
  }

  /** Passes `count` words, and says where they begin. */
  skip(count: number): number {
    const at = this.#at;
    if (!(count >= 0 && count <= this.#end - at)) this.refuse();
    this.#at = at + count;
    return at;
  }

  takeText(): string {
    const length = this.take();
    const at = this.skip(length);
    let text = '';
    for (let i = 0; i < length; i += 1) text += String.fromCharCode(this.words[at + i] as number);
    return text;
  }

  /** Nothing may come after the last part. */
  end(): void {
    if (this.#at !== this.#end) this.refuse();
  }

  refuse(): never {
    return refuse(this.piece, 'out-of-bounds');
  }
}

/** A piece whose heading and checksum are sound, and the stop it belongs to. */
export function openPiece(piece: Piece, checksum: Checksum): { readonly stop: string; readonly in: WordsIn } {
  const { name, bytes } = piece;
  const length = bytes.length / 4;
  if (!Number.isInteger(length) || length < 4 + DIGEST_WORDS) refuse(name, 'not-an-image');
  const whole = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  const words = new Int32Array(whole.buffer, whole.byteOffset, length);
  if (words[0] !== MAGIC) refuse(name, 'not-an-image');
  if (words[1] !== FORMAT) refuse(name, 'other-format');
  const end = length - DIGEST_WORDS;
  if (checksum(whole.subarray(0, end * 4)) !== digestAt(words, end)) refuse(name, 'checksum');
  const reader = new WordsIn(name, words, end);
  reader.skip(2);
  if (reader.takeText() !== name) refuse(name, 'other-name');
  return { stop: reader.takeText(), in: reader };
}
