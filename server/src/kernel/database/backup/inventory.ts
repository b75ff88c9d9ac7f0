import { sql } from 'kysely';
import type { Tx } from '../transaction.ts';

/** A table as the database's own catalogue has it. */
export interface Listed {
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly string[];
  readonly xidColumns: readonly string[];
  /** The bound of a leaf as PostgreSQL writes it, or null. */
  readonly bound: string | null;
}

/** All tables of our two schemas that hold rows themselves, each after those it refers to. */
export async function listTables(tx: Tx): Promise<Listed[]> {
  const { rows } = await sql<Listed & { readonly oid: number }>`
    select n.nspname as schema, c.relname as name, c.oid::int8 as oid, pg_get_expr(c.relpartbound, c.oid) as bound,
      coalesce(json_agg(a.attname::text order by a.attnum), '[]') as columns,
      coalesce(json_agg(a.attname::text order by a.attnum) filter (where a.atttypid = 'xid8'::regtype), '[]') as "xidColumns"
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    where n.nspname in ('thingward', 'thingward_auth') and c.relkind = 'r'
    group by 1, 2, 3, 4 order by 1, 2`.execute(tx);
  const links = await sql<{ from: number; to: number }>`
    select conrelid::int8 as from, confrelid::int8 as to from pg_constraint
    where contype = 'f' and conrelid <> confrelid`.execute(tx);
  return inOrder(rows, links.rows);
}

/** A table comes after all that it refers to, so that every reference finds its row. */
function inOrder<T extends { readonly oid: number }>(
  tables: readonly T[],
  links: ReadonlyArray<{ readonly from: number; readonly to: number }>,
): T[] {
  const known = new Map(tables.map(table => [table.oid, table]));
  const placed = new Set<number>();
  const ordered: T[] = [];
  const place = (table: T, way: readonly number[]): void => {
    if (placed.has(table.oid)) return;
    if (way.includes(table.oid)) throw new Error('tables refer to each other in a ring');
    for (const link of links) {
      const to = known.get(link.to);
      if (link.from === table.oid && to !== undefined) place(to, [...way, table.oid]);
    }
    placed.add(table.oid);
    ordered.push(table);
  };
  for (const table of tables) place(table, []);
  return ordered;
}

/** The last value every used sequence gave; read after the rows, it is never below one of theirs. */
export async function listSequences(tx: Tx): Promise<Array<{ schema: string; name: string; last: number }>> {
  const { rows } = await sql<{ schema: string; name: string; last: number }>`
    select schemaname as schema, sequencename as name, last_value as last from pg_sequences
    where schemaname in ('thingward', 'thingward_auth') and last_value is not null order by 1, 2`.execute(tx);
  return rows;
}

export async function listApplied(tx: Tx): Promise<Array<{ name: string; sha256: string }>> {
  const { rows } = await sql<{ name: string; sha256: string }>`
    select name, encode(sha256, 'hex') as sha256 from thingward.migration order by number`.execute(tx);
  return rows;
}

/** The UTC day a leaf's bound begins with; null of a table that is no leaf. */
export function dayOf(bound: string | null): string | null {
  return bound === null ? null : (/FROM \('(\d{4}-\d\d-\d\d) 00:00:00\+00'\)/.exec(bound)?.[1] ?? null);
}

export function quoted(table: { readonly schema: string; readonly name: string }): string {
  return `"${table.schema}"."${table.name}"`;
}

export function quotedColumns(columns: readonly string[]): string {
  return columns.map(column => `"${column}"`).join(', ');
}

/** The statements that make a table as it is now: columns, constraints, indexes. */
export async function madeBy(
  tx: Tx,
  table: { readonly schema: string; readonly name: string },
): Promise<string[]> {
  const of = sql`${quoted(table)}::regclass`;
  const { rows } = await sql<{ line: string }>`
    select line from (
      select 0 as step, 'create table ' || ${quoted(table)}::text || ' (' || string_agg(quote_ident(attname) || ' '
        || format_type(atttypid, atttypmod) || case when attnotnull then ' not null' else '' end
        || coalesce(' default ' || pg_get_expr(adbin, adrelid), ''), ', ' order by attnum) || ')' as line
      from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
      where attrelid = ${of} and attnum > 0 and not attisdropped
      union all
      select 1, format('alter table %s add constraint %I %s', ${quoted(table)}::text, conname, pg_get_constraintdef(oid))
      from pg_constraint where conrelid = ${of} and contype in ('p', 'u', 'c', 'f')
      union all
      select 2, pg_get_indexdef(indexrelid) from pg_index where indrelid = ${of}
        and not exists (select from pg_constraint where conindid = indexrelid and conrelid = ${of})
    ) lines order by step, line`.execute(tx);
  return rows.map(row => row.line);
}
