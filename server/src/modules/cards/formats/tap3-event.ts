import { brief } from '../../../kernel/brief.ts';
import type { Reading } from '../../../spine/observations/observation.ts';
import type { SourceProfile } from '../../../spine/observations/source-profile.ts';
import { readClaim } from '../identifiers/claims.ts';
import { putImei, putTotal } from '../identifiers/into-body.ts';
import { CARD_USAGE, type Service, type UsageBody } from '../model.ts';
import { readStamp, type TapHead } from './tap3-file.ts';
import { at, every, type Named, valueAt } from './tap3-tree.ts';

/** Why an event is not a reading; `field` names the element of the standard. */
export interface EventFault {
  readonly reason: string;
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}

const EVENTS: Readonly<Record<string, true>> = {
  GprsCall: true,
  MobileOriginatedCall: true,
  MobileTerminatedCall: true,
  SupplServiceEvent: true,
};

/**
 * One call event of TAP 3.12 as a reading: volumes are the event's own share, times carry the offset of
 * their own code, and what the event does not state is absent. The country is not stated by TAP: the visited
 * network is the sender's code (`tadig`).
 */
export function readEvent(event: Named, head: TapHead, profile: SourceProfile): Reading | EventFault {
  if (EVENTS[event.name] !== true) return { reason: 'event-unsupported', detail: { event: event.name } };
  const claims = claimsOf(event);
  if ('reason' in claims) return claims;
  const body: UsageBody = { event: 'event' };
  if (head.sender !== '') body.tadig = head.sender;
  const fault = putFigures(body, event, profile);
  if (fault !== null) return fault;
  putService(body, event);
  putPeer(body, event);
  const flags = [...claims.flags, ...putDevice(body, event)];
  putPlace(body, event);
  const stamp = stampOf(event);
  const moment = readStamp(stamp, head.offsets);
  if (moment === null && stamp !== undefined) {
    return {
      reason: 'time-unreadable',
      detail: { field: stamp.name, code: valueAt(stamp, 'UtcTimeOffsetCode') ?? '' },
    };
  }
  return {
    kind: CARD_USAGE,
    claim: claims.claim,
    ...(claims.also.length > 0 ? { alsoClaims: claims.also } : {}),
    ...(moment === null ? {} : { observedAtMs: moment.ms, offsetMin: moment.offsetMin }),
    timeMark: moment === null ? 'receipt' : 'stated',
    body,
    ...(flags.length > 0 ? { flags } : {}),
  };
}

function first(event: Named, name: string): string | undefined {
  for (const found of every(event, name)) return found.value ?? undefined;
  return undefined;
}

function claimsOf(event: Named): { claim: string; also: string[]; flags: readonly string[] } | EventFault {
  const imsi = first(event, 'Imsi');
  if (imsi === undefined) return { reason: 'subject-missing', detail: { field: 'Imsi', event: event.name } };
  const claim = readClaim('imsi', imsi);
  if ('fault' in claim)
    return { reason: 'subject-unreadable', detail: { field: 'Imsi', fault: claim.fault } };
  const msisdn = readClaim('msisdn', first(event, 'Msisdn') ?? '');
  return { claim: claim.claim, also: 'claim' in msisdn ? [msisdn.claim] : [], flags: claim.flags };
}

/** An integer of the event that must be a quantity; a negative one is never added to a total. */
function quantity(event: Named, name: string): number | EventFault | undefined {
  const text = first(event, name);
  if (text === undefined) return undefined;
  if (!/^-?\d+$/.test(text))
    return { reason: 'number-unreadable', detail: { field: name, value: brief(text) } };
  const value = BigInt(text);
  if (value < 0n) return { reason: 'number-negative', detail: { field: name, value: text } };
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    return { reason: 'number-too-large', detail: { field: name, value: text } };
  return Number(value);
}

/**
 * `DataVolumeIncoming` is taken as what comes into the network, hence from the device; a source that means
 * it the other way declares `swapped`.
 */
function putFigures(body: UsageBody, event: Named, profile: SourceProfile): EventFault | null {
  const isSwapped = profile.direction === 'swapped';
  const figures: readonly (readonly ['bytesUp' | 'bytesDown' | 'durationSeconds', string])[] = [
    [isSwapped ? 'bytesDown' : 'bytesUp', 'DataVolumeIncoming'],
    [isSwapped ? 'bytesUp' : 'bytesDown', 'DataVolumeOutgoing'],
    ['durationSeconds', 'TotalCallEventDuration'],
  ];
  for (const [field, name] of figures) {
    const value = quantity(event, name);
    if (typeof value === 'object') return value;
    if (value !== undefined) body[field] = value;
  }
  putTotal(body);
  return null;
}

/** Tele-service 12 (3GPP TS 22.003 §A.1.2). */
const EMERGENCY_CALLS = '12';

/** Tele-services 1x carry speech and 2x short messages (3GPP TS 29.002 §17.7.9 codes in hex). */
function putService(body: UsageBody, event: Named): void {
  body.service = serviceOf(event);
  if (first(event, 'TeleServiceCode') === EMERGENCY_CALLS) body.peerKind = 'emergency';
  if (body.service === 'sms') body.smsCount = 1;
  if (body.service === 'voice' && body.durationSeconds !== undefined)
    body.voiceSeconds = body.durationSeconds;
}

/** Where the number of a call's or message's other side stands (TD.57, Destination and CallOriginator). */
const PEERS: Readonly<Record<string, { readonly direction: string; readonly fields: readonly string[] }>> = {
  MobileOriginatedCall: {
    direction: 'mo',
    fields: ['CalledNumber', 'SMSDestinationNumber', 'DialledDigits'],
  },
  MobileTerminatedCall: { direction: 'mt', fields: ['CallingNumber', 'SMSOriginator'] },
};

/** A sender of letters has no number and is not told (3GPP TS 23.040 §9.1.2.5). */
function putPeer(body: UsageBody, event: Named): void {
  const side = PEERS[event.name];
  if (side === undefined) return;
  body.direction = side.direction;
  for (const field of side.fields) {
    const number = /^\+?(\d{1,20})$/.exec(first(event, field) ?? '')?.[1];
    if (number === undefined) continue;
    body.peer = number;
    return;
  }
}

function serviceOf(event: Named): Service {
  if (event.name === 'GprsCall') return 'data';
  const tele = first(event, 'TeleServiceCode') ?? '';
  if (tele.startsWith('1')) return 'voice';
  return tele.startsWith('2') ? 'sms' : 'other';
}

function putDevice(body: UsageBody, event: Named): string[] {
  const imei = first(event, 'Imei');
  return imei === undefined ? [] : putImei(body, imei);
}

function putPlace(body: UsageBody, event: Named): void {
  const apn = first(event, 'AccessPointNameNI');
  if (apn !== undefined) body.apn = apn.toLowerCase();
  const area = first(event, 'LocationArea');
  const cell = first(event, 'CellId');
  if (area !== undefined && cell !== undefined) body.cell = `${area}-${cell}`;
  const chargingId = first(event, 'ChargingId');
  if (chargingId !== undefined) body.sessionId = chargingId;
}

function stampOf(event: Named): Named | undefined {
  for (const basic of event.children) {
    const start = at(basic, 'CallEventStartTimeStamp');
    if (start !== undefined) return start;
  }
  return at(event, 'SupplServiceUsed', 'ChargingTimeStamp');
}
