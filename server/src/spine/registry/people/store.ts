import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';

/** The only SQL over party, membership, api_key and sign_in_state. */

export interface PartyRow {
  readonly partyId: number;
  readonly parentId: number | null;
  readonly kind: string;
  readonly nameEn: string;
  readonly nameZh: string;
  readonly createdAtMs: number;
}

export interface MembershipRow {
  readonly userId: string;
  readonly partyId: number;
  readonly role: string;
  readonly grantedAtMs: number;
  readonly grantedBy: string;
}

export interface ApiKeyRow {
  readonly keyId: string;
  readonly partyId: number;
  readonly title: string;
  readonly scopes: readonly string[];
  readonly createdBy: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  readonly revokedAtMs: number | null;
  readonly lastUsedAtMs: number | null;
  /** The one subject it speaks for; null for a key of the party. */
  readonly onlySubject: number | null;
}

const partyColumns = sql`
  party_id as "partyId", parent_id as "parentId", kind, name_en as "nameEn", name_zh as "nameZh",
  created_at as "createdAtMs"`;
const membershipColumns = sql`
  user_id as "userId", party_id as "partyId", role, granted_at as "grantedAtMs", granted_by as "grantedBy"`;
const apiKeyColumns = sql`
  key_id as "keyId", party_id as "partyId", title, scopes, created_by as "createdBy",
  created_at as "createdAtMs", expires_at as "expiresAtMs", revoked_at as "revokedAtMs",
  last_used_at as "lastUsedAtMs", only_subject as "onlySubject"`;

export async function addParty(
  tx: Tx,
  party: { parentId: number | null; kind: string; nameEn: string; nameZh: string; atMs: number },
): Promise<number> {
  const { rows } = await sql<{ partyId: number }>`
    select found_party(${party.parentId}::bigint, ${party.kind}, ${party.nameEn}, ${party.nameZh}, ${at(party.atMs)})
      as "partyId"`.execute(tx);
  return rows[0]!.partyId;
}

export async function parties(tx: Tx, afterId: number, limit: number): Promise<PartyRow[]> {
  const { rows } = await sql<PartyRow>`
    select ${partyColumns} from party where party_id > ${afterId} order by party_id limit ${limit}`.execute(
    tx,
  );
  return rows;
}

export async function partyById(tx: Tx, partyId: number): Promise<PartyRow | undefined> {
  const { rows } = await sql<PartyRow>`select ${partyColumns} from party where party_id = ${partyId}`.execute(
    tx,
  );
  return rows[0];
}

export async function visiblePartyIds(tx: Tx): Promise<number[]> {
  const { rows } = await sql<{ partyId: number }>`select party_id as "partyId" from party`.execute(tx);
  return rows.map(row => row.partyId);
}

/** Each party's own id and those above it. */
export async function ancestorsOf(
  tx: Tx,
  partyIds: readonly number[],
): Promise<ReadonlyMap<number, ReadonlySet<number>>> {
  const { rows } = await sql<{ partyId: number; above: number }>`
    select descendant_id as "partyId", ancestor_id as above from party_closure
    where descendant_id = any(${partyIds}::bigint[])`.execute(tx);
  const byParty = Map.groupBy(rows, row => row.partyId);
  return new Map([...byParty].map(([partyId, found]) => [partyId, new Set(found.map(each => each.above))]));
}

export async function membershipsOf(
  tx: Tx,
  userId: string,
): Promise<Array<{ partyId: number; role: string; nameEn: string; nameZh: string }>> {
  const { rows } = await sql<{ partyId: number; role: string; nameEn: string; nameZh: string }>`
    select party_id as "partyId", role, name_en as "nameEn", name_zh as "nameZh"
    from memberships_of(${userId})`.execute(tx);
  return rows;
}

export async function rolesAt(tx: Tx, userId: string, partyId: number): Promise<string[]> {
  const { rows } = await sql<{ role: string }>`
    select role from roles_at(${userId}, ${partyId}) as role`.execute(tx);
  return rows.map(row => row.role);
}

/** Memberships the transaction's party may see, by person; a whole person fits one page or begins the next. */
export async function memberships(tx: Tx, afterUser: string, people: number): Promise<MembershipRow[]> {
  const { rows } = await sql<MembershipRow>`
    select ${membershipColumns} from membership
    where user_id in (select distinct user_id from membership where user_id > ${afterUser} order by user_id limit ${people})
    order by user_id, party_id, role`.execute(tx);
  return rows;
}

export async function membershipsSeen(tx: Tx, userId: string): Promise<MembershipRow[]> {
  const { rows } = await sql<MembershipRow>`
    select ${membershipColumns} from membership where user_id = ${userId} order by party_id, role`.execute(
    tx,
  );
  return rows;
}

/** True when the row is new. */
export async function addMembership(
  tx: Tx,
  row: { userId: string; partyId: number; role: string; grantedBy: string; atMs: number },
): Promise<boolean> {
  const { rows } = await sql<{ role: string }>`
    insert into membership (user_id, party_id, role, granted_at, granted_by)
    values (${row.userId}, ${row.partyId}, ${row.role}, ${at(row.atMs)}, ${row.grantedBy})
    on conflict do nothing returning role`.execute(tx);
  return rows.length === 1;
}

/** True when there was such a row. */
export async function dropMembership(
  tx: Tx,
  row: { userId: string; partyId: number; role: string },
): Promise<boolean> {
  const { rows } = await sql<{ role: string }>`
    delete from membership where user_id = ${row.userId} and party_id = ${row.partyId} and role = ${row.role}
    returning role`.execute(tx);
  return rows.length === 1;
}

/** How many people hold a role at exactly this party; the rows stay locked until the transaction ends. */
export async function holdersOf(tx: Tx, partyId: number, role: string): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtext('membership'), ${partyId}::int)`.execute(tx);
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from membership where party_id = ${partyId} and role = ${role}`.execute(tx);
  return rows[0]!.n;
}

export async function addApiKey(
  tx: Tx,
  key: {
    keyId: string;
    partyId: number;
    title: string;
    scopes: readonly string[];
    keyHash: Buffer;
    createdBy: string;
    atMs: number;
    expiresAtMs: number | null;
    onlySubject?: number | null;
  },
): Promise<void> {
  await sql`
    insert into api_key (key_id, party_id, title, scopes, key_hash, created_by, created_at, expires_at, only_subject)
    values (${key.keyId}, ${key.partyId}, ${key.title}, ${key.scopes}::text[], ${key.keyHash}, ${key.createdBy},
            ${at(key.atMs)}, ${key.expiresAtMs === null ? null : at(key.expiresAtMs)}, ${key.onlySubject ?? null})`.execute(
    tx,
  );
}

export async function apiKeys(tx: Tx, afterId: string, limit: number): Promise<ApiKeyRow[]> {
  const { rows } = await sql<ApiKeyRow>`
    select ${apiKeyColumns} from api_key where key_id > ${afterId} order by key_id limit ${limit}`.execute(
    tx,
  );
  return rows;
}

/** The party of the key that was revoked by this call; undefined when there is no such live key to be seen. */
export async function revokeApiKey(tx: Tx, keyId: string, atMs: number): Promise<number | undefined> {
  const { rows } = await sql<{ partyId: number }>`
    update api_key set revoked_at = ${at(atMs)} where key_id = ${keyId} and revoked_at is null
    returning party_id as "partyId"`.execute(tx);
  return rows[0]?.partyId;
}

/** A key that still opens, held against others until the transaction ends. */
export async function lockLiveKey(tx: Tx, keyId: string, atMs: number): Promise<ApiKeyRow | undefined> {
  const { rows } = await sql<ApiKeyRow>`select ${apiKeyColumns} from api_key
    where key_id = ${keyId} and revoked_at is null and (expires_at is null or expires_at > ${at(atMs)})
    for update`.execute(tx);
  return rows[0];
}

export async function endKeyAt(tx: Tx, keyId: string, expiresAtMs: number): Promise<void> {
  await sql`update api_key set expires_at = ${at(expiresAtMs)} where key_id = ${keyId}`.execute(tx);
}

/**
 * Holds what a person's keys rest on until the transaction ends: who makes a key and who takes a role away do it
 * one after the other.
 */
export async function lockKeysOf(tx: Tx, userId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('keys-of'), hashtext(${userId}))`.execute(tx);
}

/** Live keys that a person made, as far as the transaction's party may see. */
export async function liveKeysMadeBy(tx: Tx, userId: string): Promise<ApiKeyRow[]> {
  const { rows } = await sql<ApiKeyRow>`
    select ${apiKeyColumns} from api_key where created_by = ${userId} and revoked_at is null
    order by key_id`.execute(tx);
  return rows;
}

/** How many sessions ended; they are gone if, and only if, the transaction commits. */
export async function endSessions(tx: Tx, userId: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`select end_sessions(${userId}) as n`.execute(tx);
  return rows[0]!.n;
}

/** Ends one session of a person, with the transaction; false when there is no such session. */
export async function endSession(tx: Tx, userId: string, sessionId: string): Promise<boolean> {
  const { rows } = await sql<{ n: number }>`select end_session(${userId}, ${sessionId}) as n`.execute(tx);
  return rows[0]!.n > 0;
}

/** The same for all sessions but one; how many ended. */
export async function endOtherSessions(tx: Tx, userId: string, keptId: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select end_other_sessions(${userId}, ${keptId}) as n`.execute(tx);
  return rows[0]!.n;
}

export interface SignInState {
  readonly isOneTime: boolean;
  readonly shutOutAtMs: number | null;
}

const stateColumns = sql`is_one_time as "isOneTime", shut_out_at as "shutOutAtMs"`;

export async function signInState(tx: Tx, userId: string): Promise<SignInState | undefined> {
  const { rows } = await sql<SignInState>`
    select ${stateColumns} from sign_in_state where user_id = ${userId}`.execute(tx);
  return rows[0];
}

/** The same, held against others until the transaction ends. */
export async function lockSignInState(tx: Tx, userId: string): Promise<SignInState | undefined> {
  const { rows } = await sql<SignInState>`
    select ${stateColumns} from sign_in_state where user_id = ${userId} for update`.execute(tx);
  return rows[0];
}

/** Sets whether the password is a one-time one, and lets the person in again. */
export async function markPassword(tx: Tx, userId: string, isOneTime: boolean): Promise<void> {
  await sql`
    insert into sign_in_state (user_id, is_one_time) values (${userId}, ${isOneTime})
    on conflict (user_id) do update set
      is_one_time = excluded.is_one_time, shut_out_at = null`.execute(tx);
}

export async function markShutOut(tx: Tx, userId: string, atMs: number): Promise<void> {
  await sql`
    insert into sign_in_state (user_id, shut_out_at) values (${userId}, ${at(atMs)})
    on conflict (user_id) do update set shut_out_at = excluded.shut_out_at`.execute(tx);
}

/** Held until the transaction ends, so that two servers that start at once make one root. */
export async function lockFounding(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('founding'), 0)`.execute(tx);
}

export async function isFounded(tx: Tx): Promise<boolean> {
  const { rows } = await sql<{
    isFounded: boolean;
  }>`select exists (select from party) as "isFounded"`.execute(tx);
  return rows[0]!.isFounded;
}
