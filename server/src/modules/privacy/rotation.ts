import type { Tx } from '../../kernel/database/transaction.ts';
import { Refusal } from '../../kernel/refusal.ts';
import type { RootKeyFile } from '../../kernel/seal/root-keys.ts';
import { stage } from '../../spine/ledger/stage.ts';
import type { ModuleDoors } from '../../spine/module-route.ts';
import type { Hand, PrivacyCode } from './model.ts';
import { endPersonsOf } from './persons/store.ts';
import * as store from './vault/store.ts';
import { openVault, rewrapBatch, type Vault, type VaultDoors } from './vault.ts';

const BATCH = 200;

export interface RootSeen {
  readonly root: number;
  readonly isNewest: boolean;
  readonly isRemoved: boolean;
  /** Keys still wrapped under it. */
  readonly keys: number;
}

/** The root keys the database knows of, and what hangs on each. */
export async function rootsSeen(tx: Tx): Promise<RootSeen[]> {
  const rows = await store.rootRows(tx);
  const newest = Math.max(0, ...rows.filter(row => row.removedAtMs === null).map(row => row.root));
  const seen: RootSeen[] = [];
  for (const { root, removedAtMs } of rows) {
    const keys = await store.countUnder(tx, root);
    seen.push({ root, isNewest: root === newest, isRemoved: removedAtMs !== null, keys });
  }
  return seen;
}

/**
 * Adds a root key and wraps with it from now on; what is wrapped under others follows in the background. On record
 * before the key is made and when it is in use. The new root's number.
 */
export async function addRoot(doors: VaultDoors, hand: Hand): Promise<number> {
  const before = await openVault(doors);
  await onRecord(doors, hand, 'vault-rotation-begun', `vault-root/${before.keys.newest}`, {});
  await doors.rootKeys.add();
  const { keys } = await openVault(doors);
  return keys.newest;
}

/**
 * Takes an older root key out of the file for good, when nothing hangs on it any more: copies of the database from
 * before the rotation can then never be opened, the keys of destroyed persons in them among it.
 * Refuses `vault-root-unknown`, and `vault-root-in-use` for the newest or one that still wraps.
 */
export async function removeRoot(doors: VaultDoors, hand: Hand, root: number): Promise<void> {
  const { keys } = await openVault(doors);
  await doors.database.corridor(async tx => {
    if (!(await store.takeRoot(tx, root)))
      throw new Refusal<PrivacyCode>('vault-root-unknown', { detail: { root } });
    const left = await store.countUnder(tx, root);
    if (left > 0 || root === keys.newest)
      throw new Refusal<PrivacyCode>('vault-root-in-use', { detail: { root, keys: left } });
    await store.setRootRemoved(tx, root, hand.atMs);
    await stage(tx, {
      act: 'vault-root-removed',
      object: `vault-root/${root}`,
      partyId: null,
      actor: hand.actor,
      atMs: hand.atMs,
      detail: { newest: keys.newest },
    });
  });
  // After the commit: a crash between leaves a key in the file that nothing hangs on, and removing it again is refused
  // only by name; the sweep takes it out.
  await doors.rootKeys.remove(root);
}

/**
 * Background work of the vault: keys that were destroyed and came back with a copy of the database are destroyed
 * again; keys under older root keys are wrapped anew; root keys that were removed leave the file.
 */
export async function tendVault(doors: ModuleDoors): Promise<boolean> {
  const roots = await doors.database.corridor(store.rootRows);
  if (roots.length === 0) return false;
  const vault = await openVault(doors);
  for (const { root, removedAtMs } of roots)
    if (removedAtMs !== null && vault.keys.numbers.includes(root) && root !== vault.keys.newest)
      await doors.rootKeys.remove(root);
  await destroyAgain(doors);
  await rewrapAll(doors, vault);
  return false;
}

/** How many keys did not open the last time, by the file: told when it changes, not every few seconds. */
const unopenedBefore = new WeakMap<RootKeyFile, number>();

async function rewrapAll(doors: ModuleDoors, vault: Vault): Promise<void> {
  const told = { partyId: null, actor: 'vault', object: `vault-root/${vault.keys.newest}` };
  let unopened = 0;
  for (let after: string | null = ''; after !== null; ) {
    const from: string = after;
    const batch = await doors.database.corridor(async tx => {
      const done = await rewrapBatch(tx, vault, from, BATCH);
      if (done.count > 0)
        await stage(tx, {
          act: 'vault-keys-rewrapped',
          ...told,
          atMs: doors.clock.now(),
          detail: { keys: done.count },
        });
      return done;
    });
    unopened += batch.unopened;
    after = batch.after;
  }
  if (unopened === (unopenedBefore.get(doors.rootKeys) ?? 0)) return;
  unopenedBefore.set(doors.rootKeys, unopened);
  await doors.database.corridor(tx =>
    stage(tx, { act: 'vault-keys-unopened', ...told, atMs: doors.clock.now(), detail: { keys: unopened } }),
  );
}

async function destroyAgain(doors: ModuleDoors): Promise<void> {
  const ended = [...(await doors.rootKeys.ended())].filter(name => name !== '');
  if (ended.length === 0) return;
  const atMs = doors.clock.now();
  await doors.database.corridor(async tx => {
    const back = await store.keysAmong(tx, ended);
    for (const key of back) {
      await store.deleteKeys(tx, key.personId);
      await store.writeKeyEnd(tx, key, { reason: 'destroyed-before', actor: 'vault', atMs });
      await stage(tx, {
        act: 'person-keys-destroyed-again',
        object: `person-record/${key.personId}`,
        partyId: key.partyId,
        actor: 'vault',
        atMs,
        detail: { key: key.keyId },
      });
    }
    await endPersonsOf(tx, [...new Set(back.map(key => key.personId))], atMs);
  });
}

async function onRecord(
  doors: VaultDoors,
  hand: Hand,
  act: string,
  object: string,
  detail: Record<string, string | number>,
): Promise<void> {
  await doors.database.corridor(tx =>
    stage(tx, { act, object, partyId: null, actor: hand.actor, atMs: hand.atMs, detail }),
  );
}
