import type { WordsIn, WordsOut } from './image-words.ts';
import type { Kept } from './kept.ts';
import { MOST_BLOCK_WORDS, type Pool } from './memory.ts';

/** Numbers texts anew in the order they are first met, so that only those in use are written down. */
export class Numbering {
  /** The old numbers in the order of the new, from 1. */
  readonly met: number[] = [];
  readonly #new: Int32Array;

  /** `size` is the highest old number. */
  constructor(size: number) {
    this.#new = new Int32Array(size + 1);
  }

  of(id: number): number {
    let number = this.#new[id] as number;
    if (number === 0) {
      number = this.met.push(id);
      this.#new[id] = number;
    }
    return number;
  }
}

/**
 * Writes the rows of the slots given, which get slots from 1 on in that order, up to the last that is not all
 * zeros; then the entries of all lists, row by row. Blocks are not written: reading gives out new ones.
 */
export function writeRows(out: WordsOut, kept: Kept, slots: Int32Array, numbering: Numbering): void {
  const { rows, lists, texts } = kept;
  const { stride, words } = rows;
  const top = lastUsed(kept, slots);
  out.put(top);
  out.put(stride);
  const first = out.room(top * stride);
  for (let n = 0; n < top; n += 1) {
    const slot = slots[n] as number;
    if (slot >= rows.count) continue;
    const to = first + n * stride;
    for (let i = 0, from = slot * stride; i < stride; i += 1) out.words[to + i] = words[from + i] as number;
    for (const word of texts) {
      const id = out.words[to + word] as number;
      if (id !== 0) out.words[to + word] = numbering.of(id);
    }
    for (const { at } of lists) out.words[to + at] = 0;
  }
  const entries = out.room(1);
  if (kept.pool !== null) writeLists(out, kept, kept.pool, slots.subarray(0, top), numbering);
  out.words[entries] = out.length - entries - 1;
}

function writeLists(out: WordsOut, kept: Kept, pool: Pool, slots: Int32Array, numbering: Numbering): void {
  const { rows, lists } = kept;
  const { words } = rows;
  for (let n = 0; n < slots.length; n += 1) {
    const slot = slots[n] as number;
    if (slot >= rows.count) continue;
    for (const { at, size, isOfTexts } of lists) {
      const row = slot * rows.stride + at;
      const count = words[row + 1] as number;
      const length = count * size;
      const to = out.room(length);
      for (let i = 0, from = words[row] as number; i < length; i += 1)
        out.words[to + i] = pool.words[from + i] as number;
      if (isOfTexts)
        for (let i = 0; i < length; i += size) out.words[to + i] = numbering.of(out.words[to + i] as number);
    }
  }
}

function lastUsed({ rows }: Kept, slots: Int32Array): number {
  const { words, stride, count } = rows;
  for (let n = slots.length; n > 0; n -= 1) {
    const slot = slots[n - 1] as number;
    if (slot >= count) continue;
    for (let i = slot * stride; i < (slot + 1) * stride; i += 1) if (words[i] !== 0) return n;
  }
  return 0;
}

/** Rows as they lie in a piece, their lengths and numbers found to be in bounds. */
export interface RowImage {
  readonly in: WordsIn;
  readonly top: number;
  /** Where the rows begin, and where the entries do. */
  readonly rows: number;
  readonly entries: number;
}

/** Reads what `writeRows` wrote; the slots may not go beyond `most`. */
export function readRows(reader: WordsIn, kept: Kept, most: number): RowImage {
  const { stride } = kept.rows;
  const top = reader.take();
  if (!(top >= 0 && top <= most) || reader.take() !== stride) reader.refuse();
  const rows = reader.skip(top * stride);
  const { words } = reader;
  let left = reader.take();
  const entries = reader.skip(left);
  // The words may lie at an odd place of the piece, so wide ones are read from a copy of theirs.
  const wide = new Float64Array(1);
  const halves = new Int32Array(wide.buffer);
  for (let row = rows; row < rows + top * stride; row += stride) {
    for (let n = 0; n < kept.wides; n += 1) {
      halves[0] = words[row + 2 * n] as number;
      halves[1] = words[row + 2 * n + 1] as number;
      if (!Number.isSafeInteger(wide[0])) reader.refuse();
    }
    for (const { at, size } of kept.lists) {
      const length = (words[row + at + 1] as number) * size;
      if (!(length >= 0 && length <= MOST_BLOCK_WORDS)) reader.refuse();
      left -= length;
    }
  }
  if (left !== 0) reader.refuse();
  return { in: reader, top, rows, entries };
}

/** Refuses rows that name a text beyond the highest number written down. */
export function checkTexts(image: RowImage, kept: Kept, most: number): void {
  const { words } = image.in;
  const { stride } = kept.rows;
  let at = image.entries;
  for (let row = image.rows; row < image.rows + image.top * stride; row += stride) {
    for (const word of kept.texts) {
      const id = words[row + word] as number;
      if (id < 0 || id > most) image.in.refuse();
    }
    for (const list of kept.lists) {
      const end = at + (words[row + list.at + 1] as number) * list.size;
      if (list.isOfTexts)
        for (; at < end; at += list.size) {
          const id = words[at] as number;
          if (id < 1 || id > most) image.in.refuse();
        }
      at = end;
    }
  }
}

/** Puts checked rows in place of empty ones; `numbers` gives each text written down its number here. */
export function fillRows(image: RowImage, kept: Kept, numbers: Int32Array): void {
  const { top } = image;
  if (top === 0) return;
  const { rows, pool, texts, lists } = kept;
  const { words } = image.in;
  const { stride } = rows;
  rows.hold(top);
  rows.words.set(words.subarray(image.rows, image.rows + top * stride), stride);
  let at = image.entries;
  for (let row = stride; row < (top + 1) * stride; row += stride) {
    for (const word of texts) rows.words[row + word] = numbers[rows.words[row + word] as number] as number;
    for (const list of lists) {
      const length = (rows.words[row + list.at + 1] as number) * list.size;
      rows.words[row + list.at] = 0;
      if (length === 0 || pool === null) continue;
      const block = pool.resize(0, length);
      rows.words[row + list.at] = block;
      const held = pool.words;
      for (let i = 0; i < length; i += 1) held[block + i] = words[at + i] as number;
      if (list.isOfTexts)
        for (let i = 0; i < length; i += list.size)
          held[block + i] = numbers[held[block + i] as number] as number;
      at += length;
    }
  }
}
