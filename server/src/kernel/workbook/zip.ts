import { crc32, createInflateRaw } from 'node:zlib';
import { unreadable } from './fault.ts';

/** Bounds of an archive: its entries, and what all that is read of it may come to. */
const MOST_ENTRIES = 4_000;
const MOST_INFLATED_BYTES = 512 << 20;
const END_BYTES = 22;
const MOST_COMMENT_BYTES = 0xffff;
const [END, ENTRY, LOCAL] = [0x06054b50, 0x02014b50, 0x04034b50];
const [STORED, DEFLATED] = [0, 8];
/** General purpose flags: encrypted, and the bits of strong encryption and masked headers. */
const UNREADABLE_FLAGS = 0x2041;

interface Entry {
  readonly method: number;
  readonly crc: number;
  readonly compressedBytes: number;
  readonly sizeBytes: number;
  readonly offset: number;
}

/**
 * A ZIP archive in memory (PKWARE APPNOTE 6.3, without ZIP64, several disks or encryption), read by its central
 * directory. What it says of itself is believed nowhere: a part ends at the size it was said to have, its checksum
 * is held against what came, and all parts together may not come to more than half a gibibyte.
 */
export class Archive {
  readonly #bytes: Buffer;
  readonly #entries: ReadonlyMap<string, Entry>;
  #inflatedBytes = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#entries = directoryOf(bytes);
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** The content of a part, as it is inflated. Refuses a part that is missing, damaged or too large. */
  async *part(name: string): AsyncGenerator<Buffer> {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw unreadable(`a part is missing: ${name.slice(0, 100)}`);
    const packed = this.#packed(entry);
    let crc = 0;
    let sizeBytes = 0;
    for await (const piece of entry.method === STORED ? [packed] : inflated(packed)) {
      sizeBytes += piece.length;
      this.#inflatedBytes += piece.length;
      if (sizeBytes > entry.sizeBytes) throw unreadable('a part is larger than it says');
      if (this.#inflatedBytes > MOST_INFLATED_BYTES) throw unreadable('it grows beyond half a gibibyte');
      crc = crc32(piece, crc);
      yield piece;
    }
    if (sizeBytes !== entry.sizeBytes || crc !== entry.crc) throw unreadable('a part is damaged');
  }

  #packed({ offset, method, compressedBytes }: Entry): Buffer {
    const bytes = this.#bytes;
    if (method !== STORED && method !== DEFLATED) throw unreadable('a part is packed in an unknown way');
    if (offset + 30 > bytes.length || bytes.readUInt32LE(offset) !== LOCAL)
      throw unreadable('a part is not where it should be');
    const from = offset + 30 + bytes.readUInt16LE(offset + 26) + bytes.readUInt16LE(offset + 28);
    if (from + compressedBytes > bytes.length) throw unreadable('it is cut off');
    return bytes.subarray(from, from + compressedBytes);
  }
}

async function* inflated(packed: Buffer): AsyncGenerator<Buffer> {
  const inflate = createInflateRaw({ chunkSize: 1 << 16 });
  inflate.end(packed);
  try {
    for await (const piece of inflate) yield piece as Buffer;
  } catch (cause) {
    throw unreadable('a part is damaged', cause);
  } finally {
    inflate.destroy();
  }
}

function directoryOf(bytes: Buffer): Map<string, Entry> {
  const end = endOf(bytes);
  const count = bytes.readUInt16LE(end + 10);
  let at = bytes.readUInt32LE(end + 16);
  if (count > MOST_ENTRIES) throw unreadable('it has too many parts');
  const entries = new Map<string, Entry>();
  for (let i = 0; i < count; i += 1) {
    if (at + 46 > end || bytes.readUInt32LE(at) !== ENTRY) throw unreadable('its directory is damaged');
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map(place => bytes.readUInt16LE(at + place));
    const name = bytes.toString('utf8', at + 46, at + 46 + (nameBytes ?? 0));
    if ((bytes.readUInt16LE(at + 8) & UNREADABLE_FLAGS) !== 0) throw unreadable('it is encrypted');
    // Two parts of one name are read differently by different programs.
    if (entries.has(name)) throw unreadable('two of its parts have one name');
    entries.set(name, {
      method: bytes.readUInt16LE(at + 10),
      crc: bytes.readUInt32LE(at + 16),
      compressedBytes: bytes.readUInt32LE(at + 20),
      sizeBytes: bytes.readUInt32LE(at + 24),
      offset: bytes.readUInt32LE(at + 42),
    });
    at += 46 + (nameBytes ?? 0) + (extraBytes ?? 0) + (commentBytes ?? 0);
  }
  return entries;
}

function endOf(bytes: Buffer): number {
  const first = Math.max(0, bytes.length - END_BYTES - MOST_COMMENT_BYTES);
  for (let at = bytes.length - END_BYTES; at >= first; at -= 1) if (bytes.readUInt32LE(at) === END) return at;
  throw unreadable('it is cut off');
}
