import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../kernel/database/test-database.ts';
import { settableClock } from '../../../kernel/time.ts';
import { hashPassword, passwordFits } from './argon2.ts';
import { foundInstallation } from './founding.ts';
import { openSignIn } from './open-sign-in.ts';
import type { PeopleDoors } from './people.ts';

let db: TestDatabase;
let doors: PeopleDoors;
const asked = { nameEn: 'Root', nameZh: '根', email: 'first@example.org' };

async function open(): Promise<PeopleDoors> {
  const pool = db.rawPool({ role: 'owner', schema: 'thingward_auth', max: 2, isPlain: true });
  const base = { database: db.database, clock: settableClock(Date.now()) };
  const signIn = await openSignIn(base, { pool, secret: 's'.repeat(40), baseUrl: 'https://localhost' });
  return { ...base, signIn };
}

beforeAll(async () => {
  db = await testDatabase();
  doors = await open();
});
afterAll(() => db.close());

describe('the founding of an installation', () => {
  test('that fails after the password was told leaves nothing, and the next start tells one that works', async () => {
    const told: string[] = [];
    const failing = foundInstallation(doors, asked, ({ oneTimePassword }) => {
      told.push(oneTimePassword);
      throw new Error('killed before the commit');
    });
    await expect(failing).rejects.toThrow('killed');
    const { rows } = await sql`select 1 from party`.execute(db.owner);
    expect(rows).toEqual([]);
    const again = await Promise.all(
      [doors, await open()].map(each =>
        foundInstallation(each, asked, ({ oneTimePassword }) => told.push(oneTimePassword)),
      ),
    );
    expect(again.filter(each => each !== null).length).toBe(1);
    expect(told.length).toBe(2);
    const enter = (password: string) =>
      doors.signIn.enter({
        email: asked.email,
        password,
        newPassword: 'a password of my own',
        peer: '192.0.2.7',
      });
    await expect(enter(told[0]!)).rejects.toMatchObject({ code: 'sign-in-refused' });
    expect((await enter(told[1]!)).setCookies[0]).toMatch(
      /^__Host-thingward\.session_token=(?!.*; Domain).*; Path=\/;.*; Secure/i,
    );
    expect(await foundInstallation(doors, asked, () => told.push('never'))).toBeNull();
    expect(told.length).toBe(2);
  });

  test('opening sign-in again finds its tables and the people in them', async () => {
    const reopened = await open();
    expect(await reopened.signIn.byEmail(' First@Example.org ')).toMatchObject({ email: asked.email });
  });

  test('the door’s role cannot read accounts, sessions or hashes', async () => {
    for (const table of ['user', 'session', 'account']) {
      const reading = db.database.door(1, tx =>
        sql`select * from thingward_auth.${sql.id(table)}`.execute(tx),
      );
      await expect(reading).rejects.toMatchObject({ code: '42501' });
    }
  });
});

describe('password hashes', () => {
  test('fit their own password in any normal form of its letters, and no other', async () => {
    const hash = await hashPassword('pässwörd 密码');
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await passwordFits({ hash, password: 'pässwörd 密码'.normalize('NFD') })).toBe(true);
    expect(await passwordFits({ hash, password: 'passwörd 密码' })).toBe(false);
    expect(await hashPassword('pässwörd 密码')).not.toBe(hash);
  });

  test.each(['', 'plain', '$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aaaaaaaaaaaaaaaaaaaaaaaa', '$2b$10$abc'])(
    'what is no hash of ours fits nothing: %s',
    async hash => {
      expect(await passwordFits({ hash, password: '' })).toBe(false);
    },
  );

  test('agree with the reference implementation’s vector', async () => {
    // phc-winner-argon2 test.c: version 0x13, t=2, m=2^16, p=1, "password", "somesalt", argon2id.
    const hash = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
    expect(await passwordFits({ hash, password: 'password' })).toBe(true);
    expect(await passwordFits({ hash, password: 'passworD' })).toBe(false);
  });
});
