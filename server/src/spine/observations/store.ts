import { sql } from 'kysely';
import type { Tx } from '../../kernel/database/transaction.ts';
import { at, json } from '../../kernel/database/values.ts';
import type { Cut, FileFlag, Observation, Reading, Unread } from './observation.ts';
import type { Placing } from './placing.ts';
import type { SourceProfile } from './source-profile.ts';

/** The only SQL over source, batch, chunk, observation, quarantine and tick. */

export interface Source {
  readonly sourceId: number;
  readonly partyId: number;
  readonly name: string;
  readonly format: string;
  readonly profile: SourceProfile;
  readonly watermarkMs: number | null;
  readonly createdAtMs: number;
  readonly retiredAtMs: number | null;
}

export interface ObservationRow {
  readonly recordNo: number;
  readonly digest: Buffer;
  readonly placing: Placing;
  readonly reading: Reading;
}

export interface QuarantineRow extends Unread {
  readonly recordNo: number;
  readonly raw: Uint8Array;
  readonly digest: Buffer;
  readonly frame: Cut['frame'];
}

const sourceColumns = sql`
  source_id as "sourceId", party_id as "partyId", name, format, profile, watermark as "watermarkMs",
  created_at as "createdAtMs", retired_at as "retiredAtMs"`;

export async function addSource(
  tx: Tx,
  source: { partyId: number; name: string; format: string; profile: SourceProfile; atMs: number },
): Promise<number> {
  const { rows } = await sql<{ sourceId: number }>`
    insert into source (party_id, name, format, profile, created_at)
    values (${source.partyId}, ${source.name}, ${source.format}, ${json(source.profile)}, ${at(source.atMs)})
    returning source_id as "sourceId"`.execute(tx);
  return rows[0]!.sourceId;
}

export async function sourceById(tx: Tx, sourceId: number): Promise<Source | undefined> {
  const { rows } =
    await sql<Source>`select ${sourceColumns} from source where source_id = ${sourceId}`.execute(tx);
  return rows[0];
}

export async function sourceByName(tx: Tx, name: string): Promise<Source | undefined> {
  const { rows } =
    await sql<Source>`select ${sourceColumns} from source where name = ${name} order by source_id limit 1`.execute(
      tx,
    );
  return rows[0];
}

export async function listSources(tx: Tx, afterId: number, limit: number): Promise<Source[]> {
  const { rows } = await sql<Source>`
    select ${sourceColumns} from source where source_id > ${afterId} order by source_id limit ${limit}`.execute(
    tx,
  );
  return rows;
}

export async function openBatch(tx: Tx, source: Source, name: string, atMs: number): Promise<number> {
  const { rows } = await sql<{ batchId: number }>`
    insert into batch (party_id, source_id, name, opened_at)
    values (${source.partyId}, ${source.sourceId}, ${name}, ${at(atMs)})
    returning batch_id as "batchId"`.execute(tx);
  return rows[0]!.batchId;
}

export async function completeBatch(
  tx: Tx,
  batchId: number,
  contentSha256: Buffer,
  flags: readonly FileFlag[],
  atMs: number,
): Promise<void> {
  await sql`
    update batch set state = 'complete', content_sha256 = ${contentSha256}, flags = ${json(flags)}, closed_at = ${at(atMs)}
    where batch_id = ${batchId}`.execute(tx);
}

export async function breakBatch(tx: Tx, batchId: number, atMs: number): Promise<void> {
  await sql`
    update batch set state = 'broken', closed_at = ${at(atMs)}
    where batch_id = ${batchId} and state = 'receiving'`.execute(tx);
}

/** Batches that a dead process left open are broken, gathered ones apart; their chunks stay. Run at start, before intake opens. */
export async function breakOpenBatches(tx: Tx, atMs: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    with broken as (update batch set state = 'broken', closed_at = ${at(atMs)} where state = 'receiving' and not is_gathered returning 1)
    select count(*) as n from broken`.execute(tx);
  return rows[0]!.n;
}

export interface Batch {
  readonly batchId: number;
  readonly sourceId: number;
  readonly partyId: number;
  readonly name: string;
  readonly state: 'receiving' | 'complete' | 'broken';
  readonly received: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly quarantined: number;
  readonly flags: readonly FileFlag[];
  readonly openedAtMs: number;
  readonly closedAtMs: number | null;
}

const batchColumns = sql`
  batch_id as "batchId", source_id as "sourceId", party_id as "partyId", name, state, received, accepted,
  duplicate, quarantined, flags, opened_at as "openedAtMs", closed_at as "closedAtMs"`;

export async function batchById(tx: Tx, batchId: number): Promise<Batch | undefined> {
  const { rows } = await sql<Batch>`select ${batchColumns} from batch where batch_id = ${batchId}`.execute(
    tx,
  );
  return rows[0];
}

/** Newest first, below `beforeId`. */
export async function listBatches(
  tx: Tx,
  filter: { sourceId?: number | undefined; beforeId: number; limit: number },
): Promise<Batch[]> {
  const bySource = filter.sourceId === undefined ? sql`true` : sql`source_id = ${filter.sourceId}`;
  const { rows } = await sql<Batch>`
    select ${batchColumns} from batch where ${bySource} and batch_id < ${filter.beforeId}
    order by batch_id desc limit ${filter.limit}`.execute(tx);
  return rows;
}

/** Puts unread records aside; returns the digests, as hex, of those that were new (one already there counts as a duplicate). */
export async function quarantine(
  tx: Tx,
  source: Source,
  batchId: number,
  rows: readonly QuarantineRow[],
): Promise<Set<string>> {
  const added = new Set<string>();
  for (const row of rows) {
    const result = await sql<{ id: number }>`
      insert into quarantine (party_id, source_id, batch_id, record_no, place, reason, detail, raw, frame_before, frame_after, digest)
      values (${source.partyId}, ${source.sourceId}, ${batchId}, ${row.recordNo}, ${row.place}, ${row.reason},
        ${json(row.detail)}, ${Buffer.from(row.raw)}, ${Buffer.from(row.frame?.before ?? [])}, ${Buffer.from(row.frame?.after ?? [])}, ${row.digest})
      on conflict (source_id, digest) do nothing returning quarantine_id as id`.execute(tx);
    if (result.rows.length > 0) added.add(row.digest.toString('hex'));
  }
  return added;
}

/** Records that lie in quarantine and were now read after all (sent again under a mended profile) leave it. */
export async function releaseRead(tx: Tx, source: Source, rawDigests: readonly Buffer[]): Promise<void> {
  await sql`
    update quarantine set state = 'replayed', acted_by = 'sent again'
    where source_id = ${source.sourceId} and state = 'open' and digest = any(${rawDigests}::bytea[])`.execute(
    tx,
  );
}

/** A claim and the half-open stretch of time in which it names a subject, for the sources of some parties. */
export interface ClaimWindow {
  readonly claim: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Absent: for all that are asked for. */
  readonly parties?: readonly number[];
}

/** An observation with the moment of its receipt, which judging never reads: it only tells old news from new. */
export interface StoredObservation extends Observation {
  readonly receivedAtMs: number;
}

/** With the party whose source delivered it. */
export interface DeliveredObservation extends StoredObservation {
  readonly partyId: number;
}

const observationColumns = sql`
  encode(o.digest, 'hex') as digest, o.source_id as "sourceId", o.party_id as "partyId", o.chunk_id as "chunkId",
  o.kind, o.claim, o.received_at as "receivedAtMs", o.observed_at as "observedAtMs", o.time_mark as "timeMark", o.series, o.body`;

/**
 * All observations of the given claim windows from `sinceMs` on that the given parties' sources delivered,
 * in the order of judging. Windows of one claim may overlap; no observation comes twice.
 */
export async function history(
  tx: Tx,
  windows: readonly ClaimWindow[],
  parties: readonly number[],
  sinceMs: number,
): Promise<StoredObservation[]> {
  if (windows.length === 0) return [];
  const { rows } = await sql<StoredObservation>`
    with wanted as (
      select claim, from_ms, to_ms, parties::bigint[] from unnest(${windows.map(w => w.claim)}::text[],
        ${windows.map(w => w.fromMs)}::bigint[], ${windows.map(w => w.toMs)}::bigint[],
        ${windows.map(w => `{${(w.parties ?? parties).join()}}`)}::text[]) as w(claim, from_ms, to_ms, parties)
    )
    select distinct on (o.observed_at, o.source_id, o.digest) ${observationColumns}
    from observation o join wanted w on o.claim = w.claim
    where o.observed_at >= ${at(sinceMs)} and o.party_id = any(${parties}::bigint[])
      and o.party_id = any(w.parties)
      and extract(epoch from o.observed_at) * 1000 >= w.from_ms and extract(epoch from o.observed_at) * 1000 < w.to_ms
    order by o.observed_at, o.source_id, o.digest`.execute(tx);
  return rows;
}

/** Which of the claims any observation at all bears, whoever delivered it and whenever it was made. */
export async function claimsWithRecords(tx: Tx, claims: readonly string[]): Promise<Set<string>> {
  if (claims.length === 0) return new Set();
  const { rows } = await sql<{ claim: string }>`
    select w.claim from unnest(${[...claims]}::text[]) as w(claim)
    where exists (select from observation o where o.claim = w.claim)`.execute(tx);
  return new Set(rows.map(row => row.claim));
}

/** The observations of a set of chunks with the parties whose sources delivered them, in the order of judging. */
export async function recordsOf(tx: Tx, chunkIds: readonly number[]): Promise<DeliveredObservation[]> {
  if (chunkIds.length === 0) return [];
  const { rows } = await sql<DeliveredObservation>`
    select ${observationColumns} from observation o where o.chunk_id = any(${chunkIds}::bigint[])
    order by o.observed_at, o.source_id, o.digest`.execute(tx);
  return rows;
}

/** The chunks of a source after one, the oldest first, as far as the transaction may see them. */
export async function chunksOfSource(
  tx: Tx,
  sourceId: number,
  afterId: number,
  limit: number,
): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select chunk_id as id from chunk where source_id = ${sourceId} and chunk_id > ${afterId}
    order by chunk_id limit ${limit}`.execute(tx);
  return rows.map(row => row.id);
}
