import { longer } from './texts.ts';

/** From here on arrays grow by an eighth: copying costs little and room for nobody costs much. */
const MUCH = 16_384;

/**
 * Rows of 32-bit words, one for each slot: what one rule remembers of one key, in a fixed layout.
 *
 * Times and other wide numbers lie at even words and are read through `f64`; both views share one buffer and
 * are replaced together when it grows, so nobody keeps a view across a growth. A new row is all zeros.
 */
export class Rows {
  words: Int32Array = new Int32Array(0);
  wides: Float64Array = new Float64Array(0);
  /** Rows that lie ready. */
  count = 0;
  readonly stride: number;

  /** `stride` in words; even where a row has wide words. */
  constructor(stride: number) {
    this.stride = stride;
  }

  /** Makes sure that the row of the slot exists. */
  hold(slot: number): void {
    if (slot < this.count) return;
    const more = this.count < MUCH ? this.count : this.count >> 3;
    const count = Math.max(slot + 1, this.count + more, 64);
    const words = new Int32Array((count * this.stride + 1) & ~1);
    words.set(this.words);
    this.words = words;
    this.wides = new Float64Array(words.buffer);
    this.count = count;
  }
}

/** A list of entries in the pool: the row holds its block at `at`. */
export interface KeptList {
  readonly at: number;
  /** Words of an entry. */
  readonly size: number;
  /** Whether the first word of an entry is a text's number. */
  readonly isOfTexts: boolean;
  /**
   * Whether the row has two words for it and holds a single entry of two words itself: its first word, never 0,
   * at `at`. Else 0 stands there and the block comes after it.
   */
  readonly holdsOne?: boolean;
}

/** Words of a block of each size class. */
const SIZES = [
  3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 18, 20, 22, 24, 28, 32, 36, 40, 48, 56, 64, 72, 80, 96, 112, 128, 144,
  160, 192, 224, 256, 288, 320, 384, 448, 512, 576, 640, 768, 1024, 1280, 1536, 2048, 2560, 3072, 4096, 5120,
  6144, 8192, 10_240, 12_288, 16_384, 20_480, 24_576, 32_768,
];
/** Most words of a block; one of them says its size. */
export const MOST_BLOCK_WORDS = (SIZES.at(-1) as number) - 1;
/** The lowest bits of a block's first word are its size class, those above how many entries lie in it. */
export const CLASS_BITS = 6;
export const CLASS = (1 << CLASS_BITS) - 1;

/**
 * A pool of blocks of words for what has no fixed length: sets, rings and pane lists.
 *
 * A block is named by the place of its first free word; 0 is none. The word before it tells its size and how many
 * entries of a list lie in it.
 * Freed blocks are used again by their class. Growing copies the pool: keep no view across `resize`.
 */
export class Pool {
  words: Int32Array = new Int32Array(1024);
  /** Words given out or freed; the rest was never used. */
  used = 1;
  /** Words of blocks that were freed and not taken again. */
  freed = 0;
  #free = new Int32Array(SIZES.length);

  /** Words a block holds; 0 for none. */
  capacity(block: number): number {
    return block === 0 ? 0 : this.#sizeOf(block) - 1;
  }

  /** Entries of the list that lies in a block; 0 for none. */
  count(block: number): number {
    return block === 0 ? 0 : (this.words[block - 1] as number) >> CLASS_BITS;
  }

  setCount(block: number, count: number): void {
    this.words[block - 1] = ((this.words[block - 1] as number) & CLASS) | (count << CLASS_BITS);
  }

  /** A block for at least `words` words with the contents and the count of the old one, which is freed. */
  resize(block: number, words: number): number {
    const next = this.#take(words);
    if (block === 0) return next;
    const kept = Math.min(this.capacity(block), this.capacity(next));
    this.words.copyWithin(next, block, block + kept);
    this.setCount(next, this.count(block));
    this.free(block);
    return next;
  }

  free(block: number): void {
    if (block === 0) return;
    const sizeClass = (this.words[block - 1] as number) & CLASS;
    this.words[block] = this.#free[sizeClass] as number;
    this.#free[sizeClass] = block;
    this.freed += SIZES[sizeClass] as number;
  }

  /**
   * Moves the blocks of all lists together when a quarter of the pool or more is freed: as lists grow they leave
   * blocks behind that are too small for any. The lists must be all that lies in the pool.
   */
  squeeze(rows: Rows, lists: readonly KeptList[]): void {
    if (this.freed < MUCH || this.freed * 4 < this.used) return;
    const from = this.words;
    const live = this.used - this.freed;
    const words = new Int32Array(live + (live >> 3));
    let used = 1;
    for (let row = 0; row < rows.count * rows.stride; row += rows.stride)
      for (const list of lists) {
        const at = row + list.at + (list.holdsOne ? 1 : 0);
        const block = rows.words[at] as number;
        if (block === 0 || (list.holdsOne && rows.words[at - 1] !== 0)) continue;
        const size = this.#sizeOf(block);
        for (let i = 0; i < size; i += 1) words[used + i] = from[block - 1 + i] as number;
        rows.words[at] = used + 1;
        used += size;
      }
    this.words = words;
    this.used = used;
    this.freed = 0;
    this.#free.fill(0);
  }

  #sizeOf(block: number): number {
    return SIZES[(this.words[block - 1] as number) & CLASS] as number;
  }

  #take(words: number): number {
    let sizeClass = 0;
    while (sizeClass < SIZES.length && (SIZES[sizeClass] as number) - 1 < words) sizeClass += 1;
    if (sizeClass === SIZES.length) throw new RangeError('pool: a block of that size is never given');
    const known = this.#free[sizeClass] as number;
    if (known !== 0) {
      this.#free[sizeClass] = this.words[known] as number;
      this.freed -= SIZES[sizeClass] as number;
      this.setCount(known, 0);
      return known;
    }
    const block = this.used + 1;
    this.used = block + (SIZES[sizeClass] as number) - 1;
    if (this.used > this.words.length) this.words = longer(this.words, Int32Array, this.used);
    this.words[block - 1] = sizeClass;
    return block;
  }
}

const HALF = 4_294_967_296;

/** Reads a safe integer that `putWide` wrote in two words. */
export function wideAt(words: Int32Array, at: number): number {
  return (words[at] as number) * HALF + ((words[at + 1] as number) >>> 0);
}

export function putWide(words: Int32Array, at: number, value: number): void {
  const high = Math.floor(value / HALF);
  words[at] = high;
  words[at + 1] = value - high * HALF;
}
