/** Texts longer than this are not kept: they are names of sessions and records, which do not come again. */
const KEPT_CHARACTERS = 32;
/** Slots in which one column's texts are kept. */
const SLOTS = 128;
/** V8 copies a shorter slice; a longer one holds on to the text that it is a part of. */
const COPIED_CHARACTERS = 12;

interface Kept {
  readonly written: string;
  readonly means: string | null;
}

/** Makes texts of the ASCII cells in one stretch of bytes; those that a column repeats are made once. */
export class CellTexts {
  private readonly nulls: ReadonlySet<string>;
  private readonly isNullLength = new Uint8Array(256);
  private readonly isNullStart = new Uint8Array(256);
  private readonly kept: Array<Array<Kept | undefined>>;
  /** Misses less hits of each column: one that hardly repeats itself is not looked up any more. */
  private readonly strangers: Int32Array;
  private bytes: Buffer = Buffer.alloc(0);
  private whole = '';

  constructor(nulls: readonly string[], columns: number) {
    this.nulls = new Set(nulls);
    for (const text of nulls) {
      if (text.length > 0 && text.length < 256) this.isNullLength[text.length] = 1;
      if (text.charCodeAt(0) < 256) this.isNullStart[text.charCodeAt(0)] = 1;
    }
    this.kept = Array.from({ length: columns }, () => []);
    this.strangers = new Int32Array(columns);
  }

  /** The stretch that positions count in from now on. */
  in(bytes: Buffer): void {
    this.bytes = bytes;
    this.whole = bytes.toString('latin1');
  }

  /** Whether the cell could be a null token; the text then decides. True for nothing else but by rare chance. */
  mayBeNull(start: number, end: number): boolean {
    const length = end - start;
    if (length === 0 || length > 255) return true;
    return this.isNullLength[length] === 1 && this.isNullStart[this.bytes[start] as number] === 1;
  }

  /** The text as part of the whole: to be joined to another at once, which makes it a text of its own. */
  slice(start: number, end: number): string {
    return this.whole.slice(start, end);
  }

  /** The text of a cell, or null for a null token. */
  of(column: number, start: number, end: number): string | null {
    const length = end - start;
    if (length > KEPT_CHARACTERS || (this.strangers[column] as number) > 2_000) return this.make(start, end);
    const slots = this.kept[column];
    if (slots === undefined) return this.make(start, end);
    const slot = this.slotOf(start, end);
    const kept = slots[slot];
    if (kept !== undefined && this.isWritten(kept.written, start, length)) {
      (this.strangers[column] as number) -= (this.strangers[column] as number) > 0 ? 1 : 0;
      return kept.means;
    }
    const means = this.make(start, end);
    slots[slot] = { written: means ?? this.bytes.toString('latin1', start, end), means };
    this.strangers[column] = (this.strangers[column] as number) + 1;
    return means;
  }

  private make(start: number, end: number): string | null {
    const text =
      end - start <= COPIED_CHARACTERS
        ? this.whole.slice(start, end)
        : this.bytes.toString('latin1', start, end);
    return this.nulls.has(text) ? null : text;
  }

  private slotOf(start: number, end: number): number {
    let mix = end - start;
    for (let at = start; at < end; at++) mix = (Math.imul(mix, 31) + (this.bytes[at] as number)) | 0;
    return (mix ^ (mix >>> 7)) & (SLOTS - 1);
  }

  private isWritten(text: string, start: number, length: number): boolean {
    if (text.length !== length) return false;
    for (let i = 0; i < length; i++) if (text.charCodeAt(i) !== this.bytes[start + i]) return false;
    return true;
  }
}
