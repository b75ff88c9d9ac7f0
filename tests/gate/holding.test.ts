/** L-23, L-52, Decision art. 6: who holds a card is linked to it, and nobody ends the record of a person who does. */
import { readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { moveCards } from '../../server/src/modules/cards/gate/move-cards.ts';
import { assess } from '../../server/src/modules/cards/risk/assess.ts';
import { registerPerson, shredPerson, verifyIdentity } from '../../server/src/modules/privacy/persons.ts';
import { type PrivacyScene, privacyScene } from '../../server/src/modules/privacy/testing/privacy-scene.ts';
import { isLinkedTo } from '../../server/src/spine/registry/subjects/store.ts';
import { subjectsNumbered } from '../../server/src/spine/views/named-subjects.ts';
import { PASSED_HOLDER, shelveShipped } from './scene.ts';

let scene: PrivacyScene;
let count = 0;
beforeAll(async () => {
  scene = await privacyScene();
  await shelveShipped(scene.database);
});
afterAll(() => scene.close());

/** A person who is verified and passed, with the number of the holder they are. */
async function person(): Promise<{ handle: string; subjectId: number }> {
  count += 1;
  const document = { kind: 'passport' as const, number: `E${10_000_000 + count}` };
  const made = await registerPerson(scene, scene.hand(), { kind: 'natural', name: 'x', document });
  const { handle, documentId } = made;
  await verifyIdentity(scene, scene.editions, scene.hand(), handle, {
    documentId,
    outcome: 'verified',
    method: 'in-person',
  });
  const { rows } = await sql<{
    id: number;
  }>`select subject_id as id from person where handle = ${handle}`.execute(scene.db.owner);
  const subjectId = rows[0]!.id;
  const { partyId } = scene;
  const asked = { subjectId, partyId, of: 'holder' as const, inputs: PASSED_HOLDER, untilMs: null };
  await scene.database.corridor(tx =>
    assess(tx, { ...asked, byParty: partyId, actor: 'person/1' }, Date.now()),
  );
  return { handle, subjectId };
}

async function cardInStock(): Promise<number> {
  count += 1;
  const { rows } = await sql<{ id: number }>`
    insert into subject (party_id, kind, reference) values (${scene.partyId}, 'card', ${`card-${count}`}) returning subject_id as id`.execute(
    scene.db.corridor,
  );
  await move(rows[0]!.id, 'take-in');
  return rows[0]!.id;
}

async function move(cardId: number, act: string, asked: object = {}) {
  const outcomes = await scene.database.door(scene.partyId, async tx =>
    moveCards(tx, 'person/7', { act, ...asked }, await subjectsNumbered(tx, [cardId])),
  );
  return outcomes[0]?.code ?? outcomes[0]?.outcome;
}
const end = (handle: string) => shredPerson(scene, scene.hand(), handle, 'asked', isLinkedTo);
const links = async (cardId: number) =>
  (
    await sql<{ holder: number; open: boolean }>`
      select to_id as holder, valid_to = 'infinity' as open from link
      where from_id = ${cardId} and kind = 'card-holder' and retired_at is null order by link_id`.execute(
      scene.db.owner,
    )
  ).rows;

test('a holder’s record ends only when no card is theirs, and the registry keeps since when and until when each was', async () => {
  const [first, second] = [await person(), await person()];
  const card = await cardInStock();
  await move(card, 'allocate', { holder: first.handle, channel: 'direct' });
  await expect(end(first.handle)).rejects.toMatchObject({ code: 'person-holds-cards' });
  expect((await scene.acts()).some(each => each.act === 'person-shredded-refused')).toBe(true);
  await move(card, 'sell');
  expect(await move(card, 'transfer', { holder: second.handle })).toBe('moved');
  expect(await links(card)).toEqual([
    { holder: first.subjectId, open: false },
    { holder: second.subjectId, open: true },
  ]);
  expect(await end(first.handle)).toEqual({ keys: 1 });
  await expect(end(second.handle)).rejects.toMatchObject({ code: 'person-holds-cards' });
  expect(await move(card, 'transfer', { holder: first.handle })).toBe('identity-unverified');
  expect(await move(card, 'terminate')).toBe('moved');
  expect(await links(card)).toMatchObject([{ open: false }, { open: false }]);
  expect(await end(second.handle)).toEqual({ keys: 1 });
});

test('a server whose clock was set back or forward ends nobody who holds a card', async () => {
  const { handle } = await person();
  await move(await cardInStock(), 'allocate', { holder: handle, channel: 'direct' });
  for (const years of [-20, 50]) {
    const atMs = Date.now() + years * 365 * 86_400_000;
    const ended = shredPerson(scene, { ...scene.hand(), atMs }, handle, 'asked', isLinkedTo);
    await expect(ended).rejects.toMatchObject({ code: 'person-holds-cards' });
  }
});

test('of a sale and an ending at once one comes through: no card is held by somebody whose record ended', async () => {
  const came: string[] = [];
  for (let i = 0; i < 12; i += 1) {
    const { handle, subjectId } = await person();
    const card = await cardInStock();
    const late = (ms: number) => new Promise(done => setTimeout(done, ms));
    const [moved, ended] = await Promise.all([
      late(i % 3).then(() => move(card, 'allocate', { holder: handle, channel: 'direct' })),
      late(i % 4).then(() =>
        end(handle).then(
          () => 'ended',
          (thrown: { code?: string }) => thrown.code ?? 'unknown',
        ),
      ),
    ]);
    const isHeld = await scene.database.corridor(tx => isLinkedTo(tx, subjectId));
    expect([moved, ended, isHeld]).toEqual(
      moved === 'moved' ? ['moved', 'person-holds-cards', true] : ['identity-unverified', 'ended', false],
    );
    came.push(moved ?? '');
  }
  expect(came).toHaveLength(12);
});

test('an ending that began first makes the sale wait and be refused; a sale that began first keeps the person', async () => {
  const { handle } = await person();
  const card = await cardInStock();
  let release = () => {};
  const held = new Promise<void>(resolve => {
    release = resolve;
  });
  let asked = () => {};
  const isAsked = new Promise<void>(resolve => {
    asked = resolve;
  });
  const ending = shredPerson(scene, scene.hand(), handle, 'asked', async (tx, subjectId) => {
    const isHeld = await isLinkedTo(tx, subjectId);
    asked();
    await held;
    return isHeld;
  });
  await isAsked;
  const sale = move(card, 'allocate', { holder: handle, channel: 'direct' });
  await new Promise(done => setTimeout(done, 150));
  release();
  expect(await ending).toEqual({ keys: 1 });
  expect(await sale).toBe('identity-unverified');
});

test('cards that had a holder before there were links are linked by the upgrade', async () => {
  const { handle, subjectId } = await person();
  const card = await cardInStock();
  await move(card, 'allocate', { holder: handle, channel: 'direct' });
  await move(card, 'sell');
  await sql`delete from link where kind = 'card-holder'`.execute(scene.db.owner);
  const text = readFileSync(
    new URL(
      '../../server/src/modules/cards/migrations/0033-gate-on-lifting-and-holding.sql',
      import.meta.url,
    ),
    'utf8',
  );
  const statement = text.slice(text.lastIndexOf('insert into link'));
  await sql.raw(statement).execute(scene.db.owner);
  const { rows } = await sql<{ holder: number; same: boolean }>`
    select to_id as holder, valid_from = (select min(at) from card_move where card_id = ${card} and act = 'allocate') as same
    from link where from_id = ${card} and kind = 'card-holder'`.execute(scene.db.owner);
  expect(rows).toEqual([{ holder: subjectId, same: true }]);
  await expect(end(handle)).rejects.toMatchObject({ code: 'person-holds-cards' });
});
