import { sha256 } from '../../../kernel/bytes.ts';
import type { RecordFormat } from '../../../spine/observations/format.ts';
import type { Reading } from '../../../spine/observations/observation.ts';
import type { SourceProfile } from '../../../spine/observations/source-profile.ts';
import { readProviderSim } from '../identifiers/provider-sim.ts';
import { CARD_USAGE } from '../model.ts';
import { noPlaces, TextCells } from './csv-cells.ts';
import { type CsvField, parseMapping } from './csv-mapping.ts';
import { usageReader } from './csv-usage.ts';
import { type JsonFault, JsonRecords, type ReadObject } from './json-records.ts';
import { type JsonObject, memberText } from './json-values.ts';
import { isZone } from './zone-time.ts';

/** One platform's records as JSON: what a format of this kind says of itself. */
export interface ProviderRecords {
  readonly name: string;
  /** Members of an answer in which its records lie. */
  lists(profile: SourceProfile): readonly string[];
  readonly units: readonly SourceProfile['unit'][];
  readonly counters: readonly SourceProfile['counter'][];
  reader(profile: SourceProfile): ReadObject;
}

/**
 * Records that a platform pushes one by one, or that whoever reads its interface writes down, a line each, in small
 * arrays or in answers as they came. Where an answer does not say what was asked, it is written as
 * `{"asked": {"iccid": …}, "at": TIME, "answer": ANSWER}`: `asked` names the card, `at` when it was read.
 */
export function providerFormat(records: ProviderRecords): RecordFormat {
  const { name, reader, lists } = records;
  return {
    name,
    yields: CARD_USAGE,
    isText: true,
    checkProfile: profile => profileFaults(records, profile),
    read: (bytes, profile) =>
      new JsonRecords(bytes, name, reader(profile), [...lists(profile), 'answer']).run(),
  };
}

function profileFaults({ units, counters }: ProviderRecords, profile: SourceProfile): string[] {
  const quoted = (words: readonly string[]): string => words.map(word => `"${word}"`).join(' or ');
  const faults: string[] = [];
  if (!units.includes(profile.unit)) faults.push(`unit must be ${quoted(units)} for these records.`);
  if (!counters.includes(profile.counter))
    faults.push(`counter must be ${quoted(counters)} for these records.`);
  if (!isZone(profile.zone)) faults.push(`zone "${profile.zone}" is not known.`);
  return faults;
}

/** Where a field is found: names of members, tried in order; a path has dots, and one that begins with `^` lies around. */
type Names = string | readonly string[];

export interface RecordShape {
  readonly columns: Readonly<Partial<Record<CsvField, Names>>>;
  /** A platform's own name of the card, and what is put before it so that no other platform's is the same. */
  readonly sim?: { readonly names: Names; readonly prefix?: string };
  readonly service?: 'data' | 'sms' | 'voice' | 'other';
  readonly time?: readonly string[];
  readonly zone?: string;
}

/** Reads the members of one shape of record as a table's columns are read. */
export function shapeReader(format: string, shape: RecordShape, profile: SourceProfile): ReadObject {
  const fields = Object.entries(shape.columns) as [CsvField, Names][];
  const { mapping } = parseMapping({
    columns: Object.fromEntries(fields.map(([field, names]) => [field, listOf(names)[0]])),
    time: shape.time ?? ['iso'],
    zone: shape.zone ?? profile.zone,
    ...(shape.service === undefined ? {} : { service: shape.service }),
  });
  const read = usageReader(mapping, profile);
  const cells = new TextCells(mapping.nulls);
  const places = noPlaces();
  for (const [place, [field]] of fields.entries()) places[field] = place;
  return (value, text, around) => {
    const texts = fields.map(([, names]) => firstText(value, around, names));
    const usage = read(cells.of(texts), places, simOf(shape, value, around));
    if (!('reason' in usage)) return known(format, usage, text);
    const { reason, field, detail } = usage;
    const names = field === null ? undefined : shape.columns[field];
    return { reason, detail: names === undefined ? detail : { field: listOf(names)[0] ?? '', ...detail } };
  };
}

function simOf({ sim }: RecordShape, value: JsonObject, around: JsonObject): string | undefined {
  if (sim === undefined) return undefined;
  const text = firstText(value, around, sim.names);
  const read = text === '' ? null : readProviderSim(`${sim.prefix ?? ''}${text}`);
  return read !== null && 'claim' in read ? read.claim : undefined;
}

/** A record is known again by the platform's id, or by its card, its time and what it says (C-17). */
function known(format: string, reading: Reading, text: string): Reading {
  const { recordId, series } = reading;
  const said = sha256([reading.claim, reading.observedAtMs ?? '', text].join('|')).toString('hex');
  const id = recordId === undefined ? said.slice(0, 32) : recordId.replace(/^csv\//, '');
  const named = series === undefined ? {} : { series: series.replace(/^csv\//, `${format}/`) };
  return { ...reading, ...named, recordId: `${format}/${id}` };
}

const listOf = (names: Names): readonly string[] => (typeof names === 'string' ? [names] : names);

/** The text of the first of these members that says anything; '' when none does. */
export function firstText(value: JsonObject, around: JsonObject, names: Names): string {
  for (const name of listOf(names)) {
    const isAround = name.startsWith('^');
    const path = isAround ? name.slice(1) : name;
    const text = memberText(isAround ? around : value, [path, ...path.split('.')]);
    if (text !== '') return text;
  }
  return '';
}

/** Adds to what was read; a fault stays what it is. */
export function withBody(
  usage: Reading | JsonFault,
  body: Readonly<Record<string, string | number | undefined>>,
  flags: readonly string[] = [],
): Reading | JsonFault {
  if ('reason' in usage) return usage;
  const added = Object.fromEntries(
    Object.entries(body).filter((entry): entry is [string, string | number] => entry[1] !== undefined),
  );
  const all = [...(usage.flags ?? []), ...flags];
  const told = all.length === 0 ? {} : { flags: [...new Set(all)] };
  return { ...usage, ...told, body: { ...usage.body, ...added } };
}

/** Whole seconds between two moments; one that ends before it starts has no length, and its volume counts (CR-26). */
export function lengthOf(
  startMs: number | undefined,
  endMs: number | undefined,
): { readonly seconds?: number; readonly flags: readonly string[] } {
  if (startMs === undefined || endMs === undefined) return { flags: [] };
  if (endMs < startMs) return { flags: ['ends-before-it-starts'] };
  return { seconds: Math.floor((endMs - startMs) / 1000), flags: [] };
}

/** The sum of whole numbers as text; '' when there are none, and the first that is no whole number as it is. */
export function summed(texts: readonly string[]): string {
  const told = texts.filter(text => text !== '');
  const odd = told.find(text => !/^\d{1,30}$/.test(text));
  if (told.length === 0 || odd !== undefined) return odd ?? '';
  return String(told.reduce((sum, text) => sum + BigInt(text), 0n));
}
