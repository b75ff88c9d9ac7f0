import { describe, expect, it } from 'vitest';
import { workbookAsCsv } from './as-csv.ts';
import { dateOfSerial, showsDate } from './serial-date.ts';
import { packedTimes, partsOf, rowsXml, type Sheets, workbookOf, zipOf } from './testing/workbook-maker.ts';

async function csvOf(bytes: Buffer): Promise<string> {
  const { text } = await workbookAsCsv(
    (async function* () {
      for (let at = 0; at < bytes.length; at += 1_000) yield bytes.subarray(at, at + 1_000);
    })(),
    { delimiter: ',', numberText: (number, column, name) => `${name}${column}=${number}` },
  );
  const pieces: string[] = [];
  // Of a bomb only the beginning is kept.
  for await (const piece of text) if (pieces.length < 100) pieces.push(piece.toString());
  return pieces.join('');
}
const read = (of: Sheets) => csvOf(workbookOf(of));
const refused = (bytes: Buffer) =>
  csvOf(bytes).then(
    () => 'read',
    (fault: { code: string; detail: { reason: string } }) => `${fault.code}: ${fault.detail.reason}`,
  );

describe('the first sheet of a workbook', () => {
  it('is a table in which each row keeps its number and each cell its column', async () => {
    const data =
      '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c></row>' +
      '<row r="4" spans="1:3"><c r="B4"><v>1.5E3</v></c><c r="C4" t="b"><v>1</v></c></row>' +
      '<row r="5"><c r="A5" s="1"/></row>' +
      '<row r="6"><c r="A6" t="str"><f>A1&amp;"x"</f><v>of a formula</v></c><c r="B6" t="e"><v>#N/A</v></c></row>';
    const shared = ['iccid', '<r><t>a </t></r><r><rPr><b/></rPr><t>b</t></r><rPh><t>hint</t></rPh>'];
    expect(await read({ data, shared })).toBe('iccid,,a b\n\n\n,1=1500,true\n\nof a formula,#N/A\n');
  });

  it('tells dates as they are shown, in both systems of days', async () => {
    const cells = (...numbers: number[]): string =>
      `<row>${numbers.map(number => `<c s="1"><v>${number}</v></c>`).join('')}</row>`;
    expect(await read({ data: cells(45352, 45352.416724537, 0.5, 59, 61) })).toBe(
      '2024-03-01,2024-03-01 10:00:05,12:00:00,1900-02-28,1900-03-01\n',
    );
    const properties = '<workbookPr date1904="1"/>';
    expect(await read({ properties, data: cells(43890) })).toBe('2024-03-01\n');
    expect(dateOfSerial(-1, false)).toBeNull();
    expect(dateOfSerial(1e9, false)).toBeNull();
    const codes = [
      'yyyy\\-mm\\-dd',
      '[$-409]h:mm AM/PM',
      '[h]:mm',
      '0.00" days"',
      '[Red]0',
      'General',
      '#,##0\\d',
    ];
    expect(codes.map(code => showsDate(164, code))).toEqual([true, true, true, false, false, false, false]);
  });

  it('quotes what a table would take for its own, and shows characters that XML has no place for', async () => {
    const data = rowsXml([
      ['a,b', 'say "x"', 'two\nlines', '_x0041_&#x4e2d;'.replace('&#x4e2d;', '中'), ' edge '],
    ]);
    expect(await read({ data })).toBe('"a,b","say ""x""",two lines,A中, edge \n');
  });

  it('is the first that is visible', async () => {
    const sheets =
      '<sheet name="h" sheetId="1" state="veryHidden" r:id="rId1"/><sheet name="v" sheetId="2" r:id="rId2"/>';
    const second = {
      name: 'xl/worksheets/sheet2.xml',
      content: `<sheetData>${rowsXml([['seen']])}</sheetData>`,
    };
    expect(await read({ sheets, data: rowsXml([['hidden']]), more: [second] })).toBe('seen\n');
  });

  const sound = rowsXml([['iccid'], ['1']]);
  const inSheet = (content: string): Buffer =>
    zipOf(
      partsOf({ data: '' }).map(part => (part.name.endsWith('sheet1.xml') ? { ...part, content } : part)),
    );
  it.each<[string, Buffer, RegExp]>([
    ['text', Buffer.from('iccid\n1\n'), /cut off/],
    ['an archive without a workbook', zipOf([{ name: 'a', content: 'b' }]), /missing: xl\/workbook.xml/],
    ['a file that was cut', workbookOf({ data: sound }).subarray(0, 700), /cut off/],
    ['a document type', inSheet('<!DOCTYPE x [<!ENTITY a "b">]><sheetData/>'), /document type/],
    ['rows out of order', inSheet('<row r="2"></row><row r="1"></row>'), /rows are out of order/],
    ['a row beyond all sheets', inSheet('<row r="1048577"></row>'), /rows are out of order/],
    ['cells out of order', inSheet('<row><c r="B1"/><c r="A1"><v>1</v></c></row>'), /cells are out of order/],
    ['a column beyond all sheets', inSheet('<row><c r="ZZZ1"><v>1</v></c></row>'), /cells are out of order/],
    ['a text that is not there', inSheet('<row><c t="s"><v>7</v></c></row>'), /a text that is not there/],
    ['a text named as an object has it', inSheet('<row><c t="s"><v>length</v></c></row>'), /not there/],
    ['a tag without end', inSheet(`<row a="${'x'.repeat(2 << 20)}`), /too long/],
    ['an end within a tag', inSheet('<sheetData><row'), /cut off/],
    ['another part outside', workbookOf({ data: '', sheets: '<sheet name="x" r:id="rId9"/>' }), /not in it/],
    [
      'no visible sheet',
      workbookOf({ data: '', sheets: '<sheet state="hidden" r:id="rId1"/>' }),
      /no visible/,
    ],
  ])('of %s is refused with what is wrong', async (_, bytes, reason) => {
    expect(await refused(bytes)).toMatch(reason);
  });

  it('is not believed what its archive says of a part', async () => {
    const lie = (says: object): Buffer =>
      zipOf(
        partsOf({ data: sound }).map(part => ({ ...part, says: part.name.includes('sheet1') ? says : {} })),
      );
    expect(await refused(lie({ sizeBytes: 10 }))).toMatch(/larger than it says/);
    expect(await refused(lie({ sizeBytes: 1e9 }))).toMatch(/damaged/);
    expect(await refused(lie({ crc: 1 }))).toMatch(/damaged/);
    expect(await refused(lie({ flags: 1 }))).toMatch(/encrypted/);
    const twice = partsOf({ data: sound });
    expect(await refused(zipOf([...twice, ...twice.slice(-1)]))).toMatch(/one name/);
  });

  it('whose rows lie within rows is refused, and cells outside of rows are none', async () => {
    const cell = '<c t="inlineStr"><is><t>a</t></is></c>';
    expect(await refused(workbookOf({ data: `<row r="2"><row r="3">${cell}</row>${cell}</row>` }))).toMatch(
      /out of order/,
    );
    const table = await read({ data: `${cell}</row><row r="2">${cell}</row>${cell}</row>` });
    expect(table).toBe('\na\n');
  });

  it('of a bomb is refused before it fills the memory', async () => {
    const before = process.memoryUsage().rss;
    const row = `<row><c t="inlineStr"><is><t>${'0'.repeat(100_000)}</t></is></c></row>`;
    const packed = packedTimes(row.repeat(10), 540);
    const big = zipOf(
      partsOf({ data: '' }).map(part =>
        part.name.includes('sheet1') ? { ...part, packed, says: { sizeBytes: 2 ** 31 } } : part,
      ),
    );
    expect(big.length).toBeLessThan(2 << 20);
    expect(await refused(big)).toMatch(/half a gibibyte/);
    const text = 'x'.repeat(32_000);
    const reference = '<row><c t="s"><v>0</v></c><c t="s"><v>0</v></c></row>';
    expect(await refused(workbookOf({ data: reference.repeat(18_000), shared: [text] }))).toMatch(
      /a gibibyte/,
    );
    expect(await refused(Buffer.alloc(33 << 20, 'PK'))).toMatch(/32 MiB/);
    expect(process.memoryUsage().rss - before).toBeLessThan(600 << 20);
  }, 60_000);
});
