import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../database/test-database.ts';
import { commit, newSalt, opens } from './commitment.ts';
import { openSigningKey } from './signing-key.ts';
import { openSalts, sealText, sealTexts, shredSalts } from './store.ts';

describe('a commitment', () => {
  test('is the HMAC-SHA-256 that OpenSSL computes', () => {
    // `openssl mac -digest SHA256 -macopt hexkey:0001…1f HMAC`, OpenSSL 3.0.
    const salt = Buffer.from(Array.from({ length: 32 }, (_, i) => i));
    expect(commit(salt, 'iccid:8986000000000000001').toString('hex')).toBe(
      '545e67efa66fce941b56096f16bf5f1eaaa245cde5f1321a46dcfa2b8f3a7dea',
    );
  });

  test('opens with its salt and text only', () => {
    const salt = newSalt();
    const made = commit(salt, 'imsi:460000000000001');
    expect(opens(made, salt, 'imsi:460000000000001')).toBe(true);
    expect(opens(made, salt, 'imsi:460000000000002')).toBe(false);
    expect(opens(made, newSalt(), 'imsi:460000000000001')).toBe(false);
    expect(() => commit(Buffer.alloc(16), 'x')).toThrow(RangeError);
  });
});

describe('the signing key', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'seal-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('is made once, readable by its owner alone, and is the same at every opening', async () => {
    const path = join(folder, 'once.pem');
    const opened = await Promise.all(Array.from({ length: 8 }, () => openSigningKey(path)));
    const again = await openSigningKey(path);
    for (const key of opened) expect(key.publicKey).toEqual(again.publicKey);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, 'utf8')).toContain('BEGIN PRIVATE KEY');
    expect((await readdir(folder)).filter(name => name.endsWith('.draft'))).toEqual([]);
  });

  test('signs what its public key verifies', async () => {
    const key = await openSigningKey(join(folder, 'signs.pem'));
    const publicKey = createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: key.publicKey.toString('base64url') },
      format: 'jwk',
    });
    expect(verify(null, Buffer.from('text'), publicKey, key.sign(Buffer.from('text')))).toBe(true);
    expect(verify(null, Buffer.from('test'), publicKey, key.sign(Buffer.from('text')))).toBe(false);
  });

  test('shows nothing private when it is logged or written as JSON', async () => {
    const path = join(folder, 'shy.pem');
    const key = await openSigningKey(path);
    const secret = (await readFile(path, 'utf8')).split('\n')[1] as string;
    expect(inspect(key, { depth: 9, showHidden: true }) + JSON.stringify(key)).not.toContain(
      secret.slice(-20),
    );
  });

  test('is refused when others may read it, when it is no key, and when it is another kind of key', async () => {
    const path = join(folder, 'open.pem');
    await openSigningKey(path);
    await chmod(path, 0o644);
    await expect(openSigningKey(path)).rejects.toMatchObject({ code: 'seal-key-exposed' });
    await writeFile(join(folder, 'none.pem'), 'SECRET-LOOKING TEXT', { mode: 0o600 });
    const refused = await openSigningKey(join(folder, 'none.pem')).catch(cause => cause);
    expect(refused.code).toBe('seal-key-unreadable');
    expect(inspect(refused)).not.toContain('SECRET-LOOKING');
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    await writeFile(join(folder, 'ec.pem'), ec.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    await expect(openSigningKey(join(folder, 'ec.pem'))).rejects.toMatchObject({
      code: 'seal-key-not-ed25519',
    });
    await expect(openSigningKey(join(folder, 'nowhere', 'key.pem'))).rejects.toThrow();
  });
});

describe('salts', () => {
  let db: TestDatabase;
  let mine: number;
  let theirs: number;
  beforeAll(async () => {
    db = await testDatabase();
    const party = async (name: string): Promise<number> => {
      const made = await sql<{ id: number }>`insert into party (kind, name_en, name_zh)
        values ('operator', ${name}, ${name}) returning party_id as id`.execute(db.owner);
      const id = made.rows[0]!.id;
      await sql`insert into party_closure values (${id}, ${id})`.execute(db.owner);
      return id;
    };
    [mine, theirs] = [await party('mine'), await party('theirs')];
  });
  afterAll(() => db.close());

  test('open what they sealed, each text under its own, until they are shredded', async () => {
    const texts = ['a', 'a', 'b'].map((text, i) => ({
      partyId: mine,
      object: 'case/1',
      name: `n${i}`,
      text,
    }));
    const made = await db.database.door(mine, tx => sealTexts(tx, texts));
    expect(new Set(made).size).toBe(3);
    const salts = await db.database.door(mine, tx => openSalts(tx, 'case/1'));
    expect(salts.map(opened => opened.name)).toEqual(['n0', 'n1', 'n2']);
    for (const [i, { salt }] of salts.entries()) {
      expect(commit(salt, texts[i]!.text).toString('hex')).toBe(made[i]);
    }
    expect(await db.database.door(mine, tx => shredSalts(tx, 'case/1', 'n1'))).toBe(1);
    expect(await db.database.door(mine, tx => shredSalts(tx, 'case/1'))).toBe(2);
    expect(await db.database.door(mine, tx => openSalts(tx, 'case/1'))).toEqual([]);
  });

  test('of the same object and name repeat the commitment, also from two transactions at once', async () => {
    const text = { partyId: mine, object: 'case/2', name: 'card', text: 'x' };
    const made = await Promise.all(
      Array.from({ length: 4 }, () => db.database.corridor(tx => sealText(tx, text))),
    );
    expect(new Set(made).size).toBe(1);
    expect(await db.database.corridor(tx => sealTexts(tx, [text, text]))).toEqual([made[0], made[0]]);
  });

  test('of one party are neither seen, used nor shredded by another, and never changed by anyone', async () => {
    await db.database.door(mine, tx =>
      sealText(tx, { partyId: mine, object: 'case/3', name: 'card', text: 'x' }),
    );
    expect(await db.database.door(theirs, tx => openSalts(tx, 'case/3'))).toEqual([]);
    expect(await db.database.door(theirs, tx => shredSalts(tx, 'case/3'))).toBe(0);
    const taken = { partyId: theirs, object: 'case/3', name: 'card', text: 'x' };
    await expect(db.database.door(theirs, tx => sealText(tx, taken))).rejects.toMatchObject({
      code: 'seal-salt-of-another',
    });
    const forged = { partyId: mine, object: 'case/4', name: 'card', text: 'x' };
    await expect(db.database.door(theirs, tx => sealText(tx, forged))).rejects.toThrow(/row-level security/);
    await expect(sql`update salt set salt = salt`.execute(db.owner)).rejects.toThrow(/never changed/);
  });
});
