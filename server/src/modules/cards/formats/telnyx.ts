import type { SourceProfile } from '../../../spine/observations/source-profile.ts';
import { UNIT_BYTES, wholeBytes } from './decimal.ts';
import type { JsonFault, ReadObject } from './json-records.ts';
import type { JsonObject } from './json-values.ts';
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
 * Wireless detail records of Telnyx (developers.telnyx.com, "Wireless Detail Records"; `GET /reports/wdrs`) and its
 * connectivity log. A record states the unit of its volumes; the profile says whether its kilo is 1000 (`MB`) or
 * 1024 (`MiB`), which is not documented. A unit that is not known sends the record to quarantine, for its volume
 * would be a guess.
 */
export const telnyx = providerFormat({
  name: 'telnyx',
  lists: () => ['data'],
  units: ['MB', 'MiB'],
  counters: ['delta'],
  reader,
});

const SHAPE: RecordShape = {
  columns: {
    iccid: ['iccid', '^asked.iccid'],
    imsi: 'imsi',
    msisdn: ['phone_number', 'msisdn'],
    eid: 'eid',
    time: ['start_time', 'created_at', 'last_seen'],
    bytesUp: 'up',
    bytesDown: 'down',
    durationSeconds: 'duration_seconds',
    imei: 'imei',
    apn: 'apn',
    rat: 'radio_access_technology',
    mcc: ['mcc', 'mobile_country_code'],
    mnc: ['mnc', 'mobile_network_code'],
    cell: 'cell_id',
    event: 'said',
    recordId: 'id',
  },
  service: 'data',
  sim: { names: 'sim_card_id' },
  zone: 'UTC',
};
const POWERS: Readonly<Record<string, number>> = { b: 0, byte: 0, bytes: 0, kb: 1, mb: 2, gb: 3, tb: 4 };

function reader(profile: SourceProfile): ReadObject {
  const kilo = profile.unit === 'MiB' ? UNIT_BYTES.KiB : UNIT_BYTES.kB;
  const read = shapeReader('telnyx', SHAPE, { ...profile, unit: 'B' });
  const readTime = timeReader(['iso'], 'UTC');
  return (value, text, around) => {
    const up = bytesOf(value, around, 'uplink_data', kilo);
    const down = bytesOf(value, around, 'downlink_data', kilo);
    if (typeof up !== 'string') return up;
    if (typeof down !== 'string') return down;
    const state = firstText(value, around, 'state');
    const found = read({ ...value, up, down, said: state }, text, around);
    if ('reason' in found || found.body['durationSeconds'] !== undefined) return found;
    const endMs = readTime(firstText(value, around, ['stop_time', 'closed_at']))?.ms;
    const { seconds, flags } = lengthOf(found.observedAtMs, endMs);
    return withBody(found, { durationSeconds: seconds }, flags);
  };
}

function bytesOf(value: JsonObject, around: JsonObject, name: string, kilo: bigint): string | JsonFault {
  const amount = firstText(value, around, [`${name}.amount`, name]);
  if (amount === '') return '';
  const unit = firstText(value, around, [`${name}.unit`, 'data_unit']).toLowerCase();
  const power = Object.hasOwn(POWERS, unit) ? POWERS[unit] : undefined;
  if (power === undefined)
    return { reason: 'unit-unknown', detail: { field: name, unit: unit.slice(0, 32) } };
  return wholeBytes(amount, kilo ** BigInt(power));
}
