import type { Tx } from '../../../kernel/database/transaction.ts';
import type { FairShare } from './fair-share.ts';
import { type ChunkRef, headsByParty, isAfter, type Position, type SeenChunk, windowAfter } from './store.ts';

export interface Picked {
  /** To be judged now. */
  readonly chunks: readonly ChunkRef[];
  /** The last chunk up to which all are then judged; null when the position stays. */
  readonly upTo: ChunkRef | null;
  /** Of each party the last chunk picked, where that lies after the position to come. */
  readonly ahead: readonly ChunkRef[];
}

/**
 * What is judged next: chunks that wait, shared out by party. The position follows up to the first chunk that still
 * waits; what is judged after it is marked, party by party, and passed over when the position comes to it.
 */
export async function pickChunks(
  tx: Tx,
  partition: number,
  from: Position,
  mostRecords: number,
  share: FairShare,
): Promise<Picked> {
  const { window, isAll } = await windowAfter(tx, partition, from);
  const waiting = isAll ? window.filter(chunk => !chunk.isJudged) : await headsByParty(tx, partition, from);
  const chunks = share.pick(waiting, mostRecords);
  const upTo = reachOf(window, chunks);
  const lasts = new Map(chunks.map(chunk => [chunk.partyId, chunk]));
  const ahead = [...lasts.values()].filter(chunk => upTo === null || isAfter(chunk, upTo));
  return { chunks, upTo, ahead };
}

/** The last of the chunks from the first on that are all judged. */
function reachOf(window: readonly SeenChunk[], picked: readonly ChunkRef[]): ChunkRef | null {
  const now = new Set(picked.map(chunk => chunk.chunkId));
  let reach: ChunkRef | null = null;
  for (const chunk of window) {
    if (!chunk.isJudged && !now.has(chunk.chunkId)) break;
    reach = chunk;
  }
  return reach;
}
