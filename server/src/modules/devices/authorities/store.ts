import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';
import type { KeyStoreName } from '../signing/key.ts';
import type { KeyType } from '../x509/algorithms.ts';

/** The only SQL over device_authority and device_authority_key. */

export interface Authority {
  readonly authorityId: number;
  readonly partyId: number;
  readonly name: string;
  readonly state: 'requested' | 'active' | 'retired';
  readonly subject: Buffer;
  readonly request: Buffer;
  readonly certificate: Buffer | null;
  readonly chain: readonly Buffer[];
  readonly nameDigests: readonly Buffer[];
  readonly keyDigests: readonly Buffer[];
  readonly notBeforeMs: number | null;
  readonly notAfterMs: number | null;
  readonly shards: number;
  readonly baseUrl: string;
  readonly madeBy: string;
  readonly madeAtMs: number;
  readonly installedBy: string | null;
  readonly installedAtMs: number | null;
  /** Whose place it takes; null for the first. */
  readonly followsId: number | null;
  /** 1 for the first, and one more for each that follows. */
  readonly generation: number;
}

const columns = sql`
  authority_id as "authorityId", party_id as "partyId", name, state, subject, request, certificate, chain,
  name_digests as "nameDigests", key_digests as "keyDigests", not_before as "notBeforeMs", not_after as "notAfterMs",
  shards, base_url as "baseUrl", made_by as "madeBy", made_at as "madeAtMs", installed_by as "installedBy",
  installed_at as "installedAtMs", follows as "followsId", generation`;

export type AskedAuthority = Pick<
  Authority,
  | 'partyId'
  | 'name'
  | 'subject'
  | 'request'
  | 'shards'
  | 'baseUrl'
  | 'madeBy'
  | 'madeAtMs'
  | 'followsId'
  | 'generation'
>;

/** Undefined where the party has one of that name. */
export async function addAuthority(tx: Tx, asked: AskedAuthority): Promise<Authority | undefined> {
  const { rows } = await sql<Authority>`
    insert into device_authority (party_id, name, state, subject, request, shards, base_url, made_by, made_at, follows,
      generation)
    values (${asked.partyId}, ${asked.name}, 'requested', ${asked.subject}, ${asked.request}, ${asked.shards},
      ${asked.baseUrl}, ${asked.madeBy}, ${at(asked.madeAtMs)}, ${asked.followsId}, ${asked.generation})
    on conflict (party_id, name) do nothing returning ${columns}`.execute(tx);
  return rows[0];
}

export async function authorityById(tx: Tx, authorityId: number): Promise<Authority | undefined> {
  const { rows } = await sql<Authority>`
    select ${columns} from device_authority where authority_id = ${authorityId}`.execute(tx);
  return rows[0];
}

export async function authorityNamed(tx: Tx, partyId: number, name: string): Promise<Authority | undefined> {
  const { rows } = await sql<Authority>`
    select ${columns} from device_authority where party_id = ${partyId} and name = ${name}`.execute(tx);
  return rows[0];
}

/** Who takes an authority's place, or is about to. */
export async function successorOf(tx: Tx, authorityId: number): Promise<Authority | undefined> {
  const { rows } = await sql<Authority>`
    select ${columns} from device_authority where follows = ${authorityId}`.execute(tx);
  return rows[0];
}

export async function lockAuthority(tx: Tx, authorityId: number): Promise<Authority | undefined> {
  const { rows } = await sql<Authority>`
    select ${columns} from device_authority where authority_id = ${authorityId} for no key update`.execute(
    tx,
  );
  return rows[0];
}

export async function listAuthorities(tx: Tx, afterId: number, limit: number): Promise<Authority[]> {
  const { rows } = await sql<Authority>`
    select ${columns} from device_authority where authority_id > ${afterId} order by authority_id limit ${limit}`.execute(
    tx,
  );
  return rows;
}

export interface Installed {
  readonly certificate: Buffer;
  readonly chain: readonly Buffer[];
  readonly nameDigests: readonly Buffer[];
  readonly keyDigests: readonly Buffer[];
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly by: string;
  readonly atMs: number;
}

export async function setInstalled(tx: Tx, authorityId: number, what: Installed): Promise<Authority> {
  const { rows } = await sql<Authority>`
    update device_authority set state = 'active', certificate = ${what.certificate}, chain = ${what.chain}::bytea[],
      name_digests = ${what.nameDigests}::bytea[], key_digests = ${what.keyDigests}::bytea[],
      not_before = ${at(what.notBeforeMs)}, not_after = ${at(what.notAfterMs)}, installed_by = ${what.by},
      installed_at = ${at(what.atMs)}
    where authority_id = ${authorityId} returning ${columns}`.execute(tx);
  return rows[0] as Authority;
}

export async function setState(tx: Tx, authorityId: number, state: Authority['state']): Promise<Authority> {
  const { rows } = await sql<Authority>`
    update device_authority set state = ${state} where authority_id = ${authorityId} returning ${columns}`.execute(
    tx,
  );
  return rows[0] as Authority;
}

/** The number of the next change of state; whoever has it holds the authority's row until the commit. */
export async function nextChange(tx: Tx, authorityId: number): Promise<number> {
  const { rows } = await sql<{ changes: number }>`
    update device_authority set changes = changes + 1 where authority_id = ${authorityId} returning changes`.execute(
    tx,
  );
  return (rows[0] as { changes: number }).changes;
}

/** How many changes are committed: the row is waited for, so none of a lower number comes later. */
export async function changesSoFar(tx: Tx, authorityId: number): Promise<number> {
  const { rows } = await sql<{ changes: number }>`
    select changes from device_authority where authority_id = ${authorityId} for share`.execute(tx);
  return (rows[0] as { changes: number }).changes;
}

export interface AuthorityKey {
  readonly keyId: number;
  readonly partyId: number;
  readonly authorityId: number;
  readonly use: 'authority' | 'responder';
  readonly store: KeyStoreName;
  readonly keyType: KeyType;
  readonly spki: Buffer;
  readonly place: string;
  readonly root: number | null;
  readonly sealed: Buffer | null;
  readonly tokenId: Buffer | null;
  readonly certificate: Buffer | null;
  readonly notAfterMs: number | null;
}

const keyColumns = sql`
  key_id as "keyId", party_id as "partyId", authority_id as "authorityId", use, store, key_type as "keyType", spki, place,
  root, sealed, token_id as "tokenId", certificate, not_after as "notAfterMs"`;

export async function addKey(
  tx: Tx,
  key: Omit<AuthorityKey, 'keyId'> & { readonly atMs: number },
): Promise<AuthorityKey> {
  const { rows } = await sql<AuthorityKey>`
    insert into device_authority_key (party_id, authority_id, use, store, key_type, spki, place, root, sealed, token_id,
      certificate, not_after, made_at)
    values (${key.partyId}, ${key.authorityId}, ${key.use}, ${key.store}, ${key.keyType}, ${key.spki}, ${key.place},
      ${key.root}, ${key.sealed}, ${key.tokenId}, ${key.certificate},
      ${key.notAfterMs === null ? null : at(key.notAfterMs)}, ${at(key.atMs)})
    returning ${keyColumns}`.execute(tx);
  return rows[0] as AuthorityKey;
}

export async function authorityKey(tx: Tx, authorityId: number): Promise<AuthorityKey | undefined> {
  const { rows } = await sql<AuthorityKey>`
    select ${keyColumns} from device_authority_key where authority_id = ${authorityId} and use = 'authority'`.execute(
    tx,
  );
  return rows[0];
}

/** The responder's key that is good the longest. */
export async function responderKey(tx: Tx, authorityId: number): Promise<AuthorityKey | undefined> {
  const { rows } = await sql<AuthorityKey>`
    select ${keyColumns} from device_authority_key where authority_id = ${authorityId} and use = 'responder'
    order by not_after desc, key_id desc limit 1`.execute(tx);
  return rows[0];
}

/** Whether any key of any party is sealed: then a root key that is not there is lost, and none is made in its place. */
export async function hasSealedKeys(tx: Tx): Promise<boolean> {
  const { rows } = await sql`select 1 from device_authority_key where store = 'sealed' limit 1`.execute(tx);
  return rows.length > 0;
}

export interface Whose {
  readonly authorityId: number;
  readonly partyId: number;
}

/**
 * Authorities of all parties that have not ended at the first moment, and for whom nobody could answer at the second
 * any more though they themselves are good then. A responder that lasts as long as its authority is never replaced.
 */
export async function withoutResponder(tx: Tx, nowMs: number, untilMs: number): Promise<Whose[]> {
  const { rows } = await sql<Whose>`
    select authority_id as "authorityId", party_id as "partyId" from device_authority a
    where state <> 'requested' and a.not_after > ${at(nowMs)} and not exists (
      select from device_authority_key k
      where k.authority_id = a.authority_id and k.use = 'responder' and k.not_after >= least(${at(untilMs)}, a.not_after))
    order by authority_id`.execute(tx);
  return rows;
}

/** Whose an authority is that somebody asks about at an open address, by its number or a digest of its key. */
export async function openAuthority(
  tx: Tx,
  asked: { readonly authorityId: number } | { readonly keyDigest: Uint8Array },
): Promise<readonly Whose[]> {
  const id = 'authorityId' in asked ? asked.authorityId : null;
  const digest = 'keyDigest' in asked ? Buffer.from(asked.keyDigest) : null;
  const { rows } = await sql<Whose>`
    select authority_id as "authorityId", party_id as "partyId"
    from open_authority(${id}::bigint, ${digest}::bytea) order by authority_id`.execute(tx);
  return rows;
}
