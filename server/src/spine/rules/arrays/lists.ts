import type { Pool, Rows } from './memory.ts';

/** Grows and shortens the list of entries a slot has in the pool; a word of the row holds its block. */
export class Lists {
  readonly rows: Rows;
  readonly pool: Pool;
  readonly at: number;
  readonly size: number;

  constructor(rows: Rows, pool: Pool, at: number, size: number) {
    this.rows = rows;
    this.pool = pool;
    this.at = at;
    this.size = size;
  }
  count(slot: number): number {
    return this.pool.count(this.first(slot));
  }
  /** Where the list begins in the pool's words; 0 for one that is empty. */
  first(slot: number): number {
    return this.rows.words[slot * this.rows.stride + this.at] as number;
  }
  /** Adds an entry, and says where it lies. */
  push(slot: number): number {
    const row = slot * this.rows.stride + this.at;
    const words = this.rows.words;
    const count = this.pool.count(words[row] as number);
    const needed = (count + 1) * this.size;
    if (needed > this.pool.capacity(words[row] as number))
      words[row] = this.pool.resize(words[row] as number, needed);
    const block = words[row] as number;
    this.pool.setCount(block, count + 1);
    return block + count * this.size;
  }
  remove(slot: number, from: number, gone: number): void {
    if (gone === 0) return;
    const block = this.first(slot);
    const count = this.pool.count(block);
    if (gone === count) {
      this.clear(slot);
      return;
    }
    this.pool.words.copyWithin(
      block + from * this.size,
      block + (from + gone) * this.size,
      block + count * this.size,
    );
    this.pool.setCount(block, count - gone);
  }
  clear(slot: number): void {
    const row = slot * this.rows.stride + this.at;
    this.pool.free(this.rows.words[row] as number);
    this.rows.words[row] = 0;
  }
}
