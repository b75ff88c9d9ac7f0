import type { Database, Tx } from '../../../kernel/database/transaction.ts';
import type { Body, FieldValue } from '../observation.ts';
import { type DeliveredObservation, type ObservationRow, recordsOf, type Source } from '../store.ts';

/** Records that are held at once; those that came first go first, and are read from the database. */
const MOST_RECORDS = 8_000;
/** Lists of names whose order is remembered; beyond it they are put in order anew. */
const MOST_SHAPES = 1_000;

/**
 * Records that this process has just stored, for a judge in the same process, which then need not read them back. What
 * is held equals what the database would answer. A chunk is added only once its commit is certain, and judged only when
 * the database names it; one that is not here is read.
 */
export class FreshRecords {
  private readonly chunks = new Map<number, readonly DeliveredObservation[]>();
  private readonly mostRecords: number;
  private held = 0;

  constructor(mostRecords = MOST_RECORDS) {
    this.mostRecords = mostRecords;
  }

  add(source: Source, chunkId: number, receivedAtMs: number, rows: readonly ObservationRow[]): void {
    this.chunks.set(
      chunkId,
      rows.map(row => asStored(source, chunkId, receivedAtMs, row)),
    );
    this.held += rows.length;
    for (const [oldest, records] of this.chunks) {
      if (this.held <= this.mostRecords) break;
      this.chunks.delete(oldest);
      this.held -= records.length;
    }
  }

  /** The observations of a set of chunks, as `recordsOf` tells them, but in any order. */
  async recordsOf(tx: Tx, chunkIds: readonly number[]): Promise<DeliveredObservation[]> {
    const fresh = chunkIds.flatMap(chunkId => this.chunks.get(chunkId) ?? []);
    if (fresh.length === 0) return recordsOf(tx, chunkIds);
    const stored = await recordsOf(
      tx,
      chunkIds.filter(chunkId => !this.chunks.has(chunkId)),
    );
    return [...fresh, ...stored];
  }
}

function asStored(
  source: Source,
  chunkId: number,
  receivedAtMs: number,
  { digest, placing, reading }: ObservationRow,
): DeliveredObservation {
  return {
    digest: digest.toString('hex'),
    sourceId: source.sourceId,
    partyId: source.partyId,
    chunkId,
    kind: reading.kind,
    claim: reading.claim,
    receivedAtMs,
    observedAtMs: placing.observedAtMs,
    timeMark: placing.timeMark,
    series: reading.series ?? null,
    body: storedBody(reading.body),
  };
}

const shapes = new Map<string, readonly string[]>();

/** A body as it comes back from `jsonb`: its names in PostgreSQL's order, shorter ones first, and no value that JSON lacks. */
function storedBody(body: Body): Body {
  const names = Object.keys(body);
  const shape = names.join('\0');
  let ordered = shapes.get(shape);
  if (ordered === undefined) {
    if (shapes.size === MOST_SHAPES) shapes.clear();
    ordered = names.sort(compareNames);
    shapes.set(shape, ordered);
  }
  return Object.fromEntries(
    ordered.flatMap(name => (body[name] === undefined ? [] : [[name, storedValue(body[name])]])),
  );
}

function compareNames(a: string, b: string): number {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length - y.length || Buffer.compare(x, y);
}

function storedValue(value: FieldValue): FieldValue {
  if (typeof value !== 'number') return value;
  return Number.isFinite(value) ? value + 0 : null;
}

const shelves = new WeakMap<Database, FreshRecords>();

/** What was just stored in a database by this process. */
export function freshRecordsOf(database: Database): FreshRecords {
  let found = shelves.get(database);
  if (found === undefined) {
    found = new FreshRecords();
    shelves.set(database, found);
  }
  return found;
}
