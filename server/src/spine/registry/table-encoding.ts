import { Refusal } from '../../kernel/refusal.ts';
import type { TableEncoding } from './column-mapping.ts';
import type { RegistryCode } from './registry-code.ts';

type Decoder = InstanceType<typeof TextDecoder>;

const LINE_FEED = 0x0a;
/** A line that is longer is handed on in pieces, for the reader of rows to refuse. */
const LONGEST_LINE_BYTES = 1 << 20;

/**
 * A table's bytes in UTF-8. Bytes that the encoding does not have are refused with their line: put in as replacement
 * characters, a name in another encoding would be registered and nobody could tell it back (CR-23).
 *
 * Whole lines are decoded together; neither encoding has the byte of a line feed within another character.
 */
export async function* inUtf8(
  bytes: AsyncIterable<Uint8Array>,
  encoding: TableEncoding,
): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  let line = 1;
  let rest: Buffer = Buffer.alloc(0);
  for await (const part of bytes) {
    const have = rest.length === 0 ? Buffer.from(part) : Buffer.concat([rest, part]);
    const end = have.lastIndexOf(LINE_FEED) + 1;
    if (end > 0) yield decoded(decoder, encoding, have.subarray(0, end), line);
    line += linesIn(have.subarray(0, end));
    rest = have.subarray(end);
    if (rest.length > LONGEST_LINE_BYTES) throw notIn(line, 'a line of more than a mebibyte');
  }
  if (rest.length > 0) yield decoded(decoder, encoding, rest, line);
}

function decoded(decoder: Decoder, encoding: TableEncoding, lines: Buffer, first: number): Buffer {
  try {
    const text = decoder.decode(lines);
    return encoding === 'utf-8' ? lines : Buffer.from(text);
  } catch {
    throw notIn(first + faultyLine(decoder, lines), reasonOf(encoding));
  }
}

function reasonOf(encoding: TableEncoding): string {
  if (encoding !== 'utf-8') return 'not in the encoding that the mapping says, GB18030';
  return 'not in UTF-8; a table in GB18030 needs the mapping {"encoding": "gb18030"}';
}

/** Which of some lines cannot be decoded, from 0. */
function faultyLine(decoder: Decoder, lines: Buffer): number {
  let from = 0;
  for (let count = 0; ; count += 1) {
    const end = lines.indexOf(LINE_FEED, from);
    if (end === -1) return count;
    try {
      decoder.decode(lines.subarray(from, end));
    } catch {
      return count;
    }
    from = end + 1;
  }
}

function linesIn(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) count += 1;
  return count;
}

function notIn(line: number, reason: string): Refusal<RegistryCode> {
  return new Refusal('import-not-a-table', { detail: { place: `line ${line}`, reason } });
}
