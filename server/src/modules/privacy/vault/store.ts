import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';
import type { Purpose } from '../model.ts';

/** The only SQL over vault_root, vault_index_key, vault_key, vault_value, vault_index and vault_key_end. */

export interface RootRow {
  readonly root: number;
  readonly checkValue: Buffer;
  readonly removedAtMs: number | null;
}

export async function rootRows(tx: Tx): Promise<RootRow[]> {
  const { rows } = await sql<RootRow>`
    select root, check_value as "checkValue", removed_at as "removedAtMs" from vault_root order by root`.execute(
    tx,
  );
  return rows;
}

export async function addRootRow(tx: Tx, root: number, checkValue: Buffer, atMs: number): Promise<boolean> {
  const { rows } = await sql`insert into vault_root (root, check_value, made_at)
    values (${root}, ${checkValue}, ${at(atMs)}) on conflict (root) do nothing returning root`.execute(tx);
  return rows.length > 0;
}

/** Whether keys may be wrapped under it; asked after one was, whose reference holds the row until the end. */
export async function isRootUsable(tx: Tx, root: number): Promise<boolean> {
  const { rows } = await sql`select root from vault_root where root = ${root} and removed_at is null`.execute(
    tx,
  );
  return rows.length > 0;
}

/** Takes a root key alone: whoever wraps under it has ended, and nobody begins. */
export async function takeRoot(tx: Tx, root: number): Promise<boolean> {
  const { rows } = await sql`select root from vault_root where root = ${root} and removed_at is null
    for update`.execute(tx);
  return rows.length > 0;
}

export async function setRootRemoved(tx: Tx, root: number, atMs: number): Promise<void> {
  await sql`update vault_root set removed_at = ${at(atMs)} where root = ${root}`.execute(tx);
}

export interface KeyRow {
  readonly keyId: string;
  readonly partyId: number;
  readonly personId: number;
  readonly purpose: Purpose;
  readonly root: number;
  readonly wrapped: Buffer;
}

const keyColumns = sql`key_id as "keyId", party_id as "partyId", person_id as "personId", purpose, root, wrapped`;

export async function keyOf(tx: Tx, personId: number, purpose: Purpose): Promise<KeyRow | undefined> {
  const { rows } = await sql<KeyRow>`select ${keyColumns} from vault_key
    where person_id = ${personId} and purpose = ${purpose}`.execute(tx);
  return rows[0];
}

/** False when the person has a key for the purpose already: the one there is counts. */
export async function insertKey(tx: Tx, key: KeyRow, atMs: number): Promise<boolean> {
  const { rows } =
    await sql`insert into vault_key (key_id, party_id, person_id, purpose, root, wrapped, made_at)
    values (${key.keyId}, ${key.partyId}, ${key.personId}, ${key.purpose}, ${key.root}, ${key.wrapped}, ${at(atMs)})
    on conflict (person_id, purpose) do nothing returning key_id`.execute(tx);
  return rows.length > 0;
}

/** Keys wrapped under another root than the newest, locked; those another transaction holds are left to it. */
export async function keysUnderOther(
  tx: Tx,
  newest: number,
  after: string,
  limit: number,
): Promise<KeyRow[]> {
  const { rows } =
    await sql<KeyRow>`select ${keyColumns} from vault_key where root <> ${newest} and key_id > ${after}
    order by key_id limit ${limit} for update skip locked`.execute(tx);
  return rows;
}

export async function rewrap(tx: Tx, keyId: string, root: number, wrapped: Buffer): Promise<void> {
  await sql`update vault_key set root = ${root}, wrapped = ${wrapped} where key_id = ${keyId}`.execute(tx);
}

export async function countUnder(tx: Tx, root: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select (select count(*) from vault_key where root = ${root})
      + (select count(*) from vault_index_key where root = ${root}) as n`.execute(tx);
  return rows[0]!.n;
}

export interface IndexKeyRow {
  readonly name: string;
  readonly root: number;
  readonly wrapped: Buffer;
}

export async function indexKeys(tx: Tx): Promise<IndexKeyRow[]> {
  const { rows } = await sql<IndexKeyRow>`
    select index_name as name, root, wrapped from vault_index_key order by 1`.execute(tx);
  return rows;
}

/** Makes the key, or leaves the one there is. */
export async function addIndexKey(tx: Tx, key: IndexKeyRow, atMs: number): Promise<void> {
  await sql`insert into vault_index_key (index_name, root, wrapped, made_at)
    values (${key.name}, ${key.root}, ${key.wrapped}, ${at(atMs)}) on conflict (index_name) do nothing`.execute(
    tx,
  );
}

export async function rewrapIndexKey(tx: Tx, key: IndexKeyRow): Promise<void> {
  await sql`update vault_index_key set root = ${key.root}, wrapped = ${key.wrapped}
    where index_name = ${key.name}`.execute(tx);
}

export async function putValue(
  tx: Tx,
  key: KeyRow,
  field: string,
  sealed: Buffer,
  atMs: number,
): Promise<void> {
  await sql`insert into vault_value (key_id, party_id, person_id, field, sealed, sealed_at)
    values (${key.keyId}, ${key.partyId}, ${key.personId}, ${field}, ${sealed}, ${at(atMs)})
    on conflict (key_id, field) do update set sealed = excluded.sealed, sealed_at = excluded.sealed_at`.execute(
    tx,
  );
}

export async function valuesUnder(tx: Tx, keyId: string): Promise<Array<{ field: string; sealed: Buffer }>> {
  const { rows } = await sql<{ field: string; sealed: Buffer }>`
    select field, sealed from vault_value where key_id = ${keyId} order by field`.execute(tx);
  return rows;
}

/** The names of the fields that are kept of persons, without a look at them. */
export async function fieldsKept(
  tx: Tx,
  personIds: readonly number[],
): Promise<Array<{ personId: number; purpose: Purpose; field: string }>> {
  const { rows } = await sql<{ personId: number; purpose: Purpose; field: string }>`
    select k.person_id as "personId", k.purpose, v.field from vault_key k join vault_value v using (key_id)
    where k.person_id = any(${personIds}::bigint[]) order by 1, 2, 3`.execute(tx);
  return rows;
}

export async function putIndex(tx: Tx, name: string, digest: Buffer, key: KeyRow): Promise<void> {
  await sql`insert into vault_index (index_name, digest, key_id, party_id, person_id)
    values (${name}, ${digest}, ${key.keyId}, ${key.partyId}, ${key.personId}) on conflict do nothing`.execute(
    tx,
  );
}

/** Nobody else registers that digest until the transaction ends. */
export async function lockDigest(tx: Tx, partyId: number, digest: Buffer): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`${partyId}/${digest.toString('hex')}`}, 0))`.execute(
    tx,
  );
}

export async function personsUnder(
  tx: Tx,
  name: string,
  digest: Buffer,
  partyId?: number,
): Promise<number[]> {
  const own = partyId === undefined ? sql`true` : sql`party_id = ${partyId}`;
  const { rows } = await sql<{ personId: number }>`select distinct person_id as "personId" from vault_index
    where index_name = ${name} and digest = ${digest} and ${own} order by 1 limit 100`.execute(tx);
  return rows.map(row => row.personId);
}

/** The digests of a person in an index. */
export async function digestsOf(tx: Tx, name: string, personId: number): Promise<Buffer[]> {
  const { rows } = await sql<{ digest: Buffer }>`select digest from vault_index
    where index_name = ${name} and person_id = ${personId} order by 1`.execute(tx);
  return rows.map(row => row.digest);
}

/** The keys among these that are there, locked. */
export async function keysAmong(tx: Tx, keyIds: readonly string[]): Promise<KeyRow[]> {
  const { rows } = await sql<KeyRow>`select ${keyColumns} from vault_key
    where key_id = any(${[...keyIds]}::text[]) order by key_id for update`.execute(tx);
  return rows;
}

/** Removes keys of a person with all that lies under them. */
export async function deleteKeys(tx: Tx, personId: number): Promise<KeyRow[]> {
  const { rows } = await sql<KeyRow>`delete from vault_key where person_id = ${personId}
    returning ${keyColumns}`.execute(tx);
  return rows;
}

export async function writeKeyEnd(
  tx: Tx,
  key: KeyRow,
  end: { readonly reason: string; readonly actor: string; readonly atMs: number },
): Promise<void> {
  await sql`insert into vault_key_end (key_id, party_id, person_id, purpose, reason, ended_by, ended_at)
    values (${key.keyId}, ${key.partyId}, ${key.personId}, ${key.purpose}, ${end.reason}, ${end.actor}, ${at(end.atMs)})
    on conflict (key_id) do nothing`.execute(tx);
}

export async function hasKeyEnd(tx: Tx, personId: number): Promise<boolean> {
  const { rows } = await sql`select 1 from vault_key_end where person_id = ${personId} limit 1`.execute(tx);
  return rows.length > 0;
}
