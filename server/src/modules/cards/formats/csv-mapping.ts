import { patternFault } from './time-pattern.ts';
import { isZone } from './zone-time.ts';

/**
 * What a column of a usage file may hold. `latitude` and `longitude` are decimal degrees (WGS 84), `accuracyM` a
 * radius in metres, `direction` `mo` or `mt`, `peer` the other side of a call or message, and `peerKind` `emergency`
 * or `operator`. `destination` is the host or address of a flow, `area` a district's code, `account` the customer as the
 * source names it. `iccidAlias` is a second written form of the same card (1NCE's pair).
 */
export const CSV_FIELDS = [
  'iccid',
  'iccidAlias',
  'imsi',
  'msisdn',
  'eid',
  'imei',
  'time',
  'date',
  'timeOfDay',
  'bytesUp',
  'bytesDown',
  'bytesTotal',
  'smsCount',
  'voiceSeconds',
  'durationSeconds',
  'apn',
  'mcc',
  'mnc',
  'plmn',
  'country',
  'cell',
  'latitude',
  'longitude',
  'accuracyM',
  'direction',
  'peer',
  'peerKind',
  'rat',
  'session',
  'recordId',
  'service',
  'event',
  'destination',
  'application',
  'cause',
  'area',
  'account',
] as const;
export type CsvField = (typeof CSV_FIELDS)[number];

/**
 * How a source's file is to be read; lies in `profile.mapping`. Only `columns` must be there: field to
 * column, by the name in the header or, when `headerRows` is 0, by its number from 1.
 *
 * @example { "columns": { "iccid": "icc", "time": "usageDate", "bytesUp": "bytesIn" }, "time": ["iso"] }
 */
export interface CsvMapping {
  readonly columns: Readonly<Partial<Record<CsvField, string | number>>>;
  /** Mapped columns that a file may lack. */
  readonly optional: readonly CsvField[];
  /** Columns known and not wanted: they are not reported as unknown. */
  readonly ignored: readonly string[];
  readonly delimiter: string;
  readonly encoding: 'utf-8' | 'gb18030';
  /** Rows before the first record; the first of them holds the names. */
  readonly headerRows: number;
  /** Cells that mean "not stated". */
  readonly nulls: readonly string[];
  /** Patterns of times, tried in order; see `time-pattern.ts`. With `date` and `timeOfDay` the two cells are joined by a blank. */
  readonly time: readonly string[];
  /** Zone of times without one; the profile's when absent. */
  readonly zone: string | null;
  /** Text of the service column to `data`, `sms`, `voice` or `other`. */
  readonly services: Readonly<Record<string, string>>;
  /** Service of every row, when there is no column for it. */
  readonly service: string | null;
}

const SERVICES = ['data', 'sms', 'voice', 'other'];
const KEYS = new Set(
  'columns optional ignored delimiter encoding headerRows nulls time zone services service'.split(' '),
);

type Loose = Readonly<Record<string, unknown>>;
type Parsed = { readonly mapping: CsvMapping; readonly faults: readonly string[] };

/** Reads a mapping of unknown shape; every fault is a sentence. The mapping may be used only when there is none. */
export function parseMapping(value: unknown): Parsed {
  const faults: string[] = [];
  const given: Loose = isRecord(value) ? value : {};
  if (!isRecord(value)) faults.push('mapping must be an object with "columns".');
  for (const key of Object.keys(given))
    if (!KEYS.has(key)) faults.push(`mapping has an unknown key "${key}".`);
  const mapping: CsvMapping = {
    columns: columnsOf(given.columns, faults),
    optional: listOf(given, 'optional', [], faults).filter(isField),
    ignored: listOf(given, 'ignored', [], faults),
    delimiter: textOf(given, 'delimiter', ',', faults),
    encoding: given.encoding === 'gb18030' ? 'gb18030' : 'utf-8',
    headerRows: given.headerRows === undefined ? 1 : wholeOf(given.headerRows),
    nulls: listOf(given, 'nulls', ['', '\\N'], faults),
    time: listOf(given, 'time', ['iso'], faults),
    zone: given.zone === undefined ? null : textOf(given, 'zone', '', faults),
    services: servicesOf(given.services, faults),
    service: given.service === undefined ? null : textOf(given, 'service', '', faults),
  };
  judge(mapping, given, faults);
  return { mapping, faults };
}

function judge(mapping: CsvMapping, given: Loose, faults: string[]): void {
  const { columns } = mapping;
  if (!['iccid', 'imsi', 'eid', 'msisdn'].some(field => field in columns)) {
    faults.push('mapping names no column for iccid, imsi, eid or msisdn.');
  }
  if (given.encoding !== undefined && given.encoding !== 'utf-8' && given.encoding !== 'gb18030') {
    faults.push('encoding must be "utf-8" or "gb18030".');
  }
  const allowed = mapping.encoding === 'gb18030' ? [',', ';', '\t'] : [',', ';', '\t', '|'];
  if (!allowed.includes(mapping.delimiter))
    faults.push('delimiter must be a comma, semicolon, tab or (in UTF-8) bar.');
  if (!Number.isInteger(mapping.headerRows) || mapping.headerRows < 0 || mapping.headerRows > 10) {
    faults.push('headerRows must be 0 to 10.');
  }
  const wanted = mapping.headerRows === 0 ? 'number' : 'string';
  for (const [field, column] of Object.entries(columns)) {
    if (typeof column !== wanted)
      faults.push(`column of ${field} must be a ${wanted === 'number' ? 'number from 1' : 'name'}.`);
  }
  if ('timeOfDay' in columns && !('date' in columns)) faults.push('timeOfDay needs date.');
  if ('time' in columns && 'date' in columns) faults.push('time and date exclude each other.');
  for (const pattern of mapping.time) {
    const fault = patternFault(pattern);
    if (fault !== null) faults.push(`${fault}.`);
  }
  if (mapping.zone !== null && !isZone(mapping.zone)) faults.push(`zone "${mapping.zone}" is not known.`);
  if (mapping.service !== null && !SERVICES.includes(mapping.service)) {
    faults.push('service must be data, sms, voice or other.');
  }
}

/** What is no number and no text of one is none, whatever it would turn itself into. */
function wholeOf(value: unknown): number {
  return typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN;
}

function isRecord(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isField(text: string): text is CsvField {
  return (CSV_FIELDS as readonly string[]).includes(text);
}

function columnsOf(value: unknown, faults: string[]): CsvMapping['columns'] {
  const columns: Partial<Record<CsvField, string | number>> = {};
  for (const [field, column] of Object.entries(isRecord(value) ? value : {})) {
    if (!isField(field)) faults.push(`columns names an unknown field "${field}".`);
    else if (typeof column === 'string' && column !== '') columns[field] = column;
    else if (typeof column === 'number' && Number.isInteger(column) && column > 0) columns[field] = column;
    else faults.push(`column of ${field} must be a name or a number from 1.`);
  }
  return columns;
}

function servicesOf(value: unknown, faults: string[]): Record<string, string> {
  const services: Record<string, string> = {};
  for (const [text, service] of Object.entries(isRecord(value) ? value : {})) {
    if (typeof service === 'string' && SERVICES.includes(service)) services[text.toLowerCase()] = service;
    else faults.push(`services: "${text}" must be data, sms, voice or other.`);
  }
  return services;
}

function listOf(given: Loose, key: string, usual: readonly string[], faults: string[]): readonly string[] {
  const value = given[key];
  if (value === undefined) return usual;
  if (Array.isArray(value) && value.every(item => typeof item === 'string')) return value;
  faults.push(`${key} must be a list of texts.`);
  return usual;
}

function textOf(given: Loose, key: string, usual: string, faults: string[]): string {
  const value = given[key];
  if (value === undefined) return usual;
  if (typeof value === 'string') return value;
  faults.push(`${key} must be a text.`);
  return usual;
}
