import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLog } from '../log.ts';
import { type Launched, launchDatabase } from './launch.ts';
import { migrationFolders } from './migrate.ts';
import { makeDatabase, type OpenedDatabase, openDatabase } from './open.ts';
import { connectAdmin, ROLES, roleName } from './pools.ts';
import { refuseOldServer } from './roles.ts';

const DEBIAN_15 = '/usr/lib/postgresql/15/bin';
const QUICK = { fsync: 'off', autovacuum: 'off' };

describe.each([
  ['the embedded PostgreSQL 18', undefined],
  ["Debian's PostgreSQL 15", DEBIAN_15],
])("an operator's own server: %s", (_, binDir) => {
  const isThere = binDir === undefined || existsSync(binDir);
  const opened: OpenedDatabase[] = [];
  let folder: string;
  let server: Launched;

  beforeAll(async () => {
    if (!isThere) return;
    folder = mkdtempSync(join(tmpdir(), 'thingward-own-'));
    chmodSync(folder, 0o755);
    const roles = ['operator', 'pauper', ...ROLES.map(roleName)];
    server = await launchDatabase({
      dataDir: folder,
      roles,
      settings: QUICK,
      ...(binDir === undefined ? {} : { binDir }),
    });
    await makeDatabase(server, 'theirs');
    await asSuperuser('create role operator login createrole');
    await asSuperuser('create role pauper login');
    await asSuperuser('grant create on database theirs to operator');
  });
  afterAll(async () => {
    for (const one of opened) await one.close();
    await server?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  async function asSuperuser(text: string): Promise<void> {
    const admin = await connectAdmin({ by: 'login', ...server, database: 'theirs' });
    await admin.query(text);
    await admin.end();
  }

  function open(user: string): Promise<OpenedDatabase> {
    const databaseUrl = `postgresql://${user}@/theirs?host=${encodeURIComponent(server.host)}`;
    return openDatabase({
      databaseUrl,
      dataDir: '/nonexistent',
      log: silentLog,
      migrations: migrationFolders(),
    });
  }

  test.skipIf(!isThere)('a user without rights is told which are missing', async () => {
    await expect(open('pauper')).rejects.toMatchObject({
      code: 'database-rights-missing',
      detail: { rights: expect.stringContaining('CREATEROLE') },
    });
  });

  test.skipIf(!isThere)(
    'a user who may make roles and schemas opens it, many processes at once',
    async () => {
      opened.push(...(await Promise.all([open('operator'), open('operator'), open('operator')])));
      expect(opened.filter(one => one.migrated.length > 0)).toHaveLength(1);
      expect(opened[0]).toMatchObject({
        isEmbedded: false,
        serverVersion: expect.stringMatching(binDir === undefined ? /^18\./ : /^15\./),
      });
    },
  );

  test.skipIf(!isThere)("even a superuser's door sees nothing but its party's rows", async () => {
    const mighty = await open('postgres');
    opened.push(mighty);
    await sql`insert into party (kind, name_en, name_zh) values ('operator', 'a', '甲'), ('operator', 'b', '乙')`.execute(
      mighty.corridor,
    );
    await sql`insert into party_closure select party_id, party_id from party`.execute(mighty.corridor);
    const seen = await mighty.database.door(1, tx =>
      sql`select party_id, current_user as who from party`.execute(tx),
    );
    expect(seen.rows).toEqual([{ party_id: 1, who: 'thingward_door' }]);
    expect(await mighty.leafFor(Date.UTC(2026, 10, 25))).toBe('observation_20261125');
  });

  test.skipIf(!isThere)(
    'commits that are not durable are reported so, as the connection of the corridor has them',
    async () => {
      expect(opened[0]!.durability).toMatchObject({ fsync: false, durable: false });
      await asSuperuser('alter database theirs set synchronous_commit = off');
      const again = await open('operator');
      opened.push(again);
      expect(again.durability.synchronousCommit).toBe('off');
    },
  );

  test.skipIf(!isThere)('a role that row-level security does not bind is refused by name', async () => {
    await asSuperuser('alter role thingward_door bypassrls');
    await expect(open('operator')).rejects.toMatchObject({
      code: 'database-role-too-mighty',
      subject: 'thingward_door',
    });
    await asSuperuser('alter role thingward_door nobypassrls');
  });
});

test('the embedded database opens durable, and opens again with nothing to migrate', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'thingward-embedded-'));
  chmodSync(dataDir, 0o755);
  const options = { dataDir, log: silentLog, migrations: migrationFolders() };
  const first = await openDatabase(options);
  expect(first.durability).toEqual({
    fsync: true,
    synchronousCommit: 'on',
    fullPageWrites: true,
    durable: true,
  });
  expect(first.migrated.length).toBeGreaterThan(0);
  const roles = await sql<{ who: string }>`select session_user as who`.execute(first.door);
  expect(roles.rows).toEqual([{ who: 'thingward_door' }]);
  await first.close();
  const second = await openDatabase(options);
  expect(second).toMatchObject({ migrated: [], isEmbedded: true });
  await second.close();
  rmSync(dataDir, { recursive: true });
}, 30_000);

test.each(['mysql://a:secret@b/c', 'nonsense'])(
  'an address that is no PostgreSQL is refused and not repeated',
  async databaseUrl => {
    const opening = openDatabase({ databaseUrl, dataDir: '/nonexistent', log: silentLog, migrations: [] });
    await expect(opening).rejects.toMatchObject({
      code: 'database-url-unusable',
      subject: undefined,
      detail: {},
    });
  },
);

test('an address where nobody answers is refused as unavailable', async () => {
  const opening = openDatabase({
    databaseUrl: 'postgresql://a@127.0.0.1:1/b',
    dataDir: '/nonexistent',
    log: silentLog,
    migrations: [],
  });
  await expect(opening).rejects.toMatchObject({ code: 'database-unavailable' });
});

test('a server older than PostgreSQL 15 is refused, naming its version', async () => {
  const old = {
    query: async () => ({ rows: [{ version: '14.11', number: 140_011 }] }),
  } as unknown as pg.Client;
  await expect(refuseOldServer(old)).rejects.toMatchObject({
    code: 'database-too-old',
    detail: { found: '14.11' },
  });
});
