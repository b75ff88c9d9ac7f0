import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress } from 'node:zlib';
import { sql } from 'kysely';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { randomId } from '../../ids.ts';
import { Refusal } from '../../refusal.ts';
import { runTransaction, withRawClient } from '../run-transaction.ts';
import type { Tx } from '../transaction.ts';
import {
  dayOf,
  type Listed,
  listApplied,
  listSequences,
  listTables,
  madeBy,
  quoted,
  quotedColumns,
} from './inventory.ts';
import {
  type BackupCode,
  flushFolder,
  type KeptTable,
  type Manifest,
  writeDurably,
  writeManifest,
} from './manifest.ts';

export interface BackupWanted {
  /** A pool of the owner's. */
  readonly owner: pg.Pool;
  /** Where the backup is to lie; nothing may be there yet. */
  readonly target: string;
  /** Whose files come along: keys, salts' kin, identities. */
  readonly dataDir: string;
  readonly program: string;
  readonly madeAt: string;
  /** `schema.table` of what is not taken. */
  readonly leftOut: readonly string[];
  readonly hasKeys: boolean;
  /** Files of the data folder that come from the snapshot instead, and facts for the manifest; read in the snapshot. */
  readonly ask: (tx: Tx) => Promise<{
    readonly facts: Manifest['facts'];
    readonly files: ReadonlyMap<string, string>;
  }>;
}

/**
 * Copies every table as it was at one moment, and the files of the data folder, while everything goes on.
 *
 * All tables are read in one repeatable-read transaction, so whatever was acknowledged before the call is in it,
 * and of every later act all rows or none. The folder gets its name when all is written and flushed: a folder
 * under the final name is whole, one called `….unfinished-…` is what a kill left and may be removed.
 */
export async function writeBackup(wanted: BackupWanted): Promise<Manifest> {
  if ((await stat(wanted.target).catch(() => null)) !== null)
    throw new Refusal<BackupCode>('backup-target-taken', { subject: wanted.target });
  const draft = `${wanted.target}.unfinished-${process.pid}`;
  for (const folder of [draft, join(draft, 'tables'), join(draft, 'files')])
    await mkdir(folder, { recursive: true, mode: 0o700 });
  const manifest = await runTransaction(wanted.owner, tx => copyAll(tx, wanted, draft));
  await writeManifest(draft, manifest);
  for (const folder of [join(draft, 'tables'), join(draft, 'files'), draft]) await flushFolder(folder);
  await rename(draft, wanted.target);
  await flushFolder(dirname(wanted.target));
  return manifest;
}

async function copyAll(tx: Tx, wanted: BackupWanted, draft: string): Promise<Manifest> {
  await sql`set transaction isolation level repeatable read, read only`.execute(tx);
  const { rows } = await sql<{ version: string }>`
    select current_setting('server_version') as version`.execute(tx);
  const { facts, files } = await wanted.ask(tx);
  const left = new Set(wanted.leftOut);
  const listed = await listTables(tx);
  const tables: KeptTable[] = [];
  for (const table of listed) {
    if (left.has(`${table.schema}.${table.name}`)) continue;
    tables.push(await copyTable(tx, table, draft));
  }
  return {
    form: 'thingward-backup',
    version: 1,
    id: randomId(),
    madeAt: wanted.madeAt,
    program: wanted.program,
    postgresql: rows[0]!.version,
    migrations: await listApplied(tx),
    tables,
    sequences: await listSequences(tx),
    leftOut: [...wanted.leftOut],
    files: await copyFiles(wanted, files, draft),
    hasKeys: wanted.hasKeys,
    facts,
  };
}

async function copyTable(tx: Tx, table: Listed, draft: string): Promise<KeptTable> {
  const path = `tables/${table.schema}.${table.name}.copy.zst`;
  const hash = createHash('sha256');
  let rows = 0;
  let sizeBytes = 0;
  // In the text format a line end within a value is escaped: the bytes 0x0A are the rows.
  const count = new Transform({
    transform(part: Buffer, _encoding, done) {
      for (let i = part.indexOf(10); i >= 0; i = part.indexOf(10, i + 1)) rows += 1;
      done(null, part);
    },
  });
  const sum = new Transform({
    transform(part: Buffer, _encoding, done) {
      hash.update(part);
      sizeBytes += part.length;
      done(null, part);
    },
  });
  const whole = `copy (select ${quotedColumns(table.columns)} from ${quoted(table)}) to stdout`;
  const compress = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 3 } });
  await withRawClient(tx, client =>
    pipeline(
      client.query(copyTo(whole)),
      count,
      compress,
      sum,
      createWriteStream(join(draft, path), { mode: 0o600 }),
    ),
  );
  await flushFile(join(draft, path));
  const { schema, name, columns, xidColumns, bound } = table;
  return {
    path,
    sizeBytes,
    sha256: hash.digest('hex'),
    schema,
    name,
    columns,
    xidColumns,
    day: dayOf(bound),
    rows,
    made: schema === 'thingward' ? [] : await madeBy(tx, table),
  };
}

async function copyFiles(
  wanted: BackupWanted,
  given: ReadonlyMap<string, string>,
  draft: string,
): Promise<Manifest['files']> {
  const kept: Array<Manifest['files'][number]> = [];
  const entries = await readdir(wanted.dataDir, { withFileTypes: true });
  const names = entries.filter(entry => entry.isFile()).map(entry => entry.name);
  for (const name of [...new Set([...names, ...given.keys()])].sort()) {
    if (name.endsWith('.draft') || !/^[A-Za-z0-9_.-]{1,200}$/.test(name)) continue;
    const text = given.get(name);
    const isSecret = text === undefined && (await isPrivate(join(wanted.dataDir, name)));
    if (isSecret && !wanted.hasKeys) continue;
    const bytes = text === undefined ? await readFile(join(wanted.dataDir, name)) : Buffer.from(text);
    const path = `files/${name}`;
    await writeDurably(join(draft, path), bytes);
    const sum = createHash('sha256').update(bytes).digest('hex');
    kept.push({ path, sizeBytes: bytes.length, sha256: sum, isSecret });
  }
  return kept;
}

/** What none but its owner may read is a secret. */
async function isPrivate(path: string): Promise<boolean> {
  return ((await stat(path)).mode & 0o077) === 0;
}

async function flushFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
