/** A place of the table that holds no key. */
const FREE = 0;

/**
 * The pane in which each key met its rule last, for keys whose last decided record met it: few, so that what a
 * key that does not costs is a bit.
 *
 * Pairs of a slot and its pane lie in a table of open addressing; what is removed is filled up from behind, so
 * that a search ends at the first free place.
 */
export class MetPanes {
  size = 0;
  /** A bit for each slot held: whether it has a pane. */
  bits = new Int32Array(0);
  #table = new Int32Array(16);

  /** Makes sure that the bit of the slot can be read. */
  hold(slot: number): void {
    const needed = (slot >> 5) + 1;
    if (needed <= this.bits.length) return;
    const bits = new Int32Array(needed + (needed >> 2) + 4);
    bits.set(this.bits);
    this.bits = bits;
  }

  has(slot: number): boolean {
    return ((this.bits[slot >> 5] as number) & (1 << (slot & 31))) !== 0;
  }

  /** -1 for a key whose last record did not meet the rule. */
  paneOf(slot: number): number {
    return this.size === 0 || !this.has(slot) ? -1 : (this.#table[this.#placeOf(slot) + 1] as number);
  }

  set(slot: number, pane: number): void {
    this.hold(slot);
    if (!this.has(slot)) {
      this.bits[slot >> 5] = (this.bits[slot >> 5] as number) | (1 << (slot & 31));
      this.size += 1;
      if (this.size * 8 > this.#table.length * 3) this.#spread();
    }
    const at = this.#placeOf(slot);
    this.#table[at] = slot;
    this.#table[at + 1] = pane;
  }

  clear(slot: number): void {
    if (this.size === 0 || !this.has(slot)) return;
    this.bits[slot >> 5] = (this.bits[slot >> 5] as number) & ~(1 << (slot & 31));
    this.size -= 1;
    const table = this.#table;
    const mask = table.length - 2;
    let hole = this.#placeOf(slot);
    for (let at = (hole + 2) & mask; table[at] !== FREE; at = (at + 2) & mask) {
      const home = this.#homeOf(table[at] as number);
      // One that stands between its home and the hole may not be moved before its home.
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      table[hole] = table[at] as number;
      table[hole + 1] = table[at + 1] as number;
      hole = at;
    }
    table[hole] = FREE;
  }

  get sizeBytes(): number {
    return this.bits.byteLength + this.#table.byteLength;
  }

  #homeOf(slot: number): number {
    return ((Math.imul(slot, 0x9e3779b1) >>> 7) << 1) & (this.#table.length - 2);
  }

  /** Where the slot's pair lies, or is to lie. */
  #placeOf(slot: number): number {
    const mask = this.#table.length - 2;
    let at = this.#homeOf(slot);
    while (this.#table[at] !== FREE && this.#table[at] !== slot) at = (at + 2) & mask;
    return at;
  }

  #spread(): void {
    const old = this.#table;
    this.#table = new Int32Array(old.length * 2);
    for (let from = 0; from < old.length; from += 2) {
      if (old[from] === FREE) continue;
      const at = this.#placeOf(old[from] as number);
      this.#table[at] = old[from] as number;
      this.#table[at + 1] = old[from + 1] as number;
    }
  }
}
