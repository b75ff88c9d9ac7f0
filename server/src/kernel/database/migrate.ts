import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { hex, sha256 } from '../bytes.ts';
import { refuse } from './refusals.ts';

export interface Migration {
  /** The file's name, `NNNN-name.sql`; its number orders it among those of all folders. */
  readonly name: string;
  readonly number: number;
  readonly sha256: Buffer;
  readonly text: string;
}

interface Applied {
  readonly number: number;
  readonly name: string;
  readonly sha256: Buffer;
}

/** Every folder called `migrations` below `server/src`. */
export function migrationFolders(): string[] {
  const source = resolve(fileURLToPath(import.meta.url), '../../..');
  return globSync('**/migrations', { cwd: source })
    .map(found => join(source, found))
    .sort();
}

/** Reads the migrations of the folders, in order. A file named otherwise and a number given twice are refused. */
export function readMigrations(folders: readonly string[]): Migration[] {
  const found = folders.flatMap(folder => readdirSync(folder).map(name => readMigration(folder, name)));
  found.sort((a, b) => a.number - b.number);
  for (const [i, migration] of found.entries()) {
    if (found[i + 1]?.number === migration.number) {
      throw refuse('migration-unreadable', { subject: migration.name, detail: { twin: found[i + 1]!.name } });
    }
  }
  return found;
}

function readMigration(folder: string, name: string): Migration {
  const number = /^(\d{4})-[a-z0-9-]+\.sql$/.exec(name)?.[1];
  if (number === undefined) throw refuse('migration-unreadable', { subject: join(folder, name) });
  const bytes = readFileSync(join(folder, name));
  return { name, number: Number(number), sha256: sha256(bytes), text: bytes.toString('utf8') };
}

/** Any constant will do; it only has to be the same for every program that migrates. */
const LOCK = 7_411_920_264_317;

/**
 * Brings the database to the program's migrations and answers the names applied now.
 *
 * Each migration commits alone with its record, so a kill leaves whole migrations only. One caller works at a
 * time; others wait and then find nothing to do. A past migration whose text changed or whose file is gone, a
 * late one numbered before an applied one, and a database newer than the program are refused by name, before
 * anything is written.
 */
export async function migrate(owner: pg.Pool, migrations: readonly Migration[]): Promise<string[]> {
  const client = await owner.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    await client.query(`create table if not exists thingward.migration (
      number int primary key, name text not null, sha256 bytea not null, applied_at timestamptz not null default now())`);
    const pending = pendingOf(migrations, await readApplied(client));
    for (const migration of pending) await apply(client, migration);
    return pending.map(migration => migration.name);
  } finally {
    await client.query('select pg_advisory_unlock_all()').catch(() => {});
    client.release();
  }
}

async function readApplied(client: pg.PoolClient): Promise<Applied[]> {
  const { rows } = await client.query<Applied>(
    'select number, name, sha256 from thingward.migration order by number',
  );
  return rows;
}

/** What is still to be applied; refuses a history that is not the program's own. */
function pendingOf(migrations: readonly Migration[], applied: readonly Applied[]): Migration[] {
  const known = new Map(migrations.map(migration => [migration.number, migration]));
  const newest = migrations.at(-1)?.number ?? 0;
  for (const past of applied) {
    const file = known.get(past.number);
    if (past.number > newest)
      throw refuse('database-newer', { subject: past.name, detail: { newestKnown: newest } });
    if (file === undefined) throw refuse('migration-missing', { subject: past.name });
    if (!file.sha256.equals(past.sha256)) {
      const detail = { recorded: hex(past.sha256), found: hex(file.sha256) };
      throw refuse('migration-changed', { subject: past.name, detail });
    }
  }
  const last = applied.at(-1)?.number ?? 0;
  const done = new Set(applied.map(past => past.number));
  const pending = migrations.filter(migration => !done.has(migration.number));
  const late = pending.find(migration => migration.number < last);
  if (late !== undefined)
    throw refuse('migration-late', { subject: late.name, detail: { lastApplied: last } });
  return pending;
}

async function apply(client: pg.PoolClient, migration: Migration): Promise<void> {
  try {
    await client.query('begin');
    await client.query(migration.text);
    await client.query('insert into thingward.migration (number, name, sha256) values ($1, $2, $3)', [
      migration.number,
      migration.name,
      migration.sha256,
    ]);
    await client.query('commit');
  } catch (cause) {
    await client.query('rollback').catch(() => {});
    const said = cause instanceof Error ? cause.message : String(cause);
    throw refuse('migration-failed', { subject: migration.name, detail: { said }, cause });
  }
}
