import type { TimeMark } from '../../../spine/observations/observation.ts';
import type { AttributeValues } from './detail-attributes.ts';
import { atOffset, inZone, offsetMinutes, wallClock } from './zone-time.ts';

export interface RadiusTime {
  readonly ms: number;
  readonly mark: TimeMark;
  readonly offsetMin?: number;
}

/**
 * When an accounting event happened (cards.md §3.15; RFC 2869 §5.3, RFC 2866 §5.2): Event-Timestamp if there
 * is one; otherwise the moment the server received it (`Timestamp`) less Acct-Delay-Time (CR-18). The date
 * line is used only when neither exists, since it may be years off. Null: the spine takes its own receipt.
 */
export function radiusTime(
  values: AttributeValues,
  dateLine: string | null,
  zone: string,
): RadiusTime | null {
  const stated = values.get('Event-Timestamp');
  const event = stated === undefined ? null : readDate(stated, zone);
  if (event !== null) return event;
  const received = seconds(values.get('Timestamp'));
  const delayMs = seconds(values.get('Acct-Delay-Time')) ?? 0;
  if (received !== null) return { ms: received - delayMs, mark: 'derived', offsetMin: 0 };
  const written = dateLine === null ? null : readDate(dateLine, zone);
  return written === null ? null : { ...written, ms: written.ms - delayMs, mark: 'zone-declared' };
}

/** Whole seconds of a text as milliseconds. */
function seconds(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,11}$/.test(text) ? Number(text) * 1_000 : null;
}

const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');

/** `Feb  1 2015 08:28:58 WIB`, `Tue Sep 13 16:24:27 2011`, RFC 3339, or seconds since 1970. */
function readDate(text: string, zone: string): RadiusTime | null {
  const epoch = seconds(text);
  if (epoch !== null) return { ms: epoch, mark: 'stated', offsetMin: 0 };
  let ofZone = recent.get(zone);
  if (ofZone === undefined || ofZone.size >= MOST_RECENT) {
    ofZone = new Map();
    if (recent.size < 100) recent.set(zone, ofZone);
  }
  let time = ofZone.get(text);
  if (time === undefined) {
    time = writtenDate(text, zone);
    if (text.length <= 64) ofZone.set(text, time);
  }
  return time;
}

/** Many records of a busy server state the same second; what was read last is remembered for each zone. */
const MOST_RECENT = 2_000;
const recent = new Map<string, Map<string, RadiusTime | null>>();

function writtenDate(text: string, zone: string): RadiusTime | null {
  const clock = /(?<!\d)(\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(?!\d)/.exec(text);
  const day = dayOf(text);
  if (clock === null || day === null) return null;
  const wall = wallClock([...day, ...clock.slice(1, 4).map(Number)]);
  if (wall === null) return null;
  const rest = text.slice(clock.index + clock[0].length);
  const offset = offsetOf(rest.replace(/\b\d{4}\b(?!:)/, '').trim() || rest.trim());
  if (offset !== null) return { ...atOffset(wall, offset), mark: 'stated' };
  const moment = inZone(wall, zone);
  return moment === null ? null : { ...moment, mark: 'zone-declared' };
}

function dayOf(text: string): [number, number, number] | null {
  const iso = /(\d{4})-(\d{2})-(\d{2})/.exec(text);
  if (iso !== null) return [Number(iso[1]), Number(iso[2]), Number(iso[3])];
  const named = /\b([A-Za-z]{3})\s+(\d{1,2})\b/.exec(text.replace(/^[A-Za-z]{3}\s+(?=[A-Za-z]{3})/, ''));
  const year = /\b(\d{4})\b(?!:)/.exec(text);
  const month = MONTHS.indexOf((named?.[1] ?? '').toLowerCase()) + 1;
  return named === null || year === null || month === 0 ? null : [Number(year[1]), month, Number(named[2])];
}

/** Abbreviations that mean one offset only. CST, IST, BST and their like do not, and leave it to the source's zone. */
const ABBREVIATIONS: Readonly<Record<string, number>> = {
  WIB: 420,
  WITA: 480,
  WIT: 540,
  JST: 540,
  KST: 540,
  HKT: 480,
  SGT: 480,
  MSK: 180,
  CET: 60,
  CEST: 120,
  EET: 120,
  EEST: 180,
  WEST: 60,
};

function offsetOf(text: string): number | null {
  const token = /^([A-Za-z]+|[+-]\d{2}:?\d{2})/.exec(text)?.[1];
  if (token === undefined) return null;
  return ABBREVIATIONS[token.toUpperCase()] ?? offsetMinutes(token);
}
