/**
 * The roles of the server before certificates of its own party, as if a request could run any SQL: what was signed and
 * whose it is stays as it is, and what was revoked stays revoked (I-07).
 */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import type { Tx } from '../../server/src/kernel/database/transaction.ts';

let db: TestDatabase;
let party: number;
let certificate: number;

beforeAll(async () => {
  db = await testDatabase();
  const { rows } = await sql<{ id: number }>`
    select found_party(null::bigint, 'customer', 'root', 'root', now()) as id`.execute(db.corridor);
  party = rows[0]?.id as number;
  certificate = await db.database.door(party, async tx => {
    const made = await sql<{ id: number }>`
      with device as (
        insert into subject (party_id, kind, reference) values (${party}, 'device', 'd-1') returning subject_id),
      authority as (
        insert into device_authority (party_id, name, state, subject, request, shards, base_url, made_by, made_at)
        values (${party}, 'a', 'requested', '', '', 1, 'http://a.example', 'x', now()) returning authority_id),
      list as (
        insert into device_crl (authority_id, shard, party_id) select authority_id, -1, ${party} from authority)
      insert into device_certificate (party_id, authority_id, serial, subject_id, profile, shard, key_sha256, request_sha256,
        not_before, not_after, der, issued_by, issued_at)
      select ${party}, authority_id, decode(repeat('11', 16), 'hex'), subject_id, 'p', 0, decode(repeat('22', 32), 'hex'),
        decode(repeat('33', 32), 'hex'), now(), now() + interval '1 day', 'der', 'x', now() from authority, device
      returning certificate_id as id`.execute(tx);
    return made.rows[0]?.id as number;
  });
});
afterAll(() => db?.close());

const CHANGES: readonly (readonly [table: string, set: string])[] = [
  ['device_certificate', `serial = decode(repeat('44', 16), 'hex')`],
  ['device_certificate', `der = 'another'`],
  ['device_certificate', `subject_id = subject_id`],
  ['device_certificate', `authority_id = authority_id`],
  ['device_certificate', `party_id = party_id`],
  ['device_certificate', `not_after = now() + interval '9 years'`],
  ['device_certificate', `key_sha256 = decode(repeat('55', 32), 'hex')`],
  ['device_certificate', `issued_by = 'another'`],
  ['device_authority', `name = 'another'`],
  ['device_authority', `subject = 'another'`],
  ['device_authority', `party_id = party_id`],
  ['device_authority', `made_by = 'another'`],
  ['device_crl', `party_id = party_id`],
  ['device_crl', `shard = 0`],
];

describe.each(['door', 'corridor'] as const)('as the %s', role => {
  const run = async (statement: string) => {
    const work = async (tx: Tx) => await sql.raw<{ state: string }>(statement).execute(tx);
    return await (role === 'door' ? db.database.door(party, work) : db.database.corridor(work));
  };

  test.each(CHANGES)('no change of %s, set %s', async (table, set) => {
    await expect(run(`update ${table} set ${set}`)).rejects.toMatchObject({ code: '42501' });
  });

  test('what comes of a certificate may be written, and a revocation is the last of it', async () => {
    const isMine = `where certificate_id = ${certificate}`;
    const revoke = `update device_certificate set state = 'revoked', reason = 1, revoked_at = now(), change_no = 1 ${isMine}`;
    const undone = [
      `update device_certificate set state = 'valid', reason = null, revoked_at = null ${isMine}`,
      `update device_certificate set state = 'held', reason = 6 ${isMine}`,
      `update device_certificate set reason = 4 ${isMine}`,
      `update device_certificate set revoked_at = now() - interval '1 year' ${isMine}`,
    ];
    const { rows } = await run(`select state from device_certificate ${isMine}`);
    if (rows[0]?.state !== 'revoked') await run(revoke);
    for (const statement of undone) await expect(run(statement)).rejects.toMatchObject({ code: '23514' });
    await expect(run(`delete from device_certificate ${isMine}`)).rejects.toMatchObject({ code: '42501' });
  });
});
