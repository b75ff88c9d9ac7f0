import type { SourceProfile } from '../../../spine/observations/source-profile.ts';
import { isUnknownState, type StateTable, stateFields } from './card-states.ts';
import type { ReadObject } from './json-records.ts';
import { isJsonObject, type JsonObject, memberText } from './json-values.ts';
import {
  firstText,
  providerFormat,
  type RecordShape,
  shapeReader,
  summed,
  withBody,
} from './provider-json.ts';

/**
 * Records of Soracom's interface (its OpenAPI as published with the command line `soracom`): session events, traffic
 * statistics, and SIMs with their state.
 *
 * Statistics name no card, so what was asked is written beside them (see `provider-json.ts`); figures of all speed
 * classes are summed. An interval is known by its card and time, so read intervals that have closed. MCC and MNC are
 * numbers there: a lost zero is given back where the country's networks have one length, else flagged.
 */
export const soracom = providerFormat({
  name: 'soracom',
  lists: () => [],
  units: ['B'],
  counters: ['delta'],
  reader,
});

const CARD = {
  iccid: ['iccid', 'simId', '^asked.iccid', '^asked.simId'],
  imsi: ['imsi', '^asked.imsi'],
  msisdn: ['msisdn', '^asked.msisdn'],
} as const;

const SESSION: RecordShape = {
  service: 'data',
  columns: {
    ...CARD,
    time: ['time', 'createdTime'],
    event: 'said',
    imei: 'imei',
    apn: 'apn',
    mcc: 'cell.mcc',
    mnc: 'cell.mnc',
    rat: 'cell.radioType',
    cell: 'place',
    session: 'sessionId',
  },
  time: ['epoch-ms'],
  zone: 'UTC',
};
const STATISTICS: RecordShape = {
  service: 'data',
  columns: { ...CARD, time: 'unixtime', bytesUp: 'up', bytesDown: 'down', recordId: 'id' },
  time: ['epoch-s'],
  zone: 'UTC',
};
const SIM: RecordShape = {
  service: 'other',
  columns: { ...CARD, time: ['^at', 'lastModifiedTime'], imei: ['sessionStatus.imei', 'imei'] },
  time: ['iso', 'epoch-ms'],
  zone: 'UTC',
};
const EVENTS: Readonly<Record<string, string>> = { Created: 'start', Modified: 'interim', Deleted: 'stop' };
const STATES: StateTable = {
  ready: 'stock',
  active: 'active',
  standby: 'stopped:voluntary',
  inactive: 'stopped:unknown',
  suspended: 'stopped:unknown',
  terminated: 'cancelled',
};

function reader(profile: SourceProfile): ReadObject {
  const session = shapeReader('soracom', SESSION, profile);
  const statistics = shapeReader('soracom', STATISTICS, profile);
  const sim = shapeReader('soracom', SIM, profile);
  return (value, text, around) => {
    const map = value['dataTrafficStatsMap'];
    if (isJsonObject(map)) return statistics({ ...value, ...totals(map, value, around) }, text, around);
    const event = firstText(value, around, 'event');
    if (event !== '')
      return session({ ...value, said: EVENTS[event] ?? event, place: cellOf(value) }, text, around);
    const status = firstText(value, around, 'status');
    if (status === '') return { reason: 'record-unknown', detail: {} };
    const state = stateFields(STATES, status);
    return withBody(sim(value, text, around), state, isUnknownState(state) ? ['state-unknown'] : []);
  };
}

function totals(map: JsonObject, value: JsonObject, around: JsonObject) {
  const classes = Object.values(map).filter(isJsonObject);
  const sum = (name: string): string => summed(classes.map(each => memberText(each, [name, name])));
  const card = firstText(value, around, [...CARD.imsi, ...CARD.iccid, ...CARD.msisdn]);
  return {
    up: sum('uploadByteSizeTotal'),
    down: sum('downloadByteSizeTotal'),
    id: `stats/${card}/${memberText(value, ['unixtime', 'unixtime'])}`,
  };
}

function cellOf(value: JsonObject): string {
  const part = (name: string): string => memberText(value, [name, 'cell', name]);
  const pairs = [
    ['tac', 'eci'],
    ['lac', 'ci'],
  ] as const;
  for (const [area, cell] of pairs)
    if (part(area) !== '' && part(cell) !== '') return `${part(area)}-${part(cell)}`;
  return '';
}
