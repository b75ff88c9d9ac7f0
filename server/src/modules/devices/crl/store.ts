import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';

/** The only SQL over device_crl. */

/** Lists of all of an authority's certificates have this shard. */
export const WHOLE = -1;

export interface CrlScope {
  readonly authorityId: number;
  readonly shard: number;
  readonly partyId: number;
  readonly lastNumber: number;
  readonly fullNumber: number | null;
  readonly fullAtMs: number | null;
  readonly fullNextMs: number | null;
  readonly fullThrough: number | null;
  readonly fullCount: number | null;
  readonly deltaAtMs: number | null;
  readonly deltaNextMs: number | null;
  readonly deltaThrough: number | null;
  readonly deltaCount: number | null;
}

const columns = sql`
  authority_id as "authorityId", shard, party_id as "partyId", last_number as "lastNumber", full_number as "fullNumber",
  full_at as "fullAtMs", full_next as "fullNextMs", full_through as "fullThrough", full_count as "fullCount",
  delta_at as "deltaAtMs", delta_next as "deltaNextMs", delta_through as "deltaThrough", delta_count as "deltaCount"`;

export async function addScopes(tx: Tx, partyId: number, authorityId: number, shards: number): Promise<void> {
  await sql`
    insert into device_crl (authority_id, shard, party_id)
    select ${authorityId}, n, ${partyId} from generate_series(${WHOLE}::int, ${shards - 1}::int) n
    on conflict do nothing`.execute(tx);
}

export async function scopesOf(tx: Tx, authorityId: number): Promise<CrlScope[]> {
  const { rows } = await sql<CrlScope>`
    select ${columns} from device_crl where authority_id = ${authorityId} order by shard`.execute(tx);
  return rows;
}

/** Authorities of all parties that have not ended, with a list that is missing, behind what changed, or half over. */
export async function withDueLists(
  tx: Tx,
  nowMs: number,
): Promise<{ readonly authorityId: number; readonly partyId: number }[]> {
  const { rows } = await sql<{ authorityId: number; partyId: number }>`
    select distinct c.authority_id as "authorityId", c.party_id as "partyId"
    from device_crl c join device_authority a using (authority_id)
    where a.not_after > ${at(nowMs)} and (c.full_number is null or c.delta_number is null
      or c.delta_through < a.changes or c.full_at + (c.full_next - c.full_at) / 2 <= ${at(nowMs)}
      or c.delta_at + (c.delta_next - c.delta_at) / 2 <= ${at(nowMs)})
    order by 1`.execute(tx);
  return rows;
}

/** The scope for whoever makes its next list; undefined while another does. */
export async function takeScope(tx: Tx, authorityId: number, shard: number): Promise<CrlScope | undefined> {
  const { rows } = await sql<CrlScope>`
    select ${columns} from device_crl where authority_id = ${authorityId} and shard = ${shard}
    for no key update skip locked`.execute(tx);
  return rows[0];
}

/** Notes of the deltas of all shards but some that they tell everything up to a change: nothing of theirs did change. */
export async function passOver(
  tx: Tx,
  authorityId: number,
  but: readonly number[],
  through: number,
): Promise<void> {
  await sql`
    update device_crl set delta_through = ${through}
    where authority_id = ${authorityId} and shard <> all(${[WHOLE, ...but]}::int[]) and delta_through < ${through}`.execute(
    tx,
  );
}

export interface MadeList {
  readonly number: number;
  readonly atMs: number;
  readonly nextMs: number;
  readonly through: number;
  readonly count: number;
  readonly bytes: Buffer;
}

export async function keepFull(tx: Tx, authorityId: number, shard: number, made: MadeList): Promise<void> {
  await sql`
    update device_crl set last_number = ${made.number}, full_number = ${made.number}, full_at = ${at(made.atMs)},
      full_next = ${at(made.nextMs)}, full_through = ${made.through}, full_count = ${made.count}, full_bytes = ${made.bytes}
    where authority_id = ${authorityId} and shard = ${shard}`.execute(tx);
}

export async function keepDelta(tx: Tx, authorityId: number, shard: number, made: MadeList): Promise<void> {
  await sql`
    update device_crl set last_number = ${made.number}, delta_number = ${made.number}, delta_at = ${at(made.atMs)},
      delta_next = ${at(made.nextMs)}, delta_through = ${made.through}, delta_count = ${made.count},
      delta_bytes = ${made.bytes}
    where authority_id = ${authorityId} and shard = ${shard}`.execute(tx);
}

export interface KeptList {
  readonly bytes: Buffer;
  readonly atMs: number;
  readonly nextMs: number;
  readonly number: number;
}

/** The newest list of a scope; undefined before there is one. */
export async function listOf(
  tx: Tx,
  authorityId: number,
  shard: number,
  isDelta: boolean,
): Promise<KeptList | undefined> {
  const part = sql.raw(isDelta ? 'delta' : 'full');
  const { rows } = await sql<KeptList>`
    select ${part}_bytes as bytes, ${part}_at as "atMs", ${part}_next as "nextMs", ${part}_number as number
    from device_crl where authority_id = ${authorityId} and shard = ${shard} and ${part}_bytes is not null`.execute(
    tx,
  );
  return rows[0];
}
