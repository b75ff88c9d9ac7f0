import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from './test-database.ts';
import { readInstant } from './types.ts';
import { at, FOREVER_MS, json } from './values.ts';

test.each([
  ['1970-01-01 00:00:00+00', 0],
  ['2026-11-25 03:56:11.1239+00', Date.UTC(2026, 10, 25, 3, 56, 11, 123)],
  ['1969-12-31 23:59:59.9+00', -100],
  ['2026-11-25 09:26:11+05:30', Date.UTC(2026, 10, 25, 3, 56, 11)],
  ['0001-01-01 00:00:00+00', Date.parse('0001-01-01T00:00:00Z')],
  ['0001-12-31 00:00:00+00 BC', Date.parse('0000-12-31T00:00:00Z')],
  ['10000-01-01 00:00:00+00', Date.parse('+010000-01-01T00:00:00Z')],
  ['infinity', FOREVER_MS],
  ['-infinity', -FOREVER_MS],
])('the instant %s is %d', (text, ms) => {
  expect(readInstant(text)).toBe(ms);
});

describe('through the database', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await testDatabase();
  });
  afterAll(() => db.close());

  test('every instant a Date can hold and PostgreSQL too comes back to the millisecond', async () => {
    const instants = fc.oneof(
      fc.integer({ min: Date.parse('-004700-01-01T00:00:00Z'), max: 8.64e15 }),
      fc.integer({ min: 0, max: 4_102_444_800_000 }),
      fc.constantFrom(FOREVER_MS, -FOREVER_MS, 0, -1),
    );
    await fc.assert(
      fc.asyncProperty(instants, async ms => {
        const { rows } = await sql<{ back: number }>`select ${at(ms)} as back`.execute(db.corridor);
        expect(rows[0]!.back).toBe(ms);
      }),
      { numRuns: 200 },
    );
  });

  test('whole numbers come as numbers, and one that is not safe is an error, not another number', async () => {
    const { rows } =
      await sql`select 9007199254740991::bigint as a, array[1, null]::bigint[] as b, count(*) as c from party`.execute(
        db.corridor,
      );
    expect(rows).toEqual([{ a: 9007199254740991, b: [1, null], c: 0 }]);
    await expect(sql`select 9007199254740993::bigint`.execute(db.corridor)).rejects.toThrow(/safe integers/);
  });

  test('documents, days, bytes and arrays of instants come as themselves', async () => {
    const value = { a: ['中', 1, null] };
    const { rows } = await sql`select ${json(value)} as j, '2026-11-25'::date as d, '\\x00ff'::bytea as b,
      array['2026-11-25 00:00:00+00', 'infinity']::timestamptz[] as i`.execute(db.corridor);
    expect(rows).toEqual([
      { j: value, d: '2026-11-25', b: Buffer.from([0, 255]), i: [Date.UTC(2026, 10, 25), FOREVER_MS] },
    ]);
  });
});
