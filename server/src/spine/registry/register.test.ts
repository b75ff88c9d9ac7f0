import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../kernel/database/test-database.ts';
import { at } from '../../kernel/database/values.ts';
import { settableClock } from '../../kernel/time.ts';
import { loadDossiers } from './dossier.ts';
import { resolveClaims } from './naming.ts';
import { importTable, registerRows } from './register.ts';
import type { Registration, TableKind } from './registration.ts';

const T = (text: string): number => Date.parse(`${text}T00:00:00Z`);
const NOW = T('2026-06-01');
const FOREVER = Number.MAX_SAFE_INTEGER;
const card = (reference: string) => ({ kind: 'card', reference });
const contract = (reference: string) => ({ kind: 'contract', reference });

let db: TestDatabase;
const clock = settableClock(NOW);
let root: number;
let left: number;
let right: number;

beforeAll(async () => {
  db = await testDatabase();
  [root, left, right] = await db.database.corridor(async tx => {
    const make = async (parent: number | null, name: string) => {
      const { rows } = await sql<{ id: number }>`
        select found_party(${parent}::bigint, 'customer', ${name}, ${name}, ${at(NOW)}) as id`.execute(tx);
      return rows[0]!.id;
    };
    const top = await make(null, 'Root');
    return [top, await make(top, 'Left'), await make(top, 'Right')];
  });
});
afterAll(() => db.close());

let stated = 0;
/** One row for each list of registrations, as one import. */
async function register(partyId: number, ...rows: Registration[][]) {
  stated += 1;
  const asked = rows.map((registrations, i) => ({ place: `line ${i + 2}`, asks: { registrations } }));
  return db.database.door(partyId, tx => registerRows(tx, partyId, asked, `import/${stated}`, clock.now()));
}
const outcomesOf = async (partyId: number, ...rows: Registration[][]) =>
  (await register(partyId, ...rows)).outcomes.map(each => each.reason ?? each.outcome);

/** Takes all marks: reference → earliest moment, `always` for no beginning. */
async function marks(): Promise<Record<string, string>> {
  const { rows } = await sql<{ reference: string; at: number }>`
    with gone as (delete from dirty returning subject_id, from_time)
    select reference, min(from_time) as at from gone join subject using (subject_id) group by reference`.execute(
    db.corridor,
  );
  return Object.fromEntries(
    rows.map(row => [row.reference, row.at < -8e15 ? 'always' : new Date(row.at).toISOString().slice(0, 10)]),
  );
}

const dossierOf = async (claim: string) =>
  (await db.database.corridor(tx => loadDossiers(tx, { claims: [claim], subjectIds: [] })))[0]!;

const simple = (reference: string, claim: string): Registration[] => [
  { do: 'subject', ...card(reference), class: 'meter' },
  { do: 'alias', ...card(reference), claim },
];

describe('registering', () => {
  test('the same rows again change nothing and mark nothing', async () => {
    const rows = [simple('a1', 'iccid:a1'), simple('a2', 'iccid:a2')];
    expect(await outcomesOf(left, ...rows)).toEqual(['registered', 'registered']);
    expect(await marks()).toEqual({ a1: 'always', a2: 'always' });
    expect(await outcomesOf(left, ...rows)).toEqual(['unchanged', 'unchanged']);
    expect(await marks()).toEqual({});
  });

  test('a changed restriction retires the old row and adds another, and the past is judged again from it', async () => {
    const limit = (most: number, toMs?: number): Registration[] => [
      { do: 'subject', ...card('b1') },
      { do: 'alias', ...card('b1'), claim: 'iccid:b1', fromMs: T('2026-01-01') },
      {
        do: 'fact',
        ...card('b1'),
        factKind: 'restriction',
        fromMs: T('2026-02-01'),
        ...(toMs === undefined ? {} : { toMs }),
        body: { most, of: { b: 1, a: [2] } },
      },
    ];
    await register(left, limit(5));
    expect(await marks()).toEqual({ b1: '2026-01-01' });
    expect(await outcomesOf(left, limit(6))).toEqual(['registered']);
    expect(await marks()).toEqual({ b1: '2026-02-01' });
    expect((await dossierOf('iccid:b1')).facts.map(fact => fact.body['most'])).toEqual([6]);
    await register(left, limit(6, T('2026-04-01')));
    expect(await marks()).toEqual({ b1: '2026-04-01' });
    const { rows } = await sql<{ n: number; live: number }>`
      select count(*) as n, count(*) filter (where retired_at is null) as live
      from dated_fact join subject using (subject_id) where reference = 'b1'`.execute(db.owner);
    expect(rows).toEqual([{ n: 3, live: 1 }]);
  });

  test('what begins in the future marks nothing', async () => {
    await register(left, simple('c1', 'iccid:c1'));
    await marks();
    const fact = { do: 'fact', ...card('c1'), factKind: 'restriction', body: {} } as const;
    await register(left, [{ ...fact, fromMs: T('2026-07-01') }]);
    expect(await marks()).toEqual({});
    await register(left, [{ ...fact, fromMs: T('2026-05-01') }]);
    expect(await marks()).toEqual({ c1: '2026-05-01' });
  });

  test('a changed contract marks every card under it, from when both hold', async () => {
    const terms = (most: number): Registration[] => [
      { do: 'subject', ...contract('K') },
      { do: 'fact', ...contract('K'), factKind: 'restriction', fromMs: T('2026-01-01'), body: { most } },
    ];
    const under = (reference: string, fromMs: number, toMs: number): Registration[] => [
      ...simple(reference, `iccid:${reference}`),
      { do: 'link', from: card(reference), linkKind: 'under', to: contract('K'), fromMs, toMs },
    ];
    await register(
      left,
      terms(1),
      under('d1', T('2025-01-01'), FOREVER),
      under('d2', T('2026-03-01'), T('2026-04-01')),
    );
    await marks();
    await register(left, terms(2));
    expect(await marks()).toEqual({ K: '2026-01-01', d1: '2026-01-01', d2: '2026-03-01' });
    const facts = (await dossierOf('iccid:d2')).facts;
    expect(facts).toEqual([
      {
        kind: 'restriction',
        fromMs: T('2026-03-01'),
        toMs: T('2026-04-01'),
        body: { most: 2 },
        distance: 1,
        linkKind: 'under',
      },
    ]);
  });

  test('a link that replaces ends the one before it; the older row again leaves it so', async () => {
    const under = (name: string, fromMs?: number): Registration[] => [
      { do: 'subject', ...contract(name) },
      ...simple('e1', 'iccid:e1'),
      {
        do: 'link',
        from: card('e1'),
        linkKind: 'under',
        to: contract(name),
        replaces: true,
        ...(fromMs === undefined ? {} : { fromMs }),
      },
      { do: 'fact', ...contract(name), factKind: 'restriction', body: { name } },
    ];
    await register(left, under('old'));
    await marks();
    await register(left, under('new', T('2026-05-01')));
    expect(await marks()).toMatchObject({ e1: '2026-05-01' });
    expect(await outcomesOf(left, under('old'), under('new', T('2026-05-01')))).toEqual([
      'unchanged',
      'unchanged',
    ]);
    const facts = (await dossierOf('iccid:e1')).facts.map(fact => [
      fact.body['name'],
      fact.fromMs,
      fact.toMs,
    ]);
    expect(facts).toEqual(
      expect.arrayContaining([
        ['old', -FOREVER, T('2026-05-01')],
        ['new', T('2026-05-01'), FOREVER],
      ]),
    );
  });

  test('a new class is judged from the beginning, and attributes add up', async () => {
    await register(left, simple('f1', 'iccid:f1'));
    await marks();
    expect(await outcomesOf(left, [{ do: 'subject', ...card('f1'), attributes: { site: 'x' } }])).toEqual([
      'registered',
    ]);
    expect(await marks()).toEqual({});
    await register(left, [{ do: 'subject', ...card('f1'), class: 'camera', attributes: { floor: '2' } }]);
    expect(await marks()).toEqual({ f1: 'always' });
    const { rows } = await sql`select class, attributes from subject where reference = 'f1'`.execute(
      db.owner,
    );
    expect(rows).toEqual([{ class: 'camera', attributes: { site: 'x', floor: '2' } }]);
  });

  test.each([
    ['not-registered: card nobody', { do: 'alias', ...card('nobody'), claim: 'x' }],
    [
      'not-registered: contract none',
      { do: 'link', from: card('a1'), linkKind: 'under', to: contract('none') },
    ],
    ['ends-before-it-begins', { do: 'alias', ...card('a1'), claim: 'x', fromMs: 2, toMs: 2 }],
    ['time-out-of-range', { do: 'alias', ...card('a1'), claim: 'x', fromMs: Number.NaN }],
    ['time-out-of-range', { do: 'alias', ...card('a1'), claim: 'x', fromMs: 9e15 }],
    ['text-unstorable', { do: 'alias', ...card('a1'), claim: 'x\0y' }],
    ['text-unstorable', { do: 'alias', ...card('a1'), claim: '\ud800' }],
    ['text-unstorable', { do: 'fact', ...card('a1'), factKind: 'k', body: { a: 'x\0' } }],
  ] as [string, Registration][])('%s: the row is refused whole and the others stay', async (reason, bad) => {
    const whole: Registration[] = [{ do: 'subject', ...card('never') }, bad];
    const outcomes = await outcomesOf(left, whole, simple('a1', 'iccid:a1'));
    expect(outcomes).toEqual([reason, 'unchanged']);
    const { rows } = await sql`select 1 from subject where reference = 'never'`.execute(db.owner);
    expect(rows).toEqual([]);
  });

  test('two rows of one table that contradict each other: the second is refused, in any chunk', async () => {
    const limit = (most: number): Registration[] => [
      { do: 'subject', ...card('g1') },
      { do: 'fact', ...card('g1'), factKind: 'restriction', body: { most } },
    ];
    expect(await outcomesOf(left, limit(1), limit(2), limit(1))).toEqual([
      'registered',
      'contradicts-an-earlier-row',
      'unchanged',
    ]);
  });

  test('two imports of one party at once end as one after the other', async () => {
    const rows = Array.from({ length: 200 }, (_, i) => simple(`h${i}`, `iccid:h${i}`));
    const all = await Promise.all([register(left, ...rows), register(left, ...rows.toReversed())]);
    const counts = all.map(each => each.outcomes.filter(row => row.outcome === 'registered').length);
    expect(counts.sort((a, b) => a - b)).toEqual([0, 200]);
    await marks();
  });
});

describe('claims', () => {
  const naming = (partyId: number, claim: string, atMs: number) =>
    db.database.corridor(async tx => (await resolveClaims(tx, partyId, [{ claim, atMs }]))[0]!);

  test('a claim names whom it named at the time', async () => {
    const stretch = (reference: string, fromMs: number, toMs: number): Registration[] => [
      { do: 'subject', ...card(reference) },
      { do: 'alias', ...card(reference), claim: 'imsi:1', fromMs, toMs },
    ];
    await register(
      left,
      stretch('i1', T('2026-01-01'), T('2026-02-01')),
      stretch('i2', T('2026-02-01'), FOREVER),
    );
    const [i1, i2] = await Promise.all([
      naming(left, 'imsi:1', T('2026-01-31')),
      naming(left, 'imsi:1', T('2026-02-01')),
    ]);
    expect(i1).toHaveProperty('subjectId');
    expect(i2).toHaveProperty('subjectId');
    expect(i1).not.toEqual(i2);
    expect(await naming(left, 'imsi:1', T('2025-12-31'))).toEqual({ unknown: true });
    expect(await naming(right, 'imsi:1', T('2026-03-01'))).toEqual({ unknown: true });
    expect(await naming(root, 'imsi:1', T('2026-03-01'))).toEqual(i2);
  });

  test('a claim that two bear names neither for a source above them, is shown, and both are judged again', async () => {
    await register(left, simple('j1', 'iccid:j'));
    await marks();
    const { contested } = await register(right, simple('j2', 'iccid:j'));
    expect(contested).toEqual([]);
    expect(await marks()).toEqual({ j1: 'always', j2: 'always' });
    expect(await naming(root, 'iccid:j', NOW)).toHaveProperty('ambiguous');
    expect(await naming(left, 'iccid:j', NOW)).toHaveProperty('subjectId');
    const dossiers = await db.database.corridor(tx =>
      loadDossiers(tx, { claims: ['iccid:j'], subjectIds: [] }),
    );
    expect(dossiers.map(each => [each.reference, each.aliases.map(alias => alias.parties)])).toEqual([
      ['j1', [[left]]],
      ['j2', [[right]]],
    ]);
    const own = await register(left, simple('j3', 'iccid:j'));
    expect(own.contested).toEqual(['iccid:j']);
    expect(await naming(left, 'iccid:j', NOW)).toHaveProperty('ambiguous');
    const after = await db.database.corridor(tx => loadDossiers(tx, { claims: ['iccid:j'], subjectIds: [] }));
    expect(after.map(each => [each.reference, each.aliases.map(alias => alias.parties)])).toEqual([
      ['j1', []],
      ['j2', [[right]]],
      ['j3', []],
    ]);
  });

  test('thousands of claims are named in one statement', async () => {
    const asked = Array.from({ length: 5_000 }, (_, i) => ({ claim: `iccid:h${i % 400}`, atMs: NOW - i }));
    const began = performance.now();
    const named = await db.database.corridor(tx => resolveClaims(tx, left, asked));
    expect(named.filter(each => 'subjectId' in each).length).toBe(2_600);
    expect(performance.now() - began).toBeLessThan(3_000);
  });
});

describe('a table', () => {
  const table: TableKind = {
    name: 'cards',
    columns: ['iccid', 'class'],
    row: cells =>
      cells['iccid'] === ''
        ? { refused: 'iccid-missing' }
        : { registrations: simple(cells['iccid']!, `iccid:${cells['iccid']}`) },
  };
  const load = (text: string | Buffer) =>
    importTable(
      { database: db.database, clock },
      { partyId: right, label: 'person/x' },
      table,
      Readable.from([Buffer.from(text)]),
    );
  const acts = async () => {
    const { rows } = await sql<{ act: string; entry: Buffer }>`
      select act, entry from ledger_stage where object like 'import/%' order by stage_id desc limit 2`.execute(
      db.owner,
    );
    return rows.toReversed().map(row => ({ act: row.act, ...JSON.parse(row.entry.toString()).detail }));
  };

  test('balances to the row over several commits, and is on record with its digest', async () => {
    const lines = Array.from({ length: 2_500 }, (_, i) => `t${i},meter`).join('\r\n');
    const text = `\ufefficcid,class\r\n${lines}\r\n,meter\r\n"t 1",meter,\r\nt2,meter,surplus\r\n`;
    const report = await load(Buffer.from(text));
    expect(report).toMatchObject({ rows: 2_503, registered: 2_501, unchanged: 0, refusedCount: 2 });
    expect(report.refused).toEqual([
      { place: 'line 2502', reason: 'iccid-missing' },
      { place: 'line 2504', reason: 'more-cells-than-columns' },
    ]);
    const [begun, done] = await acts();
    expect(begun).toMatchObject({ act: 'import-begun', table: 'cards' });
    expect(done).toMatchObject({ act: 'import-done', rows: 2_503, refused: 2 });
    expect(done.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(await load(Buffer.from(text))).toMatchObject({ registered: 0, unchanged: 2_501, refusedCount: 2 });
  });

  test('names a misspelt or missing column instead of dropping it', async () => {
    await expect(load('iccid,clas\nx,y\n')).rejects.toMatchObject({
      code: 'import-columns',
      detail: { unknown: 'clas' },
    });
    await expect(load('class\nx\n')).rejects.toMatchObject({
      code: 'import-columns',
      detail: { missing: 'iccid' },
    });
    await expect(load('')).rejects.toMatchObject({ code: 'import-columns' });
  });

  test('that breaks in the middle leaves whole rows, says so on record, and can be sent again', async () => {
    const torn = async function* () {
      yield Buffer.from(`iccid,class\n${Array.from({ length: 1_200 }, (_, i) => `u${i},m`).join('\n')}\n`);
      await sleep(300);
      throw new Error('connection lost');
    };
    const broken = importTable(
      { database: db.database, clock },
      { partyId: right, label: 'person/x' },
      table,
      Readable.from(torn()),
    );
    await expect(broken).rejects.toThrow('connection lost');
    const [, last] = await acts();
    expect(last).toMatchObject({ act: 'import-broken', code: 'failed', rows: 1_000 });
    const whole = `iccid,class\n${Array.from({ length: 1_200 }, (_, i) => `u${i},m`).join('\n')}\n`;
    expect(await load(whole)).toMatchObject({ rows: 1_200, registered: 200, unchanged: 1_000 });
  });

  test('that is no table is refused with the place', async () => {
    await expect(load('iccid,class\n"open,x\ny,z')).rejects.toMatchObject({ code: 'import-not-a-table' });
    await expect(load('iccid,class\nx,y\nx "quoted",y\n')).rejects.toMatchObject({
      code: 'import-not-a-table',
      detail: { place: 'line 3', reason: 'INVALID_OPENING_QUOTE' },
    });
    for (const [bytes, reason] of [
      [Buffer.from('iccid,class\nx,y\n', 'utf16le'), 'UTF-16'],
      [Buffer.from('d0cf11e0a1b11ae100', 'hex'), 'cut off'],
    ] as const)
      await expect(load(bytes)).rejects.toMatchObject({
        code: 'import-not-a-table',
        detail: { place: 'line 1', reason: expect.stringContaining(reason) },
      });
  });
});
