import type { Reading } from '../../../spine/observations/observation.ts';
import type { SourceProfile } from '../../../spine/observations/source-profile.ts';
import { readClaim } from '../identifiers/claims.ts';
import { putImei, putPlmn, putPlmnText, putTotal } from '../identifiers/into-body.ts';
import { CARD_USAGE, type UsageBody } from '../model.ts';
import type { Attributes, AttributeValues } from './detail-attributes.ts';
import { radiusTime } from './radius-time.ts';
import { ratName } from './rat-names.ts';
import { userLocationFromText } from './user-location.ts';

type Values = AttributeValues;

export interface RadiusFault {
  readonly reason: string;
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}

/** Acct-Status-Type (RFC 2866 §5.1) by name and by number. */
const EVENTS: ReadonlyMap<string, string> = new Map([
  ['start', 'start'],
  ['1', 'start'],
  ['stop', 'stop'],
  ['2', 'stop'],
  ['interim-update', 'interim'],
  ['alive', 'interim'],
  ['3', 'interim'],
  ['accounting-on', 'nas-on'],
  ['7', 'nas-on'],
  ['accounting-off', 'nas-off'],
  ['8', 'nas-off'],
]);

/**
 * One accounting record as a reading. Figures are running totals of the session named by `series`; octets
 * the record does not carry stay absent (CR-13); an unknown status type is kept as it is (C-23).
 */
export function readAccounting(attributes: Attributes, profile: SourceProfile): Reading | RadiusFault {
  const { values } = attributes;
  const status = values.get('Acct-Status-Type');
  if (status === undefined) return { reason: 'status-type-missing', detail: {} };
  const body: UsageBody = { service: 'data', event: EVENTS.get(status.toLowerCase()) ?? 'event' };
  if (body.event === 'event') body.statusType = status;
  const nas = values.get('NAS-Identifier') ?? values.get('NAS-IP-Address') ?? values.get('NAS-IPv6-Address');
  if (nas !== undefined) body.nas = nas;
  const time = radiusTime(values, attributes.dateLine, profile.zone);
  const flags: string[] = [];
  const fault = putOctets(body, values, profile, flags) ?? putDuration(body, values, time?.ms);
  if (fault !== null) return fault;
  if (body.event === 'nas-on' || body.event === 'nas-off') return ofServer(body, nas, time);
  const claims = claimsOf(values);
  if ('reason' in claims) return claims;
  putDevice(body, values, flags);
  const session = values.get('Acct-Unique-Session-Id') ?? values.get('Acct-Session-Id');
  if (session !== undefined) body.sessionId = session;
  if (session === undefined && carriesOctets(body)) return { reason: 'session-missing', detail: {} };
  const series = session === undefined ? undefined : `radius/${nas ?? ''}/${session}`;
  const recordId = series === undefined ? undefined : identity(series, body, values);
  return {
    kind: CARD_USAGE,
    claim: claims.claim,
    ...(claims.also.length > 0 ? { alsoClaims: claims.also } : {}),
    ...timeOf(time),
    ...(series === undefined ? {} : { series }),
    body,
    ...(recordId === undefined ? {} : { recordId }),
    ...(flags.length > 0 ? { flags: [...new Set(flags)] } : {}),
  };
}

function timeOf(
  time: ReturnType<typeof radiusTime>,
): Pick<Reading, 'observedAtMs' | 'offsetMin' | 'timeMark'> {
  if (time === null) return { timeMark: 'receipt' };
  const offset = time.offsetMin === undefined ? {} : { offsetMin: time.offsetMin };
  return { observedAtMs: time.ms, timeMark: time.mark, ...offset };
}

/** Accounting-On and -Off speak of the access server: its sessions are over, and no card is named. */
function ofServer(
  body: UsageBody,
  nas: string | undefined,
  time: ReturnType<typeof radiusTime>,
): Reading | RadiusFault {
  if (nas === undefined)
    return { reason: 'subject-missing', detail: { wanted: 'NAS-Identifier or NAS-IP-Address' } };
  body.service = 'other';
  return { kind: CARD_USAGE, claim: `nas:${nas}`, ...timeOf(time), body };
}

function claimsOf(values: Values): { claim: string; also: string[] } | RadiusFault {
  const imsi = readClaim('imsi', values.get('3GPP-IMSI') ?? '');
  const msisdn = readClaim('msisdn', values.get('Calling-Station-Id') ?? '');
  if ('claim' in imsi) return { claim: imsi.claim, also: 'claim' in msisdn ? [msisdn.claim] : [] };
  if (values.has('3GPP-IMSI'))
    return { reason: 'subject-unreadable', detail: { field: '3GPP-IMSI', fault: imsi.fault } };
  if ('claim' in msisdn) return { claim: msisdn.claim, also: [] };
  return {
    reason: 'subject-missing',
    detail: {
      wanted: '3GPP-IMSI or Calling-Station-Id',
      callingStationId: values.has('Calling-Station-Id') ? msisdn.fault : 'absent',
    },
  };
}

/**
 * Octets and gigawords make 64 bits (RFC 2869 §5.1, §5.2). RFC 2866 calls "input" what comes from the
 * device; vendors that swap it are declared so (CR-14).
 */
function putOctets(
  body: UsageBody,
  values: Values,
  profile: SourceProfile,
  flags: string[],
): RadiusFault | null {
  const isSwapped = profile.direction === 'swapped';
  for (const { octetsName, gigawordsName, isInput } of SIDES) {
    const octets = values.get(octetsName);
    const gigawords = values.get(gigawordsName);
    if (octets === undefined) continue;
    if (gigawords === undefined) flags.push('gigawords-absent');
    const total = unsigned(octets, 2n ** 64n);
    const high = unsigned(gigawords ?? '0', 2n ** 32n);
    if (total === null) return { reason: 'number-unreadable', detail: { field: octetsName } };
    if (high === null) return { reason: 'number-unreadable', detail: { field: gigawordsName } };
    const bytes = Number(total) + Number(high) * 2 ** 32;
    if (bytes > Number.MAX_SAFE_INTEGER) {
      const value = String(BigInt(total) + BigInt(high) * 2n ** 32n);
      return { reason: 'number-too-large', detail: { field: octetsName, value } };
    }
    body[isInput === isSwapped ? 'bytesDown' : 'bytesUp'] = bytes;
  }
  putTotal(body);
  return null;
}

const SIDES = [
  { octetsName: 'Acct-Input-Octets', gigawordsName: 'Acct-Input-Gigawords', isInput: true },
  { octetsName: 'Acct-Output-Octets', gigawordsName: 'Acct-Output-Gigawords', isInput: false },
] as const;

/** A whole number below a bound: exact as a number up to fifteen digits, as a bigint beyond. */
function unsigned(text: string, below: bigint): number | bigint | null {
  if (!/^\d{1,20}$/.test(text)) return null;
  const value = text.length <= 15 ? Number(text) : BigInt(text);
  return value < below ? value : null;
}

/** The session's start is worked out from its age, so that a lost Start loses nothing (CR-16). */
function putDuration(body: UsageBody, values: Values, atMs: number | undefined): RadiusFault | null {
  const text = values.get('Acct-Session-Time');
  if (text === undefined) return null;
  const value = unsigned(text, 2n ** 32n);
  if (value === null) return { reason: 'number-unreadable', detail: { field: 'Acct-Session-Time' } };
  body.durationSeconds = Number(value);
  if (atMs !== undefined) body.sessionStartMs = atMs - Number(value) * 1_000;
  return null;
}

function putDevice(body: UsageBody, values: Values, flags: string[]): void {
  const imeisv = values.get('3GPP-IMEISV');
  if (imeisv !== undefined) flags.push(...putImei(body, imeisv));
  const network = values.get('3GPP-SGSN-MCC-MNC');
  if (network !== undefined) flags.push(...putPlmnText(body, network));
  const uli = values.get('3GPP-User-Location-Info');
  const location = uli === undefined ? null : userLocationFromText(uli);
  if (uli !== undefined && location === null) flags.push('location-unreadable');
  if (location !== null) {
    if (body.plmn !== undefined && body.plmn !== location.plmn.plmn) flags.push('plmn-differs');
    putPlmn(body, location.plmn);
    if (location.cell !== null) body.cell = location.cell;
  }
  const rat = values.get('3GPP-RAT-Type');
  if (rat !== undefined) body.rat = ratName(rat);
  const apn = values.get('Called-Station-Id');
  if (apn !== undefined && apn !== '') body.apn = apn.toLowerCase();
}

function carriesOctets(body: UsageBody): boolean {
  return body.bytesUp !== undefined || body.bytesDown !== undefined;
}

/**
 * What makes a record itself when a server is told it twice: session, status, age and totals, with the event's
 * own time. Without any stated time or age two records cannot be told apart so, and their bytes decide.
 */
function identity(series: string, body: UsageBody, values: Values): string | undefined {
  const stamp = values.get('Event-Timestamp');
  if (stamp === undefined && body.durationSeconds === undefined) return undefined;
  const parts = [body.event, body.statusType, stamp, body.durationSeconds, body.bytesUp, body.bytesDown];
  return [series, ...parts.map(part => String(part ?? ''))].join('|');
}
