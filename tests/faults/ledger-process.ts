/**
 * A process for `ledger-kill.test.ts` to kill: stages acts without end and sequences them in small batches, as
 * fast as it can. `node ledger-process.ts <reach as JSON> <key file> <checkpoint file>`; prints a line once open.
 */
import { connectDatabase } from '../../server/src/kernel/database/connect.ts';
import type { Reach } from '../../server/src/kernel/database/pools.ts';
import { silentLog } from '../../server/src/kernel/log.ts';
import { openSigningKey } from '../../server/src/kernel/seal/signing-key.ts';
import { systemClock } from '../../server/src/kernel/time.ts';
import { startSequencer } from '../../server/src/spine/ledger/sequencer.ts';
import { stageAll } from '../../server/src/spine/ledger/stage.ts';

const [, , reach, keyFile, checkpointFile] = process.argv as unknown as [
  string,
  string,
  string,
  string,
  string,
];
const { database } = connectDatabase(JSON.parse(reach) as Reach, silentLog, {
  owner: 1,
  corridor: 3,
  pipelinedDoor: 1,
  door: 1,
});
const key = { name: 'killed.example/log', ...(await openSigningKey(keyFile)) };
const clock = systemClock;
const options = { database, key, checkpointFile, clock, log: silentLog, mostEntries: 61 };
const sequencer = await startSequencer({ ...options, intervalMs: 1 });
console.log('open');
for (let i = 0; ; i++) {
  const acts = Array.from({ length: 40 }, (_, n) => {
    return { act: 'case-note', object: `case/${i}`, partyId: null, actor: 'x', atMs: clock.now(), detail: n };
  });
  await database.corridor(tx => stageAll(tx, acts));
  if (sequencer.state().refusal !== null) process.exit(7);
}
