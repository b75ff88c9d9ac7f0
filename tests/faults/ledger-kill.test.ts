import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { policyOf, verifyTiles } from '../../packages/verifier/src/index.ts';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import { silentLog } from '../../server/src/kernel/log.ts';
import { openSigningKey } from '../../server/src/kernel/seal/signing-key.ts';
import { systemClock } from '../../server/src/kernel/time.ts';
import { exportLog } from '../../server/src/spine/ledger/export.ts';
import { ledgerReader } from '../../server/src/spine/ledger/read.ts';
import { startSequencer } from '../../server/src/spine/ledger/sequencer.ts';

const PROGRAM = fileURLToPath(new URL('ledger-process.ts', import.meta.url));
const KILLS = 4;
let db: TestDatabase;
let folder: string;

beforeAll(async () => {
  db = await testDatabase();
  folder = await mkdtemp(join(tmpdir(), 'ledger-kill-'));
});
afterAll(async () => {
  await db.close();
  await rm(folder, { recursive: true });
});

async function run(): Promise<ChildProcess> {
  const files = [join(folder, 'key.pem'), join(folder, 'checkpoint')];
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(db.reach), ...files], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await Promise.race([
    once(child.stdout!, 'data'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`ended with ${code} before it was open`);
    }),
  ]);
  return child;
}

test('two processes at once, killed at random moments, leave one log that opens, verifies and goes on', async () => {
  const key = { name: 'killed.example/log', ...(await openSigningKey(join(folder, 'key.pem'))) };
  const options = { database: db.database, key, checkpointFile: join(folder, 'checkpoint') };
  const reader = ledgerReader(options);
  const policy = await policyOf(reader.verifierKey());
  let size = -1;
  for (let kill = 0; kill < KILLS; kill++) {
    const children = await Promise.all([run(), run()]);
    await delay(100 + Math.random() * 400);
    for (const child of children) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    const files = new Map<string, Uint8Array>();
    const shown = await exportLog(reader, async (path, bytes) => void files.set(path, bytes));
    const report = await verifyTiles(async path => files.get(path) ?? null, policy);
    expect(report.checkpoint.size).toBe(shown);
    expect(shown).toBeGreaterThan(size);
    size = shown;
  }
  const last = await startSequencer({
    ...options,
    clock: systemClock,
    log: silentLog,
    intervalMs: 3_600_000,
  });
  const whole = await last.flush();
  await last.stop();
  const counted = await sql<{ entries: number; stages: number; left: number }>`
    select (select count(*) from ledger_entry)::int as entries,
      (select count(distinct stage_id) from ledger_entry)::int as stages,
      (select count(*) from ledger_stage)::int as left`.execute(db.owner);
  expect(counted.rows).toEqual([{ entries: whole, stages: whole, left: 0 }]);
});
