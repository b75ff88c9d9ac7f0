import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { copyFile, open, readFile, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Config } from './config.ts';
import { runDeed, usageOf } from './deed.ts';
import { loadBackup } from './kernel/database/backup/load.ts';
import {
  type BackupCode,
  flushFolder,
  type Manifest,
  openBackup,
  UNFINISHED,
  writeDurably,
} from './kernel/database/backup/manifest.ts';
import { migrationFolders } from './kernel/database/migrate.ts';
import { reachEmpty } from './kernel/database/open.ts';
import { openPool } from './kernel/database/pools.ts';
import type { Tx } from './kernel/database/transaction.ts';
import { type Logger, openLog } from './kernel/log.ts';
import { Refusal } from './kernel/refusal.ts';
import { rfc3339, systemClock } from './kernel/time.ts';
import { type Checkpoint, openCheckpoint, parseCheckpoint } from './spine/ledger/checkpoint.ts';
import { parseVkey } from './spine/ledger/note.ts';
import { stage } from './spine/ledger/stage.ts';
import { ledgerHead, ledgerOfEntries } from './spine/ledger/whole.ts';
import { overview } from './spine/views/overview.ts';

const CHECKPOINT = 'ledger.checkpoint';

/**
 * `restore.ts BACKUP [--data DIR] (--checkpoint FILE | --nothing-newer)`: makes an installation out of a backup.
 *
 * Whoever restores says what the ledger published last: the newest checkpoint known of it, or that nothing came after
 * the backup. Without that nothing is restored, for the log could be signed on over what others have seen.
 */
await runDeed(async args => {
  const { config, words, flags, values } = usageOf(args, ['--nothing-newer'], ['--checkpoint']);
  const folder = resolve(words[0] ?? '');
  const manifest = await openBackup(folder);
  const given = values.get('--checkpoint');
  if ((given === undefined) === !flags.has('--nothing-newer'))
    throw new TypeError('either --checkpoint FILE or --nothing-newer is to be said');
  const newest = given === undefined ? null : await readGiven(given, manifest);
  refuseTaken(config.dataDir);
  mkdirSync(config.dataDir, { recursive: true, mode: 0o755 });
  await writeDurably(join(config.dataDir, UNFINISHED), `${manifest.id}\n`);
  await flushFolder(config.dataDir);
  await load(config, openLog(config.logLevel), folder, manifest, newest).catch(async cause => {
    // The folder was empty before: whatever lies in it is this restore's, and of no use.
    for (const name of namesIn(config.dataDir))
      await rm(join(config.dataDir, name), { recursive: true, force: true });
    throw cause;
  });
  await placeFiles(config.dataDir, folder, manifest);
  if (newest !== null && isNewer(newest, manifest))
    await writeDurably(join(config.dataDir, CHECKPOINT), newest.note);
  await flushFolder(config.dataDir);
  await rm(join(config.dataDir, UNFINISHED));
  await flushFolder(config.dataDir);
  const { id, madeAt, hasKeys, facts, tables } = manifest;
  return {
    dataDir: config.dataDir,
    id,
    madeAt,
    hasKeys,
    rows: tables.reduce((sum, table) => sum + table.rows, 0),
    newestSize: newest?.size ?? facts['ledgerSize'] ?? 0,
    missingEntries: newest === null ? 0 : Math.max(0, newest.size - Number(facts['ledgerSize'] ?? 0)),
    ...facts,
  };
});

type Given = Checkpoint & { readonly note: string };

/** The checkpoint handed over, which must bear a signature of the backup's own ledger key; cosignatures may stand beside it. */
async function readGiven(path: string, manifest: Manifest): Promise<Given> {
  const note = await readFile(path, 'utf8').catch(cause => {
    throw new Refusal<BackupCode>('restore-checkpoint-unusable', { subject: path, cause });
  });
  const key = parseVkey(String(manifest.facts['ledgerKey'] ?? ''));
  const origin = parseCheckpoint(note)?.origin ?? '';
  const checkpoint = key === null ? null : openCheckpoint(note, { ...key, name: origin });
  if (checkpoint === null) throw new Refusal<BackupCode>('restore-checkpoint-unusable', { subject: path });
  return { ...checkpoint, note };
}

/** Of two checkpoints of one size the one from outside stays: if it tells another history, that must show. */
function isNewer(given: Given, manifest: Manifest): boolean {
  const { ledgerSize, ledgerOrigin } = manifest.facts;
  return given.origin !== ledgerOrigin || given.size >= Number(ledgerSize ?? 0);
}

/** What lies in a folder; a disk of its own has `lost+found`. */
function namesIn(folder: string): string[] {
  return readdirSync(folder).filter(name => name !== 'lost+found');
}

function refuseTaken(dataDir: string): void {
  if (!existsSync(dataDir)) return;
  const names = namesIn(dataDir);
  if (names.includes(UNFINISHED)) throw new Refusal<BackupCode>('restore-unfinished', { subject: dataDir });
  if (names.length > 0) throw new Refusal<BackupCode>('restore-folder-taken', { subject: dataDir });
}

async function load(
  config: Config,
  log: Logger,
  folder: string,
  manifest: Manifest,
  newest: Given | null,
): Promise<void> {
  const reached = await reachEmpty({ ...config, log });
  const owner = openPool(reached.reach, { role: 'owner', max: 2 }, log);
  try {
    await loadBackup({
      owner,
      folder,
      manifest,
      migrations: migrationFolders(),
      check: async tx => {
        await refuseUnlessWhole(tx, manifest);
        await recordRestored(tx, manifest, newest);
      },
    });
  } finally {
    await owner.end();
    await reached.close();
  }
}

/** Totals, standing findings, cases and the ledger, hashed anew from its entries, are those the backup states. */
async function refuseUnlessWhole(tx: Tx, manifest: Manifest): Promise<void> {
  const head = await ledgerHead(tx);
  const hashed = await ledgerOfEntries(tx);
  const found: Record<string, string | number | null> = {
    ...(await overview(tx)),
    ledgerSize: hashed.size,
    ledgerRoot: head === null ? null : hashed.root.toString('base64'),
  };
  for (const [name, value] of Object.entries(found))
    if (manifest.facts[name] !== value)
      throw new Refusal<BackupCode>('restore-differs', {
        subject: name,
        detail: { wanted: manifest.facts[name] ?? '', loaded: value ?? '' },
      });
}

async function recordRestored(tx: Tx, manifest: Manifest, newest: Given | null): Promise<void> {
  await stage(tx, {
    act: 'installation-restored',
    object: `backup/${manifest.id}`,
    partyId: null,
    actor: 'operator',
    atMs: systemClock.now(),
    detail: {
      madeAt: manifest.madeAt,
      size: Number(manifest.facts['ledgerSize'] ?? 0),
      restoredAt: rfc3339(systemClock.now()),
      newest: newest === null ? 'said to be the backup' : { origin: newest.origin, size: newest.size },
    },
  });
}

async function placeFiles(dataDir: string, folder: string, manifest: Manifest): Promise<void> {
  for (const { path, isSecret } of manifest.files) {
    const target = join(dataDir, basename(path));
    await copyFile(join(folder, path), target);
    const file = await open(target, 'r+');
    await file.chmod(isSecret ? 0o600 : 0o644);
    await file.sync();
    await file.close();
  }
}
