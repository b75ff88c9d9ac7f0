import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at, json } from '../../../kernel/database/values.ts';
import type { Body } from '../observation.ts';
import type { SourceProfile } from '../source-profile.ts';
import type { Leap, Level, Quartiles } from './level.ts';

/** The only SQL over source_volume, and what it is learned from. */

export interface Looked {
  readonly sourceId: number;
  readonly partyId: number;
  readonly profile: SourceProfile;
}

/** A leap that nobody has answered yet, and the batch and moment of receipt in which it showed. */
export interface Jump extends Leap {
  readonly atMs: number;
  readonly batchId: number;
}

export interface VolumeState extends Level {
  readonly upToChunk: number;
  readonly jump: Jump | null;
}

/** Sources in use after one that delivered something since they were looked at; what the installation keeps itself apart. */
export async function sourcesToLook(tx: Tx, afterId: number, limit: number): Promise<Looked[]> {
  const { rows } = await sql<Looked>`
    select s.source_id as "sourceId", s.party_id as "partyId", s.profile from source s
    left join source_volume v on v.source_id = s.source_id
    where s.source_id > ${afterId} and s.retired_at is null and s.profile->>'isOwn' is distinct from 'true'
      and exists (select from chunk c where c.source_id = s.source_id and c.chunk_id > coalesce(v.up_to_chunk, 0))
    order by s.source_id limit ${limit}`.execute(tx);
  return rows;
}

/** What is known of the source's volumes, held to the end of the transaction; anew where it declares something else now. */
export async function lockVolumes(tx: Tx, source: Looked, profileSha256: Buffer): Promise<VolumeState> {
  await sql`
    insert into source_volume (source_id, party_id, profile_sha256)
    values (${source.sourceId}, ${source.partyId}, ${profileSha256}) on conflict do nothing`.execute(tx);
  const { rows } = await sql<VolumeState & { readonly isSame: boolean }>`
    select up_to_chunk as "upToChunk", began_at as "beganAtMs", level as windows, jump,
      profile_sha256 = ${profileSha256} as "isSame"
    from source_volume where source_id = ${source.sourceId} for update`.execute(tx);
  const { isSame, ...state } = rows[0]!;
  return isSame ? state : { ...state, beganAtMs: null, windows: [], jump: null };
}

export async function keepVolumes(
  tx: Tx,
  sourceId: number,
  profileSha256: Buffer,
  { upToChunk, beganAtMs, windows, jump }: VolumeState,
): Promise<void> {
  await sql`
    update source_volume set profile_sha256 = ${profileSha256}, up_to_chunk = ${upToChunk},
      began_at = ${beganAtMs === null ? null : at(beganAtMs)}, level = ${json<readonly Quartiles[]>(windows)},
      jump = ${jump === null ? null : json(jump)}
    where source_id = ${sourceId}`.execute(tx);
}

export interface SampledChunk {
  readonly chunkId: number;
  readonly batchId: number;
  readonly receivedAtMs: number;
  readonly records: readonly { readonly claim: string; readonly kind: string; readonly body: Body }[];
}

/** The chunks of a source after one, the oldest first, each with a few of its records of the kinds. */
export async function sampledChunks(
  tx: Tx,
  asked: { readonly sourceId: number; readonly afterChunk: number; readonly kinds: readonly string[] },
  most: { readonly chunks: number; readonly ofEach: number },
): Promise<SampledChunk[]> {
  const { rows } = await sql<SampledChunk>`
    select c.chunk_id as "chunkId", c.batch_id as "batchId", c.received_at as "receivedAtMs", coalesce(r.records, '[]') as records
    from (select chunk_id, batch_id, received_at from chunk
      where source_id = ${asked.sourceId} and chunk_id > ${asked.afterChunk} order by chunk_id limit ${most.chunks}) c
    left join lateral (
      select json_agg(json_build_object('claim', few.claim, 'kind', few.kind, 'body', few.body)) as records
      from (select o.claim, o.kind, o.body from observation o where o.chunk_id = c.chunk_id
        and o.received_at = c.received_at and o.kind = any(${[...asked.kinds]}::text[]) limit ${most.ofEach}) few) r on true
    order by c.chunk_id`.execute(tx);
  return rows;
}

/** The jumps of those of the sources that have one. */
export async function jumpsOf(tx: Tx, sourceIds: readonly number[]): Promise<Map<number, Jump>> {
  const { rows } = await sql<{ sourceId: number; jump: Jump }>`
    select source_id as "sourceId", jump from source_volume
    where jump is not null and source_id = any(${[...sourceIds]}::bigint[])`.execute(tx);
  return new Map(rows.map(({ sourceId, jump }) => [sourceId, jump]));
}

export async function countJumps(tx: Tx): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from source_volume where jump is not null`.execute(tx);
  return rows[0]!.n;
}

/** Forgets the level and its jump, so that both are learned from what comes; the jump that was answered, if there was one. */
export async function forgetLevel(tx: Tx, sourceId: number): Promise<Jump | undefined> {
  const { rows } = await sql<{ jump: Jump }>`
    with answered as (
      select source_id, jump from source_volume where source_id = ${sourceId} and jump is not null for update
    )
    update source_volume v set began_at = null, level = '[]', jump = null from answered
    where v.source_id = answered.source_id returning answered.jump`.execute(tx);
  return rows[0]?.jump;
}
