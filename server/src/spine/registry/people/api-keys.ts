import { randomBytes, timingSafeEqual } from 'node:crypto';
import { sha256 } from '../../../kernel/bytes.ts';
import type { Database, Tx } from '../../../kernel/database/transaction.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { SECOND_MS } from '../../../kernel/time.ts';
import { type RecordDoors, recorded } from '../recorded.ts';
import type { RegistryCode } from '../registry-code.ts';
import { subjectById } from '../subjects/store.ts';
import { keyLookUpsOf } from './keys-in-use/look-ups.ts';
import { keysInUse } from './keys-in-use/store.ts';
import { isRight, type Right, rightsOf } from './rights.ts';
import * as store from './store.ts';

export type { ApiKeyRow as ApiKey } from './store.ts';

/** A key as programs send it: `tw_`, a name of 10 characters, `_`, 43 characters of secret (256 bits). */
const KEY = /^tw_[a-z0-9]{10}_[A-Za-z0-9_-]{43}$/;

export function isKeyText(text: string): boolean {
  return text.startsWith('tw_');
}

export interface KeyInUse {
  readonly keyId: string;
  readonly partyId: number;
  readonly scopes: readonly string[];
  readonly createdBy: string;
  /** The digest of its text. */
  readonly keyHash: Buffer;
  /** The one subject it speaks for, at routes that take such keys; null for a key of the party. */
  readonly onlySubject: number | null;
}

/**
 * The live key of a text, or null. It is found by the digest of the whole text, so the time a look-up takes
 * says nothing of the secret; the digest is compared once more in constant time.
 */
export async function keyByText(database: Database, text: string, nowMs: number): Promise<KeyInUse | null> {
  if (!KEY.test(text)) return null;
  const digest = sha256(text);
  const found = await keyLookUpsOf(database).find(digest, nowMs);
  return found !== undefined && timingSafeEqual(found.keyHash, digest) ? found : null;
}

/**
 * As `keyByText`, for a caller that will `confirmKey` in the transaction in which the key opens something: the key may
 * have been revoked within the last second, or its end may have come.
 */
export async function keyToConfirm(
  database: Database,
  text: string,
  nowMs: number,
): Promise<KeyInUse | null> {
  if (!KEY.test(text)) return null;
  const digest = sha256(text);
  const found = await keyLookUpsOf(database).known(digest, nowMs);
  return found !== undefined && timingSafeEqual(found.keyHash, digest) ? found : null;
}

/** As `keyToConfirm` where the key is remembered, at once; undefined where it is not. */
export function knownKey(database: Database, text: string, nowMs: number): KeyInUse | undefined {
  if (!KEY.test(text)) return undefined;
  const digest = sha256(text);
  const found = keyLookUpsOf(database).remembered(digest, nowMs);
  return found !== undefined && timingSafeEqual(found.keyHash, digest) ? found : undefined;
}

/** Whether the key of the digest opens anything, as this transaction sees it. */
export async function confirmKey(tx: Tx, digest: Buffer, nowMs: number): Promise<boolean> {
  return (await keysInUse(tx, [digest], nowMs)).length === 1;
}

/**
 * Makes a key for the actor's party, or for one subject of it; its text is told once and here only. Refuses scopes the
 * maker does not hold, also when the role that gave them is taken away at this very moment, and `subject-unknown`.
 */
export async function makeKey(
  doors: RecordDoors,
  actor: { label: string; partyId: number; userId: string; scopes: ReadonlySet<Right> },
  asked: {
    title: string;
    scopes: readonly Right[];
    expiresAtMs: number | null;
    onlySubject?: number | null;
  },
): Promise<{ keyId: string; text: string }> {
  const { keyId, text } = newKey();
  const attempt = { act: 'api-key-made', object: `key/${keyId}`, partyId: actor.partyId, actor: actor.label };
  const { onlySubject = null } = asked;
  const detail = {
    scopes: asked.scopes.join(' '),
    ...(onlySubject === null ? {} : { subject: `subject/${onlySubject}` }),
  };
  return recorded(doors, { ...attempt, detail }, async tx => {
    const beyond = asked.scopes.find(scope => !actor.scopes.has(scope));
    if (beyond !== undefined)
      throw new Refusal<RegistryCode>('role-beyond-own', { detail: { right: beyond } });
    await refuseLostRights(tx, actor, asked.scopes);
    if (onlySubject !== null) {
      const subject = await subjectById(tx, onlySubject);
      if (subject?.partyId !== actor.partyId) throw new Refusal<RegistryCode>('subject-unknown');
    }
    await store.addApiKey(tx, {
      ...asked,
      keyId,
      partyId: actor.partyId,
      keyHash: sha256(text),
      createdBy: actor.userId,
      atMs: doors.clock.now(),
    });
    return { result: { keyId, text } };
  });
}

/**
 * Makes a key in the place of another of the actor's own party: the same title, scopes and end. The old one opens
 * for `graceMs` more, so that what uses it can be changed without a gap. Refuses as `makeKey` does, and
 * `api-key-unknown` for a key that is not live.
 */
export async function rotateKey(
  doors: RecordDoors,
  actor: { label: string; partyId: number; userId: string; scopes: ReadonlySet<Right> },
  asked: { keyId: string; graceMs: number },
): Promise<{ keyId: string; text: string; oldEndsAtMs: number; expiresAtMs: number | null }> {
  const attempt = {
    act: 'api-key-rotated',
    object: `key/${asked.keyId}`,
    partyId: actor.partyId,
    actor: actor.label,
  };
  return recorded(doors, attempt, async tx => {
    const atMs = doors.clock.now();
    const old = await store.lockLiveKey(tx, asked.keyId, atMs);
    if (old === undefined || old.partyId !== actor.partyId)
      throw new Refusal<RegistryCode>('api-key-unknown');
    const scopes = old.scopes.filter(isRight);
    const beyond = scopes.find(scope => !actor.scopes.has(scope));
    if (beyond !== undefined)
      throw new Refusal<RegistryCode>('role-beyond-own', { detail: { right: beyond } });
    await refuseLostRights(tx, actor, scopes);
    const oldEndsAtMs = Math.min(old.expiresAtMs ?? Number.POSITIVE_INFINITY, atMs + asked.graceMs);
    await store.endKeyAt(tx, old.keyId, oldEndsAtMs);
    const { title, expiresAtMs, partyId, onlySubject } = old;
    const { keyId, text } = newKey();
    const row = { keyId, partyId, title, scopes, expiresAtMs, onlySubject, keyHash: sha256(text) };
    await store.addApiKey(tx, { ...row, createdBy: actor.userId, atMs });
    const detail = { by: `key/${keyId}`, graceS: Math.round((oldEndsAtMs - atMs) / SECOND_MS) };
    return { result: { keyId, text, oldEndsAtMs, expiresAtMs }, detail };
  });
}

/** Keys of the actor's party and those below it, by id. */
export function listKeys(
  database: Database,
  partyId: number,
  after: string,
  limit: number,
): Promise<store.ApiKeyRow[]> {
  return database.door(partyId, tx => store.apiKeys(tx, after, limit));
}

/** From the commit on, the key opens nothing. */
export async function revokeKey(
  doors: RecordDoors,
  actor: { label: string; partyId: number },
  keyId: string,
): Promise<void> {
  const attempt = {
    act: 'api-key-revoked',
    object: `key/${keyId}`,
    partyId: actor.partyId,
    actor: actor.label,
  };
  await recorded(doors, attempt, async tx => {
    const partyId = await store.revokeApiKey(tx, keyId, doors.clock.now());
    if (partyId === undefined) throw new Refusal<RegistryCode>('api-key-unknown');
    return { result: undefined };
  });
}

/**
 * A key outlives none of the rights it was made under. Ends the live keys of a person that hold a right which
 * the roles left to them at the key's party no longer give; returns the ids of the ended ones. The caller's
 * transaction has already taken the role away.
 */
export async function endKeysBeyondRoles(tx: Tx, userId: string, atMs: number): Promise<string[]> {
  await store.lockKeysOf(tx, userId);
  const ended: string[] = [];
  for (const key of await store.liveKeysMadeBy(tx, userId)) {
    const left: ReadonlySet<string> = rightsOf(await store.rolesAt(tx, userId, key.partyId));
    if (key.scopes.every(scope => left.has(scope))) continue;
    if ((await store.revokeApiKey(tx, key.keyId, atMs)) !== undefined) ended.push(key.keyId);
  }
  return ended;
}

/** Ends every live key of a person that the transaction's party may see; returns their ids. */
export async function endKeys(tx: Tx, userId: string, atMs: number): Promise<string[]> {
  await store.lockKeysOf(tx, userId);
  const keys = await store.liveKeysMadeBy(tx, userId);
  for (const { keyId } of keys) await store.revokeApiKey(tx, keyId, atMs);
  return keys.map(key => key.keyId);
}

/** The roles are read after the lock, so that a key is never made under a role whose withdrawal is committed. */
async function refuseLostRights(
  tx: Tx,
  actor: { userId: string; partyId: number },
  scopes: readonly Right[],
): Promise<void> {
  await store.lockKeysOf(tx, actor.userId);
  const held = rightsOf(await store.rolesAt(tx, actor.userId, actor.partyId));
  const lost = scopes.find(scope => !held.has(scope));
  if (lost !== undefined) throw new Refusal<RegistryCode>('role-beyond-own', { detail: { right: lost } });
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567';

function newKey(): { keyId: string; text: string } {
  const keyId = Array.from(randomBytes(10), byte => LETTERS[byte & 31]).join('');
  return { keyId, text: `tw_${keyId}_${randomBytes(32).toString('base64url')}` };
}
