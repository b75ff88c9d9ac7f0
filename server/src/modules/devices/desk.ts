import type { Database } from '../../kernel/database/transaction.ts';
import { rootKeyFile } from '../../kernel/seal/root-keys.ts';
import type { Clock } from '../../kernel/time.ts';
import type { LiveDoors, LivePart } from '../../spine/live-part.ts';
import type { AuthorityDesk } from './authorities/authorities.ts';
import { type KeyRing, keyRing } from './authorities/key-ring.ts';
import type { Profiles } from './authorities/profiles.ts';
import type { TokenSettings } from './signing/key.ts';
import { openSigning } from './signing/signing.ts';

/** One thread for a small installation: it signs some thousands of times a second. */
const THREADS = 1;

/** The keys that were opened, by the database they are kept in: a process may hold several houses. */
const rings = new WeakMap<Database, KeyRing>();

/**
 * Opens the ring of keys for as long as the house is open. `authorityKeys` names the file of root keys; `pkcs11…` a token,
 * where the operator has one.
 */
export function openKeys({ database, settings }: LiveDoors): LivePart {
  const token = tokenIn(settings);
  const ring = keyRing(
    openSigning(THREADS, token),
    rootKeyFile(String(settings['authorityKeys'] ?? 'authority.keys')),
    token !== null,
  );
  rings.set(database, ring);
  return {
    name: 'certificate authority',
    describe: () => ({ stores: ring.stores.join(', ') }),
    close: () => ring.close(),
  };
}

function tokenIn(settings: LiveDoors['settings']): TokenSettings | null {
  const { pkcs11Module, pkcs11Binding, pkcs11Token, pkcs11PinFile } = settings;
  if (pkcs11Module === undefined) return null;
  return {
    module: String(pkcs11Module),
    binding: String(pkcs11Binding),
    label: String(pkcs11Token),
    pinFile: String(pkcs11PinFile),
  };
}

export function deskOf(
  { database, clock }: { readonly database: Database; readonly clock: Clock },
  profiles: Profiles,
): AuthorityDesk {
  const keys = rings.get(database);
  if (keys === undefined) throw new Error('the keys of authorities are not open');
  return { database, clock, keys, profiles };
}
