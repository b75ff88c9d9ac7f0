import { codeOf } from '../../kernel/database/refusals.ts';
import { FEW_ROWS, fewStatement, type WrittenChunk } from './chunks/store.ts';
import { type Accepted, digestsOf, type IntakeDoors } from './intake.ts';
import type { Cut } from './observation.ts';
import { freshRecordsOf } from './reader/fresh-records.ts';
import { recognitionOf } from './recognition/recognise.ts';
import { expectUnmoved, MOVED } from './recognition/store.ts';
import { sortOut } from './sort-out.ts';
import type { Source } from './store.ts';

/**
 * `acceptCommit` in one trip to the database, for the usual case of records that come a few at a time into a batch that
 * is open: all of them read, new, of a source to which nobody else has written meanwhile, and of a key that still opens.
 * That is presumed from what this process remembers, sent along with everything, and found out by the database.
 *
 * Null, with nothing written, where it is not so: `acceptCommit` then finds out what is. For a caller whose turn it is.
 */
export async function acceptAtOnce(
  doors: IntakeDoors,
  source: Source,
  to: { readonly batchId: number; readonly keyDigest: Buffer | undefined },
  cuts: readonly Cut[],
): Promise<Accepted | null> {
  if (cuts.length > FEW_ROWS || source.profile.mayStateAliases) return null;
  const { batchId } = to;
  const receivedAtMs = doors.clock.now();
  const recognition = recognitionOf(doors.database);
  const digests = digestsOf(source, cuts);
  const lastChunkId = recognition.unseenUpTo(source, digests, receivedAtMs);
  if (lastChunkId === null) return null;
  const { rows, unread, places, watermarkMs } = sortOut(cuts, digests, new Set(), receivedAtMs);
  if (rows.length === 0 || unread.length > 0) return null;
  const leaf = await doors.leafFor(receivedAtMs);
  const duplicate = cuts.length - rows.length;
  const balance = { received: cuts.length, accepted: rows.length, quarantined: 0, duplicate };
  const chunkId = await writeUnmoved(
    doors,
    source.partyId,
    expectUnmoved(source.sourceId, { lastChunkId, ...to, atMs: receivedAtMs }),
    fewStatement(source, { batchId, leaf, receivedAtMs, rows }, { ...balance, watermarkMs }),
  );
  if (chunkId === null) return null;
  const added = { chunkId, after: lastChunkId, receivedAtMs };
  recognition.added(
    source.sourceId,
    added,
    rows.map(row => row.digest),
  );
  freshRecordsOf(doors.database).add(source, chunkId, receivedAtMs, rows);
  doors.onAccepted?.(source.partyId, batchId);
  return {
    ...{ batchId, balance },
    fates: places.map(place => ({ outcome: place === null ? 'duplicate' : 'accepted' })),
  };
}

/** The chunk that was written; null where the source has moved on and nothing was. */
async function writeUnmoved(
  { database }: IntakeDoors,
  partyId: number,
  expectation: ReturnType<typeof expectUnmoved>,
  write: ReturnType<typeof fewStatement>,
): Promise<number | null> {
  try {
    const [, told] = await database.doorAtOnce(partyId, [expectation, write]);
    return (told as WrittenChunk[])[0]!.chunkId;
  } catch (cause) {
    if (codeOf(cause) === MOVED) return null;
    throw cause;
  }
}
