/**
 * A process for `vault-kill.test.ts` to kill: renews the vault's root key without end. Prints what it begins: `add` a
 * root key, `tend` (wrap every key anew), `remove` the older ones. `node vault-process.ts <reach as JSON> <key file>`.
 */
import { connectDatabase } from '../../server/src/kernel/database/connect.ts';
import type { Reach } from '../../server/src/kernel/database/pools.ts';
import { silentLog } from '../../server/src/kernel/log.ts';
import { rootKeyFile } from '../../server/src/kernel/seal/root-keys.ts';
import { systemClock } from '../../server/src/kernel/time.ts';
import { addRoot, removeRoot, rootsSeen, tendVault } from '../../server/src/modules/privacy/rotation.ts';
import type { ModuleDoors } from '../../server/src/spine/module-route.ts';

const [, , reach, keyFile] = process.argv as unknown as [string, string, string, string];
const { database } = connectDatabase(JSON.parse(reach) as Reach, silentLog, {
  owner: 1,
  corridor: 2,
  pipelinedDoor: 1,
  door: 1,
});
const doors = { database, clock: systemClock, rootKeys: rootKeyFile(keyFile), log: silentLog } as ModuleDoors;
const hand = () => ({ partyId: 0, actor: 'person/keeper', atMs: systemClock.now() });
for (;;) {
  console.log('add');
  await addRoot(doors, hand());
  console.log('tend');
  await tendVault(doors);
  console.log('remove');
  for (const { root, isNewest, isRemoved, keys } of await database.corridor(rootsSeen))
    if (!isNewest && !isRemoved && keys === 0) await removeRoot(doors, hand(), root);
}
