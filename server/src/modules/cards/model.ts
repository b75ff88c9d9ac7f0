import type { FieldType, KindSchema } from '../../spine/rules/kind-schema.ts';

/**
 * What every feed of cards is brought to: one piece of use of one card (cards.md §3). Fields that a record
 * does not state are absent (C-21).
 *
 * `event` is `start`, `interim`, `stop` for a session, `event` for a finished one, `refused` for an attempt the
 * network turned away, `nas-on` and `nas-off` for the restart of an access server. `imei` is the 14-digit key, `deviceId`
 * what a record names a device by that is none. `tadig` is the code of the visited network where
 * a record names it so. `bytesUp` is what the device sent. `bytes` is stated or the sum of
 * both sides; a record with one side alone tells what `bytes` is at least.
 *
 * `deviceKind` is `handset`, `module`, `tablet` or `router` where a list of device models knows the TAC. `latE6`
 * and `lonE6` are degrees × 10^6, `accuracyM` the radius in metres. Of a call or message, `direction` is `mo` from
 * the card or `mt` to it, `peer` the other side's number, and `peerKind` is `emergency` or `operator` where the
 * record itself says so.
 *
 * Of a flow, `destination` is the host or address it went to and `application` what the source calls it. `cause` is
 * the source's own word for why the network refused or ended something (`dropped`, `IMEI_LOCK_BREACHED`). `area` is
 * the code of the district it happened in, the wider one first (GB/T 2260), so that a code's beginning is an area
 * as well. `account` is the customer that the source names.
 *
 * `talkCell` and `handsetAccount` follow from the others (`told-together.ts`): the cell of a call or message, and the
 * account of use in a handset. Few records have them, so that rules keyed by them stay small in large fleets.
 */
const FIELDS = {
  service: 'string',
  event: 'string',
  statusType: 'string',
  imei: 'string',
  imeisvSvn: 'string',
  deviceId: 'string',
  tac: 'string',
  deviceKind: 'string',
  mcc: 'string',
  mnc: 'string',
  plmn: 'string',
  country: 'string',
  tadig: 'string',
  apn: 'string',
  rat: 'string',
  cell: 'string',
  latE6: 'int',
  lonE6: 'int',
  accuracyM: 'int',
  bytesUp: 'int',
  bytesDown: 'int',
  bytes: 'int',
  smsCount: 'int',
  voiceSeconds: 'int',
  durationSeconds: 'int',
  direction: 'string',
  peer: 'string',
  peerKind: 'string',
  sessionId: 'string',
  sessionStartMs: 'int',
  nas: 'string',
  cardState: 'string',
  providerState: 'string',
  stopReason: 'string',
  destination: 'string',
  application: 'string',
  cause: 'string',
  area: 'string',
  account: 'string',
  talkCell: 'string',
  handsetAccount: 'string',
} as const satisfies Record<string, FieldType>;

export type UsageField = keyof typeof FIELDS;
/** Body of an observation of kind `card-usage`, while a format fills it. */
export type UsageBody = { [field in UsageField]?: string | number };

export const CARD_USAGE = 'card-usage';

export const cardUsage: KindSchema = {
  kind: CARD_USAGE,
  fields: FIELDS,
  counters: ['bytesUp', 'bytesDown', 'bytes'],
  totals: { bytes: ['bytesUp', 'bytesDown'] },
  seriesEnds: { field: 'event', value: 'stop' },
  states: ['cardState', 'providerState', 'stopReason'],
};

export type Service = 'data' | 'sms' | 'voice' | 'other';
