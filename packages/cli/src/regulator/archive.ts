import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { createInflateRaw } from 'node:zlib';

interface Part {
  readonly offset: number;
  readonly packedBytes: number;
}

const [END, ENTRY] = [0x06054b50, 0x02014b50];
const MOST_DIRECTORY_BYTES = 1 << 20;
const END_BYTES = 22;

/** A ZIP archive that ends where it says it does; anything else, half an archive among it, is none. */
export interface ArchiveFile {
  readonly names: readonly string[];
  /** The content of a part as it is inflated, in bounded memory; throws for a damaged one. */
  part(name: string): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

/** Opens one by its directory; null for what is no whole archive. */
export async function openArchive(path: string): Promise<ArchiveFile | null> {
  const file = await open(path, 'r');
  const parts = await directoryOf(file);
  if (parts === null) {
    await file.close();
    return null;
  }
  return {
    names: [...parts.keys()],
    part: name => inflated(path, file, parts.get(name) as Part),
    close: () => file.close(),
  };
}

async function directoryOf(file: FileHandle): Promise<Map<string, Part> | null> {
  const { size } = await file.stat();
  if (size < END_BYTES) return null;
  const end = await piece(file, size - END_BYTES, END_BYTES);
  const [sizeBytes, start] = [end.readUInt32LE(12), end.readUInt32LE(16)];
  const isWhole = end.readUInt32LE(0) === END && start + sizeBytes + END_BYTES === size;
  if (!isWhole || sizeBytes > MOST_DIRECTORY_BYTES) return null;
  const directory = await piece(file, start, sizeBytes);
  const parts = new Map<string, Part>();
  for (let at = 0; at + 46 <= directory.length; ) {
    if (directory.readUInt32LE(at) !== ENTRY) return null;
    const nameBytes = directory.readUInt16LE(at + 28);
    const name = directory.toString('utf8', at + 46, at + 46 + nameBytes);
    parts.set(name, {
      packedBytes: directory.readUInt32LE(at + 20),
      offset: directory.readUInt32LE(at + 42),
    });
    at += 46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return parts;
}

async function* inflated(
  path: string,
  file: FileHandle,
  { offset, packedBytes }: Part,
): AsyncGenerator<Buffer> {
  const head = await piece(file, offset, 30);
  const start = offset + 30 + head.readUInt16LE(26) + head.readUInt16LE(28);
  if (packedBytes === 0) return;
  const packed = createReadStream(path, { start, end: start + packedBytes - 1 });
  const content = createInflateRaw();
  packed.on('error', fault => content.destroy(fault));
  yield* packed.pipe(content) as AsyncIterable<Buffer>;
}

async function piece(file: FileHandle, at: number, sizeBytes: number): Promise<Buffer> {
  const bytes = Buffer.alloc(sizeBytes);
  const { bytesRead } = await file.read(bytes, 0, sizeBytes, at);
  return bytes.subarray(0, bytesRead);
}
