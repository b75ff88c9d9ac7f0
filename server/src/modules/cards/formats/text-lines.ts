import type { ByteFeed } from './byte-feed.ts';

const LF = 0x0a;

/**
 * The next physical line with its line end, at most `limit` bytes. `isWhole` is false when the line is
 * longer: the rest comes with the next call. Null at the end of the stream.
 */
export async function nextLine(
  feed: ByteFeed,
  limit: number,
): Promise<{ line: Buffer; isWhole: boolean } | null> {
  for (let wanted = 1; ; ) {
    const available = await feed.ensure(Math.min(wanted, limit));
    if (available === 0) return null;
    const view = feed.view();
    const end = view.indexOf(LF);
    if (end >= 0 && end < limit) return { line: feed.take(end + 1), isWhole: true };
    if (available >= limit) return { line: feed.take(limit), isWhole: false };
    if (available < wanted) return { line: feed.take(available), isWhole: true };
    wanted = available + 1;
  }
}
