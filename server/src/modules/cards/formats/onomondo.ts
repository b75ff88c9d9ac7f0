import type { SourceProfile } from '../../../spine/observations/source-profile.ts';
import type { ReadObject } from './json-records.ts';
import { firstText, providerFormat, type RecordShape, shapeReader, withBody } from './provider-json.ts';

/**
 * What Onomondo pushes (docs.onomondo.com/webhooks-reference): usage, messages, registrations, authentications,
 * places and alerts; also the older form with figures as texts and times without a zone. An event that is not taken
 * within fifteen seconds is dropped there, so poll for gaps (CR-24).
 *
 * The volume of an alert is the month to date, not a share, and is not read as one. Text of a message is never kept.
 */
export const onomondo = providerFormat({
  name: 'onomondo',
  lists: () => [],
  units: ['B'],
  counters: ['delta'],
  reader,
});

const SHAPE: RecordShape = {
  columns: {
    iccid: 'iccid',
    imsi: 'imsi',
    msisdn: 'msisdn',
    time: 'time',
    event: 'said',
    imei: 'imei',
    mcc: ['network.mcc', 'current_network.mcc', 'mcc'],
    mnc: ['network.mnc', 'current_network.mnc', 'mnc'],
    country: [
      'network.country_code',
      'network.country',
      'current_network.country_code',
      'country_code',
      'country',
    ],
    latitude: ['location.lat', 'lat'],
    longitude: ['location.lng', 'lng'],
    accuracyM: ['location.accuracy', 'accuracy'],
    cell: ['location.cell_id', 'cell_id'],
    session: ['session_id', 'bill_id'],
  },
  sim: { names: 'sim_id', prefix: 'onomondo-' },
  time: ['iso', 'YYYY-MM-DD HH:mm:ss'],
};
const VOLUMES = { bytesUp: 'upload', bytesDown: 'download', bytesTotal: 'bytes' } as const;
const MESSAGES = { smsCount: 'count', direction: ['direction', 'sms_type'], peer: ['to', 'from'] } as const;

function reader(profile: SourceProfile): ReadObject {
  const shape = (service: 'data' | 'sms' | 'other', columns: RecordShape['columns']): ReadObject =>
    shapeReader('onomondo', { ...SHAPE, service, columns: { ...SHAPE.columns, ...columns } }, profile);
  const data = shape('data', VOLUMES);
  const message = shape('sms', MESSAGES);
  const other = shape('other', {});
  return (value, text, around) => {
    const operation = firstText(value, around, 'operation');
    const hasVolume = ['bytes', 'upload', 'download'].some(name => firstText(value, around, name) !== '');
    const type = firstText(value, around, 'type') || (hasVolume ? 'usage' : '');
    // The older form says by `operation` that a bill is opened, updated or finalized.
    if (type === 'usage')
      return data({ ...value, said: operation === 'finalize' ? 'event' : operation }, text, around);
    if (type === 'usage-sms' || type === 'sms') {
      const count = firstText(value, around, ['count', 'sms_count']) || '1';
      return message({ ...value, count }, text, around);
    }
    if (type === 'network-authentication') {
      const isRefused = /^(false|denied|rejected|failed)$/i.test(
        firstText(value, around, ['success', 'result', 'status']),
      );
      return withBody(other({ ...value, said: isRefused ? 'refused' : type }, text, around), {});
    }
    const reason = firstText(value, around, 'reason');
    const said = type === '' ? 'untyped' : [type, reason].filter(word => word !== '').join(' ');
    return withBody(
      other({ ...value, said }, text, around),
      reason === 'blocked' ? { stopReason: 'volume' } : {},
    );
  };
}
