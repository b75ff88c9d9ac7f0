import { crc32, deflateRawSync } from 'node:zlib';

/** The first of January 1980, which archives count days from: the same content gives the same bytes. */
const FIRST_DAY = (1 << 5) | 1;
const VERSION = 20;
const DEFLATE = 8;

/** An archive (PKWARE APPNOTE 6.3.3, §4.3) of deflated files by their paths. */
export function zipOf(files: Readonly<Record<string, string>>): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [path, text] of Object.entries(files)) {
    const name = Buffer.from(path);
    const content = Buffer.from(text);
    const packed = deflateRawSync(content);
    const about = aboutOf(name, content, packed);
    const head = Buffer.concat([number32(0x04034b50), about, number16(0), name]);
    directory.push(
      Buffer.concat([
        number32(0x02014b50),
        number16(VERSION),
        about,
        // No further fields, no comment, the first disk, no attributes.
        Buffer.alloc(12),
        number32(offset),
        name,
      ]),
    );
    bodies.push(head, packed);
    offset += head.length + packed.length;
  }
  const list = Buffer.concat(directory);
  const count = number16(directory.length);
  const end = [number32(0x06054b50), Buffer.alloc(4), count, count, number32(list.length), number32(offset)];
  return Buffer.concat([...bodies, list, ...end, number16(0)]);
}

/** What a file's own head and the directory both say: version, flags, method, time, sum, lengths of content and name. */
function aboutOf(name: Buffer, content: Buffer, packed: Buffer): Buffer {
  return Buffer.concat([
    number16(VERSION),
    number16(0),
    number16(DEFLATE),
    number16(0),
    number16(FIRST_DAY),
    number32(crc32(content)),
    number32(packed.length),
    number32(content.length),
    number16(name.length),
  ]);
}

function number16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function number32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
