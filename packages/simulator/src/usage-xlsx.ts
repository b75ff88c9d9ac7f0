import type { Use } from './model.ts';
import { FLEET_MAPPING, usageRow } from './usage-csv.ts';
import type { UsageFile } from './usage-file.ts';
import { zipOf } from './zip.ts';

const COLUMNS = Object.values(FLEET_MAPPING.columns);
const TIME = COLUMNS.indexOf(FLEET_MAPPING.columns.time);
/** Columns of figures; all others are text, identifiers above all. */
const FIGURES: ReadonlySet<string> = new Set([
  ...['bytes_up', 'bytes_down', 'sms', 'voice_seconds', 'seconds'],
  ...['latitude', 'longitude', 'accuracy_m'],
]);
const DAY_MS = 86_400_000;
/** What spreadsheets call day 0, and the style of cells that show a date and a time. */
const FIRST_MS = Date.UTC(1899, 11, 30);
const DATE_STYLE = 1;
const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const TYPES = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

/**
 * The usage table as a workbook (ECMA-376 part 1, §18): texts are shared, figures are numbers, and times are dates, which
 * have no zone there and are of UTC. A time of less than a second's grain would be lost in a date and is text.
 */
export class Workbook implements UsageFile {
  readonly #texts = new Map<string, number>();
  #rows: string[] = [];

  head(): string {
    this.#add(COLUMNS, false);
    return '';
  }

  /** What it tells lies in the file's end, for an archive is written whole. */
  record(use: Use): string {
    this.#add(usageRow(use).slice(0, -1).split(','), true);
    return '';
  }

  tail(): Buffer {
    return zipOf({
      '[Content_Types].xml': contentTypes(),
      '_rels/.rels': relations([['officeDocument', 'xl/workbook.xml']]),
      'xl/workbook.xml':
        `${XML}<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets>` +
        '<sheet name="usage" sheetId="1" r:id="rId1"/></sheets></workbook>',
      'xl/_rels/workbook.xml.rels': relations([
        ['worksheet', 'worksheets/sheet1.xml'],
        ['styles', 'styles.xml'],
        ['sharedStrings', 'sharedStrings.xml'],
      ]),
      'xl/styles.xml': styles(),
      'xl/sharedStrings.xml': this.#shared(),
      'xl/worksheets/sheet1.xml': `${XML}<worksheet xmlns="${MAIN}"><sheetData>${this.#rows.join('')}</sheetData></worksheet>`,
    });
  }

  #add(texts: readonly string[], isRecord: boolean): void {
    const row = this.#rows.length + 1;
    const cells = texts.map((text, i) => (text === '' ? '' : this.#cell(text, i, row, isRecord)));
    this.#rows.push(`<row r="${row}">${cells.join('')}</row>`);
  }

  #cell(text: string, column: number, row: number, isRecord: boolean): string {
    const at = `r="${letters(column)}${row}"`;
    const ms = isRecord && column === TIME ? Date.parse(text) : Number.NaN;
    if (ms % 1000 === 0) return `<c ${at} s="${DATE_STYLE}"><v>${(ms - FIRST_MS) / DAY_MS}</v></c>`;
    if (isRecord && FIGURES.has(COLUMNS[column] as string)) return `<c ${at}><v>${text}</v></c>`;
    const known = this.#texts.get(text) ?? this.#texts.size;
    this.#texts.set(text, known);
    return `<c ${at} t="s"><v>${known}</v></c>`;
  }

  #shared(): string {
    const texts = [...this.#texts.keys()].map(
      text => `<si><t xml:space="preserve">${escaped(text)}</t></si>`,
    );
    return `${XML}<sst xmlns="${MAIN}" uniqueCount="${texts.length}">${texts.join('')}</sst>`;
  }
}

/** `A` to `Z`, then `AA`. */
function letters(column: number): string {
  const last = String.fromCharCode(65 + (column % 26));
  return column < 26 ? last : letters(Math.floor(column / 26) - 1) + last;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function relations(parts: readonly (readonly [type: string, target: string])[]): string {
  const each = parts.map(
    ([type, target], i) => `<Relationship Id="rId${i + 1}" Type="${OFFICE}/${type}" Target="${target}"/>`,
  );
  return `${XML}<Relationships xmlns="${PACKAGE}/relationships">${each.join('')}</Relationships>`;
}

function contentTypes(): string {
  const part = (name: string, type: string): string =>
    `<Override PartName="/xl/${name}.xml" ContentType="${TYPES}.${type}+xml"/>`;
  return (
    `${XML}<Types xmlns="${PACKAGE}/content-types">` +
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>' +
    '<Default Extension="xml" ContentType="application/xml"/>' +
    part('workbook', 'sheet.main') +
    part('worksheets/sheet1', 'worksheet') +
    part('styles', 'styles') +
    part('sharedStrings', 'sharedStrings') +
    '</Types>'
  );
}

/** The usual style, and that of a date with its time (number format 22). */
function styles(): string {
  return (
    `${XML}<styleSheet xmlns="${MAIN}"><fonts count="1"><font/></fonts><fills count="1"><fill/></fills>` +
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2">' +
    '<xf numFmtId="0" xfId="0"/><xf numFmtId="22" xfId="0" applyNumberFormat="1"/></cellXfs></styleSheet>'
  );
}
