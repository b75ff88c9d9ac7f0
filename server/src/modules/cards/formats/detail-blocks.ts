import type { ByteFeed } from './byte-feed.ts';
import { nextLine } from './text-lines.ts';

/** Bounds of one line and of one record of a detail file. */
export const LINE_BYTES = 16 * 1024;
export const BLOCK_BYTES = 256 * 1024;

/** Lines between two blank ones. `fault` when a bound was reached: the bytes are still all there, piece by piece. */
export interface Block {
  readonly raw: Buffer;
  readonly firstLine: number;
  readonly fault: 'line-too-long' | 'record-too-long' | null;
}

/** Cuts a stream into blocks in bounded memory; an endless line comes as pieces of `LINE_BYTES`, each at fault. */
export class BlockCutter {
  private readonly feed: ByteFeed;
  private held: Buffer[] = [];
  private heldBytes = 0;
  private firstLine = 1;
  /** Lines that have gone by. */
  lineNo = 0;
  /** Whether what comes next is the rest of a line that is too long. */
  isInLongLine = false;

  constructor(feed: ByteFeed) {
    this.feed = feed;
  }

  /** The next block; null at the end of the stream. */
  async next(): Promise<Block | null> {
    for (;;) {
      const next = await nextLine(this.feed, LINE_BYTES);
      if (next === null) return this.heldBytes > 0 ? this.release() : null;
      const isPiece = this.isInLongLine || !next.isWhole;
      if (!this.isInLongLine) this.lineNo += 1;
      const isBlank = !isPiece && next.line.toString('latin1').trim() === '';
      if (isBlank) {
        if (this.heldBytes > 0) return this.release();
        continue;
      }
      if (this.heldBytes === 0) this.firstLine = this.lineNo;
      this.held.push(next.line);
      this.heldBytes += next.line.length;
      this.isInLongLine = !next.isWhole;
      if (isPiece) return this.release('line-too-long');
      if (this.heldBytes >= BLOCK_BYTES) return this.release('record-too-long');
    }
  }

  private release(fault: Block['fault'] = null): Block {
    const block = { raw: Buffer.concat(this.held, this.heldBytes), firstLine: this.firstLine, fault };
    this.held = [];
    this.heldBytes = 0;
    return block;
  }
}
