import type { Pool, Rows } from './memory.ts';

/** Grows and shortens the list of entries a slot has in the pool; the row holds its block and its count. */
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
    return this.rows.words[slot * this.rows.stride + this.at + 1] as number;
  }
  /** Where the list begins in the pool's words. */
  first(slot: number): number {
    return this.rows.words[slot * this.rows.stride + this.at] as number;
  }
  /** Adds an entry, and says where it lies. */
  push(slot: number): number {
    const row = slot * this.rows.stride + this.at;
    const words = this.rows.words;
    const count = words[row + 1] as number;
    const needed = (count + 1) * this.size;
    if (needed > this.pool.capacity(words[row] as number))
      words[row] = this.pool.resize(words[row] as number, needed);
    words[row + 1] = count + 1;
    return (words[row] as number) + count * this.size;
  }
  remove(slot: number, from: number, gone: number): void {
    if (gone === 0) return;
    const row = slot * this.rows.stride + this.at;
    const words = this.rows.words;
    const count = words[row + 1] as number;
    const block = words[row] as number;
    this.pool.words.copyWithin(
      block + from * this.size,
      block + (from + gone) * this.size,
      block + count * this.size,
    );
    words[row + 1] = count - gone;
    if (gone === count) this.clear(slot);
  }
  clear(slot: number): void {
    const row = slot * this.rows.stride + this.at;
    this.pool.free(this.rows.words[row] as number);
    this.rows.words[row] = 0;
    this.rows.words[row + 1] = 0;
  }
}
