/** The case that lends a look at a person is about that person (L-24). */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lookAt } from './looks.ts';
import { personSeen, registerPerson } from './persons.ts';
import { cardNumber, type PrivacyScene, privacyScene, SECRETS } from './testing/privacy-scene.ts';

let scene: PrivacyScene;
beforeAll(async () => {
  scene = await privacyScene();
});
afterAll(() => scene.close());

const person = (n: number) => ({
  kind: 'natural' as const,
  name: SECRETS[0] as string,
  document: { kind: 'resident-identity-card' as const, number: cardNumber(n) },
});
const look = (of: string, reader: string, caseId: number) =>
  lookAt(scene, scene.editions, { ...scene.hand(), reader }, tx => personSeen(tx, of), {
    purpose: 'real-name',
    use: 'case-work',
    caseId,
  });
const HOUR_MS = 3_600_000;

/** A case of a card at a moment; `held` says from when to when it was whose. */
async function caseOf(openedAtMs: number, partyId: number, held: readonly [string, number, number][]) {
  const raw = scene.db.owner;
  const when = (ms: number) => sql`${new Date(ms).toISOString()}::timestamptz`;
  const made = await sql<{ id: number }>`insert into subject (party_id, kind, reference)
    values (${partyId}, 'card', ${`c-${Math.random()}`}) returning subject_id as id`.execute(raw);
  const card = made.rows[0]!.id;
  for (const [of, fromMs, toMs] of held)
    await sql`insert into link (party_id, from_id, kind, to_id, valid_from, valid_to, stated_by)
      select ${partyId}, ${card}, 'card-holder', subject_id, ${when(fromMs)}, ${when(toMs)}, 'gate'
      from person where handle = ${of}`.execute(raw);
  const opened = await sql<{
    id: number;
  }>`insert into incident (party_id, subject_id, subject_kind, rule_id, severity, opened_at)
    values (${partyId}, ${card}, 'card', 'r', 'low', ${when(openedAtMs)}) returning case_id as id`.execute(
    raw,
  );
  return { caseId: opened.rows[0]!.id, card };
}

test('who held the card when the case was opened may be looked at for it, and nobody who held it before or after', async () => {
  const [before, then, after] = await Promise.all(
    [61, 62, 63].map(n => registerPerson(scene, scene.hand(), person(n))),
  );
  const openedMs = scene.clock.now() - 5 * HOUR_MS;
  const { caseId } = await caseOf(openedMs, scene.partyId, [
    [before!.handle, openedMs - 9 * HOUR_MS, openedMs],
    [then!.handle, openedMs, openedMs + HOUR_MS],
    [after!.handle, openedMs + HOUR_MS, openedMs + 9 * HOUR_MS],
  ]);
  const reader = 'person/case-officer';
  expect((await look(then!.handle, reader, caseId)).values.get('name')?.toString()).toBe(SECRETS[0]);
  for (const { handle: other } of [before!, after!])
    await expect(look(other, reader, caseId)).rejects.toMatchObject({ code: 'look-case-of-another' });
  const refused = (await scene.acts()).filter(each => each.act === 'personal-data-look-refused');
  expect(refused.at(-1)?.entry).toContain('look-case-of-another');
  const { rows } = await sql<{
    n: number;
  }>`select count(*) as n from vault_look where actor = ${reader}`.execute(scene.db.owner);
  expect(rows[0]!.n).toBe(1);
});

test('a link that was retired as wrong lends nothing, a case about the holder lends a look, a case elsewhere none', async () => {
  const held = await registerPerson(scene, scene.hand(), person(64));
  const openedMs = scene.clock.now() - HOUR_MS;
  const span = [held.handle, openedMs - HOUR_MS, openedMs + HOUR_MS] as const;
  const { caseId, card } = await caseOf(openedMs, scene.partyId, [[...span]]);
  await sql`update link set retired_at = now() where from_id = ${card}`.execute(scene.db.owner);
  await expect(look(held.handle, 'person/r', caseId)).rejects.toMatchObject({
    code: 'look-case-of-another',
  });
  const own = await caseOf(openedMs, scene.partyId, []);
  await sql`update incident set subject_id = (select subject_id from person where handle = ${held.handle})
    where case_id = ${own.caseId}`.execute(scene.db.owner);
  expect((await look(held.handle, 'person/r', own.caseId)).values.size).toBeGreaterThan(0);
  const elsewhere = await caseOf(openedMs, scene.otherPartyId, [[...span]]);
  await expect(look(held.handle, 'person/r', elsewhere.caseId)).rejects.toMatchObject({
    code: 'look-case-foreign',
  });
});
