const NOTHING = Buffer.alloc(0);

/**
 * Pulls bytes out of a stream as a reader asks for them. Holds no more than was asked for at once and one
 * chunk of the stream beside it, so a reader's own bounds are bounds on memory.
 */
export class ByteFeed {
  private readonly source: AsyncIterator<Uint8Array>;
  /** Bytes at hand, those before `at` already consumed; never written to, so that parts of them stay valid. */
  held: Buffer = NOTHING;
  at = 0;
  private isDry = false;
  /** Bytes taken so far: the offset in the stream of the next byte. */
  offset = 0;

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.source = bytes[Symbol.asyncIterator]();
  }

  /** Bytes at hand without waiting. */
  get available(): number {
    return this.held.length - this.at;
  }

  /** Waits until `count` bytes are at hand or the stream has ended; returns what is at hand, at least those. */
  async ensure(count: number): Promise<number> {
    if (this.available >= count || this.isDry) return this.available;
    const parts: Uint8Array[] = [this.held.subarray(this.at)];
    let length = this.available;
    while (length < count) {
      const next = await this.source.next();
      if (next.done === true) {
        this.isDry = true;
        break;
      }
      parts.push(next.value);
      length += next.value.length;
    }
    this.held = Buffer.concat(parts, length);
    this.at = 0;
    return length;
  }

  /** The bytes at hand, not consumed; valid until the next `ensure` or `take`. */
  view(): Buffer {
    return this.held.subarray(this.at);
  }

  /** The byte `index` places ahead, which must be at hand. */
  byteAt(index: number): number | undefined {
    return this.held[this.at + index];
  }

  /** Consumes up to `count` bytes that are at hand. The result is a copy and stays valid. */
  take(count: number): Buffer {
    const end = Math.min(this.at + count, this.held.length);
    const taken = Buffer.from(this.held.subarray(this.at, end));
    this.offset += end - this.at;
    this.at = end;
    return taken;
  }

  /** Consumes `count` bytes that are at hand. */
  skip(count: number): void {
    this.at += count;
    this.offset += count;
  }

  /** Ends the stream early; the source is told. */
  async close(): Promise<void> {
    this.isDry = true;
    await this.source.return?.();
  }
}
