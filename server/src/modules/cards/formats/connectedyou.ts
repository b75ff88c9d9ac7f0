import type { SourceProfile } from '../../../spine/observations/source-profile.ts';
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
 * Usage events that ConnectedYou pushes (docs.connectedyou.io, "Usage events"): the total of a data session, messages
 * and seconds of calls in one record. Two versions of the documentation disagree on whether `data` counts bytes or
 * kilobytes (CR-27), so the profile says it: `B`, `kB` or `KiB`.
 */
export const connectedYou = providerFormat({
  name: 'connectedyou',
  lists: () => ['data_records', 'events'],
  units: ['B', 'kB', 'KiB'],
  counters: ['delta'],
  reader,
});

const USAGE: RecordShape = {
  columns: {
    iccid: 'iccid',
    eid: 'eid',
    imsi: 'imsi',
    time: ['session_start_time', 'session_end_time'],
    bytesTotal: 'data',
    smsCount: 'sms',
    voiceSeconds: 'voice',
    direction: 'direction',
    mcc: 'mcc',
    mnc: 'mnc',
    service: 'service',
  },
  zone: 'UTC',
};

function reader(profile: SourceProfile): ReadObject {
  const usage = shapeReader('connectedyou', USAGE, profile);
  const readTime = timeReader(['iso'], 'UTC');
  return (value, text, around) => {
    const counts = (name: string): boolean => !/^0*(\.0*)?$/.test(firstText(value, around, name));
    const service = counts('data') ? 'data' : counts('sms') ? 'sms' : counts('voice') ? 'voice' : 'data';
    const found = usage({ ...value, service }, text, around);
    if ('reason' in found) return found;
    const endMs = readTime(firstText(value, around, 'session_end_time'))?.ms;
    const { seconds, flags } = lengthOf(found.observedAtMs, endMs);
    return withBody(found, { durationSeconds: seconds }, flags);
  };
}
