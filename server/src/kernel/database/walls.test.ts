import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { copyRows } from './copy.ts';
import { type TestDatabase, testDatabase } from './test-database.ts';
import type { Tx } from './transaction.ts';
import { at, instantText, json } from './values.ts';

const NOW_MS = Date.UTC(2026, 10, 25, 3, 56, 11, 123);
const COLUMNS =
  'received_at, source_id, batch_id, chunk_id, record_no, digest, kind, claim, observed_at, time_mark, body';

let db: TestDatabase;
let leaf: string;
/** parent has child below it; stranger stands apart. */
let parent: number;
let child: number;
let stranger: number;

beforeAll(async () => {
  db = await testDatabase();
  leaf = await db.leafFor(NOW_MS);
  await db.database.corridor(async tx => {
    parent = await makeParty(tx, null);
    child = await makeParty(tx, parent);
    stranger = await makeParty(tx, null);
  });
});
afterAll(() => db.close());

async function makeParty(tx: Tx, above: number | null): Promise<number> {
  const { rows } = await sql<{ party_id: number }>`
    insert into party (parent_id, kind, name_en, name_zh) values (${above}, 'operator', 'a', '甲') returning party_id`.execute(
    tx,
  );
  const id = rows[0]!.party_id;
  await sql`insert into party_closure values (${id}, ${id})`.execute(tx);
  if (above !== null) await sql`insert into party_closure values (${above}, ${id})`.execute(tx);
  return id;
}

function observationRow(digest: string) {
  const body = JSON.stringify({ text: 'tab\there, backslash \\, 中文' });
  return [
    instantText(NOW_MS),
    1,
    1,
    1,
    1,
    Buffer.from(digest),
    'usage',
    'iccid:1',
    instantText(NOW_MS),
    'stated',
    body,
  ];
}

function copyAs(party: number, digest: string): Promise<number> {
  return db.database.door(party, tx => copyRows(tx, `${leaf} (${COLUMNS})`, [observationRow(digest)]));
}

async function seenBy(party: number): Promise<string[]> {
  const { rows } = await db.database.door(party, tx =>
    sql<{ digest: Buffer }>`select digest from observation order by digest`.execute(tx),
  );
  return rows.map(row => row.digest.toString());
}

describe('the door', () => {
  test('sees its own party and those below, and nobody else', async () => {
    expect(await copyAs(parent, 'of-parent')).toBe(1);
    expect(await copyAs(child, 'of-child')).toBe(1);
    expect(await copyAs(stranger, 'of-stranger')).toBe(1);
    expect(await seenBy(parent)).toEqual(['of-child', 'of-parent']);
    expect(await seenBy(child)).toEqual(['of-child']);
    expect(await seenBy(stranger)).toEqual(['of-stranger']);
  });

  test('sees no row without a party, and cannot load one', async () => {
    const seen = await sql`select 1 from observation`.execute(db.door);
    expect(seen.rows).toEqual([]);
    const parties = await sql`select 1 from party`.execute(db.door);
    expect(parties.rows).toEqual([]);
    const loading = db.door
      .transaction()
      .execute(tx =>
        sql`insert into ${sql.raw(leaf)} (${sql.raw(COLUMNS)}) values (${at(NOW_MS)}, 1, 1, 1, 1, ${Buffer.from('x')}, 'u', 'c', ${at(NOW_MS)}, 's', ${json({})})`.execute(
          tx,
        ),
      );
    await expect(loading).rejects.toMatchObject({ code: '23502' });
  });

  test.each<[string, (tx: Tx) => Promise<unknown>]>([
    ['select from a leaf', (tx: Tx) => sql`select digest from ${sql.raw(leaf)}`.execute(tx)],
    [
      'name the party in COPY',
      (tx: Tx) => copyRows(tx, `${leaf} (party_id, ${COLUMNS})`, [[1, ...observationRow('y')]]),
    ],
    [
      'read what it loads back',
      (tx: Tx) =>
        sql`insert into ${sql.raw(leaf)} (${sql.raw(COLUMNS)}) select received_at, 1, 1, 1, 1, 'z', 'u', 'c', now(), 's', '{}' from observation limit 1 returning party_id`.execute(
          tx,
        ),
    ],
    ['change a leaf', (tx: Tx) => sql`update ${sql.raw(leaf)} set claim = 'x'`.execute(tx)],
    ['take staged entries away', (tx: Tx) => sql`delete from ledger_stage`.execute(tx)],
    ['make a leaf', (tx: Tx) => sql`select observation_leaf('2031-01-01')`.execute(tx)],
    ['take the corridor on', (tx: Tx) => sql`set local role thingward_corridor`.execute(tx)],
  ])('cannot %s', async (_, act) => {
    await expect(db.database.door(parent, act)).rejects.toMatchObject({ code: '42501' });
  });

  test('cannot write a row of another party', async () => {
    const act = db.database.door(child, tx =>
      sql`insert into source (party_id, name, format, profile) values (${stranger}, 's', 'csv', '{}')`.execute(
        tx,
      ),
    );
    await expect(act).rejects.toMatchObject({ code: '42501' });
  });

  test('is not fooled by a temporary table named like ours', async () => {
    const rows = await db.database.door(child, async tx => {
      await sql`create temporary table party_closure on commit drop as select ${child}::bigint as ancestor_id, ${stranger}::bigint as descendant_id`.execute(
        tx,
      );
      return (await sql`select party_id from party`.execute(tx)).rows;
    });
    expect(rows).toEqual([{ party_id: child }]);
  });

  test('takes a batch again through a stage when it meets a duplicate', async () => {
    await copyAs(child, 'first');
    await expect(copyAs(child, 'first')).rejects.toMatchObject({ code: '23505' });
    const added = await db.database.door(child, async tx => {
      await sql`create temporary table stage on commit drop as select ${sql.raw(COLUMNS)} from observation limit 0`.execute(
        tx,
      );
      await copyRows(tx, `stage (${COLUMNS})`, [observationRow('first'), observationRow('second')]);
      const done =
        await sql`insert into ${sql.raw(leaf)} (${sql.raw(COLUMNS)}) select ${sql.raw(COLUMNS)} from stage on conflict do nothing`.execute(
          tx,
        );
      return done.numAffectedRows;
    });
    expect(added).toBe(1n);
  });
});

describe('append-only tables', () => {
  beforeAll(async () => {
    await sql`insert into ledger_entry values (0, 1, null, 'a', 'o', '\\x00', '\\x00')`.execute(db.corridor);
    await sql`insert into ledger_tile values (0, 0, 1, decode(repeat('00', 32), 'hex'))`.execute(db.corridor);
    await sql`insert into ledger_checkpoint values (1, '\\x00', 'n', now())`.execute(db.corridor);
  });

  test.each(['ledger_entry', 'ledger_tile', 'ledger_checkpoint'])(
    '%s refuses update, delete and truncate, even to its owner',
    async table => {
      const name = sql.raw(table);
      const column = sql.raw(
        { ledger_entry: 'leaf_hash', ledger_tile: 'bytes', ledger_checkpoint: 'root_hash' }[table]!,
      );
      for (const pool of [db.owner, db.corridor]) {
        await expect(sql`update ${name} set ${column} = '\\x01'`.execute(pool)).rejects.toMatchObject({
          code: '42501',
        });
        await expect(sql`delete from ${name}`.execute(pool)).rejects.toMatchObject({ code: '42501' });
        await expect(sql`truncate ${name}`.execute(pool)).rejects.toMatchObject({ code: '42501' });
      }
    },
  );
});

describe('functions that act with the rights of the owner', () => {
  const lax = () =>
    sql<{ name: string; path: string | null }>`
      select p.oid::regprocedure::text as name,
        (select substring(setting from '^search_path=(.*)$') from unnest(p.proconfig) as setting
         where setting like 'search\\_path=%') as path
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where p.prosecdef and n.nspname not in ('pg_catalog', 'information_schema') order by 1`.execute(
      db.owner,
    );
  const faults = (rows: readonly { path: string | null }[]) =>
    rows.filter(row => row.path?.split(',').at(-1)?.trim() !== 'pg_temp');

  test('look for temporary things last, each of them', async () => {
    const { rows } = await lax();
    expect(rows.map(row => row.name)).toEqual(
      expect.arrayContaining([
        'door_parties()',
        'memberships_of(text)',
        'found_party(bigint,text,text,text,timestamp with time zone)',
      ]),
    );
    expect(faults(rows)).toEqual([]);
  });

  test('are found out when one does not, or sets no path at all', async () => {
    await sql`create function lax_one() returns int language sql security definer as 'select 1'`.execute(
      db.owner,
    );
    await sql`create function lax_two() returns int language sql security definer set search_path = thingward as 'select 1'`.execute(
      db.owner,
    );
    expect(faults((await lax()).rows)).toMatchObject([{ name: 'lax_one()' }, { name: 'lax_two()' }]);
    await sql`drop function lax_one(), lax_two()`.execute(db.owner);
  });
});

describe('a leaf', () => {
  test('is made once by many callers at once', async () => {
    const day = '2027-03-01';
    const asked = Array.from({ length: 3 }, () =>
      sql<{ leaf: string }>`select observation_leaf(${day}::date) as leaf`.execute(db.owner),
    );
    for (const { rows } of await Promise.all(asked)) expect(rows).toEqual([{ leaf: 'observation_20270301' }]);
  });

  test('can be attached while the parent is being read', async () => {
    await db.database.corridor(async tx => {
      await sql`select count(*) from observation`.execute(tx);
      expect(await db.leafFor(Date.UTC(2027, 3, 1))).toBe('observation_20270401');
    });
  });
});
