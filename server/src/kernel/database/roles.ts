import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { ROLES, type Role, roleName } from './pools.ts';
import { codeOf, refuse } from './refusals.ts';

const OLDEST = 150_000;

/** Refuses a server older than PostgreSQL 15, naming its version. */
export async function refuseOldServer(admin: pg.Client): Promise<string> {
  const { rows } = await admin.query<{ version: string; number: number }>(
    `select current_setting('server_version') as version, current_setting('server_version_num')::int as number`,
  );
  const found = rows[0]!;
  if (found.number < OLDEST)
    throw refuse('database-too-old', { detail: { found: found.version, oldest: 15 } });
  return found.version;
}

/**
 * Makes the three roles and the two schemas where they are missing; safe with many callers at once, also from
 * several databases of one server.
 *
 * `canLogin` is for the embedded server, where each role connects by its own name. Otherwise the current user
 * must be able to take the roles on; which rights it lacks is said in `database-rights-missing`.
 */
export async function prepareRoles(admin: pg.Client, canLogin: boolean): Promise<void> {
  for (const role of ROLES) await makeRole(admin, role, canLogin);
  await refuseMighty(admin);
  if (!canLogin) for (const role of ROLES) await takeUp(admin, role);
  await makeSchema(admin, 'thingward');
  await makeSchema(admin, 'thingward_auth');
  await openSignIn(admin);
}

async function makeRole(admin: pg.Client, role: Role, canLogin: boolean): Promise<void> {
  const found = await admin.query('select 1 from pg_roles where rolname = $1', [roleName(role)]);
  if (found.rowCount !== 0) return;
  await tolerating(['42710', '23505'], `CREATEROLE, or a role ${roleName(role)} made for it`, () =>
    admin.query(
      `create role ${roleName(role)} ${canLogin ? 'login' : 'nologin'} nosuperuser nobypassrls noinherit`,
    ),
  );
}

/** A superuser, or a role that row-level security does not bind, would make every wall between parties paper. */
async function refuseMighty(admin: pg.Client): Promise<void> {
  const { rows } = await admin.query<{ rolname: string }>(
    'select rolname from pg_roles where rolname = any($1) and (rolsuper or rolbypassrls)',
    [ROLES.map(roleName)],
  );
  if (rows[0] !== undefined) throw refuse('database-role-too-mighty', { subject: rows[0].rolname });
}

/** Processes that start at once grant each other's roles. */
const MOST_TRIES = 5;
const WAIT_MS = 50;

async function takeUp(admin: pg.Client, role: Role): Promise<void> {
  const name = roleName(role);
  const rights = `membership of ${name} (GRANT ${name} TO the user)`;
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    if (await canTakeOn(admin, name)) return;
    // XX000 is what two grants at the same moment get; the other's grant is the one we want, once it is there.
    await tolerating(['XX000', '23505'], rights, () => admin.query(`grant ${name} to current_user`));
    if (tries > 0) await delay(tries * WAIT_MS);
  }
  if (!(await canTakeOn(admin, name))) throw refuse('database-rights-missing', { detail: { rights } });
}

async function canTakeOn(admin: pg.Client, name: string): Promise<boolean> {
  try {
    await admin.query(`set role ${name}`);
    await admin.query('reset role');
    return true;
  } catch (error) {
    if (codeOf(error) === '42501') return false;
    throw error;
  }
}

async function makeSchema(admin: pg.Client, name: string): Promise<void> {
  const { rows } = await admin.query<{ owner: string }>(
    'select pg_get_userbyid(nspowner) as owner from pg_namespace where nspname = $1',
    [name],
  );
  if (rows[0] === undefined) {
    await tolerating(['42P06', '23505'], 'CREATE on the database', () =>
      admin.query(`create schema ${name} authorization ${roleName('owner')}`),
    );
  } else if (rows[0].owner !== roleName('owner')) {
    throw refuse('database-rights-missing', {
      subject: name,
      detail: { rights: `schema ${name} owned by ${roleName('owner')}` },
    });
  }
}

/** What the sign-in library's tables, made later by the owner, let the corridor do; the door sees none of them. */
async function openSignIn(admin: pg.Client): Promise<void> {
  const owner = roleName('owner');
  const corridor = roleName('corridor');
  await tolerating(['XX000'], `membership of ${owner}`, () =>
    admin.query(`begin; set local role ${owner};
      grant usage on schema thingward_auth to ${corridor};
      alter default privileges in schema thingward_auth grant select, insert, update, delete on tables to ${corridor};
      alter default privileges in schema thingward_auth grant usage on sequences to ${corridor}; commit`),
  ).finally(() => admin.query('rollback').catch(() => {}));
}

async function tolerating(
  codes: readonly string[],
  rights: string,
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (codes.includes(codeOf(cause))) return;
    if (codeOf(cause) === '42501') throw refuse('database-rights-missing', { detail: { rights }, cause });
    throw cause;
  }
}
