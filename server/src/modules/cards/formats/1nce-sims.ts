import type { Reading } from '../../../spine/observations/observation.ts';
import type { SourceProfile } from '../../../spine/observations/source-profile.ts';
import { readClaim } from '../identifiers/claims.ts';
import { isUnknownState, type StateTable, stateFields } from './card-states.ts';
import { UNIT_BYTES, wholeBytes } from './decimal.ts';
import type { JsonFault, ReadObject } from './json-records.ts';
import { isJsonObject, type JsonObject } from './json-values.ts';
import { firstText, providerFormat, type RecordShape, shapeReader, withBody } from './provider-json.ts';

/**
 * Answers of 1NCE's SIM management interface (its API v2 as OpenAPI in github.com/api-evangelist/1nce): SIMs with their
 * state, quotas, and the statistics of days. `GET /v2/sims` tells no time, and a state is true of a moment, so whoever
 * reads the interface writes when beside it (`at`, see `provider-json.ts`); without it a SIM goes to quarantine.
 *
 * A SIM states its ICCID with and without a check digit, and up to three IMSIs: all are claims of the one card, whatever
 * their digits come to. A quota is judged by its description and never by its id, which the printed examples pair in two
 * ways; a volume that is left is no use. The figures of a day are of its traffic and its messages, in megabytes of the
 * profile (of quotas one is said to be 1,024 kilobytes, of statistics it is not): read days that are over.
 */
export const simsOf1nce = providerFormat({
  name: '1nce-sims',
  lists: () => ['stats'],
  units: ['MB', 'MiB'],
  counters: ['delta'],
  reader,
});

const SIM: RecordShape = {
  service: 'other',
  columns: {
    iccid: 'iccid',
    iccidAlias: 'iccid_with_luhn',
    imsi: 'imsi',
    msisdn: 'msisdn',
    imei: 'imei',
    time: '^at',
    event: 'said',
  },
  zone: 'UTC',
};
const ASKED = { iccid: ['^asked.iccid', 'iccid'], imsi: '^asked.imsi' } as const;
const QUOTA: RecordShape = {
  service: 'other',
  columns: { ...ASKED, time: '^at', event: 'said' },
  zone: 'UTC',
};
const DAY: RecordShape = {
  service: 'data',
  columns: {
    ...ASKED,
    time: 'date',
    bytesUp: 'up',
    bytesDown: 'down',
    bytesTotal: 'total',
    smsCount: 'messages',
    recordId: 'known',
  },
  zone: 'UTC',
};
const STATES: StateTable = { enabled: 'active', disabled: 'stopped:unknown' };
const QUOTAS: Readonly<Record<string, string>> = { EXHAUSTED: 'volume', EXPIRED: 'expiry' };

function reader(profile: SourceProfile): ReadObject {
  const plain: SourceProfile = { ...profile, unit: 'B' };
  const [sim, quota, day] = [SIM, QUOTA, DAY].map(shape => shapeReader('1nce-sims', shape, plain));
  return (value, text, around) => {
    if (isJsonObject(value['data']) || isJsonObject(value['sms']))
      return (day as ReadObject)({ ...value, ...figures(value, around, profile) }, text, around);
    const isQuota = ['volume', 'total_volume'].some(name => firstText(value, around, name) !== '');
    const status = firstText(value, around, 'status');
    if (!isQuota && status === '') return { reason: 'record-unknown', detail: {} };
    if (firstText(value, around, '^at') === '') return { reason: 'time-missing', detail: { wanted: 'at' } };
    if (isQuota) return quotaRead(quota as ReadObject, value, text, around);
    const lock = firstText(value, around, 'imei_lock');
    const said = lock === 'true' ? 'imei-locked' : lock === 'false' ? 'imei-unlocked' : 'event';
    const state = stateFields(STATES, status);
    const found = withBody(
      (sim as ReadObject)({ ...value, said }, text, around),
      state,
      isUnknownState(state) ? ['state-unknown'] : [],
    );
    return 'reason' in found ? found : withImsis(found, value);
  };
}

/** The IMSI of the China network and the one in use are the card's as well. */
function withImsis(reading: Reading, value: JsonObject): Reading {
  const claims = ['imsi_2', 'current_imsi'].flatMap(name => {
    const read = readClaim('imsi', firstText(value, {}, name));
    return 'claim' in read ? [read.claim] : [];
  });
  const all = new Set([reading.claim, ...(reading.alsoClaims ?? []), ...claims]);
  all.delete(reading.claim);
  return all.size === 0 ? reading : { ...reading, alsoClaims: [...all] };
}

function quotaRead(
  read: ReadObject,
  value: JsonObject,
  text: string,
  around: JsonObject,
): Reading | JsonFault {
  const service = firstText(value, around, 'service');
  const word = firstText(value, around, 'status.description');
  const said = ['quota', service, word].filter(part => part !== '').join(' ');
  const reason = service === 'sms' ? undefined : QUOTAS[word];
  return withBody(read({ ...value, said }, text, around), { stopReason: reason });
}

/** A day's figures as bytes and messages; the day is known by its card and date, whatever else its record says. */
function figures(value: JsonObject, around: JsonObject, profile: SourceProfile): JsonObject {
  const unit = UNIT_BYTES[profile.unit];
  const bytes = (name: string): string => wholeBytes(firstText(value, around, `data.${name}`), unit);
  const card = firstText(value, around, [...ASKED.iccid, ASKED.imsi]);
  const date = firstText(value, around, 'date').slice(0, 10);
  return {
    up: bytes('volume_tx'),
    down: bytes('volume_rx'),
    total: bytes('volume'),
    messages: firstText(value, around, 'sms.volume').replace(/^(\d+)\.0+$/, '$1'),
    known: `day/${card}/${date}`,
  };
}
