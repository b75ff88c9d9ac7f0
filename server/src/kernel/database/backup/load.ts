import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdDecompress } from 'node:zlib';
import { sql } from 'kysely';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { Refusal } from '../../refusal.ts';
import { migrate, readMigrations } from '../migrate.ts';
import { refuse } from '../refusals.ts';
import { runTransaction, withRawClient } from '../run-transaction.ts';
import type { Tx } from '../transaction.ts';
import { listTables, quoted, quotedColumns } from './inventory.ts';
import type { BackupCode, KeptTable, Manifest } from './manifest.ts';
import { linesMapped, type PlaceOf, placesOf } from './transaction-ids.ts';

export interface LoadWanted {
  readonly owner: pg.Pool;
  readonly folder: string;
  readonly manifest: Manifest;
  /** Folders of migrations of this program; those the backup was made under are applied. */
  readonly migrations: readonly string[];
  /** Runs in the loading transaction when all rows are in; what it throws undoes the load. */
  readonly check: (tx: Tx) => Promise<void>;
}

/**
 * Brings an empty database to the backup's migrations and loads its rows in one transaction: after a kill either
 * all of them are there or none. Refuses `restore-database-taken` when parties are there already, `database-newer`
 * or `migration-changed` when this program does not know the backup's migrations as they were.
 */
export async function loadBackup(wanted: LoadWanted): Promise<void> {
  const migrations = migrationsOf(wanted);
  await refuseTaken(wanted.owner);
  await migrate(wanted.owner, migrations);
  await runTransaction(wanted.owner, async tx => {
    for (const statement of wanted.manifest.tables.flatMap(table => table.made))
      await sql.raw(statement).execute(tx);
    for (const day of daysOf(wanted.manifest))
      await sql`select thingward.observation_leaf(${day}::date)`.execute(tx);
    const places = await placesOf(wanted.folder, wanted.manifest.tables);
    const present = await listTables(tx);
    const kept = inPresentOrder(wanted.manifest.tables, present);
    for (const table of kept) await setAside(tx, table);
    for (const table of kept) {
      const loaded = await loadTable(tx, wanted.folder, table, places);
      if (loaded !== table.rows)
        throw new Refusal<BackupCode>('restore-differs', {
          subject: `${table.schema}.${table.name}`,
          detail: { wanted: table.rows, loaded },
        });
    }
    for (const { schema, name, last } of wanted.manifest.sequences)
      await sql`select setval(format('%I.%I', ${schema}::text, ${name}::text), ${last}::bigint) from pg_sequences
        where schemaname = ${schema} and sequencename = ${name}`.execute(tx);
    for (const table of kept) await putBack(tx, table);
    await wanted.check(tx);
  });
  await wanted.owner.query('analyze');
}

/** The program's own migrations that the backup names; the text of each must be what it was. */
function migrationsOf(wanted: LoadWanted) {
  const known = readMigrations(wanted.migrations);
  return wanted.manifest.migrations.map(past => {
    const own = known.find(each => each.name === past.name);
    if (own === undefined)
      throw refuse('database-newer', {
        subject: past.name,
        detail: { newestKnown: known.at(-1)?.number ?? 0 },
      });
    if (own.sha256.toString('hex') !== past.sha256) throw refuse('migration-changed', { subject: past.name });
    return own;
  });
}

async function refuseTaken(owner: pg.Pool): Promise<void> {
  const { rows } = await owner.query<{ party: string | null }>(
    `select to_regclass('thingward.party') as party`,
  );
  if (rows[0]!.party === null) return;
  const { rowCount } = await owner.query('select 1 from thingward.party limit 1');
  if (rowCount !== 0) throw new Refusal<BackupCode>('restore-database-taken');
}

function daysOf(manifest: Manifest): string[] {
  return [...new Set(manifest.tables.flatMap(table => (table.day === null ? [] : [table.day])))];
}

/** A table that is gone from this program's schema of the same migrations would lose rows: that is refused by its name. */
function inPresentOrder(
  kept: readonly KeptTable[],
  present: ReadonlyArray<{ readonly schema: string; readonly name: string }>,
): KeptTable[] {
  const order = new Map(present.map((table, i) => [quoted(table), i]));
  const missing = kept.find(table => !order.has(quoted(table)));
  if (missing !== undefined)
    throw new Refusal<BackupCode>('restore-differs', {
      subject: `${missing.schema}.${missing.name}`,
      detail: { wanted: missing.rows, loaded: 0 },
    });
  return [...kept].sort((a, b) => order.get(quoted(a))! - order.get(quoted(b))!);
}

/** What migrations put there is in the backup too; triggers and walls are for acts, and this is none. */
async function setAside(tx: Tx, table: { schema: string; name: string }): Promise<void> {
  const name = sql.raw(quoted(table));
  await sql`alter table ${name} disable trigger user`.execute(tx);
  await sql`alter table ${name} no force row level security`.execute(tx);
  await sql`delete from ${name}`.execute(tx);
}

async function putBack(tx: Tx, table: { schema: string; name: string }): Promise<void> {
  const name = sql.raw(quoted(table));
  await sql`alter table ${name} enable trigger user`.execute(tx);
  const { rows } = await sql<{ walled: boolean }>`
    select relrowsecurity as walled from pg_class where oid = ${quoted(table)}::regclass`.execute(tx);
  if (rows[0]!.walled) await sql`alter table ${name} force row level security`.execute(tx);
}

async function loadTable(tx: Tx, folder: string, table: KeptTable, places: PlaceOf): Promise<number> {
  const whole = `copy ${quoted(table)} (${quotedColumns(table.columns)}) from stdin`;
  const steps: Transform[] = [createZstdDecompress()];
  const xids = table.xidColumns.map(column => table.columns.indexOf(column));
  if (xids.length > 0) steps.push(linesMapped(table.path, xids, places));
  return withRawClient(tx, async client => {
    const into = client.query(copyFrom(whole));
    await pipeline([createReadStream(join(folder, table.path)), ...steps, into]);
    return into.rowCount;
  });
}
