import { unreadable } from './fault.ts';

/** Numbers of sectors that are none (MS-CFB §2.1). */
const MOST_SECTOR = 0xff_ff_ff_fa;
const ENTRY_BYTES = 128;
const IN_HEADER = 109;

interface Entry {
  readonly name: string;
  readonly type: number;
  readonly start: number;
  readonly sizeBytes: number;
}

/**
 * A stream of a compound file (MS-CFB), or null when it has none of that name. Every chain of sectors is followed for
 * no longer than the file has sectors, so that one that bites its tail ends; what lies beyond the file is damage.
 */
export function streamOf(bytes: Buffer, name: string): Buffer | null {
  if (bytes.length < 512) throw unreadable('it is cut off');
  const shift = bytes.readUInt16LE(30);
  if (shift !== 9 && shift !== 12) throw unreadable('its sectors have no usual size');
  const file = new Sectors(bytes, shift);
  const directory = file.chain(bytes.readUInt32LE(48));
  const entries = entriesOf(directory);
  const found = entries.find(each => each.type === 2 && each.name.toLowerCase() === name.toLowerCase());
  if (found === undefined) return null;
  if (found.sizeBytes > bytes.length) throw unreadable('a part is longer than the file');
  if (found.sizeBytes >= bytes.readUInt32LE(56)) return file.chain(found.start).subarray(0, found.sizeBytes);
  return smallStream(bytes, file, entries, found);
}

/** Short streams lie in sectors of 64 bytes within the root's own stream. */
function smallStream(bytes: Buffer, file: Sectors, entries: readonly Entry[], found: Entry): Buffer {
  const root = entries.find(each => each.type === 5);
  if (root === undefined) throw unreadable('it has no root');
  const within = file.chain(root.start);
  const table = file.chain(bytes.readUInt32LE(60));
  const parts: Buffer[] = [];
  for (let at = found.start, left = found.sizeBytes; left > 0; left -= 64) {
    if (at >= MOST_SECTOR || (at + 1) * 64 > within.length + 63 || (at + 1) * 4 > table.length)
      throw unreadable('a part of it is not there');
    parts.push(within.subarray(at * 64, at * 64 + Math.min(64, left)));
    at = table.readUInt32LE(at * 4);
  }
  return Buffer.concat(parts);
}

function entriesOf(directory: Buffer): Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; at + ENTRY_BYTES <= directory.length; at += ENTRY_BYTES) {
    const nameBytes = Math.min(64, Math.max(2, directory.readUInt16LE(at + 64))) - 2;
    entries.push({
      name: directory.toString('utf16le', at, at + nameBytes),
      type: directory[at + 66] as number,
      start: directory.readUInt32LE(at + 116),
      sizeBytes: directory.readUInt32LE(at + 120),
    });
  }
  return entries;
}

class Sectors {
  private readonly bytes: Buffer;
  private readonly sizeBytes: number;
  private readonly count: number;
  private readonly table: readonly number[];

  constructor(bytes: Buffer, shift: number) {
    this.bytes = bytes;
    this.sizeBytes = 1 << shift;
    this.count = Math.ceil(bytes.length / this.sizeBytes);
    this.table = this.tableSectors();
  }

  /** The bytes of a chain of sectors. */
  chain(start: number): Buffer {
    const parts: Buffer[] = [];
    for (let at = start; at < MOST_SECTOR; at = this.next(at)) {
      if (parts.length > this.count) throw unreadable('its sectors run in a circle');
      parts.push(this.sector(at));
    }
    return Buffer.concat(parts);
  }

  /** Of the last sector of a file the end may be missing. */
  private sector(at: number): Buffer {
    const from = (at + 1) * this.sizeBytes;
    if (from >= this.bytes.length) throw unreadable('a part of it is not there');
    return this.bytes.subarray(from, from + this.sizeBytes);
  }

  private next(at: number): number {
    const perSector = this.sizeBytes / 4;
    const sector = this.table[Math.floor(at / perSector)];
    const within = (at % perSector) * 4;
    const held = sector === undefined ? undefined : this.sector(sector);
    if (held === undefined || within + 4 > held.length) throw unreadable('a part of it is not there');
    return held.readUInt32LE(within);
  }

  /** Sectors that hold the table of sectors: the first 109 are named in the head, the rest in a chain of their own. */
  private tableSectors(): number[] {
    const found: number[] = [];
    for (let i = 0; i < IN_HEADER; i += 1) found.push(this.bytes.readUInt32LE(76 + i * 4));
    let at = this.bytes.readUInt32LE(68);
    for (let turns = 0; at < MOST_SECTOR; turns += 1) {
      if (turns > this.count) throw unreadable('its sectors run in a circle');
      const held = this.sector(at);
      if (held.length < this.sizeBytes) throw unreadable('it is cut off');
      for (let i = 0; i + 8 <= held.length; i += 4) found.push(held.readUInt32LE(i));
      at = held.readUInt32LE(held.length - 4);
    }
    return found.filter(each => each < MOST_SECTOR);
  }
}
