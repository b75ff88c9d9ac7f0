/** CR-23, C-28: tables of registrations in the two encodings that operators write. */
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { OWN_COLUMNS } from './column-mapping.ts';
import { readTable } from './table.ts';

const kind = {
  name: 'cards',
  columns: ['iccid', 'owner'],
  row: (cells: Readonly<Record<string, string>>) => ({ refused: `${cells['iccid']} ${cells['owner']}` }),
};
/** 卡号,电表 in GB18030; by hand, for the runtime only decodes it. */
const CARD = Buffer.from('bfa8bac5', 'hex');
const METER = Buffer.from('b5e7b1ed', 'hex');
const line = (...parts: readonly (string | Buffer)[]): Buffer =>
  Buffer.concat(parts.map(part => (typeof part === 'string' ? Buffer.from(part) : part)));

async function read(bytes: Buffer, pieceBytes: number, mapping = OWN_COLUMNS): Promise<string[]> {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) pieces.push(bytes.subarray(at, at + pieceBytes));
  const rows: string[] = [];
  for await (const { asks } of readTable(kind, mapping, Readable.from(pieces)))
    rows.push('refused' in asks ? asks.refused : '');
  return rows;
}

test.each([1, 2, 3, 1_000])(
  'a table in GB18030 is read as it is meant, in pieces of %d bytes',
  async size => {
    const mapping = { columns: { iccid: '卡号' }, ignored: [], encoding: 'gb18030' as const };
    const table = line(CARD, ',owner\r\n8986001,', METER, '\r\n8986002,', METER);
    expect(await read(table, size, mapping)).toEqual(['8986001 电表', '8986002 电表']);
  },
);

test('a table in GB18030 that nobody said to be so is refused at its line, and no name is registered garbled', async () => {
  const table = line('iccid,owner\n8986001,meter\n8986002,', METER, '\n8986003,x\n');
  await expect(read(table, 7)).rejects.toMatchObject({
    code: 'import-not-a-table',
    detail: { place: 'line 3', reason: expect.stringContaining('"gb18030"') },
  });
});

test('bytes that GB18030 does not have are refused at their line', async () => {
  const mapping = { ...OWN_COLUMNS, encoding: 'gb18030' as const };
  await expect(
    read(line('iccid,owner\n1,', Buffer.from('ff', 'hex'), '\n'), 5, mapping),
  ).rejects.toMatchObject({
    code: 'import-not-a-table',
    detail: { place: 'line 2' },
  });
});

test('a line without an end is refused before it is held whole', async () => {
  await expect(read(Buffer.alloc(4 << 20, 'x'), 1 << 16)).rejects.toMatchObject({
    code: 'import-not-a-table',
  });
});

test('a mark of UTF-8 and names of several bytes pass in any pieces', async () => {
  expect(await read(Buffer.from('\ufefficcid,owner\n1,电表🔌\n'), 1)).toEqual(['1 电表🔌']);
});
