import { createHash } from 'node:crypto';
import type { Reading } from '../../../spine/observations/observation.ts';
import type { SourceProfile } from '../../../spine/observations/source-profile.ts';
import { readClaim } from '../identifiers/claims.ts';
import { putImei, putPlmn, putTotal } from '../identifiers/into-body.ts';
import { decodePlmn } from '../identifiers/plmn.ts';
import { CARD_USAGE, type UsageBody } from '../model.ts';
import { type BerNode, berInteger } from './ber.ts';
import { ratName } from './rat-names.ts';
import { decodeUserLocation } from './user-location.ts';
import { atOffset, type Moment, wallClock } from './zone-time.ts';

export interface CdrFault {
  readonly reason: string;
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}

/** Outer tags of records (TS 32.298, GPRSRecord): a gateway of either core; that of a serving gateway tells the same traffic again. */
const PGW_RECORD = 79;
const GGSN_RECORD = 21;
const SGW_RECORD = 78;

/** Causes of closing (TS 32.298, CauseForRecClosing) by which the bearer ended; the others close a part of its record. */
const ENDS: ReadonlySet<number> = new Set([0, 4, 5, 52]);
const PARTS: ReadonlySet<number> = new Set([16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 53, 54, 58, 59]);

/**
 * One record of a packet gateway (3GPP TS 32.298 §5.1.2.2) as a reading. Volumes are summed over the containers of
 * listOfTrafficVolumes or, where these have none, of listOfServiceData, never over both. Partial records of a bearer
 * share its chargingID; each carries its own share. One that ends a bearer or a part of it is observed at its end, as
 * sessions are in every format: rules reckon a session's length backwards from its stop.
 */
export function readPgwCdr(record: BerNode, profile: SourceProfile): Reading | CdrFault {
  if (record.tagClass !== 'context' || record.children === null)
    return { reason: 'record-unknown', detail: { tag: record.tag } };
  if (record.tag === SGW_RECORD)
    return { reason: 'record-of-a-serving-gateway', detail: { tag: record.tag } };
  if (record.tag !== PGW_RECORD && record.tag !== GGSN_RECORD)
    return { reason: 'record-unknown', detail: { tag: record.tag } };
  const flags: string[] = [];
  const claims = claimsOf(record);
  if ('reason' in claims) return claims;
  const cause = whole(child(record, 15));
  const body: UsageBody = { service: 'data', event: eventOf(cause) };
  if (cause !== null && body.event === 'event') body.statusType = `cause ${cause}`;
  const fault = putVolumes(body, record, profile) ?? putDuration(body, record);
  if (fault !== null) return fault;
  putDevice(body, record, flags);
  putPlace(body, record, flags);
  const openedAt = stampOf(child(record, 13));
  if (child(record, 13) !== undefined && openedAt === null)
    return { reason: 'time-unreadable', detail: { field: 'recordOpeningTime' } };
  const startedAt = stampOf(child(record, 38));
  if (startedAt !== null) body.sessionStartMs = startedAt.ms;
  return {
    kind: CARD_USAGE,
    claim: claims.claim,
    ...(claims.also.length > 0 ? { alsoClaims: claims.also } : {}),
    ...(openedAt === null
      ? { timeMark: 'receipt' as const }
      : {
          observedAtMs: toldAt(openedAt.ms, body),
          offsetMin: openedAt.offsetMin,
          timeMark: 'stated' as const,
        }),
    body,
    recordId: idOf(record, body),
    ...(flags.length > 0 ? { flags: [...new Set(flags)] } : {}),
  };
}

/** The end of a bearer or of a part of it; of any other record, and where no length is told, its opening. */
function toldAt(openedAtMs: number, { event, durationSeconds }: UsageBody): number {
  const isEnd = event === 'stop' || event === 'interim';
  const endMs = openedAtMs + Number(durationSeconds ?? 0) * 1000;
  return isEnd && Number.isSafeInteger(endMs) ? endMs : openedAtMs;
}

function eventOf(cause: number | null): string {
  if (cause === null) return 'event';
  if (ENDS.has(cause)) return 'stop';
  return PARTS.has(cause) ? 'interim' : 'event';
}

function child(node: BerNode, tag: number): BerNode | undefined {
  return node.children?.find(each => each.tagClass === 'context' && each.tag === tag);
}

function whole(node: BerNode | undefined): number | null {
  const value = node === undefined || node.children !== null ? null : berInteger(node.content);
  return value === null || value > BigInt(Number.MAX_SAFE_INTEGER) || value < 0n ? null : Number(value);
}

/** Digits packed from the low nibble and padded with F (TBCD); null where a nibble is none. */
function digitsOf(content: Uint8Array): string | null {
  let digits = '';
  for (const octet of content) digits += (octet & 15).toString(16) + (octet >> 4).toString(16);
  const text = digits.replace(/f+$/, '');
  return /^\d+$/.test(text) ? text : null;
}

function claimsOf(record: BerNode): { claim: string; also: string[] } | CdrFault {
  const imsi = child(record, 3);
  const msisdn = child(record, 22);
  // An address string has the kind of its number before the digits (TS 29.002).
  const number = readClaim(
    'msisdn',
    msisdn === undefined ? '' : (digitsOf(msisdn.content.subarray(1)) ?? ''),
  );
  const told = 'claim' in number ? number.claim : null;
  if (imsi !== undefined) {
    const read = readClaim('imsi', digitsOf(imsi.content) ?? '');
    if ('fault' in read)
      return { reason: 'subject-unreadable', detail: { field: 'servedIMSI', fault: read.fault } };
    return { claim: read.claim, also: told === null ? [] : [told] };
  }
  if (told !== null) return { claim: told, also: [] };
  return { reason: 'subject-missing', detail: { wanted: 'servedIMSI or servedMSISDN' } };
}

/** The two lists of containers, and the tags of volumes within a container of each. */
const LISTS = [
  { list: 12, up: 3, down: 4 },
  { list: 34, up: 12, down: 13 },
] as const;

function putVolumes(body: UsageBody, record: BerNode, profile: SourceProfile): CdrFault | null {
  for (const { list, up, down } of LISTS) {
    const containers = child(record, list)?.children ?? [];
    const sums = [sumOf(containers, up), sumOf(containers, down)] as const;
    for (const [i, sum] of sums.entries())
      if (sum !== null && typeof sum !== 'number')
        return {
          ...sum,
          detail: { field: `${i === 0 ? 'uplink' : 'downlink'} of list ${list}`, ...sum.detail },
        };
    const [sent, got] = profile.direction === 'swapped' ? [sums[1], sums[0]] : sums;
    if (typeof sent === 'number') body.bytesUp = sent;
    if (typeof got === 'number') body.bytesDown = got;
    if (sums.some(sum => sum !== null)) break;
  }
  putTotal(body);
  return null;
}

/** Null when no container states a volume; negative volumes and such beyond 2^53 are told and never added. */
function sumOf(containers: readonly BerNode[], tag: number): number | CdrFault | null {
  let sum: bigint | null = null;
  for (const container of containers) {
    const node = child(container, tag);
    if (node === undefined) continue;
    const value = node.children === null ? berInteger(node.content) : null;
    if (value === null) return { reason: 'number-unreadable', detail: {} };
    if (value < 0n) return { reason: 'number-negative', detail: { value: String(value).slice(0, 40) } };
    sum = (sum ?? 0n) + value;
  }
  if (sum === null) return null;
  if (sum > BigInt(Number.MAX_SAFE_INTEGER))
    return { reason: 'number-too-large', detail: { value: String(sum).slice(0, 40) } };
  return Number(sum);
}

function putDuration(body: UsageBody, record: BerNode): CdrFault | null {
  const node = child(record, 14);
  if (node === undefined) return null;
  const seconds = whole(node);
  if (seconds === null) return { reason: 'number-unreadable', detail: { field: 'duration' } };
  body.durationSeconds = seconds;
  return null;
}

function putDevice(body: UsageBody, record: BerNode, flags: string[]): void {
  const equipment = child(record, 29);
  if (equipment !== undefined) flags.push(...putImei(body, digitsOf(equipment.content) ?? ''));
  const apn = child(record, 7);
  if (apn !== undefined && apn.children === null) body.apn = textOf(apn.content).toLowerCase();
  const rat = whole(child(record, 30));
  if (rat !== null) body.rat = ratName(String(rat));
  const charging = whole(child(record, 5));
  if (charging !== null) body.sessionId = String(charging);
  const nas = gatewayOf(record);
  if (nas !== null) body.nas = nas;
}

/** Where the device was: its own words, then those of the last container that has them, then the serving network. */
function putPlace(body: UsageBody, record: BerNode, flags: string[]): void {
  const served = child(record, 27);
  const network = served === undefined ? null : decodePlmn(served.content);
  if (served !== undefined && network === null) flags.push('plmn-unreadable');
  if (network !== null) putPlmn(body, network);
  const containers = child(record, 12)?.children ?? [];
  const node =
    child(record, 32) ?? containers.map(each => child(each, 8)).findLast(each => each !== undefined);
  if (node === undefined) return;
  const place = decodeUserLocation(asAttribute(node.content, record.tag === PGW_RECORD));
  if (place === null) {
    flags.push('location-unreadable');
    return;
  }
  if (network !== null && network.plmn !== place.plmn.plmn) flags.push('plmn-differs');
  putPlmn(body, place.plmn);
  if (place.cell !== null) body.cell = place.cell;
}

/** Flags of TS 29.274 §8.21 by which a packet gateway tells what the place is, to the numbers of TS 29.061 §16.4.7.2. */
const AS_NUMBERED: Readonly<Record<number, number>> = { 1: 0, 2: 1, 4: 2, 8: 128, 16: 129, 24: 130 };

/** A gateway of the older core writes the numbers themselves, and so do some newer ones from 128 on. */
function asAttribute(content: Uint8Array, isFlagged: boolean): Uint8Array {
  const type = isFlagged ? AS_NUMBERED[content[0] ?? -1] : undefined;
  return type === undefined ? content : Uint8Array.of(type, ...content.subarray(1));
}

function textOf(content: Uint8Array): string {
  return Buffer.from(content)
    .toString('latin1')
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 128);
}

/** The gateway's name, or its address in binary or text (a choice within a choice). */
function gatewayOf(record: BerNode): string | null {
  const name = child(record, 18);
  if (name !== undefined && name.children === null && name.content.length > 0) return textOf(name.content);
  const address = child(record, 4);
  const inner = address?.children?.[0] ?? address;
  if (inner === undefined || inner.children !== null) return null;
  if (inner.tag >= 2 && inner !== address) return textOf(inner.content);
  if (inner.content.length === 4) return inner.content.join('.');
  return inner.content.length === 16 ? Buffer.from(inner.content).toString('hex') : null;
}

/** `YYMMDDhhmmss` in BCD, the sign in ASCII, `hhmm` in BCD (TS 32.298, TimeStamp). */
function stampOf(node: BerNode | undefined): Moment | null {
  if (node === undefined || node.content.length !== 9) return null;
  const hex = Buffer.from(node.content).toString('hex');
  const found = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(2b|2d)(\d\d)(\d\d)$/.exec(hex);
  if (found === null) return null;
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number);
  const wall = wallClock([2000 + (year ?? 0), month ?? 0, day ?? 0, hour ?? 0, minute ?? 0, second ?? 0]);
  const offset = Number(found[8]) * 60 + Number(found[9]);
  if (wall === null || offset > 14 * 60 || Number(found[9]) > 59) return null;
  return atOffset(wall, found[7] === '2d' ? -offset : offset);
}

/** Gateway, charging id and the number of the record there; without them what the record says. */
function idOf(record: BerNode, body: UsageBody): string {
  const number = whole(child(record, 20)) ?? whole(child(record, 17));
  if (body.nas !== undefined && body.sessionId !== undefined && number !== null)
    return `pgw-cdr/${body.nas}/${body.sessionId}/${number}`;
  return `pgw-cdr/${createHash('sha256').update(record.content).digest('hex').slice(0, 32)}`;
}
