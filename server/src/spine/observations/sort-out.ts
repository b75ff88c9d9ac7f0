import type { Cut } from './observation.ts';
import { place } from './placing.ts';
import { seriesName, storableUnread, unstorableIn } from './storable.ts';
import type { ObservationRow, QuarantineRow } from './store.ts';

/** The records of one commit, told apart: new and read, new and unread, known. */
export interface Sorted {
  readonly rows: readonly ObservationRow[];
  readonly unread: readonly QuarantineRow[];
  /** Where each record went, in their order; null: known before, or from earlier in the commit. */
  readonly places: ReadonlyArray<ObservationRow | QuarantineRow | null>;
  readonly watermarkMs: number | null;
}

export function sortOut(
  cuts: readonly Cut[],
  digests: readonly Buffer[],
  known: ReadonlySet<string>,
  receivedAtMs: number,
): Sorted {
  const rows: ObservationRow[] = [];
  const unread: QuarantineRow[] = [];
  const places: Array<ObservationRow | QuarantineRow | null> = [];
  const seen = new Set(known);
  let watermarkMs: number | null = null;
  for (const [i, cut] of cuts.entries()) {
    const outcome = cut.outcome;
    const digest = digests[i] as Buffer;
    const name = digest.toString('hex');
    // A record sent again says no less of how far its source has come: the batch that repeats a broken one is whole.
    const placing = 'reading' in outcome ? place(outcome.reading, receivedAtMs) : null;
    const isBelieved =
      placing !== null && placing.timeMark !== 'implausible' && placing.timeMark !== 'receipt';
    // A source whose clock runs fast has come no further than now.
    if (isBelieved) watermarkMs = Math.max(watermarkMs ?? 0, Math.min(placing.observedAtMs, receivedAtMs));
    if (seen.has(name)) {
      places.push(null);
      continue;
    }
    seen.add(name);
    const aside = unreadOf(cut, digest);
    if (aside !== null) {
      unread.push(aside);
      places.push(aside);
    } else if ('reading' in outcome) {
      const reading = seriesName(outcome.reading);
      const row = {
        recordNo: cut.recordNo,
        digest,
        placing: placing ?? place(reading, receivedAtMs),
        reading,
      };
      rows.push(row);
      places.push(row);
    }
  }
  return { rows, unread, places, watermarkMs };
}

/** The row for quarantine of a record that was not read, or that the database cannot hold; null for any other. */
function unreadOf({ recordNo, raw, frame, outcome }: Cut, digest: Buffer): QuarantineRow | null {
  if ('unread' in outcome) return { recordNo, raw, digest, frame, ...storableUnread(outcome.unread) };
  const field = unstorableIn(outcome.reading);
  if (field === null) return null;
  return {
    ...{ recordNo, raw, digest, frame, place: `record ${recordNo}` },
    ...{ reason: 'text-unstorable', detail: { field } },
  };
}
