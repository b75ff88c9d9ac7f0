import type { Database, Tx } from '../../../kernel/database/transaction.ts';
import type { Source } from '../store.ts';
import { DigestFilter } from './digest-filter.ts';
import * as store from './store.ts';

/** Chunks whose digests are read at once when a filter catches up. */
const CHUNKS_AT_ONCE = 100;
/** What the filters of one database may occupy together; a source that finds no more room is asked about exactly, chunk by chunk. */
const MOST_BYTES = 256 << 20;

interface Held {
  readonly filter: DigestFilter;
  /** How far back the filter reaches. */
  readonly windowMs: number;
  /** Every chunk up to this one is in it. */
  lastChunkId: number;
}

/**
 * Recognises records that a source has delivered before, within its late window (E-03), without asking the
 * database about each: most records are new, and a filter in memory knows that they are.
 *
 * Exact all the same: a record that the filter has seen is looked up, and the filter misses none. It is only
 * ever asked under the source's lock, after it has read the digests of every chunk that was committed since
 * it was asked last, by this process or another; what a failed or unanswered commit wrote is found that way too.
 */
export class Recognition {
  private readonly sources = new Map<number, Held>();
  private readonly mostBytes: number;

  constructor(mostBytes = MOST_BYTES) {
    this.mostBytes = mostBytes;
  }

  /** Which of the digests were accepted before, as hex. `state` was asked for in this transaction, under the source's lock. */
  async known(
    tx: Tx,
    source: Source,
    state: store.SourceState,
    digests: readonly Buffer[],
    nowMs: number,
  ): Promise<ReadonlySet<string>> {
    const sinceMs = nowMs - source.profile.lateWindowMs;
    const filter = await this.caughtUp(tx, source, state.lastChunkId, sinceMs);
    const asked = filter === null ? digests : digests.filter(digest => filter.mayHold(digest));
    return asked.length === 0 ? new Set() : store.knownDigests(tx, asked, sinceMs);
  }

  /**
   * The last chunk of the source that is known here, when none of the digests was delivered up to it; null when that
   * cannot be said without asking. It holds for the source if the chunk is still its last (`expectUnmoved`).
   */
  unseenUpTo(source: Source, digests: readonly Buffer[], nowMs: number): number | null {
    const held = this.sources.get(source.sourceId);
    if (held === undefined || held.windowMs < source.profile.lateWindowMs) return null;
    held.filter.forgetBefore(nowMs - source.profile.lateWindowMs);
    return digests.some(digest => held.filter.mayHold(digest)) ? null : held.lastChunkId;
  }

  /** What a commit added, once it is certain; `after` is the last chunk before it. Without this the digests are read back. */
  added(
    sourceId: number,
    chunk: { chunkId: number; after: number; receivedAtMs: number },
    digests: readonly Buffer[],
  ): void {
    const held = this.sources.get(sourceId);
    if (held === undefined || held.lastChunkId !== chunk.after) return;
    for (const digest of digests) held.filter.add(digest, 0, chunk.receivedAtMs);
    held.lastChunkId = chunk.chunkId;
  }

  /** The source's filter with everything up to the chunk named; null when it has no room in memory. */
  private async caughtUp(
    tx: Tx,
    source: Source,
    lastChunkId: number,
    sinceMs: number,
  ): Promise<DigestFilter | null> {
    const held = this.heldOf(source);
    held.filter.forgetBefore(sinceMs);
    if (held.lastChunkId < lastChunkId) {
      const more = await store.countAfter(tx, source.sourceId, held.lastChunkId, sinceMs);
      if (!this.hasRoom(more)) {
        this.sources.delete(source.sourceId);
        return null;
      }
      await this.catchUp(tx, source.sourceId, held, lastChunkId, sinceMs);
    }
    this.sources.set(source.sourceId, held);
    return held.filter;
  }

  private heldOf(source: Source): Held {
    const { lateWindowMs } = source.profile;
    const held = this.sources.get(source.sourceId);
    // A filter that reaches less far back has forgotten what must now be known.
    if (held !== undefined && held.windowMs >= lateWindowMs) return held;
    return { filter: new DigestFilter(), windowMs: lateWindowMs, lastChunkId: 0 };
  }

  private hasRoom(digests: number): boolean {
    let bytes = 0;
    for (const { filter } of this.sources.values()) bytes += filter.bytes;
    return bytes + digests * 8 <= this.mostBytes;
  }

  private async catchUp(
    tx: Tx,
    sourceId: number,
    held: Held,
    lastChunkId: number,
    sinceMs: number,
  ): Promise<void> {
    let from = held.lastChunkId;
    for (;;) {
      const chunks = await store.chunksAfter(tx, sourceId, from, sinceMs, CHUNKS_AT_ONCE);
      if (chunks.length === 0) break;
      const receipts = new Map(chunks.map(chunk => [chunk.chunkId, chunk.receivedAtMs]));
      for (const { chunkId, prefixes } of await store.digestPrefixes(tx, chunks)) {
        const receivedAtMs = receipts.get(chunkId) as number;
        for (let at = 0; at < prefixes.length; at += store.PREFIX_BYTES)
          held.filter.add(prefixes, at, receivedAtMs);
      }
      from = (chunks.at(-1) as store.ChunkMark).chunkId;
    }
    held.lastChunkId = Math.max(held.lastChunkId, lastChunkId);
  }
}

const recognitions = new WeakMap<Database, Recognition>();

/** The recognition of a database's sources in this process. */
export function recognitionOf(database: Database): Recognition {
  let recognition = recognitions.get(database);
  if (recognition === undefined) {
    recognition = new Recognition();
    recognitions.set(database, recognition);
  }
  return recognition;
}
