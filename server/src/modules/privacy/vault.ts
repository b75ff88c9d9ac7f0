import type { Database, Tx } from '../../kernel/database/transaction.ts';
import { randomId } from '../../kernel/ids.ts';
import { isRefusal, Refusal } from '../../kernel/refusal.ts';
import type { RootKeyFile, RootKeys } from '../../kernel/seal/root-keys.ts';
import { blindIndex, newContentKey, openBytes, sealBytes } from '../../kernel/seal/sealed-bytes.ts';
import type { Clock } from '../../kernel/time.ts';
import { stage } from '../../spine/ledger/stage.ts';
import type { PrivacyCode, Purpose } from './model.ts';
import * as store from './vault/store.ts';

export { fieldsKept } from './vault/store.ts';

/** What opens the vault. */
export interface VaultDoors {
  readonly database: Database;
  readonly clock: Clock;
  readonly rootKeys: RootKeyFile;
}

/** The vault with its root keys checked against what the database was sealed under. */
export interface Vault {
  readonly keys: RootKeys;
  readonly file: RootKeyFile;
}

/** Whose values they are. */
export interface Owner {
  readonly personId: number;
  readonly partyId: number;
}

/** The index of identities: kind of document and number, so that one document is one identity. */
export const IDENTITY_INDEX = 'identity';
/** The index of receipt codes and codes of notices. */
export const CODE_INDEX = 'code';
/** The index of addresses that use open doors. */
export const PEER_INDEX = 'peer';
const INDEXES = [IDENTITY_INDEX, CODE_INDEX, PEER_INDEX];

/**
 * Opens the vault: whoever wants a value comes through here. Fail-closed (L-22): where the file of root keys is gone
 * (`vault-keys-lost`), lacks one that is in use (`vault-key-lost`), or holds another under its number
 * (`vault-key-wrong`), nothing is sealed and nothing is shown. A first key is made only while the database was
 * sealed under none, so that a loss is never covered by a fresh key.
 */
export async function openVault(doors: VaultDoors): Promise<Vault> {
  const roots = await doors.database.door(0, store.rootRows);
  let keys = await doors.rootKeys.read();
  if (keys === null) {
    if (roots.length > 0) throw new Refusal<PrivacyCode>('vault-keys-lost');
    keys = await doors.rootKeys.make();
  }
  for (const { root, checkValue, removedAtMs } of roots) {
    if (removedAtMs !== null) continue;
    if (!keys.numbers.includes(root)) throw new Refusal<PrivacyCode>('vault-key-lost', { detail: { root } });
    if (!keys.checkOf(root).equals(checkValue))
      throw new Refusal<PrivacyCode>('vault-key-wrong', { detail: { root } });
  }
  const known = new Set(roots.map(each => each.root));
  if (keys.numbers.some(number => !known.has(number))) await enrol(doors, keys, known);
  return { keys, file: doors.rootKeys };
}

/** Takes root keys of the file that the database does not know into use, and makes keys of indexes at the first. */
async function enrol(doors: VaultDoors, keys: RootKeys, known: ReadonlySet<number>): Promise<void> {
  const atMs = doors.clock.now();
  await doors.database.corridor(async tx => {
    for (const root of keys.numbers) {
      if (known.has(root)) continue;
      const isNew = await store.addRootRow(tx, root, keys.checkOf(root), atMs);
      if (!isNew) continue;
      await stage(tx, {
        act: 'vault-root-taken-into-use',
        object: `vault-root/${root}`,
        partyId: null,
        actor: 'vault',
        atMs,
        detail: {},
      });
    }
    for (const name of INDEXES) {
      const wrapped = wrap(keys, keys.newest, indexPlace(name), newContentKey());
      await store.addIndexKey(tx, { name, root: keys.newest, wrapped }, atMs);
    }
  });
}

/**
 * Seals values of a person for a purpose, in the caller's transaction, under the key for both; the key is made when
 * there is none. What a field held before is replaced.
 */
export async function sealValues(
  tx: Tx,
  vault: Vault,
  owner: Owner,
  purpose: Purpose,
  values: Readonly<Record<string, string | Uint8Array>>,
  atMs: number,
): Promise<store.KeyRow> {
  const { row, key } = await keyFor(tx, vault, owner, purpose, atMs);
  for (const [field, value] of Object.entries(values)) {
    const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
    await store.putValue(tx, row, field, sealBytes(key, valuePlace(row, field), bytes), atMs);
  }
  return row;
}

/**
 * All values of a person for a purpose. Every one opens and verifies, or the whole is refused (L-22); empty when
 * nothing is kept. Whoever calls this has put the look on record in the same transaction.
 */
export async function openValues(
  tx: Tx,
  vault: Vault,
  personId: number,
  purpose: Purpose,
): Promise<ReadonlyMap<string, Buffer>> {
  const row = await store.keyOf(tx, personId, purpose);
  if (row === undefined) return new Map();
  if ((await vault.file.ended()).has(row.keyId))
    throw new Refusal<PrivacyCode>('person-shredded', { subject: `person/${personId}` });
  const key = unwrap(vault.keys, row.root, keyPlace(row), row.wrapped);
  const values = await store.valuesUnder(tx, row.keyId);
  return new Map(values.map(({ field, sealed }) => [field, openBytes(key, valuePlace(row, field), sealed)]));
}

/** The digest of a text in an index. */
export async function digestIn(tx: Tx, vault: Vault, index: string, text: string): Promise<Buffer> {
  const found = (await store.indexKeys(tx)).find(each => each.name === index);
  if (found === undefined) throw new Refusal<PrivacyCode>('vault-keys-lost');
  return blindIndex(unwrap(vault.keys, found.root, indexPlace(index), found.wrapped), text);
}

/**
 * Destroys every key of a person: what lies under them is gone from this database with them, and from copies of it
 * for whoever lacks the root key. The names of the keys are noted beside the root keys before this transaction
 * commits, so that a copy of the database from before does not bring them back (L-29). How many.
 */
export async function destroyKeys(
  tx: Tx,
  vault: Vault,
  personId: number,
  end: { readonly reason: string; readonly actor: string; readonly atMs: number },
): Promise<number> {
  const gone = await store.deleteKeys(tx, personId);
  for (const key of gone) await store.writeKeyEnd(tx, key, end);
  if (gone.length > 0) await vault.file.noteEnded(gone.map(key => key.keyId));
  return gone.length;
}

/** What a batch of wrapping anew came to: where the next goes on, null at the end; keys that do not open stay as they are. */
export interface Rewrapped {
  readonly count: number;
  readonly unopened: number;
  readonly after: string | null;
}

/** Wraps a batch of keys under the newest root key. Every key opens at every moment (L-26). */
export async function rewrapBatch(tx: Tx, vault: Vault, after: string, limit: number): Promise<Rewrapped> {
  const { keys } = vault;
  const rows = await store.keysUnderOther(tx, keys.newest, after, limit);
  let unopened = 0;
  for (const row of rows) {
    const key = tryUnwrap(keys, row);
    if (key === null) unopened += 1;
    else await store.rewrap(tx, row.keyId, keys.newest, wrap(keys, keys.newest, keyPlace(row), key));
  }
  for (const row of await store.indexKeys(tx)) {
    if (row.root === keys.newest) continue;
    const key = unwrap(keys, row.root, indexPlace(row.name), row.wrapped);
    const wrapped = wrap(keys, keys.newest, indexPlace(row.name), key);
    await store.rewrapIndexKey(tx, { name: row.name, root: keys.newest, wrapped });
  }
  const next = rows.length === limit ? (rows.at(-1)?.keyId ?? null) : null;
  return { count: rows.length - unopened, unopened, after: next };
}

function tryUnwrap(keys: RootKeys, row: store.KeyRow): Buffer | null {
  try {
    return unwrap(keys, row.root, keyPlace(row), row.wrapped);
  } catch (thrown) {
    if (isRefusal(thrown) && thrown.code === 'sealed-unopened') return null;
    throw thrown;
  }
}

async function keyFor(
  tx: Tx,
  vault: Vault,
  owner: Owner,
  purpose: Purpose,
  atMs: number,
): Promise<{ row: store.KeyRow; key: Buffer }> {
  const found = await store.keyOf(tx, owner.personId, purpose);
  if (found !== undefined)
    return { row: found, key: unwrap(vault.keys, found.root, keyPlace(found), found.wrapped) };
  // What was ended stays ended: no fresh key for a person whose keys were destroyed.
  if (await store.hasKeyEnd(tx, owner.personId))
    throw new Refusal<PrivacyCode>('person-shredded', { subject: `person/${owner.personId}` });
  const key = newContentKey();
  const named = { keyId: randomId(), ...owner, purpose, root: vault.keys.newest };
  const row = { ...named, wrapped: wrap(vault.keys, named.root, keyPlace(named), key) };
  // Somebody else made one at the same time: theirs counts.
  if (!(await store.insertKey(tx, row, atMs))) return keyFor(tx, vault, owner, purpose, atMs);
  if (!(await store.isRootUsable(tx, row.root)))
    throw new Refusal<PrivacyCode>('vault-key-lost', { detail: { root: row.root } });
  return { row, key };
}

const keyPlace = (row: Omit<store.KeyRow, 'wrapped' | 'root'>) => ({
  what: 'key',
  key: row.keyId,
  party: row.partyId,
  person: row.personId,
  purpose: row.purpose,
});
const valuePlace = (row: Omit<store.KeyRow, 'wrapped' | 'root'>, field: string) => ({
  ...keyPlace(row),
  what: 'value',
  field,
});
const indexPlace = (name: string) => ({ what: 'index-key', name });

function wrap(keys: RootKeys, root: number, place: Record<string, string | number>, key: Buffer): Buffer {
  return sealBytes(keys.derive(root, 'wrap'), { ...place, root }, key);
}

function unwrap(
  keys: RootKeys,
  root: number,
  place: Record<string, string | number>,
  wrapped: Buffer,
): Buffer {
  return openBytes(keys.derive(root, 'wrap'), { ...place, root }, wrapped);
}
