import { randomBytes } from 'node:crypto';
import { randomId } from '../../../kernel/ids.ts';
import { isRefusal, Refusal } from '../../../kernel/refusal.ts';
import type { RootKeyFile, RootKeys } from '../../../kernel/seal/root-keys.ts';
import { openBytes, sealBytes } from '../../../kernel/seal/sealed-bytes.ts';
import type { DeviceCode } from '../codes.ts';
import type { KeyStoreName } from '../signing/key.ts';
import type { NamedKey, Signing } from '../signing/signing.ts';
import { newPair } from '../signing/software.ts';
import type { KeyType } from '../x509/algorithms.ts';
import type { AuthorityKey } from './store.ts';

/** A key as the database keeps it: of a sealed one what only the file of root keys opens, of another its name on the token. */
export type MadeKey = Pick<
  AuthorityKey,
  'store' | 'keyType' | 'spki' | 'place' | 'root' | 'sealed' | 'tokenId'
>;

/** The one way to the keys of authorities (I-39): makes them, and has them sign in threads. */
export interface KeyRing {
  readonly signing: Signing;
  readonly stores: readonly KeyStoreName[];
  /**
   * Makes a pair of keys in a store. `isFirst` tells that the database holds no sealed key yet: only then may a file of
   * root keys be made, so that a loss is never covered by a fresh key. Refuses `key-store-unknown`, `key-store-failed`,
   * `authority-keys-lost`.
   */
  make(store: KeyStoreName, type: KeyType, isFirst: boolean): Promise<MadeKey>;
  /** The kept key as threads are told of it. Opening it refuses `authority-keys-lost`. */
  named(
    key: Pick<AuthorityKey, 'keyId' | 'store' | 'keyType' | 'place' | 'root' | 'sealed' | 'tokenId'>,
  ): NamedKey;
  close(): Promise<void>;
}

const USE = 'device-authority';

export function keyRing(signing: Signing, rootKeys: RootKeyFile, hasToken: boolean): KeyRing {
  const stores: readonly KeyStoreName[] = hasToken ? ['sealed', 'pkcs11'] : ['sealed'];
  return {
    signing,
    stores,
    make: async (store, type, isFirst) => {
      if (!stores.includes(store))
        throw new Refusal<DeviceCode>('key-store-unknown', { detail: { store, known: stores.join(', ') } });
      const place = randomId();
      if (store === 'pkcs11') {
        const tokenId = randomBytes(16);
        const spki = await signing.make(type, tokenId);
        return { store, keyType: type, spki, place, root: null, sealed: null, tokenId };
      }
      const keys = await rootsFor(rootKeys, isFirst);
      const { pkcs8, spki } = newPair(type);
      const sealed = sealBytes(keys.derive(keys.newest, USE), placeOf(place), pkcs8);
      pkcs8.fill(0);
      return { store, keyType: type, spki, place, root: keys.newest, sealed, tokenId: null };
    },
    named: key => ({
      name: `key-${key.keyId}`,
      open: async () => {
        if (key.store === 'pkcs11') return { store: 'pkcs11', type: key.keyType, id: key.tokenId as Buffer };
        const keys = await rootsFor(rootKeys, false);
        return { store: 'sealed', type: key.keyType, pkcs8: opened(keys, key) };
      },
    }),
    close: () => signing.close(),
  };
}

async function rootsFor(file: RootKeyFile, mayMake: boolean): Promise<RootKeys> {
  const keys = await file.read();
  if (keys !== null) return keys;
  if (!mayMake) throw new Refusal<DeviceCode>('authority-keys-lost');
  return await file.make();
}

function opened(
  keys: RootKeys,
  { root, sealed, place }: Pick<AuthorityKey, 'root' | 'sealed' | 'place'>,
): Buffer {
  try {
    return openBytes(keys.derive(root as number, USE), placeOf(place), sealed as Buffer);
  } catch (cause) {
    if (!isRefusal(cause)) throw cause;
    throw new Refusal<DeviceCode>('authority-keys-lost', { cause });
  }
}

const placeOf = (place: string) => ({ kind: 'authority-key', place });
