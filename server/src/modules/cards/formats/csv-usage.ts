import { brief } from '../../../kernel/brief.ts';
import { isRefusal, Refusal } from '../../../kernel/refusal.ts';
import type { Reading } from '../../../spine/observations/observation.ts';
import type { SourceProfile } from '../../../spine/observations/source-profile.ts';
import { type ClaimKind, type ClaimReading, readClaim } from '../identifiers/claims.ts';
import { putImei, putImeiDigits, putPlmn, putPlmnText, putTotal } from '../identifiers/into-body.ts';
import { joined, mncFromNumber } from '../identifiers/plmn.ts';
import { CARD_USAGE, type UsageBody } from '../model.ts';
import type { Cells, Places } from './csv-cells.ts';
import type { CsvField, CsvMapping } from './csv-mapping.ts';
import { putPeer, putPlace } from './csv-place.ts';
import { exactly, UNIT_BYTES } from './decimal.ts';
import { type ReadTime, timeReader } from './time-pattern.ts';
import { monthIn } from './zone-time.ts';

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

/**
 * Makes readings of rows under one mapping and profile; the same code for whichever parser found the cells. `own` is a
 * claim that the row makes besides its columns, by which its card is known where it states no other.
 */
export type ReadUsage = (cells: Cells, at: Places, own?: string) => Reading | RowFault;

export function usageReader(mapping: CsvMapping, profile: SourceProfile): ReadUsage {
  const zone = mapping.zone ?? profile.zone;
  const reader: Reader = { mapping, profile, zone, readTime: timeReader(mapping.time, zone) };
  return (cells, at, own) => {
    try {
      return rowReading(cells, at, reader, own);
    } catch (error) {
      const found = faultOf(error);
      if (found === null) throw error;
      return found;
    }
  };
}

interface Reader {
  readonly mapping: CsvMapping;
  readonly profile: SourceProfile;
  readonly zone: string;
  readonly readTime: (text: string) => ReadTime;
}

type Unfinished = { -readonly [key in keyof Reading]: Reading[key] };

function rowReading(cells: Cells, at: Places, reader: Reader, own: string | undefined): Reading {
  const { profile } = reader;
  const flags: string[] = [];
  const claims = claimsOf(cells, at, flags, own);
  const body: UsageBody = {};
  putVolumes(body, cells, at, profile);
  putDevice(body, cells, at, flags);
  putNetwork(body, cells, at, flags);
  putPlace(body, cells, at, flags);
  putTexts(body, cells, at);
  putPeer(body, cells, at, flags);
  putService(body, cells, at, reader.mapping);
  const time = timeOf(cells, at, reader.readTime, flags);
  const claim = claims[0];
  if (claim === undefined) throw fault('subject-missing', null);
  const series = profile.counter === 'delta' ? null : seriesOf(claim, cells, at, reader, time);
  const recordId = cells.text(at.recordId);
  const reading: Unfinished = { kind: CARD_USAGE, claim, timeMark: time?.mark ?? 'receipt', body };
  if (time !== null) {
    reading.observedAtMs = time.ms;
    reading.offsetMin = time.offsetMin;
  }
  if (claims.length > 1) reading.alsoClaims = claims.slice(1);
  if (series !== null) reading.series = series;
  if (recordId !== null) reading.recordId = `csv/${recordId}`;
  if (flags.length > 0) reading.flags = flags.length === 1 ? flags : [...new Set(flags)];
  return reading;
}

/**
 * Every identifier of the row as a claim. One that a spreadsheet has rounded refuses the row (CR-01, C-28);
 * another fault does so only when no other identifier is readable.
 */
function claimsOf(cells: Cells, at: Places, flags: string[], own: string | undefined): string[] {
  const claims: string[] = [];
  let firstFault: Refusal<RowCode> | null = null;
  for (const [field, kind] of CLAIM_FIELDS) {
    const column = at[field];
    if (column < 0) continue;
    const read = cells.quickClaim(kind, column) ?? claimIn(kind, cells.text(column));
    if (read === null) continue;
    if ('claim' in read) {
      if (!claims.includes(read.claim)) claims.push(read.claim);
      if (read.flags.length > 0) flags.push(...read.flags);
      continue;
    }
    const unreadable = fault('identifier-unreadable', field, { fault: read.fault });
    if (read.fault === 'damaged-number') throw unreadable;
    firstFault ??= unreadable;
    flags.push(`${field}-unreadable`);
  }
  if (own !== undefined) claims.push(own);
  if (claims.length === 0 && firstFault !== null) throw firstFault;
  return claims;
}

const CLAIM_FIELDS = [
  ['iccid', 'iccid'],
  ['iccidAlias', 'iccid'],
  ['imsi', 'imsi'],
  ['eid', 'eid'],
  ['msisdn', 'msisdn'],
] as const satisfies ReadonlyArray<readonly [CsvField, ClaimKind]>;

function claimIn(kind: ClaimKind, text: string | null): ClaimReading | null {
  return text === null ? null : readClaim(kind, text);
}

function amount(cells: Cells, column: number, field: CsvField, factor: number): number | undefined {
  if (column < 0) return undefined;
  const quick = cells.quickAmount(column, factor);
  if (quick >= 0) return quick;
  const text = cells.text(column);
  if (text === null) return undefined;
  const read = exactly(text, BigInt(factor));
  if ('fault' in read) throw fault(read.fault, field, { value: brief(text) });
  return read.value;
}

function putVolumes(body: UsageBody, cells: Cells, at: Places, profile: SourceProfile): void {
  const factor = Number(UNIT_BYTES[profile.unit]);
  const up = amount(cells, at.bytesUp, 'bytesUp', factor);
  const down = amount(cells, at.bytesDown, 'bytesDown', factor);
  const isSwapped = profile.direction === 'swapped';
  const bytesUp = isSwapped ? down : up;
  const bytesDown = isSwapped ? up : down;
  if (bytesUp !== undefined) body.bytesUp = bytesUp;
  if (bytesDown !== undefined) body.bytesDown = bytesDown;
  const smsCount = amount(cells, at.smsCount, 'smsCount', 1);
  if (smsCount !== undefined) body.smsCount = smsCount;
  const voiceSeconds = amount(cells, at.voiceSeconds, 'voiceSeconds', 1);
  if (voiceSeconds !== undefined) body.voiceSeconds = voiceSeconds;
  const durationSeconds = amount(cells, at.durationSeconds, 'durationSeconds', 1);
  if (durationSeconds !== undefined) body.durationSeconds = durationSeconds;
  const total = amount(cells, at.bytesTotal, 'bytesTotal', factor);
  if (total === undefined) putTotal(body);
  else body.bytes = total;
}

function putDevice(body: UsageBody, cells: Cells, at: Places, flags: string[]): void {
  if (at.imei < 0) return;
  const digits = cells.quickImei(at.imei);
  if (digits !== null) {
    putImeiDigits(body, digits);
    return;
  }
  const imei = cells.text(at.imei);
  if (imei === null) return;
  const said = putImei(body, imei);
  if (said.includes('imei-unreadable') && /[.eE]/.test(imei) && /^[\d.eE+-]+$/.test(imei)) {
    throw fault('identifier-unreadable', 'imei', { fault: 'damaged-number' });
  }
  flags.push(...said);
}

function putNetwork(body: UsageBody, cells: Cells, at: Places, flags: string[]): void {
  const plmn = cells.text(at.plmn);
  const mcc = cells.text(at.mcc);
  const mnc = cells.text(at.mnc);
  if (plmn !== null) {
    const said = putPlmnText(body, plmn);
    if (said.length > 0) flags.push(...said);
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

function putTexts(body: UsageBody, cells: Cells, at: Places): void {
  const country = cells.text(at.country);
  if (country !== null) body.country = country;
  const cell = cells.text(at.cell);
  if (cell !== null) body.cell = cell;
  const rat = cells.text(at.rat);
  if (rat !== null) body.rat = rat;
  const session = cells.text(at.session);
  if (session !== null) body.sessionId = session;
  const apn = cells.text(at.apn);
  if (apn !== null) body.apn = apn.toLowerCase();
  const destination = cells.text(at.destination);
  if (destination !== null) body.destination = destination.toLowerCase().replace(/\.$/, '');
  const application = cells.text(at.application);
  if (application !== null) body.application = application.toLowerCase();
  const cause = cells.text(at.cause);
  if (cause !== null) body.cause = cause;
  const area = cells.text(at.area);
  if (area !== null) body.area = area;
  const account = cells.text(at.account);
  if (account !== null) body.account = account;
  const event = cells.text(at.event)?.toLowerCase() ?? 'event';
  body.event = EVENTS.has(event) ? event : 'event';
  if (body.event !== event) body.statusType = event;
}

/** The service is what the row says, what the mapping says, or what its figures are of; an unknown word is kept (C-23). */
function putService(body: UsageBody, cells: Cells, at: Places, mapping: CsvMapping): void {
  const said = cells.text(at.service);
  if (said !== null) {
    const word = said.toLowerCase();
    const known = Object.hasOwn(mapping.services, word)
      ? mapping.services[word]
      : SERVICES.find(service => service === word);
    body.service = known ?? 'other';
    if (known === undefined) body.statusType = said;
  } else if (mapping.service !== null) body.service = mapping.service;
  else if (body.bytes !== undefined || body.bytesUp !== undefined || body.bytesDown !== undefined)
    body.service = 'data';
  else if (body.smsCount !== undefined) body.service = 'sms';
  else body.service = body.voiceSeconds === undefined ? 'other' : 'voice';
}

const SERVICES = ['data', 'sms', 'voice', 'other'];

function timeOf(cells: Cells, at: Places, readTime: Reader['readTime'], flags: string[]): ReadTime {
  const date = cells.text(at.date);
  if (date === null && at.time >= 0) {
    const quick = cells.quickTime(at.time);
    if (quick !== null) return quick;
  }
  const text =
    date === null
      ? (cells.text(at.time) ?? '')
      : [date, cells.text(at.timeOfDay)].filter(part => part !== null).join(' ');
  if (text === '') {
    flags.push('time-missing');
    return null;
  }
  const time = readTime(text);
  if (time === null) throw fault('time-unreadable', date === null ? 'time' : 'date', { value: brief(text) });
  return time;
}

/** Running totals need a name: the session, or the card's billing month in the source's zone. */
function seriesOf(claim: string, cells: Cells, at: Places, reader: Reader, time: ReadTime): string {
  if (reader.profile.counter === 'per-series') {
    const session = cells.text(at.session);
    if (session === null) throw fault('session-missing', 'session');
    return `csv/${claim}/${session}`;
  }
  const month = time === null ? null : monthIn(time.ms, reader.zone);
  if (month === null) throw fault('time-missing', 'time', { why: 'the billing month cannot be told' });
  return `cycle/${claim}/${month}`;
}
