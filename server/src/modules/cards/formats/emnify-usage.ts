import { brief } from '../../../kernel/brief.ts';
import type { RecordFormat } from '../../../spine/observations/format.ts';
import type { Reading } from '../../../spine/observations/observation.ts';
import type { SourceProfile } from '../../../spine/observations/source-profile.ts';
import { CARD_USAGE } from '../model.ts';
import { noPlaces, TextCells } from './csv-cells.ts';
import { type CsvField, parseMapping } from './csv-mapping.ts';
import { type ReadUsage, usageReader } from './csv-usage.ts';
import { UNIT_BYTES, wholeBytes } from './decimal.ts';
import { JsonRecords, type ReadObject } from './json-records.ts';
import { idAsWritten, isJsonObject, type JsonObject, memberText } from './json-values.ts';
import { type ReadTime, timeReader } from './time-pattern.ts';

/**
 * Usage records of the data streamers of emnify and 1NCE, one JSON object to a line or in small arrays
 * (docs.emnify.com/developers/reference/data-streamer; help.1nce.com/dev-hub/docs/data-streamer-usage-records).
 *
 * Volumes are decimals of megabytes; whether of 10^6 or of 2^20 bytes is not documented, so the profile says it
 * (`unit` `MB` or `MiB`). Of short messages the same members count messages. Times are UTC. A record is known by
 * its `id`, a 64-bit number that is kept as text. Records of the event stream are no usage and go to
 * quarantine; `emnify-events` reads them.
 *
 * No byte scanner: these streams carry at most a record a minute of a card, and V8's own JSON parser reads them.
 */
export const emnifyUsage: RecordFormat = {
  name: 'emnify-usage',
  yields: CARD_USAGE,
  isText: true,
  checkProfile: profileFaults,
  read: (bytes, profile) => new JsonRecords(bytes, 'emnify-usage', recordReader(profile)).run(),
};

function profileFaults(profile: SourceProfile): string[] {
  const faults: string[] = [];
  if (profile.unit !== 'MB' && profile.unit !== 'MiB')
    faults.push('These records count megabytes: unit must be "MB" or "MiB".');
  if (profile.counter !== 'delta')
    faults.push('These records carry their own share: counter must be "delta".');
  return faults;
}

/** Members that mean the same in every record. */
const MEMBERS = {
  iccid: 'sim.iccid',
  imsi: 'imsi',
  msisdn: 'sim.msisdn',
  imei: 'endpoint.imei',
  mcc: 'operator.country.mcc',
  mnc: 'operator.mnc',
  country: 'operator.country.name',
  time: 'start_timestamp',
} as const;
const FIGURES = {
  data: { bytesUp: 'volume.tx', bytesDown: 'volume.rx', bytesTotal: 'volume.total' },
  sms: { smsCount: 'volume.total' },
  other: {},
} as const;
type Kind = keyof typeof FIGURES;

function recordReader(profile: SourceProfile): ReadObject {
  const readers: Readonly<Record<Kind, ReadObject>> = {
    data: kindReader('data', profile),
    sms: kindReader('sms', profile),
    other: kindReader('other', profile),
  };
  const readTime = timeReader(['iso'], 'UTC');
  return (value, text) => {
    if (isJsonObject(value['event_type'])) return { reason: 'not-a-usage-record', detail: {} };
    const kind = kindOf(value);
    const usage = readers[kind](withFigures(value, kind, profile), text, {});
    if ('reason' in usage) return usage;
    return finished(usage, value, kind, idAsWritten(value, text), readTime);
  };
}

/** The text of a member, or of one within another: `sim.iccid`. */
function member(value: JsonObject, name: string): string {
  return memberText(value, [name, ...name.split('.')]);
}

/** Reads the members of one kind of record as a table's columns are read. */
function kindReader(kind: Kind, profile: SourceProfile): ReadObject {
  const names = Object.entries({ ...MEMBERS, ...FIGURES[kind] });
  const columns = Object.fromEntries(names);
  const { mapping } = parseMapping({ columns, service: kind, time: ['iso'], zone: 'UTC' });
  // Figures of 2^20 bytes come as bytes.
  const read: ReadUsage = usageReader(mapping, profile.unit === 'MiB' ? { ...profile, unit: 'B' } : profile);
  const cells = new TextCells(mapping.nulls);
  const places = noPlaces();
  for (const [place, [field]] of names.entries()) places[field as CsvField] = place;
  return value => {
    const usage = read(cells.of(names.map(([, name]) => member(value, name))), places);
    if (!('reason' in usage)) return usage;
    const { reason, field, detail } = usage;
    return { reason, detail: field === null ? detail : { field: columns[field] ?? field, ...detail } };
  };
}

/** 1NCE prints one id for both kinds of traffic, so the description decides and the id only where it says nothing. */
function kindOf(value: JsonObject): Kind {
  const said = member(value, 'traffic_type.description').toLowerCase();
  if (said === 'data' || said === 'sms') return said;
  const id = said === '' ? member(value, 'traffic_type.id') : '';
  if (id === '5') return 'data';
  return id === '6' ? 'sms' : 'other';
}

const SIDES = ['total', 'tx', 'rx'] as const;

/**
 * The figures as the readers of tables take them. Messages are whole numbers written with a fraction of nothing.
 * Six decimals of 2^20 bytes are never whole bytes: they are rounded to the nearest.
 */
function withFigures(value: JsonObject, kind: Kind, profile: SourceProfile): JsonObject {
  if (kind === 'other' || (kind === 'data' && profile.unit !== 'MiB')) return value;
  const shape = kind === 'sms' ? withoutFraction : (text: string): string => wholeBytes(text, UNIT_BYTES.MiB);
  const volume = Object.fromEntries(SIDES.map(side => [side, shape(member(value, `volume.${side}`))]));
  const { total, tx, rx } = volume;
  const isCounted = kind === 'sms' && total === '' && [tx, rx].every(each => /^\d{1,9}$/.test(each ?? ''));
  return { ...value, volume: isCounted ? { ...volume, total: String(Number(tx) + Number(rx)) } : volume };
}

const withoutFraction = (text: string): string => text.replace(/^(\d+)\.0+$/, '$1');

function finished(
  usage: Reading,
  value: JsonObject,
  kind: Kind,
  id: string | null,
  readTime: (text: string) => ReadTime,
): Reading {
  const body = { ...usage.body };
  const flags = [...(usage.flags ?? [])];
  if (kind === 'other') {
    const said = member(value, 'traffic_type.description');
    const word = said === '' ? member(value, 'traffic_type.id') : said;
    if (word !== '') body['statusType'] = brief(word);
  }
  if (kind === 'sms') {
    const [tx, rx] = ['tx', 'rx'].map(name => Number(member(value, `volume.${name}`) || '0'));
    if ((tx ?? 0) > 0 && rx === 0) body['direction'] = 'mo';
    if ((rx ?? 0) > 0 && tx === 0) body['direction'] = 'mt';
  }
  const endMs = readTime(member(value, 'end_timestamp'))?.ms;
  // One of the printed examples ends before it starts: such a record has no length.
  if (endMs !== undefined && usage.observedAtMs !== undefined) {
    if (endMs < usage.observedAtMs) flags.push('ends-before-it-starts');
    else body['durationSeconds'] = Math.floor((endMs - usage.observedAtMs) / 1000);
  }
  return {
    ...usage,
    body,
    ...(id === null ? {} : { recordId: `emnify/${id}` }),
    ...(flags.length > 0 ? { flags } : {}),
  };
}
