import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';
import type { ClaimWindow } from '../store.ts';

/** SQL that says how far feeds have come, and whom a tick of theirs concerns. */

export interface Feed {
  readonly sourceId: number;
  /**
   * How far the source's complete batches reach; null when none says. A batch that is still received, or broke
   * off, need not come in the order of time: what it has not brought yet may lie before what it brought.
   */
  readonly settledMs: number | null;
}

/**
 * The sources that would carry the traffic of a subject after `afterMs`: those that have ever spoken of it by a
 * claim that still names it then, for a party whose sources the claim names it to, and that were not retired
 * before. What the installation finds by itself is no traffic and stands for none.
 */
export async function feedsOf(
  tx: Tx,
  windows: readonly (ClaimWindow & { readonly parties: readonly number[] })[],
  afterMs: number,
): Promise<Feed[]> {
  const open = windows.filter(window => window.toMs > afterMs);
  const { rows } = await sql<Feed>`
    with wanted as (
      select claim, from_ms, to_ms, parties::bigint[] from unnest(${open.map(w => w.claim)}::text[],
        ${open.map(w => w.fromMs)}::bigint[], ${open.map(w => w.toMs)}::bigint[],
        ${open.map(w => `{${w.parties.join()}}`)}::text[]) as w(claim, from_ms, to_ms, parties)
    ), heard as (
      select distinct o.source_id from observation o join wanted w on o.claim = w.claim
      where o.party_id = any(w.parties) and extract(epoch from o.observed_at) * 1000 >= w.from_ms
        and extract(epoch from o.observed_at) * 1000 < w.to_ms
    )
    select s.source_id as "sourceId",
      (select max(b.watermark) from batch b where b.source_id = s.source_id and b.state = 'complete') as "settledMs"
    from heard join source s using (source_id)
    where (s.retired_at is null or s.retired_at > ${at(afterMs)}) and not coalesce((s.profile->>'isOwn')::boolean, false)
    order by s.source_id`.execute(tx);
  return rows;
}

/** The watermark of each source that has one. */
export async function watermarksOf(tx: Tx, sourceIds: readonly number[]): Promise<Map<number, number>> {
  const { rows } = await sql<{ id: number; ms: number }>`
    select source_id as id, watermark as ms from source
    where source_id = any(${sourceIds}::bigint[]) and watermark is not null`.execute(tx);
  return new Map(rows.map(row => [row.id, row.ms]));
}

/**
 * Claims whose last record lies so that a silence of theirs may fall due by a tick and was not due before it:
 * less than `longestMs` before where the tick's source stood before the tick, or since, however far the tick
 * leapt, and `shortestMs` before the tick at least. `earliestMs` is that record.
 */
export async function claimsFallenSilent(
  tx: Tx,
  ticks: ReadonlyArray<{ sourceId: number; watermarkMs: number }>,
  { shortestMs, longestMs }: { readonly shortestMs: number; readonly longestMs: number },
): Promise<Array<{ claim: string; partyId: number; earliestMs: number; latestMs: number }>> {
  const { rows } = await sql<{ claim: string; partyId: number; earliestMs: number; latestMs: number }>`
    select o.claim, o.party_id as "partyId", max(o.observed_at) as "earliestMs", max(o.observed_at) as "latestMs"
    from unnest(${ticks.map(t => t.sourceId)}::bigint[], ${ticks.map(t => t.watermarkMs)}::bigint[]) as t(source_id, ms)
    cross join lateral (
      select coalesce(max(p.watermark), '-infinity') as at from tick p
      where p.source_id = t.source_id and p.watermark < to_timestamp(t.ms / 1000.0)) stood
    join observation o on o.source_id = t.source_id
      and o.observed_at > stood.at - ${longestMs} * interval '1 ms' and o.observed_at <= to_timestamp(t.ms / 1000.0)
    group by o.claim, o.party_id, t.ms
    having max(o.observed_at) <= to_timestamp((t.ms - ${shortestMs}) / 1000.0)`.execute(tx);
  return rows;
}
