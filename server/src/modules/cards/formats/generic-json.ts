import { Refusal } from '../../../kernel/refusal.ts';
import type { RecordFormat } from '../../../spine/observations/format.ts';
import type { SourceProfile } from '../../../spine/observations/source-profile.ts';
import { CARD_USAGE } from '../model.ts';
import { noPlaces, TextCells } from './csv-cells.ts';
import { type CsvField, parseMapping } from './csv-mapping.ts';
import { usageReader } from './csv-usage.ts';
import { type JsonCode, JsonRecords, type ReadObject } from './json-records.ts';
import { memberText } from './json-values.ts';
import { isZone } from './zone-time.ts';

/**
 * Usage as JSON objects of any provider, read by the mapping in the source's profile as `generic-csv` reads columns
 * (see `csv-mapping.ts`): a column is the name of a member, or a path of names with dots between them.
 *
 * One object to a line, or a small array of them (see `json-records.ts`). A number that
 * JSON carries and a double does not (an ICCID without its quotation marks) is unreadable, never rounded (E-06).
 */
export const genericJson: RecordFormat = {
  name: 'generic-json',
  yields: CARD_USAGE,
  isText: true,
  checkProfile: profileFaults,
  read: (bytes, profile) => new JsonRecords(bytes, 'generic-json', readerFor(profile)).run(),
  readFew: (bytes, profile) => JsonRecords.oneObject(bytes, 'generic-json', readerFor(profile)),
};

/** A profile is read by the same object as long as it is one: posts come one by one, and each would make it anew. */
const readers = new WeakMap<SourceProfile, ReadObject>();

function readerFor(profile: SourceProfile): ReadObject {
  let found = readers.get(profile);
  if (found === undefined) {
    found = objectReader(profile);
    readers.set(profile, found);
  }
  return found;
}

function profileFaults(profile: SourceProfile): string[] {
  const { mapping, faults } = parseMapping(profile.mapping);
  const all = [...faults];
  if (!isZone(profile.zone)) all.push(`zone "${profile.zone}" is not known.`);
  if (mapping.headerRows !== 1) all.push('headerRows means nothing to JSON; leave it out.');
  if (profile.counter === 'per-series' && !('session' in mapping.columns))
    all.push('counter "per-series" needs a column for session.');
  if (profile.counter === 'per-cycle' && !('time' in mapping.columns) && !('date' in mapping.columns))
    all.push('counter "per-cycle" needs a column for time or date.');
  return all;
}

function objectReader(profile: SourceProfile): ReadObject {
  const { mapping, faults } = parseMapping(profile.mapping);
  if (faults.length > 0)
    throw new Refusal<JsonCode>('mapping-faulty', { detail: { faults: faults.join(' ') } });
  const readUsage = usageReader(mapping, profile);
  const cells = new TextCells(mapping.nulls);
  const places = noPlaces();
  const names = Object.entries(mapping.columns).map(([field, column], place) => {
    places[field as CsvField] = place;
    return String(column);
  });
  if (profile.recordId !== null) {
    places.recordId = names.length;
    names.push(profile.recordId);
  }
  const paths = names.map(name => [name, ...name.split('.')]);
  return value => {
    const texts = paths.map(path => memberText(value, path));
    const usage = readUsage(cells.of(texts), places);
    if (!('reason' in usage)) return usage;
    const { reason, field, detail } = usage;
    return { reason, detail: field === null ? detail : { field, ...detail } };
  };
}
