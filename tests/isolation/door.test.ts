/**
 * The role `door` itself, as if a request could run any SQL (an injection, a library gone bad): one party's
 * transaction against another party's rows. Each try is refused, or shows nothing of the other's.
 */
import { sql } from 'kysely';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';

const SECRET = 'EASTSECRET';
let db: TestDatabase;
let pool: pg.Pool;
let east: number;
let west: number;
let root: number;
let tried = 0;

beforeAll(async () => {
  db = await testDatabase();
  pool = db.rawPool({ role: 'door', max: 3 });
  const made = async (above: number | null, name: string): Promise<number> => {
    const { rows } = await sql<{ id: number }>`
      select found_party(${above}::bigint, 'customer', ${name}, ${name}, now()) as id`.execute(db.corridor);
    return rows[0]?.id as number;
  };
  root = await made(null, 'root');
  east = await made(root, SECRET);
  west = await made(root, 'west');
  await furnish(east, SECRET);
  await furnish(west, 'westown');
  await sql`analyze`.execute(db.owner).catch(() => {});
});
afterAll(async () => {
  await db?.close();
  process.stdout.write(`isolation door attempts=${tried}\n`);
});

/** A row of each table that a party's own rows lie in, found by the tables' own columns. */
async function furnish(party: number, text: string): Promise<void> {
  await db.database.door(party, async tx => {
    const { rows } = await sql<{ id: number }>`insert into subject (party_id, kind, reference)
      values (${party}, 'card', ${text}) returning subject_id as id`.execute(tx);
    const id = rows[0]?.id;
    await sql`insert into alias (party_id, claim, subject_id, stated_by) values (${party}, ${`iccid:${text}`}, ${id}, 'x')`.execute(
      tx,
    );
    await sql`insert into dated_fact (party_id, subject_id, kind, body, stated_by) values (${party}, ${id}, 'k', ${JSON.stringify({ text })}, 'x')`.execute(
      tx,
    );
    await sql`insert into source (party_id, name, format, profile) values (${party}, ${text}, 'f', '{}')`.execute(
      tx,
    );
    await sql`insert into ledger_stage (party_id, act, object, entry) values (${party}, 'a', ${text}, ${Buffer.from(text)})`.execute(
      tx,
    );
    await sql`insert into salt (object, name, party_id, salt) values (${text}, 'n', ${party}, ${Buffer.alloc(32, 7)})`.execute(
      tx,
    );
    await sql`insert into api_key (key_id, party_id, title, scopes, key_hash, created_by) values (${text}, ${party}, ${text}, '{}', ${Buffer.from(text)}, 'x')`.execute(
      tx,
    );
  });
}

interface Outcome {
  /** The code of PostgreSQL, or null when the statements ran. */
  readonly code: string | null;
  readonly message: string;
  /** All that came back, as text. */
  readonly shown: string;
}

/** Runs statements one by one as the door, for West unless told, in one transaction that comes to nothing. */
async function asDoor(statements: string | readonly string[], party: number | null = west): Promise<Outcome> {
  const client = await pool.connect();
  const notices: string[] = [];
  client.on('notice', notice => notices.push(String(notice.message)));
  let shown = '';
  try {
    await client.query('begin');
    if (party !== null) await client.query(`select set_config('thingward.party', '${party}', true)`);
    for (const statement of [statements].flat()) {
      tried += 1;
      const result = await client.query(statement);
      shown += JSON.stringify((Array.isArray(result) ? result : [result]).map(each => each.rows));
    }
    return { code: null, message: notices.join(), shown };
  } catch (cause) {
    const { code, message, detail = '', hint = '' } = cause as pg.DatabaseError;
    return { code: code ?? 'unknown', message: `${message} ${detail} ${hint} ${notices.join()}`, shown };
  } finally {
    await client.query('rollback').catch(() => {});
    client.removeAllListeners('notice');
    client.release();
  }
}

const isSecret = (outcome: Outcome): boolean => (outcome.shown + outcome.message).includes(SECRET);

async function tablesSeen(): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'thingward' and c.relkind in ('r', 'p', 'v', 'm') order by 1`.execute(db.owner);
  return rows.map(row => row.name);
}

describe('the door, with any SQL', () => {
  test('the scene is worth it: East sees its own rows, West its own', async () => {
    for (const table of [
      'subject',
      'alias',
      'dated_fact',
      'source',
      'salt',
      'api_key',
      'ledger_stage',
      'party',
    ]) {
      expect([
        table,
        (await asDoor(`select * from ${table}`, east)).shown.includes('EASTSECRET') ||
          table === 'ledger_stage' ||
          table === 'salt',
      ]).toEqual([table, true]);
      expect([table, isSecret(await asDoor(`select * from ${table}`))]).toEqual([table, false]);
    }
  });

  test('every table and view there is: no row of the other’s to read, change, take away, lock or copy', async () => {
    const owned = await sql<{ name: string }>`
      select c.relname as name from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'thingward' and a.attname = 'party_id' and c.relkind in ('r', 'p')`.execute(db.owner);
    const withParty = new Set(owned.rows.map(row => row.name));
    const tables = await tablesSeen();
    expect(tables.length).toBeGreaterThan(30);
    for (const table of tables) {
      const outcomes = [
        await asDoor(`select t::text from ${table} t`),
        await asDoor(`select count(*), string_agg(t::text, ',') from ${table} t`),
        await asDoor(`copy (select t::text from ${table} t) to stdout`),
        await asDoor(`copy ${table} to stdout`),
        await asDoor(`select t::text from ${table} t for update`),
        await asDoor(`select t::text from only ${table} t tablesample system (100)`),
        await asDoor(`table ${table}`),
        await asDoor(`truncate ${table}`),
        await asDoor(`alter table ${table} disable row level security`),
        await asDoor(`create policy mine on ${table} using (true)`),
        await asDoor(`drop table ${table} cascade`),
        await asDoor(`create index mine on ${table} ((1))`),
        await asDoor(`create rule mine as on select to ${table} do nothing`),
        await asDoor(
          `create trigger mine before insert on ${table} for each row execute function refuse_change()`,
        ),
      ];
      for (const outcome of outcomes)
        expect([table, outcome.message, isSecret(outcome)]).toEqual([table, outcome.message, false]);
      for (const outcome of outcomes.slice(7)) expect([table, outcome.code]).not.toEqual([table, null]);
      if (!withParty.has(table)) continue;
      const foreign = await asDoor(`select 1 from ${table} where party_id = ${east}`);
      expect([table, foreign.code === null ? foreign.shown : '[[]]']).toEqual([table, '[[]]']);
      for (const change of [
        `update ${table} set party_id = ${west} where party_id = ${east} returning 1`,
        `update ${table} set party_id = ${east} where party_id = ${west} returning 1`,
        `delete from ${table} where party_id = ${east} returning 1`,
      ]) {
        const outcome = await asDoor(change);
        expect([change, outcome.code !== null || outcome.shown === '[[]]']).toEqual([change, true]);
      }
    }
  });

  test('no table of a party is without forced row-level security', async () => {
    const { rows } = await sql<{ name: string }>`
      select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attname = 'party_id'
      where n.nspname = 'thingward' and c.relkind in ('r', 'p') and not c.relispartition
        and has_table_privilege('thingward_door', c.oid, 'select')
        and not (c.relrowsecurity and c.relforcerowsecurity)`.execute(db.owner);
    expect(rows).toEqual([]);
  });

  test('every table the door may read or write has a party, or is on this short list with its reason', async () => {
    const open: Record<string, string> = {
      mild_measure: 'kinds of measures by name, the same for every party',
      ledger_tile: 'public by its nature',
      ledger_checkpoint: 'public by its nature',
      party_closure: 'its own policy',
      dirty: 'insert alone',
      claim_due: 'insert alone',
      rule_version: 'rules are one for the installation',
      tick: 'insert alone',
      ledger_succession: 'public by its nature',
      card_catalogue: 'lists, moves, limits and weights are one for the installation',
      vault_root: 'digests of the installation’s root keys',
      vault_index_key: 'wrapped keys of the installation’s indexes',
      // Of people, who belong to no party: kept apart by the code of signing in alone. See threat model.
      sign_in_state: 'of a person',
      sign_in_try: 'of an account or address, as digests',
      known_peer: 'of an account, as digests',
      second_factor_code: 'of a person, as digests',
      provider_link: 'of a person',
      provider_invitation: 'of a person, as digests',
      provider_attempt: 'of nobody yet, as digests',
    };
    const { rows } = await sql<{ name: string }>`
      select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'thingward' and c.relkind in ('r', 'p') and not c.relispartition
        and has_table_privilege('thingward_door', c.oid, 'select, insert, update, delete')
        and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'party_id')`.execute(
      db.owner,
    );
    expect(rows.map(row => row.name).filter(name => open[name] === undefined)).toEqual([]);
  });

  test.each<[string, string | readonly string[]]>([
    ['take on another role', 'set local role thingward_corridor'],
    ['take on the owner', 'set role thingward_owner'],
    ['take on the superuser', 'set session authorization postgres'],
    ['go back to a mightier session user', ['reset role', 'set role thingward_corridor']],
    ['switch row-level security off', ['set local row_security = off', 'select * from subject']],
    ['make a role', 'create role mine login superuser'],
    ['give itself a role', 'grant thingward_owner to thingward_door'],
    [
      'give itself a right it can use',
      ['grant select on refusal_count to thingward_door', 'select * from refusal_count'],
    ],
    ['make a table in the house’s schema', 'create table thingward.mine (a int)'],
    [
      'make a function in the house’s schema',
      `create function thingward.door_parties() returns setof bigint language sql as 'select 1'`,
    ],
    [
      'put a function of its own before the house’s',
      `create or replace function thingward.door_party() returns bigint language sql as 'select ${1}::bigint'`,
    ],
    ['make a table in public', 'create table public.mine (a int)'],
    ['make a schema', 'create schema mine'],
    ['read the sign-in library’s tables', 'select * from thingward_auth.session'],
    ['read passwords of roles', 'select * from pg_authid'],
    ['read a file of the server', `select pg_read_file('postgresql.conf')`],
    ['list files of the server', `select pg_ls_dir('.')`],
    ['copy from a file', `copy pg_temp.x from '/etc/passwd'`],
    ['run a program', `copy (select 1) to program 'id'`],
    ['write a file', `copy (select 1) to '/tmp/mine'`],
    ['import a large object from a file', `select lo_import('/etc/passwd')`],
    ['reach another database', `create extension dblink`],
    ['reach a foreign table', `create extension postgres_fdw`],
    ['make a foreign server', 'create server mine foreign data wrapper postgres_fdw'],
    ['make an untrusted function', `create function pg_temp.f() returns int language c as 'libc', 'system'`],
    ['subscribe', `create subscription mine connection 'host=127.0.0.1' publication p`],
    ['publish', 'create publication mine for all tables'],
    [
      'read the log that replicas read',
      `select * from pg_create_logical_replication_slot('mine', 'test_decoding')`,
    ],
    ['change a setting of the server', `alter system set fsync = off`],
    ['change a setting of its role', `alter role thingward_door set thingward.party = '1'`],
    ['change a setting of the database', `alter database ${'postgres'} set thingward.party = '1'`],
    ['change what an operator means', 'alter operator = (bigint, bigint) owner to thingward_door'],
    ['make a cast', 'create cast (bigint as text) without function as implicit'],
    [
      'make a event trigger',
      'create event trigger mine on ddl_command_start execute function refuse_change()',
    ],
    [
      'end another’s session',
      `select pg_terminate_backend(pid) from pg_stat_activity where usename <> current_user`,
    ],
    ['make a leaf', `select observation_leaf('2031-01-01')`],
    ['protect something anew', `select protect('ledger_tile')`],
    ['comment away a policy', `comment on policy door_own on subject is 'x'`],
    ['drop a policy', 'drop policy door_own on subject'],
    ['own a table', 'alter table subject owner to thingward_door'],
    ['replace a view', 'create or replace view thingward.mine as select * from subject'],
    ['sequence the ledger', `insert into ledger_entry values (999999, 1, ${1}, 'a', 'o', '\\x00', '\\x00')`],
    ['sign a checkpoint', `insert into ledger_checkpoint values (1, '\\x00', 'n', now())`],
    [
      'stage an entry for nobody',
      `insert into ledger_stage (party_id, act, object, entry) values (null, 'a', 'o', '\\x00')`,
    ],
    [
      'choose the transaction of a staged entry',
      `insert into ledger_stage (party_id, act, object, entry, xid) values (1, 'a', 'o', '\\x00', '1')`,
    ],
  ])('cannot %s', async (_what, statements) => {
    const outcome = await asDoor(statements);
    expect([outcome.code, isSecret(outcome)]).toEqual([expect.any(String), false]);
  });

  test('every function it may call shows nothing of the other’s, whatever it is given', async () => {
    const { rows } = await sql<{ name: string; args: string[] }>`
      select p.proname as name, coalesce(array(select format_type(t, null) from unnest(p.proargtypes) with ordinality as u (t, n) order by n), '{}') as args
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.nspname = 'thingward' and p.prorettype <> 'trigger'::regtype and has_function_privilege('thingward_door', p.oid, 'execute')`.execute(
      db.owner,
    );
    expect(rows.length).toBeGreaterThan(8);
    const given = (type: string): string[] => {
      if (type === 'bigint' || type === 'integer') return [String(east), '0', '-1'];
      if (type === 'text') return [`'${SECRET}'`, `'iccid:${SECRET}'`];
      if (type === 'text[]') return [`array['iccid:${SECRET}']`];
      if (type === 'bigint[]') return [`array[${east}]::bigint[]`];
      if (type.startsWith('timestamp') && type.endsWith('[]')) return ['array[now()]'];
      if (type.startsWith('timestamp')) return ['now()'];
      if (type === 'bytea') return [`'\\x${Buffer.from(SECRET).toString('hex')}'::bytea`];
      return [`null::${type}`];
    };
    for (const { name, args } of rows) {
      const most = Math.max(1, ...args.map(arg => given(arg).length));
      for (let turn = 0; turn < most; turn++) {
        const call = `select t::text from ${name}(${args.map(arg => given(arg)[turn % given(arg).length]).join(', ')}) t`;
        const outcome = await asDoor(call);
        // The digest of a key is the key: whoever has it is who it says.
        const text = name === 'api_key_in_use' ? outcome.message : outcome.shown + outcome.message;
        expect([call, text.replaceAll(`iccid:${SECRET}`, '').includes(SECRET)]).toEqual([call, false]);
      }
    }
  });

  test('functions of its own, leaking operators, and errors see no row that the policy hides', async () => {
    const spy = `create function pg_temp.spy(t text) returns boolean language plpgsql cost 0.0000001 as $$ begin raise notice 'saw %', t; return true; end $$`;
    const outcomes = [
      await asDoor([spy, 'select 1 from subject where pg_temp.spy(reference)']),
      await asDoor([spy, 'select 1 from api_key where pg_temp.spy(title) and title is not null']),
      await asDoor([spy, 'select 1 from salt where pg_temp.spy(object)']),
      await asDoor([
        spy,
        'select 1 from subject s join party p using (party_id) where pg_temp.spy(p.name_en)',
      ]),
      await asDoor('select reference::int from subject'),
      await asDoor(`select 1 / (case when reference = '${SECRET}' then 0 else 1 end) from subject`),
      await asDoor('explain (analyze, verbose, costs off) select * from subject'),
      await asDoor(`create temporary view v as select * from subject; select * from v`),
      await asDoor([
        `create temporary table party_closure as select ${west}::bigint as ancestor_id, ${east}::bigint as descendant_id`,
        'select * from subject',
        'select * from party',
      ]),
      await asDoor([
        `create function pg_temp.door_party() returns bigint language sql as 'select ${east}::bigint'`,
        'set local search_path = pg_temp, thingward',
        'select * from subject',
      ]),
      await asDoor([
        `create function pg_temp.current_setting(text, boolean) returns text language sql as $$ select '${east}' $$`,
        'set local search_path = pg_temp, thingward, pg_catalog',
        'select * from subject',
      ]),
      await asDoor([
        'create temporary table x (like subject including all)',
        'insert into x select * from subject',
        'select * from x',
      ]),
      await asDoor(`with s as (select * from subject) select * from s union all select * from subject`),
      await asDoor(`declare c cursor with hold for select * from subject; fetch all from c`),
      await asDoor(`prepare p as select * from subject; execute p`),
      await asDoor(
        `do $$ declare r record; begin for r in select * from subject loop raise notice '%', r; end loop; end $$`,
      ),
      await asDoor(`select query_to_xml('select * from subject', true, true, '')`),
      await asDoor(`select database_to_xml(true, true, '')`),
      await asDoor(`select schema_to_xml('thingward', true, true, '')`),
      await asDoor(`select table_to_xml('subject', true, true, '')`),
      await asDoor(`select ts_stat('select to_tsvector(reference) from subject')`),
    ];
    for (const [i, outcome] of outcomes.entries())
      expect([i, outcome.message, isSecret(outcome)]).toEqual([i, outcome.message, false]);
  });

  test('statistics, catalogues and the list of sessions tell nothing of the other’s', async () => {
    const client = db.rawPool({ role: 'owner', max: 1 });
    await client.query('analyze');
    for (const look of [
      'select * from pg_stats',
      'select * from pg_stats_ext',
      'select * from pg_statistic',
      'select * from pg_statistic_ext_data',
      'select query from pg_stat_activity',
      'select * from pg_prepared_xacts',
      'select * from pg_prepared_statements',
      'select * from pg_cursors',
      'select * from pg_largeobject',
      'select * from pg_shdescription',
      'select * from pg_settings',
      'select * from pg_file_settings',
      'select * from pg_hba_file_rules',
    ]) {
      const outcome = await asDoor(look);
      expect([look, isSecret(outcome)]).toEqual([look, false]);
    }
  });

  test('a key that another party has tells no more by its collision than that it is taken', async () => {
    const taken = await asDoor(
      `insert into subject (party_id, kind, reference) values (${west}, 'card', '${SECRET}') returning 1`,
    );
    expect(taken.code).toBeNull();
    for (const collision of [
      `insert into salt (object, name, party_id, salt) values ('${SECRET}', 'n', ${west}, decode(repeat('01', 32), 'hex'))`,
      `insert into api_key (key_id, party_id, title, scopes, key_hash, created_by) values ('${SECRET}', ${west}, 'x', '{}', 'x', 'x')`,
    ]) {
      const outcome = await asDoor(collision);
      expect([outcome.code, outcome.message.replaceAll(`(${SECRET}`, '').includes(String(east))]).toEqual([
        '23505',
        false,
      ]);
    }
    const upsert =
      await asDoor(`insert into salt (object, name, party_id, salt) values ('${SECRET}', 'n', ${west}, decode(repeat('01', 32), 'hex'))
      on conflict (object, name) do update set salt = excluded.salt returning encode(salt, 'hex')`);
    expect(upsert.code).not.toBeNull();
    const nothing =
      await asDoor(`insert into salt (object, name, party_id, salt) values ('${SECRET}', 'n', ${west}, decode(repeat('01', 32), 'hex'))
      on conflict (object, name) do nothing returning encode(salt, 'hex')`);
    expect(nothing.shown).toBe('[[]]');
  });

  test('without a party, with nobody’s, and with words for one, it sees no row of any', async () => {
    for (const party of ['', '0', '-1', '999999', String(Number.MAX_SAFE_INTEGER)]) {
      for (const table of ['subject', 'party', 'api_key', 'salt', 'source', 'membership']) {
        const outcome = await asDoor(
          [
            `select set_config('thingward.party', '${party}', true)`,
            `select count(*)::int as n from ${table}`,
          ],
          null,
        );
        expect([party, table, outcome.shown.endsWith('[[{"n":0}]]')]).toEqual([party, table, true]);
      }
    }
    for (const party of ['x', '1 or 1=1', '1;2', '{1,2}']) {
      const outcome = await asDoor(
        [`select set_config('thingward.party', '${party}', true)`, 'select * from subject'],
        null,
      );
      expect([party, outcome.code]).toEqual([party, '22P02']);
    }
  });

  test('whoever runs SQL of their own as the door can name another party: told plainly, not defended (threat model)', async () => {
    const outcome = await asDoor([
      `select set_config('thingward.party', '${east}', true)`,
      'select * from subject',
    ]);
    expect(isSecret(outcome)).toBe(true);
  });

  test('the party of one transaction is gone in the next of the same connection', async () => {
    const alone = db.rawPool({ role: 'door', max: 1 });
    const client = await alone.connect();
    await client.query('begin');
    await client.query(`select set_config('thingward.party', '${east}', true)`);
    expect((await client.query('select * from subject')).rowCount).toBe(1);
    await client.query('commit');
    expect((await client.query('select * from subject')).rowCount).toBe(0);
    client.release();
    tried += 3;
  });

  test('it may hold no lock that the house waits for, and no transaction open past its connection', async () => {
    const outcomes = {
      prepared: await asDoor(`prepare transaction 'mine'`),
      table: await asDoor('lock table ledger_stage in access exclusive mode'),
      entry: await asDoor('lock table ledger_entry in share mode'),
    };
    for (const [what, outcome] of Object.entries(outcomes))
      expect([what, outcome.code]).not.toEqual([what, null]);
  });
});
