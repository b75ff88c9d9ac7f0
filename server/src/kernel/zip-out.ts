import { crc32, deflateRawSync } from 'node:zlib';

/**
 * Writes an archive front to back (APPNOTE 4.3): of a streamed part the sizes follow it. Without the directory that
 * `end` gives no reader takes it for an archive. One of more than 4 GiB throws a RangeError, and is none either.
 */
export class ZipOut {
  private offset = 0;
  private readonly directory: Buffer[] = [];

  *whole(name: string, content: Buffer): Generator<Buffer> {
    const packed = deflateRawSync(content);
    const sizes = [crc32(content), packed.length, content.length] as const;
    const at = this.offset;
    yield this.count(Buffer.concat([this.head(name, 0, sizes), packed]));
    this.remember(name, 0, sizes, at);
  }

  /** Each piece is packed as blocks of its own, so that memory holds one of them. */
  async *streamed(name: string, pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const at = this.offset;
    yield this.count(this.head(name, 8, [0, 0, 0]));
    let [crc, packedBytes, sizeBytes] = [0, 0, 0];
    for await (const piece of pieces) {
      // A full flush ends on a whole octet without ending the stream.
      const packed = deflateRawSync(piece, { finishFlush: 3 });
      crc = crc32(piece, crc);
      packedBytes += packed.length;
      sizeBytes += piece.length;
      yield this.count(packed);
    }
    const last = Buffer.from([3, 0]);
    packedBytes += last.length;
    yield this.count(last);
    const tail = Buffer.alloc(16);
    tail.writeUInt32LE(0x08_07_4b_50, 0);
    for (const [i, value] of [crc, packedBytes, sizeBytes].entries()) tail.writeUInt32LE(value, 4 + i * 4);
    yield this.count(tail);
    this.remember(name, 8, [crc, packedBytes, sizeBytes], at);
  }

  end(): Buffer {
    const directory = Buffer.concat(this.directory);
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06_05_4b_50, 0);
    end.writeUInt16LE(this.directory.length, 8);
    end.writeUInt16LE(this.directory.length, 10);
    end.writeUInt32LE(directory.length, 12);
    end.writeUInt32LE(this.offset, 16);
    return Buffer.concat([directory, end]);
  }

  private count(bytes: Buffer): Buffer {
    this.offset += bytes.length;
    return bytes;
  }

  private head(name: string, flags: number, sizes: readonly [number, number, number]): Buffer {
    const head = Buffer.alloc(30);
    head.writeUInt32LE(0x04_03_4b_50, 0);
    head.writeUInt16LE(20, 4);
    this.put(head, 6, flags, sizes, name);
    return Buffer.concat([head, Buffer.from(name)]);
  }

  private remember(name: string, flags: number, sizes: readonly [number, number, number], at: number): void {
    const head = Buffer.alloc(46);
    head.writeUInt32LE(0x02_01_4b_50, 0);
    head.writeUInt16LE(20, 4);
    head.writeUInt16LE(20, 6);
    this.put(head, 8, flags, sizes, name);
    head.writeUInt32LE(at, 42);
    this.directory.push(Buffer.concat([head, Buffer.from(name)]));
  }

  /** Flags, method 8, the first day of the format for a time, check and sizes, and the name's length. */
  private put(
    head: Buffer,
    at: number,
    flags: number,
    sizes: readonly [number, number, number],
    name: string,
  ): void {
    head.writeUInt16LE(flags, at);
    head.writeUInt16LE(8, at + 2);
    head.writeUInt16LE(0x21, at + 6);
    for (const [i, value] of sizes.entries()) head.writeUInt32LE(value, at + 8 + i * 4);
    head.writeUInt16LE(Buffer.byteLength(name), at + 20);
  }
}
