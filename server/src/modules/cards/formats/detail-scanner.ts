import type { ByteFeed } from './byte-feed.ts';
import { CellTexts } from './csv-cell-texts.ts';
import { ATTRIBUTE_NAMES, type AttributeName, type Attributes, isDateLine } from './detail-attributes.ts';

/** Longest block that is scanned; a longer one goes to the complete parser. */
export const SCAN_BYTES = 16 * 1024;

export interface ScannedBlock {
  /** The block's bytes without its last line end; they stay valid. */
  readonly raw: Buffer;
  /** Blank lines before it, its own, and the blank one behind it. */
  readonly blankLines: number;
  readonly lines: number;
  readonly attributes: Attributes;
}

const LF = 0x0a;
const TAB = 0x09;
const BLANK = 0x20;
const QUOTE = 0x22;
const EQUALS = 0x3d;

const LETTER = 1;
const NAME = 2;
const VALUE = 4;

/**
 * The byte scanner for blocks of plain shape (E-07), as FreeRADIUS 3 writes them: a date line, lines of a tab,
 * `Name = value`, and a blank line; printable ASCII without escapes. It makes texts only of the attributes that
 * readings are made of. Any other block it declines, and nothing but blank lines before it is consumed.
 */
export class PlainBlocks {
  private readonly feed: ByteFeed;
  private readonly texts = new CellTexts([], ATTRIBUTE_NAMES.length);
  private bytes: Buffer = Buffer.alloc(0);
  private values = new Map<AttributeName, string>();
  private at = 0;
  private limit = 0;

  constructor(feed: ByteFeed) {
    this.feed = feed;
  }

  /** `short`: the block does not end in the bytes at hand; `other`: the complete parser must have it. */
  next(): ScannedBlock | 'other' | 'short' {
    const { feed } = this;
    const bytes = feed.held;
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.texts.in(bytes);
    }
    let start = feed.at;
    while (bytes[start] === LF) start += 1;
    const blankLines = start - feed.at;
    this.at = start;
    this.limit = Math.min(bytes.length, start + SCAN_BYTES);
    this.values = new Map();
    const dateLine = this.dateLine();
    if (dateLine === undefined) return this.undecided();
    let lines = dateLine === null ? 0 : 1;
    while (bytes[this.at] !== LF) {
      if (this.at >= this.limit || !this.attribute()) return this.undecided();
      lines += 1;
    }
    if (this.at >= this.limit) return this.undecided();
    if (this.values.size === 0) return 'other';
    const raw = bytes.subarray(start, this.at - 1);
    feed.skip(this.at + 1 - feed.at);
    const attributes = { values: this.values, dateLine, strayLines: 0, expectedLines: 0 };
    return { raw, blankLines, lines: lines + 1, attributes };
  }

  /** More bytes would help only where the scan met the end of those at hand. */
  private undecided(): 'other' | 'short' {
    return this.at >= this.limit && this.limit === this.bytes.length ? 'short' : 'other';
  }

  /** The date line, null when the block begins with an attribute, undefined when it begins with something else. */
  private dateLine(): string | null | undefined {
    const { bytes } = this;
    const start = this.at;
    if (bytes[start] === TAB) return null;
    if (start < this.limit && ((CLASSES[bytes[start] as number] as number) & LETTER) === 0) return undefined;
    const end = this.valueEnd();
    if (end < 0 || bytes[end - 1] === BLANK) return undefined;
    const line = bytes.toString('latin1', start, end);
    if (line.includes('=') || !isDateLine(line)) return undefined;
    this.at = end + 1;
    return line;
  }

  /** One line, consumed; false when it has another shape, or no end. */
  private attribute(): boolean {
    const { bytes } = this;
    if (bytes[this.at] !== TAB) return false;
    const start = this.at + 1;
    let mix = 0;
    let at = start;
    while (at < this.limit && ((CLASSES[bytes[at] as number] as number) & NAME) !== 0) {
      mix = (Math.imul(mix, 31) + (bytes[at] as number)) | 0;
      at += 1;
    }
    const nameEnd = at;
    this.at = at + 3;
    if (this.at >= this.limit || nameEnd === start || bytes[start] === 0x2d) return false;
    if (bytes[at] !== BLANK || bytes[at + 1] !== EQUALS || bytes[at + 2] !== BLANK) {
      this.at = start;
      return false;
    }
    const end = this.valueEnd();
    if (end < 0) return false;
    const valueStart = at + 3;
    this.at = start;
    if (!this.isPlainValue(valueStart, end)) return false;
    const column = columnOf(bytes, start, nameEnd, mix);
    if (column >= 0) this.put(column, valueStart, end);
    this.at = end + 1;
    return true;
  }

  private put(column: number, start: number, end: number): void {
    const name = ATTRIBUTE_NAMES[column] as AttributeName;
    if (this.values.has(name)) return;
    const inner = this.bytes[start] === QUOTE ? 1 : 0;
    this.values.set(name, this.texts.of(column, start + inner, end - inner) ?? '');
  }

  /** The line end behind printable ASCII without a backslash, or -1; `at` is left where the scan ended. */
  private valueEnd(): number {
    const { bytes, limit } = this;
    let at = this.at;
    while (at < limit && ((CLASSES[bytes[at] as number] as number) & VALUE) !== 0) at += 1;
    this.at = at;
    return at < limit && bytes[at] === LF ? at : -1;
  }

  /** In double quotes, or bare without anything that a bare value is stripped of. */
  private isPlainValue(start: number, end: number): boolean {
    const { bytes } = this;
    if (start === end) return false;
    const first = bytes[start];
    const last = bytes[end - 1];
    if (first === QUOTE) return last === QUOTE && end - start >= 2;
    return first !== BLANK && last !== BLANK && first !== 0x27 && first !== 0x3a && last !== 0x2c;
  }
}

const CLASSES = classes();

function classes(): Uint8Array {
  const made = new Uint8Array(256).fill(VALUE, 0x20, 0x7f);
  made[0x5c] = 0;
  for (let byte = 0x30; byte <= 0x39; byte++) made[byte] = VALUE | NAME;
  for (let byte = 0x41; byte <= 0x5a; byte++) {
    made[byte] = VALUE | NAME | LETTER;
    made[byte + 0x20] = VALUE | NAME | LETTER;
  }
  made[0x2d] = VALUE | NAME;
  return made;
}

/** Attribute names by a mix of their bytes. */
const COLUMNS = new Map<number, Array<{ readonly name: Buffer; readonly column: number }>>();
for (const [column, text] of ATTRIBUTE_NAMES.entries()) {
  const name = Buffer.from(text, 'latin1');
  let mix = 0;
  for (const byte of name) mix = (Math.imul(mix, 31) + byte) | 0;
  COLUMNS.set(mix, [...(COLUMNS.get(mix) ?? []), { name, column }]);
}

function columnOf(bytes: Buffer, start: number, end: number, mix: number): number {
  for (const { name, column } of COLUMNS.get(mix) ?? NONE)
    if (name.length === end - start && isSame(name, bytes, start)) return column;
  return -1;
}

const NONE: ReadonlyArray<{ readonly name: Buffer; readonly column: number }> = [];

function isSame(name: Buffer, bytes: Buffer, start: number): boolean {
  for (let i = 0; i < name.length; i++) if (name[i] !== bytes[start + i]) return false;
  return true;
}
