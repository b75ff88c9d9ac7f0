import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runDeed, usageOf } from './deed.ts';
import { reachInstalled } from './kernel/database/backup/reach.ts';
import { writeBackup } from './kernel/database/backup/write.ts';
import { openPool } from './kernel/database/pools.ts';
import type { Tx } from './kernel/database/transaction.ts';
import { openLog } from './kernel/log.ts';
import { openSigningKey } from './kernel/seal/signing-key.ts';
import { rfc3339, systemClock } from './kernel/time.ts';
import { parseCheckpoint } from './spine/ledger/checkpoint.ts';
import { vkeyOf } from './spine/ledger/note.ts';
import { ledgerHead } from './spine/ledger/whole.ts';
import { overview } from './spine/views/overview.ts';
import { VERSION } from './status.ts';

/**
 * What is not taken: the list of migrations is made by migrating; what judging remembered is made anew from what is
 * stored; sessions and half-done sign-ins must not come back with an old backup.
 */
const LEFT_OUT = [
  'thingward.migration',
  'thingward.judge_snapshot',
  'thingward.judge_snapshot_piece',
  'thingward.judged_aside',
  'thingward_auth.session',
  'thingward_auth.verification',
  'thingward_auth.rateLimit',
];

/** `backup.ts TARGET [--data DIR] [--without-keys]`: copies an installation, running or not, into a new folder. */
await runDeed(async args => {
  const { config, words, flags } = usageOf(args, ['--without-keys'], []);
  const [target] = words;
  if (target === undefined) throw new TypeError('a folder for the backup is missing');
  const log = openLog(config.logLevel);
  const reached = await reachInstalled({ ...config, log });
  const owner = openPool(reached.reach, { role: 'owner', max: 1 }, log);
  try {
    const manifest = await writeBackup({
      owner,
      target: resolve(target),
      dataDir: config.dataDir,
      program: VERSION,
      madeAt: rfc3339(systemClock.now()),
      leftOut: LEFT_OUT,
      hasKeys: !flags.has('--without-keys'),
      ask: async tx => ({
        files: await checkpointFile(tx),
        facts: { ...(await factsOf(tx)), ledgerKey: await verifierKey(tx, config.dataDir) },
      }),
    });
    const { id, madeAt, hasKeys, facts, tables, files } = manifest;
    return {
      folder: resolve(target),
      id,
      madeAt,
      hasKeys,
      isServed: reached.isServed,
      rows: tables.reduce((sum, table) => sum + table.rows, 0),
      sizeBytes: [...tables, ...files].reduce((sum, file) => sum + file.sizeBytes, 0),
      secrets: files.filter(file => file.isSecret).map(file => join('files', file.path.slice(6))),
      ...facts,
    };
  } finally {
    await owner.end();
    await reached.close();
  }
});

/** The checkpoint of the snapshot: the one in the data folder may already be a later one. */
async function checkpointFile(tx: Tx): Promise<ReadonlyMap<string, string>> {
  const head = await ledgerHead(tx);
  return new Map(head === null ? [] : [['ledger.checkpoint', head.note]]);
}

async function factsOf(tx: Tx): Promise<Record<string, string | number | null>> {
  const head = await ledgerHead(tx);
  return {
    ...(await overview(tx)),
    ledgerOrigin: head === null ? null : (parseCheckpoint(head.note)?.origin ?? null),
    ledgerSize: head?.size ?? 0,
    ledgerRoot: head?.root.toString('base64') ?? null,
  };
}

/** What the log's checkpoints are checked with, for a restore that has no key file yet; null where there is no key. */
async function verifierKey(tx: Tx, dataDir: string): Promise<string | null> {
  const path = join(dataDir, 'ledger.key');
  const head = await ledgerHead(tx);
  const origin = head === null ? undefined : parseCheckpoint(head.note)?.origin;
  if (origin === undefined || !existsSync(path)) return null;
  return vkeyOf({ ...(await openSigningKey(path)), name: origin });
}
