import type { Use } from './model.ts';

/** How the usage tables are to be read by the format `generic-csv`; `session` is empty where figures are shares. */
export const FLEET_MAPPING = {
  columns: {
    recordId: 'id',
    iccid: 'iccid',
    imsi: 'imsi',
    imei: 'imeisv',
    plmn: 'plmn',
    time: 'time',
    service: 'service',
    event: 'event',
    session: 'session',
    bytesUp: 'bytes_up',
    bytesDown: 'bytes_down',
    smsCount: 'sms',
    voiceSeconds: 'voice_seconds',
    durationSeconds: 'seconds',
    latitude: 'latitude',
    longitude: 'longitude',
    accuracyM: 'accuracy_m',
    direction: 'direction',
    peer: 'peer',
    peerKind: 'peer_kind',
    cell: 'cell',
    destination: 'destination',
    application: 'application',
    cause: 'cause',
    area: 'area',
    account: 'account',
  },
} as const;

export const USAGE_HEADER = `${Object.values(FLEET_MAPPING.columns).join(',')}\n`;

/** One row with its line end. */
export function usageRow(use: Use): string {
  const time = use.statedMs === null ? '' : new Date(use.statedMs).toISOString();
  return (
    `${use.id},${use.card.iccid},${use.card.imsi},${use.imeisv},${use.plmn},${time},${use.service},${use.event},` +
    `${use.session},${number(use.bytesUp)},${number(use.bytesDown)},${number(use.smsCount)},` +
    `${number(use.voiceSeconds)},${number(use.durationSeconds)},${degrees(use.latE6)},${degrees(use.lonE6)},` +
    `${number(use.accuracyM)},${use.direction},${use.peer},${use.peerKind},` +
    `${use.cell},${use.destination},${use.application},${use.cause},${use.area},${use.account}\n`
  );
}

const number = (value: number): string => (value < 0 ? '' : String(value));

function degrees(e6: number): string {
  return Number.isNaN(e6) ? '' : (e6 / 1_000_000).toFixed(6);
}
