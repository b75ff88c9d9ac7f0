import { unreadable } from './fault.ts';
import { showsDate } from './serial-date.ts';
import { type SheetRow, type SheetWords, sheetRows } from './sheet-rows.ts';
import { attributeOf, xmlEvents } from './xml-events.ts';
import { Archive } from './zip.ts';

/** Bounds of a file, and of the texts that its cells share. */
export const MOST_WORKBOOK_BYTES = 32 << 20;
const MOST_SHARED_CHARACTERS = 64 << 20;
const MOST_SHARED = 2_000_000;
const MOST_STYLES = 100_000;
const MOST_SHEETS = 1_000;

/** A workbook whose first visible sheet is read row by row. */
export interface Workbook {
  /** Sheets that are visible, the one that is read among them. */
  readonly sheets: number;
  rows(): AsyncGenerator<SheetRow>;
}

const ZIP = [0x50, 0x4b, 0x03, 0x04];
const COMPOUND = [0xd0, 0xcf, 0x11, 0xe0];
const startsWith = (bytes: Uint8Array, mark: readonly number[]): boolean =>
  mark.every((byte, i) => bytes[i] === byte);

/** What the first four bytes of a file show: a workbook of Office Open XML, one of the older kind, or neither. */
export function workbookKind(head: Uint8Array): 'xlsx' | 'xls' | null {
  if (startsWith(head, ZIP)) return 'xlsx';
  return startsWith(head, COMPOUND) ? 'xls' : null;
}

/**
 * Opens a workbook (.xlsx, ECMA-376). Formulas are not worked out: what was saved with them is read. Nothing outside
 * the file is looked at, and macros and drawings lie in parts that are never opened.
 *
 * Refuses `workbook-unreadable` what is damaged, encrypted or larger than its bounds.
 */
export async function openWorkbook(bytes: Buffer): Promise<Workbook> {
  const archive = new Archive(bytes);
  const { path, sheets, is1904 } = await firstSheet(archive);
  const words: SheetWords = {
    shared: await sharedTexts(archive),
    isDate: await dateStyles(archive),
    is1904,
  };
  return { sheets, rows: () => sheetRows(archive.part(path), words) };
}

async function firstSheet(archive: Archive): Promise<{ path: string; sheets: number; is1904: boolean }> {
  const visible: string[] = [];
  let is1904 = false;
  let count = 0;
  for await (const event of xmlEvents(archive.part('xl/workbook.xml'))) {
    if (!('open' in event)) continue;
    if (event.open === 'workbookPr')
      is1904 = ['1', 'true', 'on'].includes(attributeOf(event.attributes, 'date1904') ?? '');
    if (event.open !== 'sheet') continue;
    count += 1;
    if (count > MOST_SHEETS) throw unreadable('it has too many sheets');
    const state = attributeOf(event.attributes, 'state') ?? 'visible';
    if (state === 'visible') visible.push(attributeOf(event.attributes, '[A-Za-z0-9]+:id') ?? '');
  }
  const [first] = visible;
  if (first === undefined) throw unreadable('it has no visible sheet');
  return { path: await partOf(archive, first), sheets: visible.length, is1904 };
}

async function partOf(archive: Archive, relation: string): Promise<string> {
  for await (const event of xmlEvents(archive.part('xl/_rels/workbook.xml.rels'))) {
    if (!('open' in event) || event.open !== 'Relationship') continue;
    if (attributeOf(event.attributes, 'Id') !== relation) continue;
    if (attributeOf(event.attributes, 'TargetMode') === 'External') break;
    const target = attributeOf(event.attributes, 'Target') ?? '';
    return target.startsWith('/') ? target.slice(1) : `xl/${target}`;
  }
  throw unreadable('its sheet is not in it');
}

/** Texts by number, each the sum of its runs; phonetic hints are no part of them (18.4.8). */
async function sharedTexts(archive: Archive): Promise<readonly string[]> {
  const texts: string[] = [];
  if (!archive.has('xl/sharedStrings.xml')) return texts;
  let characters = 0;
  let text: string | null = null;
  let isInText = false;
  let hints = 0;
  for await (const event of xmlEvents(archive.part('xl/sharedStrings.xml'))) {
    if ('text' in event) {
      if (!isInText || hints > 0 || text === null) continue;
      text += event.text;
      characters += event.text.length;
      if (characters > MOST_SHARED_CHARACTERS) throw unreadable('its texts are too long');
    } else if ('open' in event) {
      if (event.open === 'si') text = '';
      isInText = event.open === 't';
      if (event.open === 'rPh') hints += 1;
    } else {
      isInText = false;
      if (event.close === 'rPh') hints -= 1;
      if (event.close !== 'si') continue;
      if (texts.push(text ?? '') > MOST_SHARED) throw unreadable('it has too many texts');
      text = null;
    }
  }
  return texts;
}

/** For each style of cells whether it shows dates. */
async function dateStyles(archive: Archive): Promise<readonly boolean[]> {
  const styles: boolean[] = [];
  if (!archive.has('xl/styles.xml')) return styles;
  const codes = new Map<number, string>();
  let isInCells = false;
  for await (const event of xmlEvents(archive.part('xl/styles.xml'))) {
    if ('close' in event && event.close === 'cellXfs') isInCells = false;
    if (!('open' in event)) continue;
    const id = Number(attributeOf(event.attributes, 'numFmtId') ?? '0');
    if (event.open === 'cellXfs') isInCells = true;
    if (event.open === 'numFmt' && codes.size < MOST_STYLES)
      codes.set(id, (attributeOf(event.attributes, 'formatCode') ?? '').slice(0, 1_000));
    if (event.open !== 'xf' || !isInCells) continue;
    if (styles.push(showsDate(id, codes.get(id))) > MOST_STYLES) throw unreadable('it has too many styles');
  }
  return styles;
}
