import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../kernel/database/test-database.ts';
import { entryBytes, type LedgerAct, stage, stageAll } from './stage.ts';

const act = (more: Partial<LedgerAct> = {}): LedgerAct => ({
  act: 'case-opened',
  object: 'case/3',
  partyId: 7,
  actor: 'corridor',
  atMs: Date.UTC(2026, 10, 25, 3, 56, 11),
  detail: { rule: 'card-in-another-device', subject: 'ab'.repeat(32) },
  ...more,
});

describe('an entry', () => {
  test('is canonical JSON with its version, act, object, party, actor, time and detail', () => {
    expect(entryBytes(act()).toString()).toBe(
      `{"act":"case-opened","actor":"corridor","at":"2026-11-25T03:56:11.000Z","detail":{"rule":"card-in-another-device","subject":"${'ab'.repeat(32)}"},"object":"case/3","party":"party/7","v":1}`,
    );
    expect(entryBytes(act({ partyId: null })).toString()).not.toContain('party');
  });

  test('may have 65,535 bytes and not one more', () => {
    const room = 65_535 - entryBytes(act({ detail: '' })).length;
    expect(entryBytes(act({ detail: 'x'.repeat(room) })).length).toBe(65_535);
    expect(() => entryBytes(act({ detail: 'x'.repeat(room + 1) }))).toThrow('ledger-entry-too-large');
  });

  test.each([
    '89860000000000000011',
    '8986000000000000001F',
    '460000000000001',
    '3520990017614823',
    '89049032123451234512345678901235',
    'iccid:8986000000000000001',
    'msisdn:8613800000000',
    'email:someone@example.org',
  ])('never shows an identifier in clear: %s, however deep', identifier => {
    for (const detail of [identifier, [identifier], { a: { b: [0, identifier] } }]) {
      expect(() => entryBytes(act({ detail }))).toThrow('ledger-identifier-in-clear');
    }
  });

  test.each([
    '12',
    '2026-11-25T03:56:11Z',
    'finding/0011223344556677',
    '0'.repeat(64),
    'case/46000000000000',
  ])('may show what is no identifier: %s', text => {
    expect(entryBytes(act({ detail: text })).length).toBeGreaterThan(0);
  });

  test.each<Partial<LedgerAct>>([{ act: '' }, { object: 'case /3' }, { object: 'case/\n' }, { actor: '' }])(
    'is refused when malformed: %j',
    more => {
      expect(() => entryBytes(act(more))).toThrow('ledger-act-malformed');
    },
  );

  test.each([1.5, Number.NaN, '\ud800'])('is refused when it cannot be said canonically: %j', detail => {
    expect(() => entryBytes(act({ detail }))).toThrow(TypeError);
  });
});

describe('staging', () => {
  let db: TestDatabase;
  let mine: number;
  let theirs: number;
  beforeAll(async () => {
    db = await testDatabase();
    const party = async (): Promise<number> => {
      const made = await sql<{ id: number }>`insert into party (kind, name_en, name_zh)
        values ('operator', 'x', 'x') returning party_id as id`.execute(db.owner);
      await sql`insert into party_closure values (${made.rows[0]!.id}, ${made.rows[0]!.id})`.execute(
        db.owner,
      );
      return made.rows[0]!.id;
    };
    [mine, theirs] = [await party(), await party()];
  });
  afterAll(() => db.close());
  const count = async (): Promise<number> =>
    (await sql<{ n: number }>`select count(*)::int as n from ledger_stage`.execute(db.corridor)).rows[0]!.n;

  test('stands and falls with the act: a refused entry undoes what was done', async () => {
    const before = await count();
    const doing = db.database.corridor(async tx => {
      await stage(tx, act({ partyId: mine }));
      await stage(tx, act({ partyId: mine, detail: 'x'.repeat(70_000) }));
    });
    await expect(doing).rejects.toMatchObject({ code: 'ledger-entry-too-large' });
    expect(await count()).toBe(before);
  });

  test('goes through the door for the own party only', async () => {
    const before = await count();
    await db.database.door(mine, tx => stageAll(tx, [act({ partyId: mine }), act({ partyId: mine })]));
    expect(await count()).toBe(before + 2);
    await expect(db.database.door(mine, tx => stage(tx, act({ partyId: theirs })))).rejects.toThrow(
      /row-level security/,
    );
    await expect(db.database.door(mine, tx => stage(tx, act({ partyId: null })))).rejects.toThrow(
      /row-level security/,
    );
    const backdated = db.database.door(mine, tx =>
      sql`insert into ledger_stage (xid, party_id, act, object, entry) values ('3', ${mine}, 'a', 'b', 'c')`.execute(
        tx,
      ),
    );
    await expect(backdated).rejects.toThrow(/permission denied/);
  });
});
