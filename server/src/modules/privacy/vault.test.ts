import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeRootKeys, rootKeyFile } from '../../kernel/seal/root-keys.ts';
import { lookAt } from './looks.ts';
import { personSeen, registerPerson, shredPerson, verifyIdentity } from './persons.ts';
import { addRoot, removeRoot, rootsSeen, tendVault } from './rotation.ts';
import { cardNumber, type PrivacyScene, privacyScene, SECRETS } from './testing/privacy-scene.ts';
import { openVault } from './vault.ts';

let scene: PrivacyScene;
let handle: string;
let documentId: number;
beforeAll(async () => {
  scene = await privacyScene();
  const made = await registerPerson(scene, scene.hand(), person(SECRETS[1] as string));
  ({ handle, documentId } = made);
});
afterAll(() => scene.close());

const person = (number: string) => ({
  kind: 'natural' as const,
  name: SECRETS[0] as string,
  contact: `${SECRETS[2]} ${SECRETS[3]}`,
  document: { kind: 'resident-identity-card' as const, number },
});

const look = (of = handle, reader = 'person/officer', caseId: number | null = null) =>
  lookAt(scene, scene.editions, { ...scene.hand(), reader }, tx => personSeen(tx, of), {
    purpose: 'real-name',
    use: 'case-work',
    caseId,
  });
const sees = async (of = handle): Promise<string> => (await look(of)).values.get('name')?.toString() ?? '';
const works = () =>
  ({ ...scene, log: undefined, desk: undefined }) as unknown as Parameters<typeof tendVault>[0];

describe('a registered person', () => {
  test('stands in the clear nowhere: not in any table, not in the ledger, whatever was done (L-23)', async () => {
    expect(await sees()).toBe(SECRETS[0]);
    await verifyIdentity(scene, scene.editions, scene.hand(), handle, {
      documentId,
      outcome: 'verified',
      method: 'in-person',
    });
    const dump = await scene.dump();
    expect(dump).toContain(handle);
    const forms = SECRETS.flatMap(secret => [
      secret,
      Buffer.from(secret).toString('hex'),
      Buffer.from(secret).toString('base64').slice(0, -4),
    ]);
    for (const form of forms)
      expect([form, dump.toLowerCase().includes(form.toLowerCase())]).toEqual([form, false]);
  });

  test('is found by the exact number again and is one person, also for eight callers at once (L-23)', async () => {
    const number = cardNumber(1);
    const tries = await Promise.allSettled(
      Array.from({ length: 8 }, () => registerPerson(scene, scene.hand(), person(number))),
    );
    expect(tries.filter(each => each.status === 'fulfilled')).toHaveLength(1);
    const spaced = ` ${number.slice(0, 6)}-${number.slice(6).toLowerCase()} `;
    await expect(registerPerson(scene, scene.hand(), person(spaced))).rejects.toMatchObject({
      code: 'person-known',
    });
    const refused = (await scene.acts()).filter(each => each.act === 'person-registered-refused');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.map(each => each.entry).join()).not.toContain(number);
  });

  test.each([
    ['a wrong check character', '110105194912310021'],
    ['a day that never was', '110105199902300014'],
    ['letters', 'ABCDEFGHIJKLMNOPQR'],
    ['nothing', ' - '],
  ])('is refused with %s, and the refusal quotes nothing', async (_what, number) => {
    const refused = await registerPerson(scene, scene.hand(), person(number)).catch(cause => cause);
    expect(refused.code).toBe('document-number-invalid');
    expect(JSON.stringify(refused) + refused.message).not.toContain(number === ' - ' ? '\u0000' : number);
  });

  test('of another party is unknown, whoever asks', async () => {
    const stranger = { ...scene.hand(), partyId: scene.otherPartyId, reader: 'person/stranger' };
    const asked = { purpose: 'real-name' as const, use: 'case-work' as const, caseId: null };
    await expect(
      lookAt(scene, scene.editions, stranger, tx => personSeen(tx, handle), asked),
    ).rejects.toMatchObject({ code: 'person-unknown' });
    const told = { documentId, outcome: 'verified' as const, method: 'in-person' as const };
    await expect(verifyIdentity(scene, scene.editions, stranger, handle, told)).rejects.toMatchObject({
      code: 'person-unknown',
    });
  });
});

describe('the vault fails closed (L-22)', () => {
  test('with the file of keys gone it shows and keeps nothing, and makes no fresh key', async () => {
    const kept = readFileSync(scene.keyPath);
    rmSync(scene.keyPath);
    await expect(look()).rejects.toMatchObject({ code: 'vault-keys-lost' });
    await expect(registerPerson(scene, scene.hand(), person(cardNumber(2)))).rejects.toMatchObject({
      code: 'vault-keys-lost',
    });
    expect(await rootKeyFile(scene.keyPath).read()).toBeNull();
    writeFileSync(scene.keyPath, kept, { mode: 0o600 });
    expect(await sees()).toBe(SECRETS[0]);
  });

  test('with another key under the same number it is a clear refusal, not rubbish', async () => {
    const kept = readFileSync(scene.keyPath);
    rmSync(scene.keyPath);
    await makeRootKeys(scene.keyPath);
    await expect(look()).rejects.toMatchObject({ code: 'vault-key-wrong', detail: { root: 1 } });
    writeFileSync(scene.keyPath, kept, { mode: 0o600 });
    expect(await sees()).toBe(SECRETS[0]);
  });

  test('a value changed, swapped with another or moved to another person is refused, and the look is on record', async () => {
    const other = await registerPerson(scene, scene.hand(), person(cardNumber(3)));
    const swaps = [
      sql`update vault_value set sealed = set_byte(sealed, octet_length(sealed) - 1, get_byte(sealed, octet_length(sealed) - 1) # 1) where field = 'name' and person_id = ${await idOf(other.handle)}`,
      sql`update vault_value v set sealed = o.sealed from vault_value o where v.field = 'name' and o.field = 'contact' and o.key_id = v.key_id and v.person_id = ${await idOf(other.handle)}`,
      sql`update vault_value v set sealed = o.sealed from vault_value o where v.field = 'name' and o.field = 'name' and o.person_id = ${await idOf(handle)} and v.person_id = ${await idOf(other.handle)}`,
      sql`update vault_key v set wrapped = o.wrapped from vault_key o where o.person_id = ${await idOf(handle)} and v.person_id = ${await idOf(other.handle)}`,
    ];
    for (const swap of swaps) {
      await swap.execute(scene.db.owner);
      await expect(look(other.handle)).rejects.toMatchObject({ code: 'sealed-unopened' });
    }
    const refused = (await scene.acts()).filter(each => each.act === 'personal-data-look-refused');
    expect(refused.some(each => each.entry.includes('sealed-unopened'))).toBe(true);
  });
});

const idOf = async (of: string): Promise<number> => {
  const { rows } = await sql<{ id: number }>`select person_id as id from person where handle = ${of}`.execute(
    scene.db.owner,
  );
  return rows[0]!.id;
};

describe('a look', () => {
  test('is committed before anything is answered, so that a kill between leaves it on record (L-24)', async () => {
    const count = async () =>
      (await scene.acts()).filter(
        each => each.act === 'personal-data-look' && each.object === `holder/${handle}`,
      ).length;
    const before = await count();
    const shown = await look();
    expect(await count()).toBe(before + 1);
    const entry = (await scene.acts()).filter(each => each.act === 'personal-data-look').at(-1)!.entry;
    expect(JSON.parse(entry).detail).toMatchObject({
      look: shown.lookId,
      use: 'case-work',
      purpose: 'real-name',
    });
  });

  test('at more persons on a day than one may is refused, also for two at once, and raises an alarm (L-25)', async () => {
    const people = [];
    for (let n = 10; n < 15; n++)
      people.push(await registerPerson(scene, scene.hand(), person(cardNumber(n))));
    const reader = 'person/greedy';
    await look(people[0]!.handle, reader);
    await look(people[1]!.handle, reader);
    const both = await Promise.allSettled([look(people[2]!.handle, reader), look(people[3]!.handle, reader)]);
    expect(both.filter(each => each.status === 'fulfilled')).toHaveLength(1);
    await expect(look(people[4]!.handle, reader)).rejects.toMatchObject({ code: 'look-limit-reached' });
    // The same person again is no further person.
    await look(people[0]!.handle, reader);
    const alarms = (await scene.acts()).filter(each => each.act === 'personal-data-bulk-read-alarm');
    expect(alarms.length).toBeGreaterThan(0);
    scene.clock.advance(86_400_000);
    await look(people[4]!.handle, reader);
  });
});

describe('root keys', () => {
  test('are renewed while every value opens at every moment, and an old one leaves when nothing hangs on it (L-26)', async () => {
    await expect(removeRoot(scene, scene.hand(), 1)).rejects.toMatchObject({ code: 'vault-root-in-use' });
    expect(await addRoot(scene, scene.hand())).toBe(2);
    const [, names] = await Promise.all([
      (async () => {
        while (await tendVault(works()));
      })(),
      (async () => {
        const seen = [];
        for (let i = 0; i < 10; i++) seen.push(await sees());
        return seen;
      })(),
    ]);
    expect(new Set(names)).toEqual(new Set([SECRETS[0]]));
    const fresh = await registerPerson(scene, scene.hand(), person(cardNumber(30)));
    expect(await sees(fresh.handle)).toBe(SECRETS[0]);
    await expect(registerPerson(scene, scene.hand(), person(cardNumber(30)))).rejects.toMatchObject({
      code: 'person-known',
    });
    // A key that somebody tampered with stays where it is, is told, and keeps its root key from leaving.
    await expect(removeRoot(scene, scene.hand(), 1)).rejects.toMatchObject({ code: 'vault-root-in-use' });
    expect((await scene.acts()).some(each => each.act === 'vault-keys-unopened')).toBe(true);
    await sql`delete from vault_key where root = 1`.execute(scene.db.owner);
    await removeRoot(scene, scene.hand(), 1);
    expect((await openVault(scene)).keys.numbers).toEqual([2]);
    expect(await sees()).toBe(SECRETS[0]);
    expect((await scene.database.corridor(rootsSeen)).map(each => [each.root, each.isRemoved])).toEqual([
      [1, true],
      [2, false],
    ]);
  });
});

describe('a person’s keys', () => {
  test('are destroyed with proof, nothing opens afterwards, and a copy from before does not bring them back (L-29)', async () => {
    const none = async () => false;
    const gone = await registerPerson(scene, scene.hand(), person(cardNumber(40)));
    const rows = await sql<{
      row: object;
    }>`select to_jsonb(k) as row from vault_key k where person_id = ${await idOf(gone.handle)}`.execute(
      scene.db.owner,
    );
    await expect(
      shredPerson(scene, scene.hand(), gone.handle, 'asked', async () => true),
    ).rejects.toMatchObject({ code: 'person-holds-cards' });
    expect(await shredPerson(scene, scene.hand(), gone.handle, 'asked', none)).toEqual({ keys: 1 });
    await expect(look(gone.handle)).rejects.toMatchObject({ code: 'person-shredded' });
    expect((await scene.acts()).filter(each => each.act === 'person-shredded')).toHaveLength(1);
    expect(
      await sql`select from vault_value where person_id = ${await idOf(gone.handle)}`.execute(scene.db.owner),
    ).toMatchObject({ rows: [] });
    // As a restore of an older copy would: the key is back, the person active.
    await sql`update person set state = 'active', ended_at = null where handle = ${gone.handle}`.execute(
      scene.db.owner,
    );
    await sql`insert into vault_key select * from jsonb_populate_record(null::vault_key, ${JSON.stringify(rows.rows[0]!.row)}::text::jsonb)`.execute(
      scene.db.owner,
    );
    await expect(look(gone.handle)).rejects.toMatchObject({ code: 'person-shredded' });
    await tendVault(works());
    expect(
      await sql`select from vault_key where person_id = ${await idOf(gone.handle)}`.execute(scene.db.owner),
    ).toMatchObject({ rows: [] });
    expect((await scene.acts()).some(each => each.act === 'person-keys-destroyed-again')).toBe(true);
    // The same document registers anew as another person.
    expect((await registerPerson(scene, scene.hand(), person(cardNumber(40)))).handle).not.toBe(gone.handle);
  });
});
