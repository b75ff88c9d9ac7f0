import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Refusal } from '../../refusal.ts';

/** Why a backup is not made, or not restored. */
export type BackupCode =
  | 'backup-nothing-there'
  | 'backup-target-taken'
  | 'backup-unreadable'
  | 'backup-of-later-form'
  | 'backup-damaged'
  | 'restore-folder-taken'
  | 'restore-database-taken'
  | 'restore-unfinished'
  | 'restore-differs'
  | 'restore-checkpoint-unusable';

/** A file of the backup, by its path below the backup's folder. */
export interface KeptFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Of the bytes as they lie in the backup; 64 hexadecimal digits. */
  readonly sha256: string;
}

export interface KeptTable extends KeptFile {
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly string[];
  /** Which of the columns hold transaction ids. */
  readonly xidColumns: readonly string[];
  /** The UTC day of a leaf of a table parted by days, `YYYY-MM-DD`; null of any other table. */
  readonly day: string | null;
  readonly rows: number;
  /** The statements that make the table, of one that no migration of ours makes: a library's own. */
  readonly made: readonly string[];
}

export interface KeptSequence {
  readonly schema: string;
  readonly name: string;
  readonly last: number;
}

export interface Manifest {
  readonly form: 'thingward-backup';
  readonly version: 1;
  readonly id: string;
  /** RFC 3339. */
  readonly madeAt: string;
  readonly program: string;
  readonly postgresql: string;
  readonly migrations: ReadonlyArray<{ readonly name: string; readonly sha256: string }>;
  readonly tables: readonly KeptTable[];
  readonly sequences: readonly KeptSequence[];
  /** Tables left out because they can be made anew, or must not come back. */
  readonly leftOut: readonly string[];
  /** Files of the data folder, secrets among them unless they were left out. */
  readonly files: ReadonlyArray<KeptFile & { readonly isSecret: boolean }>;
  readonly hasKeys: boolean;
  /** What the maker adds of the ledger and of totals, for people and for the check afterwards. */
  readonly facts: Readonly<Record<string, string | number | boolean | null>>;
}

export const MANIFEST = 'manifest.json';
export const MANIFEST_SUM = 'manifest.sha256';
/** Lies in a data folder while a restore writes to it; a server does not start on it. */
export const UNFINISHED = 'restore.unfinished';

/** Writes the manifest and its sum durably; the manifest's sum comes last. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  await writeDurably(join(folder, MANIFEST), text);
  const sum = createHash('sha256').update(text).digest('hex');
  await writeDurably(join(folder, MANIFEST_SUM), `${sum}  ${MANIFEST}\n`);
}

/**
 * Reads a manifest and holds every file of the backup against it, before anybody writes anything. Refuses
 * `backup-unreadable` without a manifest, `backup-of-later-form`, and `backup-damaged` naming the file and what
 * is the matter with it.
 */
export async function openBackup(folder: string): Promise<Manifest> {
  const manifest = await readManifest(folder);
  for (const file of [...manifest.tables, ...manifest.files]) await checkFile(folder, file);
  return manifest;
}

async function readManifest(folder: string): Promise<Manifest> {
  const text = await readFile(join(folder, MANIFEST)).catch((cause: NodeJS.ErrnoException) => {
    throw new Refusal<BackupCode>('backup-unreadable', { subject: join(folder, MANIFEST), cause });
  });
  const sum = await readFile(join(folder, MANIFEST_SUM), 'utf8').catch(() => '');
  if (sum.slice(0, 64) !== createHash('sha256').update(text).digest('hex'))
    throw damaged(MANIFEST, `differs from ${MANIFEST_SUM}`);
  const manifest = parsed(text);
  if (manifest.form !== 'thingward-backup')
    throw new Refusal<BackupCode>('backup-unreadable', { subject: join(folder, MANIFEST) });
  if (manifest.version !== 1)
    throw new Refusal<BackupCode>('backup-of-later-form', { detail: { version: manifest.version } });
  try {
    refuseStrangeNames(manifest);
  } catch (cause) {
    // Lists that are none, and members of other kinds: whoever wrote it could also write its sum.
    if (cause instanceof TypeError) throw damaged(MANIFEST, 'is no manifest');
    throw cause;
  }
  return manifest;
}

function parsed(text: Buffer): Manifest {
  try {
    const value: unknown = JSON.parse(text.toString('utf8'));
    if (typeof value === 'object' && value !== null) return value as Manifest;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw damaged(MANIFEST, 'is no manifest');
}

/** Names go into statements and paths: whoever wrote the manifest, they are what our own are. */
function refuseStrangeNames(manifest: Manifest): void {
  const names = [
    ...manifest.tables.flatMap(table => [table.schema, table.name, ...table.columns]),
    ...manifest.sequences.flatMap(each => [each.schema, each.name]),
  ];
  const isStrange = (name: unknown) =>
    typeof name !== 'string' || !/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(name);
  const isStrangePath = (path: unknown) =>
    typeof path !== 'string' || !/^(tables|files)\/[A-Za-z0-9_.-]{1,200}$/.test(path) || path.includes('..');
  const isStrangeDay = (day: unknown) =>
    day !== null && (typeof day !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(day));
  const paths: readonly unknown[] = [...manifest.tables, ...manifest.files].map(each => each.path);
  // A list of them: a name that is not there is strange too.
  const [strange] = [
    ...names.filter(isStrange),
    ...paths.filter(isStrangePath),
    ...manifest.tables.map(table => table.day).filter(isStrangeDay),
  ].map(each => ({ each }));
  if (strange !== undefined)
    throw damaged(MANIFEST, `names ${JSON.stringify(strange.each ?? null).slice(0, 80)}`);
}

async function checkFile(folder: string, file: KeptFile): Promise<void> {
  const found = await stat(join(folder, file.path)).catch(() => null);
  if (found === null) throw damaged(file.path, 'missing');
  if (found.size !== file.sizeBytes)
    throw damaged(file.path, `${found.size} bytes instead of ${file.sizeBytes}`);
  const hash = createHash('sha256');
  for await (const part of createReadStream(join(folder, file.path))) hash.update(part as Buffer);
  if (hash.digest('hex') !== file.sha256) throw damaged(file.path, 'its SHA-256 differs');
}

function damaged(file: string, reason: string): Refusal<BackupCode> {
  return new Refusal<BackupCode>('backup-damaged', { subject: file, detail: { reason } });
}

/** Writes a file readable by its owner alone; when this returns it outlives a power cut, its name once the folder is flushed. */
export async function writeDurably(path: string, bytes: string | Uint8Array): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

export async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
