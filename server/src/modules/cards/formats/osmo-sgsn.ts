import { brief } from '../../../kernel/brief.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import type { FileReport, RecordFormat } from '../../../spine/observations/format.ts';
import type { Cut, Reading } from '../../../spine/observations/observation.ts';
import type { SourceProfile } from '../../../spine/observations/source-profile.ts';
import { readClaim } from '../identifiers/claims.ts';
import { putImei, putTotal } from '../identifiers/into-body.ts';
import { CARD_USAGE, type UsageBody } from '../model.ts';
import { ByteFeed } from './byte-feed.ts';
import { CutCounter, withoutLineEnd } from './cuts.ts';
import { exactly } from './decimal.ts';
import { nextLine } from './text-lines.ts';
import { wallClock } from './zone-time.ts';

export type OsmoCode = 'format-mismatch';

const LINE_BYTES = 16 * 1024;
const LF = 0x0a;
const HEADER = 'timestamp,imsi,imei,msisdn,cell_id,lac,hlr,event,';
/** Columns of an event of the card's mobility, and of one of its packet data contexts. */
const SHORT = 8;
const LONG = 16;
const SHORT_EVENTS: readonly string[] = ['attach', 'update', 'detach', 'free'];
const LONG_EVENTS: Readonly<Record<string, string>> = {
  'pdp-act': 'start',
  'pdp-periodic': 'interim',
  'pdp-deact': 'stop',
  'pdp-terminate': 'stop',
  'pdp-free': 'stop',
};

/**
 * Call data records of Osmocom's SGSN, as its `cdr` file and its control interface write them (osmo-sgsn user
 * manual, "CDR configuration"; `src/sgsn/sgsn_cdr.c`). Events of mobility have eight columns and those of contexts
 * sixteen, so ragged rows are sound; the header is passed over wherever it comes.
 *
 * Volumes are running totals of a context, `vol_in` from the card. A context that ends twice (`pdp-deact`, then
 * `pdp-free`) counts once, for its total grows by nothing. The records do not tell the network: it is the writer's.
 *
 * No byte scanner: an SGSN writes a record a context every ten minutes, and lines are cut at their commas alone.
 */
export const osmoSgsn: RecordFormat = {
  name: 'osmo-sgsn',
  yields: CARD_USAGE,
  isText: true,
  checkProfile: profileFaults,
  read: readCdrs,
};

function profileFaults(profile: SourceProfile): string[] {
  const faults: string[] = [];
  if (profile.unit !== 'B') faults.push('The SGSN counts bytes: unit must be "B".');
  if (profile.counter !== 'per-series')
    faults.push('Figures are running totals of a context: counter must be "per-series".');
  return faults;
}

async function* readCdrs(
  bytes: AsyncIterable<Uint8Array>,
  profile: SourceProfile,
): AsyncGenerator<Cut, FileReport> {
  const feed = new ByteFeed(bytes);
  await refuseBinary(feed);
  const cuts = new CutCounter();
  for (let lineNo = 1; ; lineNo += 1) {
    const next = await nextLine(feed, LINE_BYTES);
    if (next === null) break;
    const place = `line ${lineNo}`;
    if (!next.isWhole) {
      yield* tooLong(feed, cuts, next.line, place);
      continue;
    }
    const raw = withoutLineEnd(next.line);
    const line = raw.toString('utf8');
    if (line.trim() === '' || line.startsWith(HEADER)) continue;
    const reading = readLine(line, profile);
    if ('reason' in reading) yield cuts.unread(raw, place, reading.reason, reading.detail);
    else yield cuts.reading(raw, reading);
  }
  const flags = cuts.count === 0 ? [{ code: 'no-rows', detail: {} }] : [];
  return { flags, facts: { records: cuts.count } };
}

async function refuseBinary(feed: ByteFeed): Promise<void> {
  await feed.ensure(512);
  if (!feed.view().subarray(0, 512).includes(0)) return;
  throw new Refusal<OsmoCode>('format-mismatch', { detail: { format: 'osmo-sgsn', found: 'binary file' } });
}

async function* tooLong(feed: ByteFeed, cuts: CutCounter, start: Buffer, place: string): AsyncGenerator<Cut> {
  for (let piece = start, isWhole = false; ; ) {
    yield cuts.unread(withoutLineEnd(piece), place, 'line-too-long', { mostBytes: LINE_BYTES });
    if (isWhole || piece.at(-1) === LF) return;
    const next = await nextLine(feed, LINE_BYTES);
    if (next === null) return;
    ({ line: piece, isWhole } = next);
  }
}

interface Fault {
  readonly reason: string;
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}

function readLine(line: string, profile: SourceProfile): Reading | Fault {
  const cells = line.split(',').map(cell => cell.trim());
  const event = cells[7] ?? '';
  const isShort = SHORT_EVENTS.includes(event);
  const sessionEvent = Object.hasOwn(LONG_EVENTS, event) ? LONG_EVENTS[event] : undefined;
  if (!isShort && sessionEvent === undefined)
    return { reason: 'event-unknown', detail: { event: brief(event), columns: cells.length } };
  const wanted = isShort ? SHORT : LONG;
  if (cells.length !== wanted) return { reason: 'columns-wrong', detail: { found: cells.length, wanted } };
  const atMs = stamp(cells[0] ?? '');
  if (atMs === null) return { reason: 'time-unreadable', detail: { value: brief(cells[0] ?? '') } };
  const claims = claimsOf(told(cells[1]), told(cells[3]));
  if ('reason' in claims) return claims;
  const body: UsageBody = {
    service: isShort ? 'other' : 'data',
    event: sessionEvent ?? 'event',
    statusType: event,
  };
  const imei = told(cells[2]);
  const flags = [...claims.flags, ...(imei === '' ? [] : putImei(body, imei))];
  const [cell, area] = [told(cells[4]), told(cells[5])];
  if (cell !== '' && area !== '') body.cell = `${area}-${cell}`;
  const fault = isShort ? null : putContext(body, cells, atMs, profile);
  if (fault !== null) return fault;
  const series = isShort ? null : `osmo-sgsn/${claims.claim}/${cells[9]}/${cells[15]}`;
  return {
    kind: CARD_USAGE,
    claim: claims.claim,
    ...(claims.also.length > 0 ? { alsoClaims: claims.also } : {}),
    observedAtMs: atMs,
    offsetMin: 0,
    timeMark: 'stated',
    ...(series === null ? {} : { series }),
    body,
    recordId: `${series ?? `osmo-sgsn/${claims.claim}`}|${event}|${cells[0]}`,
    ...(flags.length > 0 ? { flags } : {}),
  };
}

/** What the SGSN writes where it knows nothing: `N/A`, and -1 for a cell or an area. */
function told(cell: string | undefined): string {
  return cell === undefined || cell === 'N/A' || cell === '-1' ? '' : cell;
}

/** `YYYYMMDDhhmmssSSS` in UTC. */
function stamp(text: string): number | null {
  const found = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{3})$/.exec(text);
  return found === null ? null : wallClock(found.slice(1).map(Number));
}

function claimsOf(imsi: string, msisdn: string): { claim: string; also: string[]; flags: string[] } | Fault {
  const number = readClaim('msisdn', msisdn);
  const subscriber = readClaim('imsi', imsi);
  if ('claim' in subscriber)
    return { claim: subscriber.claim, also: 'claim' in number ? [number.claim] : [], flags: [] };
  if (imsi !== '')
    return { reason: 'subject-unreadable', detail: { field: 'imsi', fault: subscriber.fault } };
  if ('claim' in number) return { claim: number.claim, also: [], flags: [...number.flags] };
  return { reason: 'subject-missing', detail: { wanted: 'imsi or msisdn' } };
}

/** Fields of a context: its length in whole seconds, its gateway, its access point and its totals. */
function putContext(
  body: UsageBody,
  cells: readonly string[],
  atMs: number,
  profile: SourceProfile,
): Fault | null {
  if (told(cells[15]) === '') return { reason: 'session-missing', detail: { field: 'charging_id' } };
  const isSwapped = profile.direction === 'swapped';
  const figures = [
    ['durationSeconds', 'pdp_duration', 8],
    [isSwapped ? 'bytesDown' : 'bytesUp', 'vol_in', 13],
    [isSwapped ? 'bytesUp' : 'bytesDown', 'vol_out', 14],
  ] as const;
  for (const [field, column, place] of figures) {
    const text = told(cells[place]);
    if (text === '') continue;
    const read = exactly(text, 1n);
    if ('fault' in read) return { reason: read.fault, detail: { field: column, value: brief(text) } };
    body[field] = read.value;
  }
  putTotal(body);
  if (typeof body.durationSeconds === 'number') body.sessionStartMs = atMs - body.durationSeconds * 1000;
  const [gateway, apn] = [told(cells[9]), told(cells[11])];
  if (gateway !== '') body.nas = gateway;
  if (apn !== '') body.apn = apn.toLowerCase();
  body.sessionId = cells[15] ?? '';
  return null;
}
