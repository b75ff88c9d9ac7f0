import type { SourceProfile } from '../../../spine/observations/source-profile.ts';
import { isUnknownState, type StateTable, stateFields } from './card-states.ts';
import type { ReadObject } from './json-records.ts';
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
 * Answers of Cisco's Control Center (developer.cisco.com/docs/control-center): usage of the cycle to date, devices
 * with their state, and sessions. Usage is a running total of a billing cycle, so the reading has a time (`at`, see
 * `provider-json.ts`); its counts of messages and seconds run on as well and are not told as shares.
 */
export const ciscoControlCenter = providerFormat({
  name: 'cisco-control-center',
  lists: () => ['devices', 'sessionInfo', 'sessions'],
  units: ['B'],
  counters: ['per-cycle'],
  reader,
});

const CARD = {
  iccid: ['iccid', '^asked.iccid'],
  imsi: 'imsi',
  msisdn: 'msisdn',
  eid: 'eid',
  imei: 'imei',
} as const;
const USAGE: RecordShape = {
  service: 'data',
  columns: { ...CARD, time: ['readAt', '^at'], bytesTotal: 'ctdDataUsage' },
};
const SESSION: RecordShape = {
  service: 'data',
  columns: { ...CARD, time: ['dateSessionEnded', 'dateSessionStarted'], apn: 'apn', event: 'said' },
};
const DEVICE: RecordShape = {
  service: 'other',
  columns: { ...CARD, time: ['readAt', '^at', 'dateUpdated'] },
};
const STATES: StateTable = {
  inventory: 'stock',
  test_ready: 'testable',
  activation_ready: 'awaiting-activation',
  activated: 'active',
  deactivated: 'stopped:unknown',
  retired: 'cancelled',
  purged: 'cancelled',
  replaced: 'cancelled',
};

function reader(profile: SourceProfile): ReadObject {
  const plain: SourceProfile = { ...profile, counter: 'delta' };
  const usage = shapeReader('cisco-control-center', USAGE, profile);
  const session = shapeReader('cisco-control-center', SESSION, plain);
  const device = shapeReader('cisco-control-center', DEVICE, plain);
  const readTime = timeReader(['iso'], profile.zone);
  return (value, text, around) => {
    const startedAt = firstText(value, around, 'dateSessionStarted');
    const status = firstText(value, around, 'status');
    const state = status === '' ? {} : stateFields(STATES, status);
    const flags = isUnknownState(state) ? ['state-unknown'] : [];
    if (firstText(value, around, 'ctdDataUsage') !== '')
      return withBody(usage(value, text, around), state, flags);
    if (startedAt === '') {
      if (status === '') return { reason: 'record-unknown', detail: {} };
      return withBody(device(value, text, around), state, flags);
    }
    const endedAt = firstText(value, around, 'dateSessionEnded');
    const found = session({ ...value, said: endedAt === '' ? 'start' : 'stop' }, text, around);
    const startMs = readTime(startedAt)?.ms;
    const length = lengthOf(startMs, readTime(endedAt)?.ms);
    return withBody(found, { durationSeconds: length.seconds, sessionStartMs: startMs }, length.flags);
  };
}
