/** B1, B2: the gate in the database as somebody meets it who has the door's role and any SQL (C-01, C-03, C-04). */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestDatabase } from '../../server/src/kernel/database/test-database.ts';
import { type MoveAsked, moveCards } from '../../server/src/modules/cards/gate/move-cards.ts';
import { assess } from '../../server/src/modules/cards/risk/assess.ts';
import { subjectsNumbered } from '../../server/src/spine/views/named-subjects.ts';
import { gateDatabase, PASSED_HOLDER, statesOf, verified } from './scene.ts';

let db: TestDatabase;
let party: number;
let count = 0;
beforeAll(async () => {
  db = await gateDatabase();
  party = (
    await sql<{ id: number }>`select found_party(null, 'operator', 'A', 'A', now()) as id`.execute(
      db.corridor,
    )
  ).rows[0]!.id;
});
afterAll(() => db.close());

async function subject(kind: string): Promise<{ id: number; name: string }> {
  count += 1;
  const name = `${kind}-${count}`;
  const { rows } = await sql<{ id: number }>`
    insert into subject (party_id, kind, reference) values (${party}, ${kind}, ${name}) returning subject_id as id`.execute(
    db.corridor,
  );
  return { id: rows[0]!.id, name };
}

async function passed(of: 'holder', subjectId: number, over = {}) {
  const inputs = { ...PASSED_HOLDER, ...over };
  const asked = { subjectId, partyId: party, of, inputs, untilMs: null, byParty: party, actor: 'person/1' };
  return db.database.corridor(tx => assess(tx, asked, Date.now()));
}

async function move(id: number, asked: MoveAsked) {
  return (
    await db.database.door(party, async tx =>
      moveCards(tx, 'person/1', asked, await subjectsNumbered(tx, [id])),
    )
  )[0];
}

async function goodHolder(person: 'natural' | 'unit' = 'unit', key?: number) {
  const holder = await subject('holder');
  await verified(db.database, holder.id, { person, ...(key === undefined ? {} : { key }) });
  await passed('holder', holder.id);
  return holder;
}

const CLASSES = { industryClass: 'industry', scenario: 'metering', deviceType: 'meter' };
async function sold(holder: string): Promise<number> {
  const card = await subject('card');
  await move(card.id, { act: 'take-in' });
  await move(card.id, { act: 'classify', ...CLASSES });
  await move(card.id, { act: 'allocate', holder, channel: 'direct' });
  await move(card.id, { act: 'sell', holder });
  return card.id;
}

test('a card goes from stock to active for a verified holder who passed, and every move is in the ledger', async () => {
  const holder = await goodHolder();
  const card = await sold(holder.name);
  expect(await move(card, { act: 'test', testDays: 30 })).toMatchObject({ outcome: 'moved' });
  expect(await move(card, { act: 'activate' })).toMatchObject({ outcome: 'moved' });
  expect(await move(card, { act: 'activate' })).toMatchObject({ outcome: 'unchanged' });
  expect(await move(card, { act: 'suspend' })).toMatchObject({ outcome: 'moved' });
  expect(await move(card, { act: 'resume' })).toMatchObject({ outcome: 'moved' });
  expect(await move(card, { act: 'terminate' })).toMatchObject({ outcome: 'moved' });
  expect(await move(card, { act: 'activate' })).toMatchObject({
    outcome: 'refused',
    code: 'move-not-allowed',
  });
  expect(await statesOf(db, [card])).toEqual(['terminated']);
  const { rows } = await sql<{ act: string; entry: Buffer }>`
    select act, entry from ledger_stage where object = ${`subject/${card}`} order by stage_id`.execute(
    db.corridor,
  );
  const told = rows.map(
    row => JSON.parse(row.entry.toString()) as { detail: { to?: string; code?: string } },
  );
  expect(told.map(each => each.detail.to ?? each.detail.code)).toEqual([
    ...['stock', 'stock', 'allocated', 'sold', 'test', 'active', 'suspended', 'active', 'terminated'],
    'move-not-allowed',
  ]);
});

test('a card without its industry class, scenario and device type is neither tested nor activated', async () => {
  const holder = await goodHolder();
  const card = await subject('card');
  await move(card.id, { act: 'take-in' });
  await move(card.id, { act: 'allocate', holder: holder.name, channel: 'direct' });
  await move(card.id, { act: 'sell' });
  expect(await move(card.id, { act: 'activate' })).toMatchObject({ code: 'classification-missing' });
  await move(card.id, { act: 'classify', ...CLASSES, industryClass: 'metering' });
  expect(await move(card.id, { act: 'activate' })).toMatchObject({ code: 'classification-unknown' });
  await move(card.id, { act: 'classify', ...CLASSES });
  expect(await move(card.id, { act: 'test' })).toMatchObject({ code: 'test-term-missing' });
  expect(await move(card.id, { act: 'activate' })).toMatchObject({ outcome: 'moved' });
});

test('more open traffic than the limit needs a natural person, who holds at most ten such cards', async () => {
  const unit = await goodHolder('unit');
  const one = await sold(unit.name);
  expect(await move(one, { act: 'plan', nonDirectedMb: 100 })).toMatchObject({ outcome: 'moved' });
  expect(await move(one, { act: 'plan', nonDirectedMb: 101 })).toMatchObject({
    code: 'natural-person-needed',
  });
  const person = await goodHolder('natural', 77);
  const alias = await goodHolder('natural', 77);
  for (let i = 0; i < 10; i++) {
    const card = await sold(i % 2 === 0 ? person.name : alias.name);
    expect(await move(card, { act: 'plan', nonDirectedMb: 101 })).toMatchObject({ outcome: 'moved' });
  }
  const eleventh = await sold(person.name);
  expect(await move(eleventh, { act: 'plan', nonDirectedMb: 101 })).toMatchObject({
    code: 'cards-per-identity',
  });
});

test('a holder who fails is refused until a new assessment passes, and no score passes by itself', async () => {
  const holder = await goodHolder();
  await passed('holder', holder.id, { documentsComplete: false });
  const card = await subject('card');
  await move(card.id, { act: 'take-in' });
  const asked = { act: 'allocate', holder: holder.name, channel: 'direct' };
  expect(await move(card.id, asked)).toMatchObject({ code: 'assessment-failed' });
  await passed('holder', holder.id);
  expect(await move(card.id, asked)).toMatchObject({ outcome: 'moved' });
  await expect(
    sql`insert into risk_assessment (party_id, subject_id, of_what, native_id, dynamic_id, passed, cause, valid_to, stated_by, stated_at)
      select party_id, subject_id, of_what, native_id, dynamic_id, true, 'asked', now() + interval '1 day', 'me', now()
      from risk_assessment where subject_id = ${holder.id} and not passed`.execute(db.corridor),
  ).rejects.toMatchObject({ code: '23514' });
});
