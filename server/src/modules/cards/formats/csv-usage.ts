import { isRefusal, Refusal } from '../../../kernel/refusal.ts';
import type { Reading } from '../../../spine/observations/observation.ts';
import type { SourceProfile } from '../../../spine/observations/source-profile.ts';
import { CLAIM_KINDS, readClaim } from '../identifiers/claims.ts';
import { putImei, putPlmn, putPlmnText, putTotal } from '../identifiers/into-body.ts';
import { joined, mncFromNumber } from '../identifiers/plmn.ts';
import { CARD_USAGE, type UsageBody } from '../model.ts';
import type { CsvField, CsvMapping } from './csv-mapping.ts';
import { exactly, UNIT_BYTES } from './decimal.ts';
import { type ReadTime, timeReader } from './time-pattern.ts';
import { monthIn } from './zone-time.ts';

/** A cell by its field: its text, or null when it is empty, a null token or not there. */
export type CellOf = (field: CsvField) => string | null;

export interface RowFault {
  readonly reason: string;
  readonly field: CsvField | null;
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}

export type RowCode = 'row-unreadable';

function fault(reason: string, field: CsvField | null, detail: RowFault['detail'] = {}): Refusal<RowCode> {
  return new Refusal('row-unreadable', {
    ...(field === null ? {} : { subject: field }),
    detail: { ...detail, reason },
  });
}

/** The fault that a row's refusal carries, or null when the error is another. */
function faultOf(error: unknown): RowFault | null {
  if (!isRefusal(error) || error.code !== 'row-unreadable') return null;
  const { reason, ...detail } = error.detail;
  return { reason: String(reason), field: (error.subject as CsvField | undefined) ?? null, detail };
}

/** Makes readings of rows under one mapping and profile. */
export function usageReader(
  mapping: CsvMapping,
  profile: SourceProfile,
): (cell: CellOf) => Reading | RowFault {
  const zone = mapping.zone ?? profile.zone;
  const readTime = timeReader(mapping.time, zone);
  return cell => {
    try {
      return rowReading(cell, mapping, profile, { readTime, zone });
    } catch (error) {
      const found = faultOf(error);
      if (found === null) throw error;
      return found;
    }
  };
}

function rowReading(
  cell: CellOf,
  mapping: CsvMapping,
  profile: SourceProfile,
  clock: { readTime: (text: string) => ReadTime; zone: string },
): Reading {
  const flags: string[] = [];
  const claims = claimsOf(cell, flags);
  const body: UsageBody = {};
  putVolumes(body, cell, profile);
  putDevice(body, cell, flags);
  putNetwork(body, cell, flags);
  putTexts(body, cell);
  putService(body, cell, mapping);
  const time = timeOf(cell, clock.readTime, flags);
  const [claim, ...also] = claims;
  if (claim === undefined) throw fault('subject-missing', null);
  const series = seriesOf(claim, cell, profile, time, clock.zone);
  const recordId = cell('recordId');
  return {
    kind: CARD_USAGE,
    claim,
    ...(also.length > 0 ? { alsoClaims: also } : {}),
    ...(time === null ? {} : { observedAtMs: time.ms, offsetMin: time.offsetMin }),
    timeMark: time?.mark ?? 'receipt',
    ...(series === null ? {} : { series }),
    body,
    ...(recordId === null ? {} : { recordId: `csv/${recordId}` }),
    ...(flags.length > 0 ? { flags: [...new Set(flags)] } : {}),
  };
}

/**
 * Every identifier of the row as a claim. One that a spreadsheet has rounded refuses the row (CR-01, C-28);
 * another fault does so only when no other identifier is readable.
 */
function claimsOf(cell: CellOf, flags: string[]): string[] {
  const claims: string[] = [];
  let firstFault: Refusal<RowCode> | null = null;
  for (const field of [...CLAIM_KINDS.slice(0, 1), 'iccidAlias' as const, ...CLAIM_KINDS.slice(1)]) {
    const text = cell(field);
    if (text === null) continue;
    const read = readClaim(field === 'iccidAlias' ? 'iccid' : field, text);
    if ('claim' in read) {
      if (!claims.includes(read.claim)) claims.push(read.claim);
      flags.push(...read.flags);
      continue;
    }
    const unreadable = fault('identifier-unreadable', field, { fault: read.fault });
    if (read.fault === 'damaged-number') throw unreadable;
    firstFault ??= unreadable;
    flags.push(`${field}-unreadable`);
  }
  if (claims.length === 0 && firstFault !== null) throw firstFault;
  return claims;
}

function amount(cell: CellOf, field: CsvField, factor: bigint): number | undefined {
  const text = cell(field);
  if (text === null) return undefined;
  const read = exactly(text, factor);
  if ('fault' in read) throw fault(read.fault, field, { value: text.slice(0, 64) });
  return read.value;
}

function putVolumes(body: UsageBody, cell: CellOf, profile: SourceProfile): void {
  const factor = UNIT_BYTES[profile.unit];
  const isSwapped = profile.direction === 'swapped';
  const volumes = [
    [isSwapped ? 'bytesDown' : 'bytesUp', 'bytesUp', factor],
    [isSwapped ? 'bytesUp' : 'bytesDown', 'bytesDown', factor],
    ['smsCount', 'smsCount', 1n],
    ['voiceSeconds', 'voiceSeconds', 1n],
    ['durationSeconds', 'durationSeconds', 1n],
  ] as const;
  for (const [target, field, times] of volumes) {
    const value = amount(cell, field, times);
    if (value !== undefined) body[target] = value;
  }
  const total = amount(cell, 'bytesTotal', factor);
  if (total === undefined) putTotal(body);
  else body.bytes = total;
}

function putDevice(body: UsageBody, cell: CellOf, flags: string[]): void {
  const imei = cell('imei');
  if (imei === null) return;
  const said = putImei(body, imei);
  if (said.includes('imei-unreadable') && /[.eE]/.test(imei) && /^[\d.eE+-]+$/.test(imei)) {
    throw fault('identifier-unreadable', 'imei', { fault: 'damaged-number' });
  }
  flags.push(...said);
}

function putNetwork(body: UsageBody, cell: CellOf, flags: string[]): void {
  const plmn = cell('plmn');
  const mcc = cell('mcc');
  const mnc = cell('mnc');
  if (plmn !== null) {
    flags.push(...putPlmnText(body, plmn));
  } else if (mcc !== null && /^\d{3}$/.test(mcc)) {
    body.mcc = mcc;
    if (mnc !== null && /^\d{2,3}$/.test(mnc)) putPlmn(body, joined(mcc, mnc));
    else if (mnc !== null && /^\d$/.test(mnc)) {
      const padded = mncFromNumber(Number(mnc), mcc);
      putPlmn(body, joined(mcc, padded.mnc));
      flags.push(padded.uncertain ? 'mnc-uncertain' : 'mnc-padded');
    }
  } else if (mcc !== null) {
    flags.push('plmn-unreadable');
  }
}

/** Words of the event column that are understood; any other is kept in `statusType` (C-23). */
const EVENTS = new Set(['start', 'interim', 'stop', 'event', 'refused']);

function putTexts(body: UsageBody, cell: CellOf): void {
  const texts = [
    ['country', 'country'],
    ['cell', 'cell'],
    ['rat', 'rat'],
    ['sessionId', 'session'],
  ] as const;
  for (const [target, field] of texts) {
    const text = cell(field);
    if (text !== null) body[target] = text;
  }
  const apn = cell('apn');
  if (apn !== null) body.apn = apn.toLowerCase();
  const event = cell('event')?.toLowerCase() ?? 'event';
  body.event = EVENTS.has(event) ? event : 'event';
  if (body.event !== event) body.statusType = event;
}

/** The service is what the row says, what the mapping says, or what its figures are of; an unknown word is kept (C-23). */
function putService(body: UsageBody, cell: CellOf, mapping: CsvMapping): void {
  const said = cell('service');
  if (said !== null) {
    const known = Object.hasOwn(mapping.services, said.toLowerCase())
      ? mapping.services[said.toLowerCase()]
      : ['data', 'sms', 'voice', 'other'].find(service => service === said.toLowerCase());
    body.service = known ?? 'other';
    if (known === undefined) body.statusType = said;
  } else if (mapping.service !== null) body.service = mapping.service;
  else if (body.bytes !== undefined || body.bytesUp !== undefined || body.bytesDown !== undefined)
    body.service = 'data';
  else if (body.smsCount !== undefined) body.service = 'sms';
  else body.service = body.voiceSeconds === undefined ? 'other' : 'voice';
}

function timeOf(cell: CellOf, readTime: (text: string) => ReadTime, flags: string[]): ReadTime {
  const field = cell('date') === null ? 'time' : 'date';
  const parts = field === 'date' ? [cell('date'), cell('timeOfDay')] : [cell('time')];
  const text = parts.filter(part => part !== null).join(' ');
  if (text === '') {
    flags.push('time-missing');
    return null;
  }
  const time = readTime(text);
  if (time === null) throw fault('time-unreadable', field, { value: text.slice(0, 64) });
  return time;
}

/** Running totals need a name: the session, or the card's billing month in the source's zone. */
function seriesOf(
  claim: string,
  cell: CellOf,
  profile: SourceProfile,
  time: ReadTime,
  zone: string,
): string | null {
  if (profile.counter === 'delta') return null;
  if (profile.counter === 'per-series') {
    const session = cell('session');
    if (session === null) throw fault('session-missing', 'session');
    return `csv/${claim}/${session}`;
  }
  const month = time === null ? null : monthIn(time.ms, zone);
  if (month === null) throw fault('time-missing', 'time', { why: 'the billing month cannot be told' });
  return `cycle/${claim}/${month}`;
}
