import type { WordsIn, WordsOut } from './image-words.ts';
import { Texts } from './texts.ts';

/** Writes the texts of the numbers given, which get numbers from 1 on in that order. */
export function writeTexts(out: WordsOut, texts: Texts, ids: ArrayLike<number>): void {
  const count = ids.length;
  out.put(count);
  const ends = out.room(count);
  let length = 0;
  for (let i = 0; i < count; i += 1) {
    length += texts.lengthOf(ids[i] as number);
    out.words[ends + i] = length;
  }
  const at = out.room((length + 3) >> 2) * 4;
  const bytes = new Uint8Array(out.words.buffer);
  let from = at;
  for (let i = 0; i < count; i += 1) from = texts.copyTo(ids[i] as number, bytes, from);
}

/** Texts as they lie in a piece, found to be texts. */
export interface TextImage {
  readonly in: WordsIn;
  readonly count: number;
  readonly ends: number;
  /** Where the bytes begin, counted in bytes from the first word. */
  readonly at: number;
}

/** Reads what `writeTexts` wrote. */
export function readTexts(reader: WordsIn): TextImage {
  const count = reader.take();
  const ends = reader.skip(count);
  const { words } = reader;
  const length = count === 0 ? 0 : (words[ends + count - 1] as number);
  const at = 4 * reader.skip(length < 0 ? -1 : Math.ceil(length / 4));
  const bytes = bytesOf(words);
  let from = 0;
  for (let i = 0; i < count; i += 1) {
    const end = words[ends + i] as number;
    if (end < from || end > length || !isText(bytes, at + from, at + end)) reader.refuse();
    from = end;
  }
  return { in: reader, count, ends, at };
}

/** The numbers the texts have in a table, by their numbers in the piece; new ones are given theirs. */
export function takeTexts(image: TextImage, texts: Texts): Int32Array {
  const numbers = new Int32Array(image.count + 1);
  const { words } = image.in;
  const bytes = bytesOf(words);
  let from = image.at;
  for (let i = 0; i < image.count; i += 1) {
    const end = image.at + (words[image.ends + i] as number);
    numbers[i + 1] = texts.idOfBytes(bytes, from, end);
    from = end;
  }
  return numbers;
}

/** A table in which every text has the number it has in the piece. */
export function tableOf(image: TextImage, seed: number): Texts {
  const texts = new Texts(seed);
  takeTexts(image, texts);
  if (texts.size !== image.count) image.in.refuse();
  return texts;
}

function bytesOf(words: Int32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

/** UTF-8, with surrogates allowed as the table keeps them. */
function isText(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; ) {
    const a = bytes[i] as number;
    const more =
      a < 0x80 ? 0 : a >= 0xc2 && a < 0xe0 ? 1 : a >= 0xe0 && a < 0xf0 ? 2 : a >= 0xf0 && a < 0xf5 ? 3 : -1;
    if (more < 0 || i + more >= to) return false;
    for (let n = 1; n <= more; n += 1) if (((bytes[i + n] as number) & 0xc0) !== 0x80) return false;
    if (a === 0xf4 && (bytes[i + 1] as number) > 0x8f) return false;
    i += more + 1;
  }
  return true;
}
