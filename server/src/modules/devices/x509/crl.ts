import {
  bits,
  integer,
  lengthSize,
  seq,
  TAG,
  tagged,
  time,
  writeLength,
} from '../../../kernel/der/encode.ts';

/** Reasons by the names people use (RFC 5280 §5.3.1). 7 is not used; 8 stands in deltas alone. */
export const REASONS = {
  unspecified: 0,
  'key-compromise': 1,
  'authority-compromise': 2,
  'affiliation-changed': 3,
  superseded: 4,
  'cessation-of-operation': 5,
  'certificate-hold': 6,
  'remove-from-crl': 8,
  'privilege-withdrawn': 9,
} as const;
export type Reason = keyof typeof REASONS;

/** Octets of every serial number given out here, so that lists of a million are columns and no objects. */
export const SERIAL_BYTES = 16;

/** Revoked certificates as columns; row n of each belongs together. They can be given to a thread without copying. */
export interface RevokedColumns {
  readonly count: number;
  /** `count` times `SERIAL_BYTES`; each is a positive number in its shortest form. */
  readonly serials: Uint8Array;
  readonly revokedAtMs: Float64Array;
  readonly reasons: Uint8Array;
}

export interface CrlParts {
  readonly algorithm: Uint8Array;
  readonly issuer: Uint8Array;
  readonly thisUpdateMs: number;
  readonly nextUpdateMs: number;
  readonly revoked: RevokedColumns;
  readonly extensions: readonly Uint8Array[];
}

const VERSION_2 = integer(1);
/** Octets kept free in front of what is signed, for the outer head. */
const HEAD_BYTES = 6;
const SHORT_ENTRY = 2 + SERIAL_BYTES + 15;
const REASON_BYTES = 14;
/** An entry's extensions with a reason, all but the reason itself. */
const REASON_HEAD = Buffer.from('300c300a0603551d1504030a01', 'hex');

/**
 * A certificate revocation list (RFC 5280 §5.1), signed by what is handed in over its octets. One allocation holds the
 * whole: a list of a million entries is some 49 MB.
 */
export function certificateList(parts: CrlParts, sign: (tbs: Uint8Array) => Uint8Array): Buffer {
  const { revoked } = parts;
  const entriesBytes = sizeOf(revoked);
  const head = Buffer.concat([
    VERSION_2,
    parts.algorithm,
    parts.issuer,
    time(parts.thisUpdateMs),
    time(parts.nextUpdateMs),
  ]);
  const tail = tagged(0, seq(...parts.extensions));
  // An empty list of entries is left out (§5.1.2.6).
  const listBytes = revoked.count === 0 ? 0 : 1 + lengthSize(entriesBytes) + entriesBytes;
  const contentBytes = head.length + listBytes + tail.length;
  const tbsBytes = 1 + lengthSize(contentBytes) + contentBytes;
  const most = HEAD_BYTES + tbsBytes + parts.algorithm.length + MOST_SIGNATURE_BYTES;
  const whole = Buffer.allocUnsafeSlow(most);

  whole[HEAD_BYTES] = TAG.sequence;
  let place = writeLength(whole, HEAD_BYTES + 1, contentBytes);
  place += head.copy(whole, place);
  if (revoked.count > 0) {
    whole[place] = TAG.sequence;
    place = writeEntries(whole, writeLength(whole, place + 1, entriesBytes), revoked);
  }
  place += tail.copy(whole, place);

  const signature = bits(sign(whole.subarray(HEAD_BYTES, place)));
  whole.set(parts.algorithm, place);
  place += parts.algorithm.length;
  place += signature.copy(whole, place);
  const length = place - HEAD_BYTES;
  const from = HEAD_BYTES - 1 - lengthSize(length);
  whole[from] = TAG.sequence;
  writeLength(whole, from + 1, length);
  return whole.subarray(from, place);
}

/** RSA of 4096 bits gives the longest. */
const MOST_SIGNATURE_BYTES = 600;

function sizeOf({ count, revokedAtMs, reasons }: RevokedColumns): number {
  let sum = 0;
  for (let i = 0; i < count; i += 1) {
    const body = bodyBytes(revokedAtMs[i] as number, reasons[i] as number);
    sum += 2 + body;
  }
  return sum;
}

/** A reason of 0 says nothing and is left out (§5.3.1). */
function bodyBytes(revokedAtMs: number, reason: number): number {
  return SHORT_ENTRY + (isLong(revokedAtMs) ? 2 : 0) + (reason === 0 ? 0 : REASON_BYTES);
}

const FROM_2050_MS = Date.UTC(2050, 0, 1);
const isLong = (ms: number): boolean => ms >= FROM_2050_MS;

function writeEntries(whole: Buffer, from: number, revoked: RevokedColumns): number {
  const { count, serials, revokedAtMs, reasons } = revoked;
  let place = from;
  for (let i = 0; i < count; i += 1) {
    const atMs = revokedAtMs[i] as number;
    const reason = reasons[i] as number;
    whole[place] = TAG.sequence;
    whole[place + 1] = bodyBytes(atMs, reason);
    whole[place + 2] = TAG.integer;
    whole[place + 3] = SERIAL_BYTES;
    place += 4;
    const serial = i * SERIAL_BYTES;
    for (let n = 0; n < SERIAL_BYTES; n += 1) whole[place + n] = serials[serial + n] as number;
    place = writeTime(whole, place + SERIAL_BYTES, atMs);
    if (reason === 0) continue;
    for (let n = 0; n < REASON_HEAD.length; n += 1) whole[place + n] = REASON_HEAD[n] as number;
    whole[place + REASON_HEAD.length] = reason;
    place += REASON_BYTES;
  }
  return place;
}

const DAY_MS = 86_400_000;
let knownDay = Number.NaN;
let dayDigits = Buffer.alloc(8);

/** UTCTime or GeneralizedTime to the second, without making a text for each. */
function writeTime(whole: Buffer, at: number, ms: number): number {
  const day = Math.floor(ms / DAY_MS);
  if (day !== knownDay) {
    dayDigits = Buffer.from(new Date(day * DAY_MS).toISOString().slice(0, 10).replaceAll('-', ''), 'latin1');
    knownDay = day;
  }
  const long = isLong(ms);
  whole[at] = long ? TAG.generalizedTime : TAG.utcTime;
  whole[at + 1] = long ? 15 : 13;
  let place = at + 2;
  for (let n = long ? 0 : 2; n < 8; n += 1) whole[place++] = dayDigits[n] as number;
  const second = Math.floor((ms - day * DAY_MS) / 1_000);
  place = writeTwo(whole, place, Math.floor(second / 3_600));
  place = writeTwo(whole, place, Math.floor(second / 60) % 60);
  place = writeTwo(whole, place, second % 60);
  whole[place] = 0x5a;
  return place + 1;
}

function writeTwo(whole: Buffer, place: number, value: number): number {
  whole[place] = 48 + Math.floor(value / 10);
  whole[place + 1] = 48 + (value % 10);
  return place + 2;
}
