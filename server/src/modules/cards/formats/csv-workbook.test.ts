import { describe, expect, it } from 'vitest';
import { oldWorkbookOf } from '../../../kernel/workbook/testing/old-workbook-maker.ts';
import { rowsXml, workbookOf } from '../../../kernel/workbook/testing/workbook-maker.ts';
import { genericCsv } from './generic-csv.ts';
import { readWhole } from './reading-aids.ts';

const mapping = {
  columns: { iccid: '卡号', imsi: 'IMSI', time: 'time', bytesUp: 'up' },
  encoding: 'gb18030',
  time: ['YYYY/MM/DD'],
};
const profile = { mapping, zone: 'Asia/Shanghai', recordId: 'no' };
const HEADER = ['no', '卡号', 'IMSI', 'time', 'up'];
const ICCID = '8988303000000000010';

const row = (cells: string): string => `<row>${cells}</row>`;
const text = (value: string): string => `<c t="inlineStr"><is><t>${value}</t></is></c>`;
const sheet = (...rows: string[]): Buffer => workbookOf({ data: rowsXml([HEADER]) + rows.join('') });
const read = (bytes: Buffer) => readWhole(genericCsv, bytes, profile);

describe('a workbook of usage', () => {
  it('is read as the table it shows, its dates in the zone of the source', async () => {
    const date = '<c s="1"><v>46082.5</v></c>';
    const { readings, unread, report } = await read(
      sheet(row(`<c><v>17</v></c>${text(ICCID)}${text('262011234567890')}${date}<c><v>1200</v></c>`)),
    );
    expect(unread).toEqual([]);
    expect(report.facts).toMatchObject({ isWorkbook: true, rows: 1 });
    expect(readings).toMatchObject([
      {
        claim: `iccid:${ICCID}`,
        alsoClaims: ['imsi:262011234567890'],
        observedAtMs: Date.UTC(2026, 2, 1, 4),
        timeMark: 'zone-declared',
        recordId: 'csv/17',
        body: { bytesUp: 1200 },
      },
    ]);
  });

  it.each([
    ['B2', `<c/><c><v>8.98830300000000E+18</v></c>${text('262011234567890')}`],
    ['B2', `<c/><c><v>8988303000000000010</v></c>${text('262011234567890')}`],
    ['C2', `<c/>${text(ICCID)}<c><v>1010000000001</v></c>`],
  ])(
    'that holds an identifier as a number is refused at cell %s, and no other row with it',
    async (cell, cells) => {
      const good = row(`<c/>${text(ICCID)}${text('262011234567890')}${text('2026/03/01')}<c><v>5</v></c>`);
      const { readings, unread } = await read(sheet(row(cells), good));
      expect(unread).toMatchObject([
        { place: `cell ${cell}`, reason: 'identifier-unreadable', detail: { fault: 'damaged-number' } },
      ]);
      expect(readings).toHaveLength(1);
    },
  );

  it('of the older kind (.xls) is read alike, and a number for an identifier is refused at its cell', async () => {
    const rows = [
      HEADER,
      [17, ICCID, '262011234567890', { date: 46082.5 }, 1200],
      [18, 8.9e18, 'x', '2026/03/01', 5],
    ];
    const { readings, unread } = await read(oldWorkbookOf(rows));
    expect(readings).toMatchObject([
      {
        claim: `iccid:${ICCID}`,
        observedAtMs: Date.UTC(2026, 2, 1, 4),
        recordId: 'csv/17',
        body: { bytesUp: 1200 },
      },
    ]);
    expect(unread).toMatchObject([{ place: 'cell B3', detail: { fault: 'damaged-number' } }]);
  });

  it('reads a mended row again as text under the same header', async () => {
    const broken = row(`<c/>${text('89')}${text('x')}<c s="1"><v>46082.5</v></c><c><v>5</v></c>`);
    const { cuts } = await read(sheet(broken));
    const { raw, frame } = cuts[0]!;
    const mended = Buffer.from(Buffer.from(raw).toString().replace(',89,', `,${ICCID},`));
    const again = await read(Buffer.concat([frame!.before, mended]));
    expect(again.readings).toMatchObject([
      { claim: `iccid:${ICCID}`, observedAtMs: Date.UTC(2026, 2, 1, 4) },
    ]);
  });

  it('passes over styled rows without a word, tells of other sheets, and is refused when it is damaged', async () => {
    const sheets = '<sheet name="a" r:id="rId1"/><sheet name="b" r:id="rId2"/>';
    const data = `${rowsXml([HEADER])}<row><c s="1"/><c s="1"/></row>`;
    const { cuts, report } = await read(workbookOf({ data, sheets }));
    expect(cuts).toEqual([]);
    expect(report.flags.map(flag => flag.code)).toEqual(['no-rows', 'sheets-passed-over']);
    const old = Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(600)]);
    const found = expect.stringMatching(/no usual size/);
    await expect(read(old)).rejects.toMatchObject({ code: 'format-mismatch', detail: { found } });
    await expect(read(Buffer.from('PK\x03\x04'))).rejects.toMatchObject({ code: 'format-mismatch' });
  });
});
