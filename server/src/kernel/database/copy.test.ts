import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CopyValue, copyLine, copyRows } from './copy.ts';
import { type TestDatabase, testDatabase } from './test-database.ts';
import type { Tx } from './transaction.ts';
import { instantText } from './values.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

async function makeStage(tx: Tx): Promise<void> {
  await sql`create temporary table stage (n bigint, t text, b bytea, j jsonb, at timestamptz) on commit drop`.execute(
    tx,
  );
}

const text = fc.string({ unit: 'binary', maxLength: 30 }).filter(value => !value.includes('\0'));
const spiced = fc
  .array(
    fc.oneof(
      text,
      fc.constantFrom('\\', '\\N', '\\.', '\n', '\r\n', '\t', '\b', '\v', '"', '', '中文', '\\x00'),
    ),
    { maxLength: 6 },
  )
  .map(parts => parts.join(''));
const row = fc.record({
  n: fc.option(fc.maxSafeInteger()),
  t: fc.option(spiced),
  b: fc.option(fc.uint8Array({ maxLength: 40 }).map(bytes => Buffer.from(bytes))),
  j: fc.option(fc.dictionary(text, fc.oneof(spiced, fc.boolean(), fc.integer())), { nil: undefined }),
  at: fc.option(fc.integer({ min: -8e13, max: 4e14 })),
});

describe('COPY', () => {
  test('brings every text, byte, number, instant and null through unchanged', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 20 }), async rows => {
        const lines = rows.map(({ n, t, b, j, at }): CopyValue[] => [
          n,
          t,
          b,
          j === undefined ? null : JSON.stringify(j),
          at === null ? null : instantText(at),
        ]);
        const { count, back } = await db.database.corridor(async tx => {
          await makeStage(tx);
          const count = await copyRows(tx, 'stage (n, t, b, j, at)', lines);
          return { count, back: (await sql`select n, t, b, j, at from stage`.execute(tx)).rows };
        });
        expect(count).toBe(rows.length);
        expect(back).toEqual(
          rows.map(({ j, ...rest }) => ({
            ...rest,
            j: j === undefined ? null : JSON.parse(JSON.stringify(j)),
          })),
        );
      }),
      { numRuns: 60 },
    );
  });

  test('carries more rows than one chunk holds', async () => {
    const rows = Iterator.from({
      next: () => ({ done: false as const, value: [1, 'x'.repeat(100), null, null, null] }),
    }).take(20_000);
    const count = await db.database.corridor(async tx => {
      await makeStage(tx);
      return copyRows(tx, 'stage (n, t, b, j, at)', rows);
    });
    expect(count).toBe(20_000);
  });

  test.each([
    ['NUL', 'a\0b'],
    ['a lone surrogate', 'a\ud800'],
  ])('refuses %s by row and column before the server sees it', async (_, hostile) => {
    const act = db.database.corridor(async tx => {
      await makeStage(tx);
      await copyRows(tx, 'stage (n, t)', [
        [1, 'good'],
        [2, hostile],
      ]);
    });
    await expect(act).rejects.toMatchObject({ code: 'value-unstorable', detail: { row: 1, column: 1 } });
    await expect(works()).resolves.toBe(1);
  });

  test('hands on what the server refuses, early or late, and leaves the connection fit for use', async () => {
    const late = Iterator.from({ next: () => ({ done: false as const, value: [1, 'y'.repeat(200)] }) })
      .take(5_000)
      .map((line, i): CopyValue[] => (i === 10 ? ['no number', null] : line));
    for (const rows of [late, [[1, null]], [['x', null]]]) {
      const act = db.database.corridor(async tx => {
        await sql`create temporary table strict (n bigint, t text not null) on commit drop`.execute(tx);
        await copyRows(tx, 'strict (n, t)', rows);
      });
      await expect(act).rejects.toMatchObject({ code: expect.stringMatching(/^(22P02|23502)$/) });
      await expect(works()).resolves.toBe(1);
    }
  });

  test('hands on an error of the rows themselves', async () => {
    const act = db.database.corridor(async tx => {
      await makeStage(tx);
      await copyRows(tx, 'stage (n)', failing());
    });
    await expect(act).rejects.toThrow('the reader broke');
    await expect(works()).resolves.toBe(1);
  });

  test('takes no target that is more than a table and its columns', async () => {
    const act = db.database.corridor(tx => copyRows(tx, "stage (n) from '/etc/passwd' --", []));
    await expect(act).rejects.toThrow(TypeError);
  });
});

function* failing(): Generator<CopyValue[]> {
  yield [1];
  throw new Error('the reader broke');
}

function works(): Promise<number> {
  return db.database.corridor(async tx => (await sql<{ n: number }>`select 1 as n`.execute(tx)).rows[0]!.n);
}

test('a line of COPY escapes what the format gives a meaning to', () => {
  expect(copyLine(['a\tb\\', null, Buffer.from([0, 255]), true, 5], 0)).toBe(
    'a\\tb\\\\\t\\N\t\\\\x00ff\ttrue\t5\n',
  );
});
