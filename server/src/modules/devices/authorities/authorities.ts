import { createHash } from 'node:crypto';
import type { Database, Tx } from '../../../kernel/database/transaction.ts';
import { bits, integer, seq, tagged } from '../../../kernel/der/encode.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import type { Clock } from '../../../kernel/time.ts';
import { recorded } from '../../../spine/registry/recorded.ts';
import type { DeviceCode } from '../codes.ts';
import { addScopes } from '../crl/store.ts';
import { authorityChain } from '../path/chain.ts';
import type { KeyStoreName } from '../signing/key.ts';
import { type KeyType, signatureOf } from '../x509/algorithms.ts';
import { isPlainUrl } from '../x509/extensions.ts';
import { type NameParts, nameOf } from '../x509/names.ts';
import type { KeyRing, MadeKey } from './key-ring.ts';
import { takePlace } from './place.ts';
import { type Profiles, profileNamed } from './profiles.ts';
import * as store from './store.ts';

export { type Authority, authorityById, listAuthorities } from './store.ts';

/** What everything about certificates works with. */
export interface AuthorityDesk {
  readonly database: Database;
  readonly clock: Clock;
  readonly keys: KeyRing;
  readonly profiles: Profiles;
}

export interface Doer {
  readonly partyId: number;
  readonly label: string;
}

export function no(code: DeviceCode, subject: string): Refusal<DeviceCode> {
  return new Refusal<DeviceCode>(code, { subject });
}

export interface AskedAuthority {
  readonly name: string;
  readonly organization: string;
  readonly country?: string | undefined;
  readonly store: KeyStoreName;
  readonly keyType: KeyType;
  readonly shards: number;
  readonly baseUrl: string;
}

/**
 * Makes the key of an authority and the request (PKCS#10) that the root, wherever it is kept, signs. Until the root's
 * certificate for it is installed it issues nothing. The key, the request and the ledger's entry commit together; asked
 * again under the same name, it is `authority-exists`.
 */
export async function requestAuthority(
  desk: AuthorityDesk,
  doer: Doer,
  asked: AskedAuthority,
): Promise<store.Authority> {
  const attempt = {
    act: 'authority-key-made',
    object: 'authority/new',
    partyId: doer.partyId,
    actor: doer.label,
  };
  // Asked before, so that no transaction waits for another connection.
  const isFirst = !(await desk.database.corridor(store.hasSealedKeys));
  return await recorded(desk, attempt, async tx => {
    const { added, detail } = await addAuthority(desk, tx, doer, { ...asked, follows: null }, isFirst);
    return { result: added, object: `authority/${added.authorityId}`, detail };
  });
}

/** Makes the key and the request of an authority, of one that takes another's place too, in the caller's transaction. */
export async function addAuthority(
  desk: AuthorityDesk,
  tx: Tx,
  { partyId, label }: Doer,
  asked: AskedAuthority & { readonly follows: store.Authority | null },
  isFirst: boolean,
) {
  const { name, organization, country, keyType, shards, baseUrl, follows } = asked;
  const profile = profileNamed(desk.profiles, 'issuing', 'issuing');
  if (!profile.keyTypes.includes(keyType) || !isPlainUrl(baseUrl))
    throw new Refusal<DeviceCode>('key-refused', { detail: { what: `${keyType} ${baseUrl}` } });
  if ((await store.authorityNamed(tx, partyId, name)) !== undefined)
    throw no('authority-exists', 'authority/new');
  const parts: NameParts = [
    ...(country === undefined ? [] : [['country', country] as const]),
    ['organization', organization],
    ['commonName', name],
  ];
  const subject = nameOf(parts);
  const made = await desk.keys.make(asked.store, keyType, isFirst);
  const request = await requestFor(desk, made, subject);
  const atMs = desk.clock.now();
  const added = await store.addAuthority(tx, {
    ...{ partyId, name, subject, request, shards, baseUrl, madeBy: label, madeAtMs: atMs },
    ...{ followsId: follows?.authorityId ?? null, generation: (follows?.generation ?? 0) + 1 },
  });
  if (added === undefined) throw no('authority-exists', 'authority/new');
  const { authorityId } = added;
  await store.addKey(tx, {
    ...made,
    ...{ partyId, authorityId, use: 'authority', certificate: null, notAfterMs: null, atMs },
  });
  return { added, detail: { store: made.store, keyType, key: keyDigestOf(made.spki) } };
}

/** The request is signed by the new key itself; it has no number in the database yet, so it is told under its place. */
async function requestFor(desk: AuthorityDesk, made: MadeKey, subject: Buffer): Promise<Buffer> {
  const info = seq(integer(0), subject, made.spki, tagged(0));
  const { der } = signatureOf(made.keyType);
  const named = desk.keys.named({ ...made, keyId: 0 });
  const [signature] = await desk.keys.signing.sign({ ...named, name: `new-${made.place}` }, [info]);
  return seq(info, der, bits(signature as Buffer));
}

/**
 * Installs the certificate that the root signed for the authority's key, with those above it, the root included. From
 * then on it issues, in the place of the one it follows, if any. Installing the same again changes nothing. Refuses `authority-unknown`, `authority-installed`,
 * `authority-certificate-refused`.
 */
export async function installAuthority(
  desk: AuthorityDesk,
  doer: Doer,
  authorityId: number,
  given: {
    readonly certificate: Uint8Array;
    readonly above: readonly Uint8Array[];
    /** Lists by which each below the root must stand; null where nobody gave any. */
    readonly lists?: readonly Uint8Array[] | null;
  },
): Promise<store.Authority> {
  const object = `authority/${authorityId}`;
  const attempt = { act: 'authority-installed', object, partyId: doer.partyId, actor: doer.label };
  return await recorded(desk, attempt, async tx => {
    const found = await store.lockAuthority(tx, authorityId);
    if (found === undefined) throw no('authority-unknown', object);
    const certificate = Buffer.from(given.certificate);
    const detail = { certificate: keyDigestOf(certificate) };
    if (found.certificate !== null) {
      if (found.certificate.equals(certificate)) return { result: found, detail };
      throw no('authority-installed', object);
    }
    const atMs = desk.clock.now();
    const chain = authorityChain(certificate, given.above, atMs, given.lists ?? null);
    const [own] = chain as [(typeof chain)[number]];
    const key = (await store.authorityKey(tx, authorityId)) as store.AuthorityKey;
    if (Buffer.compare(own.publicKey.spki, key.spki) !== 0) throw unlike(object, 'made for another key');
    if (Buffer.compare(own.subject, found.subject) !== 0) throw unlike(object, 'made for another name');
    if (own.keyUsage?.has(6) !== true)
      throw unlike(object, 'may not sign lists of what is revoked (keyUsage)');
    if (own.subjectKeyId === null)
      throw unlike(object, 'has no identifier of its key (subjectKeyIdentifier)');
    const installed = await store.setInstalled(tx, authorityId, {
      certificate,
      chain: chain.slice(1).map(each => Buffer.from(each.der)),
      nameDigests: digestsOf(own.subject),
      keyDigests: digestsOf(own.publicKey.key),
      notBeforeMs: own.notBeforeMs,
      notAfterMs: own.notAfterMs,
      by: doer.label,
      atMs,
    });
    await addScopes(tx, found.partyId, authorityId, found.shards);
    if (found.followsId !== null) await takePlace(tx, doer, installed, found.followsId, atMs);
    return { result: installed, detail };
  });
}

/** Issues no more; what it issued is told of until it ends. Refuses `authority-unknown`, `authority-not-installed`. */
export async function retireAuthority(
  desk: AuthorityDesk,
  doer: Doer,
  authorityId: number,
): Promise<store.Authority> {
  const object = `authority/${authorityId}`;
  const attempt = { act: 'authority-retired', object, partyId: doer.partyId, actor: doer.label };
  return await recorded(desk, attempt, async tx => {
    const found = await store.lockAuthority(tx, authorityId);
    if (found === undefined) throw no('authority-unknown', object);
    if (found.state === 'requested') throw no('authority-not-installed', object);
    return { result: await store.setState(tx, authorityId, 'retired') };
  });
}

/** An authority with its key, ready to sign. Refuses `authority-unknown`, `authority-not-installed`. */
export async function speaking(
  tx: Tx,
  authorityId: number,
): Promise<{
  readonly authority: store.Authority & { readonly certificate: Buffer };
  readonly key: store.AuthorityKey;
}> {
  const object = `authority/${authorityId}`;
  const authority = await store.authorityById(tx, authorityId);
  if (authority === undefined) throw no('authority-unknown', object);
  const { certificate } = authority;
  if (certificate === null) throw no('authority-not-installed', object);
  const key = (await store.authorityKey(tx, authorityId)) as store.AuthorityKey;
  return { authority: { ...authority, certificate }, key };
}

/** In the order in which the migration names them. */
export const DIGESTS = ['sha1', 'sha256', 'sha384', 'sha512'] as const;

function digestsOf(bytes: Uint8Array): Buffer[] {
  return DIGESTS.map(name => createHash(name).update(bytes).digest());
}

/** Public things stand in the ledger by their SHA-256; the prefix tells them from numbers of cards. */
export function keyDigestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function unlike(subject: string, what: string): Refusal<DeviceCode> {
  return new Refusal<DeviceCode>('authority-certificate-refused', { subject, detail: { what } });
}
