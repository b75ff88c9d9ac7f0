/** kill -9 in the middle of renewing the vault's root key (L-26): everything opens, at once and after a restart. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rootKeyFile } from '../../server/src/kernel/seal/root-keys.ts';
import { registerPerson } from '../../server/src/modules/privacy/persons.ts';
import { addRoot, removeRoot, rootsSeen, tendVault } from '../../server/src/modules/privacy/rotation.ts';
import { type PrivacyScene, privacyScene } from '../../server/src/modules/privacy/testing/privacy-scene.ts';
import { digestIn, openValues, openVault } from '../../server/src/modules/privacy/vault.ts';
import type { ModuleDoors } from '../../server/src/spine/module-route.ts';
import { effort } from '../prove.ts';

const KILLS = effort(6, 200);
/** Three batches of wrapping anew. */
const PERSONS = 450;
const STAGES = ['add', 'tend', 'remove'] as const;
const PROGRAM = fileURLToPath(new URL('vault-process.ts', import.meta.url));

let scene: PrivacyScene;
let identity: Buffer;
const names = new Map<number, string>();

beforeAll(async () => {
  scene = await privacyScene();
  for (let n = 0; n < PERSONS; n += 1) {
    const name = `Holder ${n}`;
    const document = { kind: 'passport' as const, number: `P${10_000 + n}` };
    const { handle } = await registerPerson(scene, scene.hand(), { kind: 'natural', name, document });
    const { rows } = await sql<{
      id: number;
    }>`select person_id as id from person where handle = ${handle}`.execute(scene.db.owner);
    names.set(rows[0]!.id, name);
  }
  identity = await digest();
}, 240_000);
afterAll(() => scene?.close());

const doors = () => ({ ...scene, rootKeys: rootKeyFile(scene.keyPath) }) as unknown as ModuleDoors;

/** By the blind index's own key, which is wrapped as well. */
async function digest(): Promise<Buffer> {
  const vault = await openVault(doors());
  return scene.database.corridor(tx => digestIn(tx, vault, 'identity', 'passport P10000'));
}

/** How many persons' names do not open, and how many keys there are. */
async function looked(): Promise<{ readonly closed: number; readonly keys: number }> {
  const vault = await openVault(doors());
  const closed = await scene.database.corridor(async tx => {
    let missing = 0;
    for (const [personId, name] of names) {
      const values = await openValues(tx, vault, personId, 'real-name').catch(
        () => new Map<string, Buffer>(),
      );
      if (values.get('name')?.toString() !== name) missing += 1;
    }
    return missing;
  });
  const { rows } = await sql<{ n: number }>`select count(*) as n from vault_key`.execute(scene.db.owner);
  return { closed, keys: rows[0]!.n };
}

/** Ends the process a while after it began a stage; whether it was alive until then. */
async function killIn(stage: string, waitMs: number): Promise<void> {
  const child: ChildProcess = spawn(
    process.execPath,
    [PROGRAM, JSON.stringify(scene.db.reach), scene.keyPath],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const begun = new Promise<void>((resolve, reject) => {
    child.stdout!.on('data', (text: Buffer) => {
      if (text.toString().split('\n').includes(stage)) resolve();
    });
    child.once('exit', code => reject(new Error(`ended with ${code} before ${stage}`)));
  });
  await begun;
  await delay(waitMs);
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  expect([child.exitCode, child.signalCode]).toEqual([null, 'SIGKILL']);
}

test(
  `after each of ${KILLS} kills every value opens, before and after what a restart does, and no key is lost`,
  async () => {
    const before = await looked();
    expect(before).toEqual({ closed: 0, keys: PERSONS });
    for (let n = 0; n < KILLS; n += 1) {
      const stage = STAGES[n % STAGES.length] as string;
      await killIn(stage, Math.random() * (stage === 'tend' ? 400 : 40));
      expect([n, stage, await looked()]).toEqual([n, stage, before]);
      // What a restart does: the round of the house, until nothing is left under older roots.
      await tendVault(doors());
      expect([n, stage, await looked()]).toEqual([n, stage, before]);
      const seen = await scene.database.corridor(rootsSeen);
      const left = seen.filter(each => !each.isNewest && each.keys > 0);
      expect([n, left]).toEqual([n, []]);
      const inFile = (await rootKeyFile(scene.keyPath).read())!.numbers;
      expect(inFile).toEqual(seen.filter(each => !each.isRemoved).map(each => each.root));
      expect(await digest()).toEqual(identity);
    }
    const { rows } = await sql<{ n: number }>`select count(*) as n from ledger_stage
      where act = 'vault-keys-unopened'`.execute(scene.db.owner);
    expect(rows[0]!.n).toBe(0);
  },
  120_000 + KILLS * 30_000,
);

test('what a killed process left of the file is gone once a root key is taken out for good', async () => {
  const drafts = () =>
    readdirSync(dirname(scene.keyPath)).filter(
      each => each.startsWith(`${basename(scene.keyPath)}.`) && each.endsWith('.draft'),
    );
  const left = join(dirname(scene.keyPath), `${basename(scene.keyPath)}.00000000deadbeef.draft`);
  writeFileSync(left, readFileSync(scene.keyPath), { mode: 0o600 });
  const fresh = left.replace('deadbeef', 'cafecafe');
  writeFileSync(fresh, readFileSync(scene.keyPath), { mode: 0o600 });
  const old = Date.now() / 1_000 - 3_600;
  for (const each of drafts())
    if (join(dirname(scene.keyPath), each) !== fresh)
      utimesSync(join(dirname(scene.keyPath), each), old, old);
  await addRoot(doors(), scene.hand());
  await tendVault(doors());
  for (const { root, isNewest, isRemoved } of await scene.database.corridor(rootsSeen))
    if (!isNewest && !isRemoved) await removeRoot(doors(), scene.hand(), root);
  // One that somebody may still be writing stays until it is old.
  expect(drafts()).toEqual([basename(fresh)]);
  expect(existsSync(left)).toBe(false);
  expect((await looked()).closed).toBe(0);
});
