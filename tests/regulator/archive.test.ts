/** The export to a supervising authority, with suppliers of its own: what breaks off, what is recorded, what memory holds. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkExport } from '../../packages/cli/src/regulator/check.ts';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import type { Database } from '../../server/src/kernel/database/transaction.ts';
import { rootKeyFile } from '../../server/src/kernel/seal/root-keys.ts';
import { settableClock } from '../../server/src/kernel/time.ts';
import { makeParty } from '../../server/src/spine/observations/testing/make-party.ts';
import { readElementTable } from '../../server/src/spine/regulator/element-table.ts';
import type { ExportHand, ExportTable } from '../../server/src/spine/regulator/export-table.ts';
import {
  type ExportAsked,
  regulatorDoor,
  regulatorExport,
} from '../../server/src/spine/regulator/regulator-export.ts';
import { breakTransaction, type Fault } from '../measures/faulty-database.ts';

const NOW = Date.UTC(2026, 10, 26, 12);
const TABLE = readElementTable(
  `
urn: urn:test:elements
version: '3'
inForce: { from: 2026-01-01T00:00:00+08:00, to: null }
zone: Asia/Shanghai
sets:
  - id: one
    elements: ours
    files:
      - id: rows
        title: { en: Rows, zh: 行 }
        elements:
          - { id: at, type: moment, title: { en: When, zh: 时间 } }
          - { id: imei, type: identifier, prefix: imei, personal: identifier, title: { en: IMEI, zh: IMEI } }
          - { id: name, type: text, personal: person, title: { en: Name, zh: 姓名 } }
          - { id: note, type: text, title: { en: Note, zh: 备注 } }
          - { id: bytes, type: number, title: { en: Bytes, zh: 字节 } }
`,
  'test.yaml',
);
const PERIOD = { fromMs: NOW - 86_400_000, toMs: NOW };
const NOTES = [
  '=cmd|" /C calc"!A1',
  '+1',
  '-2',
  '@SUM(A1)',
  "'=1",
  '＝1',
  'a "word", and\r\nanother line',
  '00012345',
];

const folder = mkdtempSync(join(tmpdir(), 'export-'));
const path = join(folder, 'out.zip');
let db: TestDatabase;
let partyId: number;
let seen = 0;

beforeAll(async () => {
  db = await testDatabase();
  partyId = await makeParty(db.database);
});
afterAll(async () => {
  await db?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** `pages` pages of rows; page `brokenAt` fails. */
function supplier(pages: number, brokenAt = 0, onPage: () => void = () => {}): ExportTable {
  return {
    name: 'rows',
    states: ['at', 'imei', 'name', 'note', 'bytes'],
    page: async (_hand, _period, after) => {
      onPage();
      const page = after + 1;
      if (page === brokenAt) throw new Error('the disk of the database is gone');
      const rows = Array.from({ length: 500 }, (_, i) => ({
        at: PERIOD.fromMs + i,
        imei: '35209900176148',
        name: '张三',
        note: NOTES[i % NOTES.length],
        bytes: i === 0 ? null : i,
      }));
      return { rows, next: page < pages ? page : null };
    },
  };
}

const asked = (over: Partial<ExportAsked> = {}): ExportAsked => ({ period: PERIOD, format: 'csv', ...over });

function exported(
  table: ExportTable,
  over: Partial<ExportAsked> = {},
  database: Database = db.database,
  unmasked: ExportHand['unmasked'] = null,
): Promise<AsyncGenerator<Buffer>> {
  const actor = { partyId, label: 'person/officer', userId: 'officer' };
  const rootKeys = rootKeyFile(join(folder, 'vault.keys'));
  const hand = { database, clock: settableClock(NOW), rootKeys, actor, unmasked };
  return regulatorExport(hand, regulatorDoor([TABLE], [table]), asked(over));
}

/** What came, and whether it came to its end. */
async function taken(bytes: AsyncGenerator<Buffer>): Promise<{ bytes: Buffer; isEnded: boolean }> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of bytes) pieces.push(piece);
    return { bytes: Buffer.concat(pieces), isEnded: true };
  } catch {
    return { bytes: Buffer.concat(pieces), isEnded: false };
  }
}

async function readBack(bytes: Buffer) {
  writeFileSync(path, bytes);
  return checkExport(path);
}

/** Acts staged since the last look. */
async function acts(): Promise<Array<{ act: string; detail: Record<string, unknown> }>> {
  const { rows } = await sql<{ id: number; act: string; entry: Buffer }>`
    select stage_id as id, act, entry from thingward.ledger_stage where stage_id > ${seen} order by stage_id`.execute(
    db.owner,
  );
  seen = rows.at(-1)?.id ?? seen;
  return rows.map(({ act, entry }) => ({ act, detail: JSON.parse(entry.toString()).detail }));
}

describe('an export', () => {
  test.each(['csv', 'ndjson'] as const)(
    'as %s is what its manifest and its elements say, and is on record',
    async format => {
      const { bytes } = await taken(await exported(supplier(3), { format }));
      const checked = await readBack(bytes);
      expect(checked).toMatchObject({ files: 1, rows: 1_500, elements: 'urn:test:elements@3', faults: [] });
      const told = await acts();
      expect(told.map(each => each.act)).toEqual(['regulator-export-begun', 'regulator-export']);
      expect(told[1]?.detail).toMatchObject({
        manifestSha256: checked?.manifestSha256,
        rows: { [`one/rows.${format}`]: 1_500 },
        unmasked: null,
      });
    },
  );

  test('masks what is personal, and in the clear says for what and on which ground', async () => {
    const masked = await textOf(await exported(supplier(1)));
    expect(masked).toContain('imei:••••48');
    expect(masked).not.toMatch(/35209900176148|张三/);
    const ground = 'Anti-fraud law art. 9, request 2026-17';
    const persons = { clearExportId: 7, proposedBy: 'person/officer', confirmedBy: 'person/lead' };
    const told = { purpose: 'authority-request', ground, reference: '2026-17', ...persons } as const;
    const clear = await exported(supplier(1), {}, db.database, { ...told, isBeyondDay: false });
    expect(await textOf(clear)).toContain('imei:35209900176148,张三');
    // The authority's own number is not for a public ledger; it lies there as a commitment, with the proposal.
    const { clearExportId, reference, ...open } = told;
    const unmasked = { ...open, clearExport: `clear-export/${clearExportId}` };
    for (const { detail } of (await acts()).slice(-2)) {
      expect(detail).toMatchObject({ unmasked });
      expect(JSON.stringify(detail)).not.toContain(`"${reference}"`);
    }
  });

  test('has no cell that is a formula, every digit of an identifier, and moments in the zone asked for', async () => {
    const text = await textOf(await exported(supplier(1)));
    const rows = parse(text) as string[][];
    const first = ['2026-11-25T20:00:00.000+08:00', 'imei:••••48', '••••', `'=cmd|" /C calc"!A1`, ''];
    expect(rows[1]).toEqual(first);
    for (const cell of rows.flat()) expect(cell).not.toMatch(/^[=+\-@\t\r＝＋－＠]/);
    const elsewhere = await textOf(await exported(supplier(1), { zone: 'America/St_Johns' }));
    expect(elsewhere).toContain('2026-11-25T08:30:00.000-03:30');
    expect(
      JSON.parse((await textOf(await exported(supplier(1), { format: 'ndjson' }))).split('\n')[7]!).note,
    ).toBe('00012345');
  });

  test.each([
    ['export-period-invalid', { period: { fromMs: NOW - 1, toMs: NOW + 1 } }],
    ['export-period-invalid', { period: { fromMs: NOW, toMs: NOW } }],
    ['export-period-invalid', { period: { fromMs: NOW - 400 * 86_400_000, toMs: NOW } }],
    ['export-set-unknown', { sets: ['one', 'two'] }],
    ['export-zone-unknown', { zone: 'Asia/Nowhere' }],
  ])('is refused with %s before its first byte, on record', async (code, over) => {
    await acts();
    await expect(exported(supplier(1), over)).rejects.toMatchObject({ code });
    expect(await acts()).toMatchObject([{ act: 'regulator-export-refused', detail: { code } }]);
  });
});

describe('an export that breaks off', () => {
  test.each([1, 2, 3])('at page %i is no archive, and is on record as broken', async brokenAt => {
    await acts();
    const { bytes, isEnded } = await taken(await exported(supplier(3, brokenAt)));
    expect(isEnded).toBe(false);
    expect(await readBack(bytes)).toBeNull();
    expect((await acts()).map(each => each.act)).toEqual([
      'regulator-export-begun',
      'regulator-export-broken',
    ]);
  });

  test('because its reader left is on record as broken too', async () => {
    await acts();
    const bytes = await exported(supplier(50));
    for (let i = 0; i < 5; i += 1) await bytes.next();
    await bytes.return(undefined);
    expect((await acts()).map(each => [each.act, each.detail['code']])).toEqual([
      ['regulator-export-begun', undefined],
      ['regulator-export-broken', 'stopped'],
    ]);
  });

  test('at whatever byte is no archive', async () => {
    const { bytes } = await taken(await exported(supplier(1)));
    for (let cut = 1; cut <= bytes.length; cut += 97)
      expect(await readBack(bytes.subarray(0, bytes.length - cut))).toBeNull();
  });

  test.each<Fault>(['not-written', 'answer-lost'])(
    'because an entry of the ledger was %s gives out no whole archive without its entry',
    async fault => {
      let n = 1;
      for (; ; n += 1) {
        await acts();
        const broken = breakTransaction(db.database, n, fault);
        const came = await exported(supplier(1), {}, broken).then(taken, () => null);
        if (!broken.didFail()) break;
        const checked = came === null ? null : await readBack(came.bytes);
        expect([n, checked]).toEqual([n, null]);
      }
      expect(n).toBe(3);
    },
  );

  test('or was changed by anybody is found by reading it back', async () => {
    const { bytes } = await taken(await exported(supplier(1)));
    const manifest = bytes.lastIndexOf('manifest.json') - 60;
    for (const at of [bytes.length >> 2, bytes.length >> 1, manifest]) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0x20;
      const checked = await readBack(changed).catch(() => ({ faults: ['unreadable'] }));
      expect(checked === null || checked.faults.length > 0).toBe(true);
    }
  });
});

test('memory holds a page at a time: no page is asked for before the one before it was taken', async () => {
  let pages = 0;
  const bytes = await exported(
    supplier(1_000, 0, () => {
      pages += 1;
    }),
  );
  let most = 0;
  for (let piece = 1; piece <= 60; piece += 1) {
    const { value } = (await bytes.next()) as { value: Buffer };
    most = Math.max(most, value.length);
    expect(pages).toBeLessThanOrEqual(piece);
  }
  await bytes.return(undefined);
  expect(most).toBeLessThan(64 * 1_024);
});

test('a table that asks for what nobody supplies opens no door', () => {
  expect(() => regulatorDoor([TABLE], [])).toThrow('rows.at');
  const other = { ...supplier(1), states: ['at', 'imei', 'name', 'note'] };
  expect(() => regulatorDoor([TABLE], [other])).toThrow('rows.bytes');
});

/** The one file of rows, as text. */
async function textOf(generator: AsyncGenerator<Buffer>): Promise<string> {
  const { openArchive } = await import('../../packages/cli/src/regulator/archive.ts');
  writeFileSync(path, (await taken(generator)).bytes);
  const archive = await openArchive(path);
  const pieces: Buffer[] = [];
  for await (const piece of archive!.part(archive!.names.find(name => name.startsWith('one/'))!))
    pieces.push(piece);
  await archive!.close();
  return Buffer.concat(pieces).toString('utf8');
}
