import { brief } from '../../../kernel/brief.ts';
import type { SourceProfile } from '../../../spine/observations/source-profile.ts';
import { CHINESE_STATES, isUnknownState, stateFields } from './card-states.ts';
import type { ReadObject } from './json-records.ts';
import { isJsonObject, type JsonObject } from './json-values.ts';
import { firstText, providerFormat, type RecordShape, shapeReader, withBody } from './provider-json.ts';

/**
 * Answers of China Mobile's OneLink (ecV5, names of members as IoTOS's open adapter reads them): volumes of the month
 * to date, volumes of single days, state, session, device in use, and separation of card and device.
 *
 * An answer says nothing of its question, so that is written beside it (see `provider-json.ts`):
 * `asked` has `msisdn`, `iccid` or `imsi`, and `queryDate` (`YYYYMMDD`) or `month` (`YYYYMM`) where one was given.
 * Volumes are kilobytes; a package's are a list and are summed. A total of the month is read under
 * `counter: per-cycle`, a day's under `counter: delta`; the other goes to quarantine, so that nothing counts twice.
 */
export const onelink = providerFormat({
  name: 'onelink',
  lists: () => ['result', 'dataAmountList', 'simSessionList', 'userDataList'],
  units: ['KiB', 'kB'],
  counters: ['per-cycle', 'delta'],
  reader,
});

const CARD = {
  msisdn: ['msisdn', '^asked.msisdn'],
  iccid: ['iccid', '^asked.iccid'],
  imsi: ['imsi', '^asked.imsi'],
} as const;
const TIMES = ['iso', 'YYYYMMDD', 'YYYYMMDDHHmmss'];
const DAY: RecordShape = {
  service: 'data',
  columns: { ...CARD, time: ['^asked.queryDate', 'queryDate'], bytesTotal: 'amount' },
  time: TIMES,
};
const MONTH: RecordShape = {
  service: 'data',
  columns: { ...CARD, time: '^at', bytesTotal: 'amount' },
  time: TIMES,
};
const SESSION: RecordShape = {
  service: 'data',
  columns: {
    ...CARD,
    time: ['^at', 'createDate'],
    event: 'said',
    apn: ['apnName', 'apnId'],
    rat: 'radio',
  },
  time: TIMES,
};
const OTHER: RecordShape = {
  service: 'other',
  columns: { ...CARD, time: ['^at', '^asked.queryDate'], imei: 'imei', event: 'said' },
  time: TIMES,
};
/** OneLink's own numbers of radio access (10 is its own). */
const RADIO: Readonly<Record<string, string>> = {
  1: '3G',
  2: '2G',
  6: '4G',
  8: 'NB-IoT',
  10: '5G-NSA',
  51: '5G-SA',
};

function reader(profile: SourceProfile): ReadObject {
  const plain: SourceProfile = { ...profile, counter: 'delta' };
  const [day, session, other] = [DAY, SESSION, OTHER].map(shape => shapeReader('onelink', shape, plain));
  const month = shapeReader('onelink', MONTH, plain);
  return (value, text, around) => {
    const failed = failureOf(value, around);
    if (failed !== '') return { reason: 'answer-failed', detail: { status: failed.slice(0, 32) } };
    const amount = amountOf(value, around);
    if (amount !== null) {
      const isDay = firstText(value, around, ['^asked.queryDate', 'queryDate']).length === 8;
      if (isDay !== (profile.counter === 'delta'))
        return { reason: 'counter-mismatch', detail: { wanted: isDay ? 'delta' : 'per-cycle' } };
      if (isDay) return (day as ReadObject)({ ...value, amount }, text, around);
      return ofMonth(month, { ...value, amount }, text, around);
    }
    const radio = firstText(value, around, 'rat');
    if (radio !== '' || firstText(value, around, 'apnId') !== '') {
      const online = firstText(value, around, 'status');
      const said =
        online === '01' ? 'start' : online === '00' ? 'stop' : online === '' ? '' : `status ${online}`;
      return (session as ReadObject)({ ...value, said, radio: RADIO[radio] ?? radio }, text, around);
    }
    return ofState(other as ReadObject, value, text, around);
  };
}

/** Status `0` is success; results that lie in such an answer are read whatever they call `status` themselves. */
function failureOf(value: JsonObject, around: JsonObject): string {
  const isAnswer = Object.hasOwn(value, 'status') && Object.hasOwn(value, 'message');
  const status = firstText(isAnswer ? value : around, {}, 'status');
  return status === '0' ? '' : status;
}

/** The volume as text; null when the record has none. A list of packages is summed, decimals and all. */
function amountOf(value: JsonObject, around: JsonObject): string | null {
  const list = value['accmMarginList'];
  if (Array.isArray(list)) {
    const amounts = list.filter(isJsonObject).map(each => firstText(each, {}, 'useAmount'));
    return decimalSum(amounts);
  }
  const amount = firstText(value, around, 'dataAmount');
  return amount === '' ? null : amount;
}

function decimalSum(texts: readonly string[]): string {
  const told = texts.filter(text => text !== '');
  const odd = told.find(text => !/^\d{1,15}(\.\d{1,6})?$/.test(text));
  if (told.length === 0 || odd !== undefined) return odd ?? '';
  const millionths = told.reduce((sum, text) => {
    const [whole = '', fraction = ''] = text.split('.');
    return sum + BigInt(whole + fraction.padEnd(6, '0'));
  }, 0n);
  const digits = String(millionths).padStart(7, '0');
  return `${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

/** The running total of a billing month: that which was asked for, or the month in which it was read. */
function ofMonth(read: ReadObject, value: JsonObject, text: string, around: JsonObject) {
  const found = read(value, text, around);
  if ('reason' in found) return found;
  const asked = /^(\d{4})-?(\d{2})$/.exec(
    firstText(value, around, ['^asked.month', 'month', '^asked.queryDate']),
  );
  const atMs = found.observedAtMs;
  if (asked === null && atMs === undefined)
    return { reason: 'time-missing', detail: { why: 'the billing month cannot be told' } };
  const offsetMs = (found.offsetMin ?? 0) * 60_000;
  const month =
    asked === null ? new Date((atMs ?? 0) + offsetMs).toISOString().slice(0, 7) : `${asked[1]}-${asked[2]}`;
  return { ...found, series: `cycle/${found.claim}/${month}` };
}

function ofState(read: ReadObject, value: JsonObject, text: string, around: JsonObject) {
  const code = firstText(value, around, 'cardStatus');
  const state = code === '' ? {} : stateFields(CHINESE_STATES, code);
  const reason = firstText(value, around, ['stopReason', 'shutdownReason']);
  const bound = firstText(value, around, 'cardBindStatus');
  const named = firstText(value, around, 'realNameStatus');
  const told = [
    bound === ''
      ? ''
      : `card-bind-status ${bound} test ${firstText(value, around, ['^asked.testType', 'testType'])}`,
    named === '' ? '' : `real-name-status ${named}`,
    reason === '' ? '' : `stop-reason ${reason}`,
  ].filter(word => word !== '');
  const isEmpty = code === '' && told.length === 0 && firstText(value, around, 'imei') === '';
  if (isEmpty)
    return { reason: 'record-unknown', detail: { members: Object.keys(value).join(' ').slice(0, 200) } };
  const found = read({ ...value, said: brief(told.join(' ')) }, text, around);
  return withBody(found, state, isUnknownState(state) ? ['state-unknown'] : []);
}
