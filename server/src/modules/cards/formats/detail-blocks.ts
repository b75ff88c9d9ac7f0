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
export async function* blocks(feed: ByteFeed): AsyncGenerator<Block> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let lineNo = 0;
  let firstLine = 1;
  const release = (fault: Block['fault'] = null): Block => {
    const block = { raw: Buffer.concat(held, heldBytes), firstLine, fault };
    held = [];
    heldBytes = 0;
    return block;
  };
  let isInLongLine = false;
  for (let next = await nextLine(feed, LINE_BYTES); next !== null; next = await nextLine(feed, LINE_BYTES)) {
    const isPiece = isInLongLine || !next.isWhole;
    if (!isInLongLine) lineNo += 1;
    const isBlank = !isPiece && next.line.toString('latin1').trim() === '';
    if (heldBytes > 0 && isBlank) yield release();
    if (isBlank) continue;
    if (heldBytes === 0) firstLine = lineNo;
    held.push(next.line);
    heldBytes += next.line.length;
    if (isPiece) yield release('line-too-long');
    else if (heldBytes >= BLOCK_BYTES) yield release('record-too-long');
    isInLongLine = !next.isWhole;
  }
  if (heldBytes > 0) yield release();
}
