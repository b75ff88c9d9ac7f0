import type { Cut, Reading } from '../../../spine/observations/observation.ts';
import type { ByteFeed } from './byte-feed.ts';

/** Largest piece in which bytes that belong to no readable record are handed to quarantine. */
export const PIECE_BYTES = 64 * 1024;

type Detail = Readonly<Record<string, string | number | boolean>>;
type Frame = NonNullable<Cut['frame']>;

/** A record's own bytes without the line ends behind it, so that the last record of a file equals itself in a longer one. */
export function withoutLineEnd(raw: Buffer): Buffer {
  let end = raw.length;
  while (end > 0 && (raw[end - 1] === 0x0a || raw[end - 1] === 0x0d)) end -= 1;
  return raw.subarray(0, end);
}

/** Numbers the records of one file and shapes their outcomes. */
export class CutCounter {
  count = 0;

  reading(raw: Uint8Array, reading: Reading, frame?: Frame): Cut {
    this.count += 1;
    if (frame === undefined) return { recordNo: this.count, raw, outcome: { reading } };
    return { recordNo: this.count, raw, outcome: { reading }, frame };
  }

  unread(raw: Uint8Array, place: string, reason: string, detail: Detail = {}, frame?: Frame): Cut {
    this.count += 1;
    const unread = { place, reason, detail };
    return { recordNo: this.count, raw, outcome: { unread }, ...(frame === undefined ? {} : { frame }) };
  }

  /** Hands over everything up to `until` (or the end of the stream) in pieces, so that no byte is lost and memory stays bounded. */
  async *pieces(
    feed: ByteFeed,
    until: number | null,
    reason: string,
    detail: Detail = {},
  ): AsyncGenerator<Cut> {
    for (let piece = 1; until === null || feed.offset < until; piece++) {
      const wanted = until === null ? PIECE_BYTES : Math.min(PIECE_BYTES, until - feed.offset);
      if ((await feed.ensure(wanted)) === 0) return;
      const place = `byte ${feed.offset}`;
      yield this.unread(feed.take(wanted), place, reason, { ...detail, piece });
    }
  }
}
