import { ZipOut } from '../zip-out.ts';

const PIECE_CHARACTERS = 1 << 18;
const MOST_ROWS = 1_048_576;

const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

const PARTS: readonly (readonly [name: string, xml: string])[] = [
  [
    '[Content_Types].xml',
    `<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${TYPE}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${TYPE}.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="${TYPE}.styles+xml"/></Types>`,
  ],
  [
    '_rels/.rels',
    `<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
  ],
  [
    'xl/workbook.xml',
    `<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets><sheet name="table" sheetId="1" r:id="rId1"/></sheets></workbook>`,
  ],
  [
    'xl/_rels/workbook.xml.rels',
    `<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="${OFFICE}/styles" Target="styles.xml"/></Relationships>`,
  ],
  [
    'xl/styles.xml',
    // Style 1 is the format `@`: what is typed into its cells stays text as well.
    `<styleSheet xmlns="${MAIN}"><fonts count="1"><font/></fonts><fills count="1"><fill><patternFill patternType="none"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf/><xf numFmtId="49" applyNumberFormat="1"/></cellXfs></styleSheet>`,
  ],
];

/**
 * A workbook (.xlsx, ECMA-376) of one sheet in which every cell is text: no identifier loses a digit, and nothing is a
 * formula (C-29, CR-01). Rows beyond Excel's own bound end it there, and `onCut` is told.
 */
export async function* textWorkbook(
  rows: AsyncIterable<readonly string[]>,
  onCut: () => void = () => undefined,
): AsyncGenerator<Buffer> {
  const zip = new ZipOut();
  for (const [name, xml] of PARTS) yield* zip.whole(name, Buffer.from(HEAD + xml));
  yield* zip.streamed('xl/worksheets/sheet1.xml', sheetXml(rows, onCut));
  yield zip.end();
}

async function* sheetXml(rows: AsyncIterable<readonly string[]>, onCut: () => void): AsyncGenerator<Buffer> {
  let xml = `${HEAD}<worksheet xmlns="${MAIN}"><sheetData>`;
  let rowNo = 0;
  for await (const cells of rows) {
    if (rowNo === MOST_ROWS) {
      onCut();
      break;
    }
    rowNo += 1;
    xml += `<row r="${rowNo}">${cells.map((text, i) => cellXml(text, `${columnName(i)}${rowNo}`)).join('')}</row>`;
    if (xml.length < PIECE_CHARACTERS) continue;
    yield Buffer.from(xml);
    xml = '';
  }
  yield Buffer.from(`${xml}</sheetData></worksheet>`);
}

function cellXml(text: string, reference: string): string {
  if (text === '') return '';
  const told = tellable(text)
    .replace(/_x[0-9A-Fa-f]{4}_/g, '_x005F$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
  return `<c r="${reference}" s="1" t="inlineStr"><is><t xml:space="preserve">${told}</t></is></c>`;
}

/** Without characters that XML has no place for, and halves of characters. */
function tellable(text: string): string {
  return [...text.toWellFormed()].map(each => (isTellable(each.charCodeAt(0)) ? each : '\ufffd')).join('');
}

function isTellable(code: number): boolean {
  return code >= 0x20 ? code < 0xfffe : code === 9 || code === 10 || code === 13;
}

/** `A` for 0, `AA` for 26. */
function columnName(column: number): string {
  const rest = Math.floor(column / 26);
  return (rest === 0 ? '' : columnName(rest - 1)) + String.fromCharCode(65 + (column % 26));
}
