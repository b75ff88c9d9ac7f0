import type { ClaimKind, ClaimReading } from '../identifiers/claims.ts';
import type { ByteFeed } from './byte-feed.ts';
import { CellTexts } from './csv-cell-texts.ts';
import type { Cells } from './csv-cells.ts';
import type { ReadTime } from './time-pattern.ts';
import { digitsOf, type ScanTime } from './time-scan.ts';

const PLAIN = 0;
const DELIMITER = 1;
const LINE_FEED = 2;
const RETURN = 3;
/** A quote, a control character or a byte of a longer character: the complete parser's business. */
const OTHER = 4;
const BLANK = 0x20;

/** Longest line that is scanned; a longer one goes to the complete parser. */
export const SCAN_BYTES = 8 * 1024;
const MOST_CELLS = 1_000;

export interface Plain {
  readonly delimiter: string;
  readonly nulls: readonly string[];
  /** Number of cells of a row; with `isAtLeast` there may be more. */
  readonly width: number;
  readonly isAtLeast: boolean;
  readonly scanTime: ScanTime;
}

/**
 * The byte scanner for rows of plain shape (E-07): printable ASCII without quotes, the right number of cells,
 * no blanks around them. It finds the cells where they lie in the feed and answers from their bytes; any
 * other row it declines, and nothing of the feed is consumed.
 */
export class PlainRow implements Cells {
  private readonly feed: ByteFeed;
  private readonly plain: Plain;
  private readonly classes = new Uint8Array(256);
  private readonly texts: CellTexts;
  private readonly ends = new Int32Array(MOST_CELLS + 1);
  private bytes: Buffer = Buffer.alloc(0);
  private count = 0;
  /** Bytes of the row's line, its end included. */
  private lineBytes = 0;
  private start = 0;
  private stop = 0;

  constructor(feed: ByteFeed, plain: Plain) {
    this.feed = feed;
    this.plain = plain;
    this.texts = new CellTexts(plain.nulls, plain.width);
    this.classes.fill(OTHER, 0x00, 0x20).fill(OTHER, 0x7f);
    this.classes[0x22] = OTHER;
    this.classes[0x0a] = LINE_FEED;
    this.classes[0x0d] = RETURN;
    this.classes[plain.delimiter.charCodeAt(0)] = DELIMITER;
  }

  /** `plain`: the next row lies ready, see `take`. `short`: its line does not end in the bytes at hand. */
  next(): 'plain' | 'other' | 'short' {
    const { feed, classes, ends } = this;
    const bytes = feed.held;
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.texts.in(bytes);
    }
    const from = feed.at;
    const limit = Math.min(bytes.length, from + SCAN_BYTES);
    let count = 0;
    let cell = from;
    for (let at = from; at < limit; at++) {
      const kind = classes[bytes[at] as number];
      if (kind === PLAIN) continue;
      let next = at + 1;
      if (kind === RETURN) {
        if (next >= limit) break;
        if (bytes[next] !== 0x0a) return 'other';
        next += 1;
      } else if (kind === OTHER) return 'other';
      if (at > cell && (bytes[cell] === BLANK || bytes[at - 1] === BLANK)) return 'other';
      if (count >= MOST_CELLS) return 'other';
      count += 1;
      ends[count] = at;
      cell = next;
      if (kind === DELIMITER) continue;
      ends[0] = from - 1;
      this.start = from;
      this.stop = at;
      this.lineBytes = next - from;
      this.count = count;
      return this.hasWidth() ? 'plain' : 'other';
    }
    return limit === bytes.length ? 'short' : 'other';
  }

  /** Consumes the row; answers its bytes without the line end, which stay valid. */
  take(): Buffer {
    this.feed.skip(this.lineBytes);
    return this.bytes.subarray(this.start, this.stop);
  }

  private hasWidth(): boolean {
    const { width, isAtLeast } = this.plain;
    return this.count === width || (isAtLeast && this.count > width);
  }

  text(column: number): string | null {
    if (column < 0) return null;
    return this.texts.of(column, this.startOf(column), this.ends[column + 1] as number);
  }

  quickAmount(column: number, factor: number): number {
    const start = this.startOf(column);
    const end = this.ends[column + 1] as number;
    if (end === start || end - start > 15 || this.texts.mayBeNull(start, end)) return Number.NaN;
    const value = digitsOf(this.bytes, start, end) * factor;
    return value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : Number.NaN;
  }

  quickClaim(kind: ClaimKind, column: number): ClaimReading | null {
    const start = this.startOf(column);
    const end = this.ends[column + 1] as number;
    if (end === start || this.texts.mayBeNull(start, end)) return null;
    return SCANS[kind](this.bytes, start, end, this.texts);
  }

  quickImei(column: number): string | null {
    const start = this.startOf(column);
    const end = this.ends[column + 1] as number;
    const length = end - start;
    if (length < 14 || length > 16 || this.texts.mayBeNull(start, end)) return null;
    const sum = luhnSumOf(this.bytes, start, end);
    if (sum < 0 || isAllZero(this.bytes, start, end)) return null;
    // On the wire the 15th digit is sent as 0, which is no wrong check digit.
    if (length === 15 && sum % 10 !== 0 && this.bytes[end - 1] !== 0x30) return null;
    return this.texts.slice(start, end);
  }

  quickTime(column: number): ReadTime {
    const start = this.startOf(column);
    const end = this.ends[column + 1] as number;
    if (this.texts.mayBeNull(start, end)) return null;
    return this.plain.scanTime(this.bytes, start, end);
  }

  private startOf(column: number): number {
    return (this.ends[column] as number) + 1;
  }
}

const NO_FLAGS: readonly string[] = [];
const LUHN_BAD: readonly string[] = ['iccid-luhn-bad'];

type ScanClaim = (bytes: Uint8Array, start: number, end: number, texts: CellTexts) => ClaimReading | null;

/** Identifiers of nothing but digits; the rest, and every fault, is left to `readClaim`. */
const SCANS: { readonly [kind in ClaimKind]: ScanClaim } = {
  iccid: (bytes, start, end, texts) => {
    const length = end - start;
    if (length < 18 || length > 22) return null;
    const sum = luhnSumOf(bytes, start, end);
    if (sum < 0 || isAllZero(bytes, start, end)) return null;
    const isGood = sum % 10 === 0;
    const keyEnd = length === 20 && isGood ? end - 1 : end;
    return { claim: `iccid:${texts.slice(start, keyEnd)}`, flags: isGood ? NO_FLAGS : LUHN_BAD };
  },
  imsi: (bytes, start, end, texts) => {
    const length = end - start;
    if (length < 6 || length > 15 || digitsOf(bytes, start, end) < 0) return null;
    return { claim: `imsi:${texts.slice(start, end)}`, flags: NO_FLAGS };
  },
  msisdn: (bytes, start, end, texts) => {
    const length = end - start;
    if (length < 5 || length > 15 || bytes[start] === 0x30 || digitsOf(bytes, start, end) < 0) return null;
    return { claim: `msisdn:${texts.slice(start, end)}`, flags: NO_FLAGS };
  },
  eid: () => null,
};

/** Doubled digits with their cross sum (ISO/IEC 7812-1 annex B). */
const DOUBLED = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9];

/** The Luhn sum of digits, the last one included; negative when there is another byte. */
function luhnSumOf(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0;
  let isDoubled = false;
  for (let at = end - 1; at >= start; at--) {
    const digit = (bytes[at] as number) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    sum += isDoubled ? (DOUBLED[digit] as number) : digit;
    isDoubled = !isDoubled;
  }
  return sum;
}

function isAllZero(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] !== 0x30) return false;
  return true;
}
