import type { SourceProfile } from '../../../spine/observations/source-profile.ts';
import { isUnknownState, type StateTable, stateFields } from './card-states.ts';
import { UNIT_BYTES, wholeBytes } from './decimal.ts';
import type { ReadObject } from './json-records.ts';
import type { JsonObject } from './json-values.ts';
import { firstText, providerFormat, type RecordShape, shapeReader, withBody } from './provider-json.ts';

/**
 * Answers of Alibaba Cloud's LinkCard (its interface of 2021-05-20): usage of days and months, details of a card and
 * its real state. Figures come as texts, as of 24:00 of yesterday, and name no card: what was asked is written beside
 * them (see `provider-json.ts`). Days are read under `counter: delta`, the month's total under `per-cycle`. Number
 * and kind of the holder's identity document are personal data: they are in no field and are taken out of the record.
 */
export const linkcard = providerFormat({
  name: 'linkcard',
  lists: ({ counter }) => [
    'Data',
    'ListCardMonthFlow',
    ...(counter === 'delta' ? ['ListDayFlow'] : []),
    'CardDetail',
  ],
  units: ['kB', 'KiB', 'MB', 'MiB'],
  counters: ['delta', 'per-cycle'],
  reader,
});

const CARD = {
  iccid: ['Iccid', '^Iccid', '^asked.iccid', '^asked.Iccid'],
  imsi: 'own.imsi',
  msisdn: 'own.msisdn',
} as const;
const DAY: RecordShape = {
  service: 'data',
  columns: { ...CARD, time: 'Day', bytesTotal: 'used' },
  time: ['iso', 'YYYYMMDD'],
};
const MONTH: RecordShape = { service: 'data', columns: { ...CARD, time: '^at', bytesTotal: 'used' } };
const STATE: RecordShape = {
  service: 'other',
  columns: { ...CARD, time: '^at', imei: 'DeviceImei', apn: 'ApnName', event: 'said' },
};
/** Codes of the operators' own; words of the platform beside them. */
const STATES: StateTable = {
  using: 'active',
  active: 'active',
  normal: 'active',
  inventory: 'stock',
  pending: 'awaiting-activation',
  inactive: 'awaiting-activation',
  stop: 'stopped:unknown',
  stopped: 'stopped:unknown',
  cancelled: 'cancelled',
};

function reader(profile: SourceProfile): ReadObject {
  const plain: SourceProfile = { ...profile, counter: 'delta', unit: 'B' };
  const [day, month, state] = [DAY, MONTH, STATE].map(shape => shapeReader('linkcard', shape, plain));
  const unit = UNIT_BYTES[profile.unit];
  return (value, text, around) => {
    const daily = firstText(value, around, 'Flow');
    if (daily !== '' && firstText(value, around, 'Day') !== '') {
      if (profile.counter !== 'delta') return { reason: 'counter-mismatch', detail: { wanted: 'delta' } };
      return (day as ReadObject)({ ...value, used: wholeBytes(daily, unit) }, text, around);
    }
    const total = firstText(value, around, 'FlowCount');
    if (total !== '')
      return ofMonth(month as ReadObject, profile, value, wholeBytes(total, unit), text, around);
    const code = firstText(value, around, ['OsStatus', 'Status']);
    if (code === '') return { reason: 'record-unknown', detail: {} };
    const fields = stateFields(STATES, code);
    const said =
      firstText(value, around, 'Gprs') === '' ? 'event' : `gprs ${firstText(value, around, 'Gprs')}`;
    const read = (state as ReadObject)({ ...value, said, own: ownOf(value) }, text, around);
    return withBody(read, fields, isUnknownState(fields) ? ['state-unknown'] : []);
  };
}

function ofMonth(
  read: ReadObject,
  profile: SourceProfile,
  value: JsonObject,
  used: string,
  text: string,
  around: JsonObject,
) {
  if (profile.counter !== 'per-cycle') return { reason: 'counter-mismatch', detail: { wanted: 'per-cycle' } };
  const cycle = /^(\d{4})-?(\d{2})$/.exec(firstText(value, around, 'Month'));
  if (cycle === null) return { reason: 'cycle-missing', detail: { wanted: 'Month' } };
  const found = read({ ...value, used }, text, around);
  return 'reason' in found ? found : { ...found, series: `cycle/${found.claim}/${cycle[1]}-${cycle[2]}` };
}

/** A card has lists of numbers; the first of each is read with its record, all of them with the cards' table. */
function ownOf(value: JsonObject): JsonObject {
  const first = (name: string): unknown => {
    const list = value[name];
    return Array.isArray(list) ? list[0] : list;
  };
  return { imsi: first('Imsi'), msisdn: first('Msisdn') };
}
