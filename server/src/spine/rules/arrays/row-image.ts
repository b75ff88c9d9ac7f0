import type { WordsIn, WordsOut } from './image-words.ts';
import type { Kept } from './kept.ts';
import type { KeptList } from './memory.ts';
import { MOST_BLOCK_WORDS, type Pool } from './memory.ts';
import { fillMet, type MetImage, readMet, writeMet } from './met-image.ts';

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
 * zeros; then the entries of all lists, row by row, and what was met. A list's word is its count, for blocks are
 * not written: reading gives out new ones.
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
    const from0 = slot * stride;
    for (let i = 0; i < stride; i += 1) out.words[to + i] = words[from0 + i] as number;
    for (const word of texts) {
      const id = out.words[to + word] as number;
      if (id !== 0) out.words[to + word] = numbering.of(id);
    }
    for (const list of lists) {
      const at = from0 + list.at;
      const isOne = list.holdsOne === true && words[at] !== 0;
      out.words[to + list.at] = isOne ? 1 : (kept.pool as Pool).count(blockOf(words, from0, list));
      if (list.holdsOne) out.words[to + list.at + 1] = 0;
    }
  }
  const entries = out.room(1);
  if (kept.pool !== null) writeLists(out, kept, kept.pool, slots.subarray(0, top), numbering);
  out.words[entries] = out.length - entries - 1;
  writeMet(out, kept.met, slots);
}

function writeLists(out: WordsOut, kept: Kept, pool: Pool, slots: Int32Array, numbering: Numbering): void {
  const { rows, lists } = kept;
  const { words } = rows;
  for (let n = 0; n < slots.length; n += 1) {
    const slot = slots[n] as number;
    if (slot >= rows.count) continue;
    for (const list of lists) {
      const { size, isOfTexts } = list;
      const row = slot * rows.stride;
      const isOne = list.holdsOne === true && words[row + list.at] !== 0;
      const block = isOne ? row + list.at : blockOf(words, row, list);
      const length = isOne ? size : pool.count(block) * size;
      const held = isOne ? words : pool.words;
      const to = out.room(length);
      for (let i = 0; i < length; i += 1) out.words[to + i] = held[block + i] as number;
      if (isOfTexts)
        for (let i = 0; i < length; i += size) out.words[to + i] = numbering.of(out.words[to + i] as number);
    }
  }
}

/** The block of a list that lies in the pool, 0 for none. */
function blockOf(words: Int32Array, row: number, { at, holdsOne }: KeptList): number {
  return words[row + at + (holdsOne ? 1 : 0)] as number;
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
  readonly met: MetImage;
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
      const length = (words[row + at] as number) * size;
      if (!(length >= 0 && length <= MOST_BLOCK_WORDS)) reader.refuse();
      left -= length;
    }
  }
  if (left !== 0) reader.refuse();
  return { in: reader, top, rows, entries, met: readMet(reader, kept.met, most) };
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
      const end = at + (words[row + list.at] as number) * list.size;
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
  fillMet(image.met, kept.met);
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
      const count = rows.words[row + list.at] as number;
      const length = count * list.size;
      rows.words[row + list.at] = 0;
      if (list.holdsOne) rows.words[row + list.at + 1] = 0;
      if (length === 0 || pool === null) continue;
      const isOne = list.holdsOne === true && count === 1;
      const block = isOne ? row + list.at : pool.resize(0, length);
      if (!isOne) {
        pool.setCount(block, count);
        rows.words[row + list.at + (list.holdsOne ? 1 : 0)] = block;
      }
      const held = isOne ? rows.words : pool.words;
      for (let i = 0; i < length; i += 1) held[block + i] = words[at + i] as number;
      if (list.isOfTexts)
        for (let i = 0; i < length; i += list.size)
          held[block + i] = numbers[held[block + i] as number] as number;
      at += length;
    }
  }
}
