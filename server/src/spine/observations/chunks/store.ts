import { type RawBuilder, sql } from 'kysely';
import { copyRows } from '../../../kernel/database/copy.ts';
import { executePrepared } from '../../../kernel/database/run-transaction.ts';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at, instantText } from '../../../kernel/database/values.ts';
import type { ObservationRow, Source } from '../store.ts';

/** The SQL that writes a chunk: its row, its observations in the leaf of the day, and what it adds to its batch. */

/** Up to so many observations go in by one statement with everything else; more are copied. */
export const FEW_ROWS = 200;

export interface NewChunk {
  readonly batchId: number;
  readonly leaf: string;
  readonly receivedAtMs: number;
  readonly rows: readonly ObservationRow[];
}

export interface Outcome {
  readonly received: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly quarantined: number;
  /** How far the records say their source has come. */
  readonly watermarkMs: number | null;
}

export interface WrittenChunk {
  /** Null when there was no observation to write. */
  readonly chunkId: number | null;
  /** Whether the batch was still open to records. */
  readonly isReceiving: boolean;
}

/**
 * Writes the chunk, adds its outcome to its batch, and moves the batch's watermark and the source's on, which never go
 * back; each advance of the source is recorded as a tick. The party of the observations comes from the transaction.
 */
export async function writeChunk(
  tx: Tx,
  source: Source,
  chunk: NewChunk,
  outcome: Outcome,
): Promise<WrittenChunk> {
  const { rows, batchId } = chunk;
  if (rows.length > 0 && rows.length <= FEW_ROWS) return writeFew(tx, source, chunk, outcome);
  const chunkId = await copyChunk(tx, source, chunk);
  const statement = sql<{ isReceiving: boolean }>`
    with ${outcomeOf(source, batchId, outcome)}
    select exists (select from counted where was_receiving) as "isReceiving"`;
  const { rows: told } = await executePrepared(tx, statement);
  return { chunkId, isReceiving: told[0]!.isReceiving };
}

/** The same by a single statement: what comes in small pieces waits for the answers between statements more than for the rows. */
async function writeFew(tx: Tx, source: Source, chunk: NewChunk, outcome: Outcome): Promise<WrittenChunk> {
  const { rows } = await executePrepared(tx, fewStatement(source, chunk, outcome));
  return rows[0]!;
}

/** The statement of `writeFew`, which answers one `WrittenChunk`; of a chunk of 1 to `FEW_ROWS` rows. */
export function fewStatement(
  source: Source,
  chunk: NewChunk,
  outcome: Outcome,
): RawBuilder<WrittenChunk & { readonly chunkId: number }> {
  const { batchId, leaf, receivedAtMs, rows } = chunk;
  // In the order in which PostgreSQL keeps the members of an object, short names first: it then sorts none of them.
  const values = rows.map(({ recordNo, digest, placing, reading }) => ({
    body: reading.body,
    kind: reading.kind,
    claim: reading.claim,
    digest: digest.toString('hex'),
    series: reading.series ?? null,
    record_no: recordNo,
    stated_at: placing.statedAtMs === null ? null : instantText(placing.statedAtMs),
    time_mark: placing.timeMark,
    offset_min: reading.offsetMin ?? null,
    observed_at: instantText(placing.observedAtMs),
  }));
  return sql`
    with new_chunk as (
      insert into chunk (party_id, source_id, batch_id, received_at, accepted)
      values (${source.partyId}, ${source.sourceId}, ${batchId}, ${at(receivedAtMs)}, ${rows.length})
      returning chunk_id
    ), observed as (
      insert into ${sql.table(leaf)} (received_at, source_id, batch_id, chunk_id, record_no, digest, kind, claim, observed_at, time_mark, stated_at, offset_min, series, body)
      select ${at(receivedAtMs)}, ${source.sourceId}, ${batchId}, c.chunk_id, r.record_no, decode(r.digest, 'hex'), r.kind, r.claim,
        r.observed_at, r.time_mark, r.stated_at, r.offset_min, r.series, r.body
      from new_chunk c, jsonb_to_recordset(${JSON.stringify(values)}::text::jsonb) as r(record_no bigint, digest text,
        kind text, claim text, observed_at timestamptz, time_mark text, stated_at timestamptz, offset_min smallint,
        series text, body jsonb)
    ), ${outcomeOf(source, batchId, outcome)}
    select chunk_id as "chunkId", exists (select from counted where was_receiving) as "isReceiving" from new_chunk`;
}

const outcomeOf = (source: Source, batchId: number, more: Outcome) => {
  const { watermarkMs } = more;
  const come = sql`${watermarkMs === null ? null : instantText(watermarkMs)}::text::timestamptz`;
  return sql`
    counted as (
      update batch set received = received + ${more.received}, accepted = accepted + ${more.accepted},
        duplicate = duplicate + ${more.duplicate}, quarantined = quarantined + ${more.quarantined},
        watermark = greatest(watermark, ${come})
      where batch_id = ${batchId} returning state = 'receiving' or not is_gathered as was_receiving
    ), moved as (
      update source set watermark = ${come}
      where source_id = ${source.sourceId} and (watermark is null or watermark < ${come}) and ${come} is not null returning source_id, watermark
    ), ticked as (
      insert into tick (source_id, watermark) select source_id, watermark from moved
    )`;
};

async function copyChunk(tx: Tx, source: Source, chunk: NewChunk): Promise<number | null> {
  const { batchId, leaf, receivedAtMs, rows } = chunk;
  if (rows.length === 0) return null;
  const inserted = await sql<{ chunkId: number }>`
    insert into chunk (party_id, source_id, batch_id, received_at, accepted)
    values (${source.partyId}, ${source.sourceId}, ${batchId}, ${at(receivedAtMs)}, ${rows.length})
    returning chunk_id as "chunkId"`.execute(tx);
  const chunkId = inserted.rows[0]!.chunkId;
  await copyRows(
    tx,
    `${leaf} (received_at, source_id, batch_id, chunk_id, record_no, digest, kind, claim, observed_at, time_mark, stated_at, offset_min, series, body)`,
    observationCells(source, batchId, chunkId, new Date(receivedAtMs).toISOString(), rows),
  );
  return chunkId;
}

/** The values of an observation in the order of the columns that `copyChunk` names. */
export function* observationCells(
  source: Source,
  batchId: number,
  chunkId: number,
  receivedAt: string,
  rows: readonly ObservationRow[],
): Generator<readonly (string | number | Buffer | null)[]> {
  for (const { recordNo, digest, placing, reading } of rows) {
    yield [
      receivedAt,
      source.sourceId,
      batchId,
      chunkId,
      recordNo,
      digest,
      reading.kind,
      reading.claim,
      instantText(placing.observedAtMs),
      placing.timeMark,
      placing.statedAtMs === null ? null : instantText(placing.statedAtMs),
      reading.offsetMin ?? null,
      reading.series ?? null,
      JSON.stringify(reading.body),
    ];
  }
}
