import { constants, crc32, deflateRawSync } from 'node:zlib';

/** For tests: small workbooks and archives of our own making, sound and otherwise. */
export interface Part {
  readonly name: string;
  readonly content: string | Buffer;
  /** The content packed already, when it is too large to lie in memory. */
  readonly packed?: Buffer;
  /** What the directory says instead of the truth. */
  readonly says?: { readonly sizeBytes?: number; readonly crc?: number; readonly flags?: number };
}

export function zipOf(parts: readonly Part[]): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, says = {}, ...part } of parts) {
    const plain = Buffer.from(content as string);
    const packed = part.packed ?? deflateRawSync(plain);
    const title = Buffer.from(name);
    const head = Buffer.alloc(30);
    head.writeUInt32LE(0x04034b50, 0);
    head.writeUInt16LE(8, 8);
    head.writeUInt16LE(title.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(says.flags ?? 0, 8);
    entry.writeUInt16LE(8, 10);
    entry.writeUInt32LE(says.crc ?? crc32(plain), 16);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt32LE(says.sizeBytes ?? plain.length, 24);
    entry.writeUInt16LE(title.length, 28);
    entry.writeUInt32LE(offset, 42);
    bodies.push(head, title, packed);
    directory.push(entry, title);
    offset += 30 + title.length + packed.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(parts.length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, listed, end]);
}

/** `text` so many times over, packed without ever being whole. */
export function packedTimes(text: string, times: number): Buffer {
  const block = deflateRawSync(Buffer.from(text), { finishFlush: constants.Z_FULL_FLUSH });
  return Buffer.concat([...Array.from({ length: times }, () => block), deflateRawSync(Buffer.alloc(0))]);
}

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
const RELATIONS = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"';

export interface Sheets {
  /** What lies in `sheetData`. */
  readonly data: string;
  readonly shared?: readonly string[];
  /** Inside `cellXfs`; formats 0 and 1 are plain and a date without it. */
  readonly styles?: string;
  readonly sheets?: string;
  readonly properties?: string;
  readonly more?: readonly Part[];
}

export function partsOf(of: Sheets): Part[] {
  const shared = (of.shared ?? []).map(text => `<si>${text.startsWith('<') ? text : `<t>${text}</t>`}</si>`);
  const sheets = of.sheets ?? '<sheet name="Cards" sheetId="1" r:id="rId1"/>';
  const styles =
    of.styles ?? '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs>';
  return [
    {
      name: 'xl/workbook.xml',
      content: `${XML}<workbook ${MAIN} ${RELATIONS}>${of.properties ?? ''}<sheets>${sheets}</sheets></workbook>`,
    },
    {
      name: 'xl/_rels/workbook.xml.rels',
      content: `${XML}<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Target="/xl/worksheets/sheet2.xml"/></Relationships>`,
    },
    { name: 'xl/styles.xml', content: `${XML}<styleSheet ${MAIN}>${styles}</styleSheet>` },
    { name: 'xl/sharedStrings.xml', content: `${XML}<sst ${MAIN}>${shared.join('')}</sst>` },
    {
      name: 'xl/worksheets/sheet1.xml',
      content: `${XML}<worksheet ${MAIN}><sheetData>${of.data}</sheetData></worksheet>`,
    },
    ...(of.more ?? []),
  ];
}

export const workbookOf = (of: Sheets): Buffer => zipOf(partsOf(of));

/** Rows of texts as inline strings; a number is a number. */
export function rowsXml(rows: readonly (readonly (string | number)[])[]): string {
  const cell = (value: string | number): string =>
    typeof value === 'number'
      ? `<c><v>${value}</v></c>`
      : `<c t="inlineStr"><is><t xml:space="preserve">${value.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</t></is></c>`;
  return rows.map(row => `<row>${row.map(cell).join('')}</row>`).join('');
}
