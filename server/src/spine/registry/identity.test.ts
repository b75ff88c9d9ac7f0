import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../kernel/database/test-database.ts';
import { type IdentityStatement, identityOf, stateIdentity } from './identity.ts';

let db: TestDatabase;
let party: number;
let subjectId: number;
beforeAll(async () => {
  db = await testDatabase();
  party = (
    await sql<{ id: number }>`select found_party(null, 'operator', 'A', 'A', now()) as id`.execute(
      db.corridor,
    )
  ).rows[0]!.id;
  subjectId = (
    await sql<{
      id: number;
    }>`insert into subject (party_id, kind, reference) values (${party}, 'holder', 'h-1')
      returning subject_id as id`.execute(db.corridor)
  ).rows[0]!.id;
});
afterAll(() => db.close());

const statement = (over: Partial<IdentityStatement> = {}): IdentityStatement => ({
  subjectId,
  outcome: 'verified',
  person: 'natural',
  identityKey: Buffer.alloc(32, 1),
  method: 'in-person',
  evidence: 'verification/1',
  untilMs: Date.UTC(2999, 0, 1),
  statedBy: 'person/1',
  ...over,
});
const acts = async () =>
  (
    await sql<{ act: string; entry: Buffer }>`select act, entry from ledger_stage order by stage_id`.execute(
      db.corridor,
    )
  ).rows;

test('the last statement about a subject decides, and it is in the ledger', async () => {
  await db.database.corridor(tx => stateIdentity(tx, statement(), 0));
  expect(await db.database.door(party, tx => identityOf(tx, subjectId))).toMatchObject([{ isInForce: true }]);
  await db.database.corridor(tx =>
    stateIdentity(tx, statement({ outcome: 'withdrawn', identityKey: null }), 0),
  );
  expect(await db.database.door(party, tx => identityOf(tx, subjectId))).toMatchObject([
    { outcome: 'withdrawn', isInForce: false },
    { outcome: 'verified', isInForce: false },
  ]);
  expect((await acts()).map(each => each.act)).toEqual(['identity-stated', 'identity-stated']);
});

test('a statement from the door comes to nothing and leaves a record in canonical form', async () => {
  const before = (await acts()).length;
  await expect(db.database.door(party, tx => stateIdentity(tx, statement(), 0))).rejects.toMatchObject({
    code: 'subject-unknown',
  });
  await db.database.door(party, async tx => {
    await sql`insert into identity_statement (party_id, subject_id, outcome, person, identity_key, method, evidence, valid_to, stated_by, stated_at)
      values (${party}, ${subjectId}, 'verified', 'unit', ${Buffer.alloc(32)}, 'm', 'e', 'infinity', 'me', now())`.execute(
      tx,
    );
  });
  const entries = (await acts()).slice(before);
  expect(entries.map(each => each.act)).toEqual(['attestation-refused']);
  const text = entries[0]!.entry.toString();
  expect(JSON.parse(text)).toMatchObject({
    v: 1,
    act: 'attestation-refused',
    object: `subject/${subjectId}`,
    party: `party/${party}`,
    actor: 'database/thingward_door',
    detail: { code: 'attestation-by-door' },
  });
  expect(Object.keys(JSON.parse(text))).toEqual(['act', 'actor', 'at', 'detail', 'object', 'party', 'v']);
  expect(await db.database.door(party, tx => identityOf(tx, subjectId))).toHaveLength(2);
});
