import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { rowsXml, workbookOf } from '../../kernel/workbook/testing/workbook-maker.ts';
import { OWN_COLUMNS } from './column-mapping.ts';
import { readTable } from './table.ts';

const kind = {
  name: 'cards',
  columns: ['iccid', 'imsi', 'cap'],
  row: (cells: Readonly<Record<string, string>>) => ({ refused: JSON.stringify(cells) }),
};

async function read(bytes: Buffer): Promise<[string, unknown][]> {
  const rows: [string, unknown][] = [];
  for await (const { place, asks } of readTable(
    kind,
    OWN_COLUMNS,
    Readable.from([bytes.subarray(0, 3), bytes.subarray(3)]),
  ))
    rows.push([place, 'refused' in asks ? JSON.parse(asks.refused) : asks]);
  return rows;
}

describe('a table of registrations that comes as a workbook', () => {
  it('is read row by row under the numbers of its rows, and tells a long number as a rounded one', async () => {
    const header =
      '<row r="1"><c t="inlineStr"><is><t>iccid</t></is></c><c t="inlineStr"><is><t>imsi</t></is></c><c t="inlineStr"><is><t>cap</t></is></c></row>';
    const text = (value: string): string => `<c t="inlineStr"><is><t>${value}</t></is></c>`;
    const data = `${header}<row r="3">${text('8988303000000000010')}${text('001010000000001')}<c><v>50000000000</v></c></row><row r="7">${text('8988303000000000010')}<c><v>1010000000001</v></c></row>`;
    expect(await read(workbookOf({ data }))).toEqual([
      ['line 3', { iccid: '8988303000000000010', imsi: '001010000000001', cap: '50000000000' }],
      ['line 7', { iccid: '8988303000000000010', imsi: '1.010000000001e+12', cap: '' }],
    ]);
  });

  it.each([
    ['a damaged one', workbookOf({ data: rowsXml([['iccid'], ['1']]) }).subarray(0, 600), /cannot be read/],
    ['an older one', Buffer.concat([Buffer.from('d0cf11e0', 'hex'), Buffer.alloc(600)]), /no usual size/],
    ['UTF-16', Buffer.from('\ufefficcid\n1\n', 'utf16le'), /binary or UTF-16/],
  ])('is refused as no table when it is %s', async (_, bytes, reason) => {
    await expect(read(bytes)).rejects.toMatchObject({
      code: 'import-not-a-table',
      detail: { reason: expect.stringMatching(reason) },
    });
  });
});
