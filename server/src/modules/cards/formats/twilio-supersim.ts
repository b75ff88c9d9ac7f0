import type { SourceProfile } from '../../../spine/observations/source-profile.ts';
import type { ReadObject } from './json-records.ts';
import { isJsonObject, type JsonObject } from './json-values.ts';
import {
  firstText,
  lengthOf,
  providerFormat,
  type RecordShape,
  shapeReader,
  withBody,
} from './provider-json.ts';
import { timeReader } from './time-pattern.ts';

/**
 * Usage records of Twilio's Super SIM (its OpenAPI `twilio_supersim_v1`) and its connection events, as its event
 * streams push them (twilio.com/docs/iot/supersim/connection-events-on-event-streams).
 *
 * A connection event carries the share since the one before and the running total of its session: the profile says
 * which of them is read, and never both (CR-25). A usage record that was not grouped by card names nobody and goes to
 * quarantine; one that names only `sim_sid` is claimed as `sim:SID`.
 */
export const twilioSupersim = providerFormat({
  name: 'twilio-supersim',
  lists: () => ['usage_records', 'data'],
  units: ['B'],
  counters: ['delta', 'per-series'],
  reader,
});

const CARD = { iccid: 'sim_iccid', imsi: 'imsi' } as const;
const SIM = { names: 'sim_sid' } as const;
const USAGE: RecordShape = {
  service: 'data',
  columns: {
    ...CARD,
    time: 'period.start_time',
    country: 'iso_country',
    bytesUp: 'data_upload',
    bytesDown: 'data_download',
    bytesTotal: 'data_total',
    recordId: 'key',
  },
  sim: SIM,
  zone: 'UTC',
};
const EVENT: RecordShape = {
  service: 'data',
  columns: {
    ...CARD,
    time: ['timestamp', '^time'],
    event: 'said',
    imei: 'imei',
    apn: 'apn',
    rat: 'rat_type',
    mcc: 'network.mcc',
    mnc: 'network.mnc',
    country: 'network.iso_country',
    cell: 'place',
    session: 'data_session_sid',
    recordId: ['event_sid', '^id'],
  },
  sim: SIM,
  zone: 'UTC',
};
const SHARE = { bytesUp: 'data_upload', bytesDown: 'data_download', bytesTotal: 'data_total' } as const;
const TOTAL = {
  bytesUp: 'data_session_data_upload',
  bytesDown: 'data_session_data_download',
  bytesTotal: 'data_session_data_total',
} as const;
/** By the last part of a type's name. */
const EVENTS: Readonly<Record<string, string>> = {
  'attachment.accepted': 'event',
  'attachment.failed': 'refused',
  'attachment.rejected': 'refused',
  'data-session.started': 'start',
  'data-session.updated': 'interim',
  'data-session.ended': 'stop',
  'data-session.failed': 'refused',
};
const PREFIX = 'com.twilio.iot.supersim.connection.';

function reader(profile: SourceProfile): ReadObject {
  const isRunning = profile.counter === 'per-series';
  const usage = shapeReader('twilio-supersim', USAGE, profile);
  const columns = { ...EVENT.columns, ...(isRunning ? TOTAL : SHARE) };
  const session = shapeReader('twilio-supersim', { ...EVENT, columns }, profile);
  const attachment = shapeReader('twilio-supersim', EVENT, { ...profile, counter: 'delta' });
  const readTime = timeReader(['iso'], 'UTC');
  return (value, text, around) => {
    if (isJsonObject(value['period'])) {
      if (isRunning)
        return { reason: 'counter-mismatch', detail: { wanted: 'counter "delta" for usage records' } };
      const found = usage({ ...value, key: keyOf(value, around) }, text, around);
      if ('reason' in found) return found;
      const endMs = readTime(firstText(value, around, 'period.end_time'))?.ms;
      const { seconds, flags } = lengthOf(found.observedAtMs, endMs);
      return withBody(found, { durationSeconds: seconds }, flags);
    }
    const type = firstText(value, around, ['event_type', '^type']).replace(PREFIX, '');
    if (type === '') return { reason: 'record-unknown', detail: {} };
    const said = Object.hasOwn(EVENTS, type) ? EVENTS[type] : type;
    const read = type.startsWith('data-session') ? session : attachment;
    return withBody(read({ ...value, said, place: cellOf(value, around) }, text, around), {});
  };
}

/** A record of usage is known by what it was grouped by and its period. */
function keyOf(value: JsonObject, around: JsonObject): string {
  return ['sim_sid', 'fleet_sid', 'network_sid', 'iso_country', 'period.start_time', 'period.end_time']
    .map(name => firstText(value, around, name))
    .join('/');
}

function cellOf(value: JsonObject, around: JsonObject): string {
  const [area, cell] = ['location.lac', 'location.cell_id'].map(name => firstText(value, around, name));
  return area === '' || cell === '' ? '' : `${area}-${cell}`;
}
