import { unreadable } from './fault.ts';

/** A record of a workbook of Excel 97 to 2003 (MS-XLS §2.1.4), with the pieces that continue it. */
export interface BiffRecord {
  readonly type: number;
  readonly data: Buffer;
  readonly continued: readonly Buffer[];
}

const CONTINUE = 0x3c;

/** Records from a place on, each with what continues it; ends where the stream does. */
export function* recordsFrom(stream: Buffer, start: number): Generator<BiffRecord> {
  let at = start;
  while (at + 4 <= stream.length) {
    const type = stream.readUInt16LE(at);
    const first = bodyAt(stream, at);
    at += 4 + first.length;
    const continued: Buffer[] = [];
    while (at + 4 <= stream.length && stream.readUInt16LE(at) === CONTINUE) {
      const piece = bodyAt(stream, at);
      continued.push(piece);
      at += 4 + piece.length;
    }
    yield { type, data: first, continued };
  }
}

function bodyAt(stream: Buffer, at: number): Buffer {
  const length = stream.readUInt16LE(at + 2);
  if (at + 4 + length > stream.length) throw unreadable('a record is longer than the file');
  return stream.subarray(at + 4, at + 4 + length);
}

/**
 * Reads texts over the pieces of a record. Where characters go on in the next piece, that begins with a flag of its
 * own that says how wide they are (MS-XLS §2.5.293); nothing else is interrupted so.
 */
export class TextPieces {
  private readonly pieces: readonly Buffer[];
  private piece = 0;
  private at: number;

  constructor({ data, continued }: BiffRecord, at: number) {
    this.pieces = [data, ...continued];
    this.at = at;
  }

  get isAtEnd(): boolean {
    return this.piece >= this.pieces.length - 1 && this.at >= (this.pieces[this.piece]?.length ?? 0);
  }

  /** A text whose length in characters comes first, in two octets. */
  text(): string {
    const characters = this.number(2);
    const flags = this.number(1);
    const runs = flags & 8 ? this.number(2) : 0;
    const extraBytes = flags & 4 ? this.number(4) : 0;
    const text = this.characters(characters, (flags & 1) !== 0);
    this.skip(runs * 4 + extraBytes);
    return text;
  }

  private characters(count: number, isWideAtFirst: boolean): string {
    let text = '';
    let isWide = isWideAtFirst;
    for (let left = count; left > 0; ) {
      if (this.room() === 0) {
        this.turn();
        isWide = (this.number(1) & 1) !== 0;
      }
      const width = isWide ? 2 : 1;
      const here = Math.min(left, Math.floor(this.room() / width));
      if (here === 0) throw unreadable('a text is cut off');
      const held = this.pieces[this.piece] as Buffer;
      text += held.toString(isWide ? 'utf16le' : 'latin1', this.at, this.at + here * width);
      this.at += here * width;
      left -= here;
    }
    return text.toWellFormed();
  }

  private number(octets: 1 | 2 | 4): number {
    if (this.room() === 0) this.turn();
    if (this.room() < octets) throw unreadable('a text is cut off');
    const value = (this.pieces[this.piece] as Buffer).readUIntLE(this.at, octets);
    this.at += octets;
    return value;
  }

  private skip(octets: number): void {
    for (let left = octets; left > 0; ) {
      if (this.room() === 0) this.turn();
      const here = Math.min(left, this.room());
      this.at += here;
      left -= here;
    }
  }

  private room(): number {
    return (this.pieces[this.piece]?.length ?? 0) - this.at;
  }

  private turn(): void {
    this.piece += 1;
    this.at = 0;
    if (this.room() <= 0) throw unreadable('a text is cut off');
  }
}
