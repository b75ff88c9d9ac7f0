import type { FileFlag } from '../../../spine/observations/observation.ts';

/** Octets of a head before its routeing filter (3GPP TS 32.297 §6.1.1). */
const FIXED_BYTES = 50;
const UNKNOWN_LENGTH = 0xff_ff_ff_ff;

/** What the head of a file says of it. */
export interface FileHead {
  readonly fileLength: number;
  readonly headBytes: number;
  readonly records: number;
  readonly closureReason: number;
  readonly lostRecords: number;
  readonly facts: Readonly<Record<string, string | number>>;
}

/** Reads the head of a file; null when it is cut off, or its lengths do not add up to the length it states. */
export function readFileHead(bytes: Buffer): FileHead | null {
  if (bytes.length < FIXED_BYTES + 2) return null;
  const headBytes = bytes.readUInt32BE(4);
  const [high, low] = [bytes[8] as number, bytes[9] as number];
  const filterBytes = bytes.readUInt16BE(48);
  const extensionAt = FIXED_BYTES + filterBytes;
  if (bytes.length < extensionAt + 2) return null;
  const extended = (high >> 5 === 7 ? 1 : 0) + (low >> 5 === 7 ? 1 : 0);
  const found = extensionAt + 2 + bytes.readUInt16BE(extensionAt) + extended;
  if (found !== headBytes || bytes.length < headBytes) return null;
  return {
    fileLength: bytes.readUInt32BE(0),
    headBytes,
    records: bytes.readUInt32BE(18),
    closureReason: bytes[26] as number,
    lostRecords: bytes[47] as number,
    facts: {
      fileNumber: bytes.readUInt32BE(22),
      openedAt: stamp(bytes.readUInt32BE(10)),
      node: nodeOf(bytes),
    },
  };
}

/** `MM-DD hh:mm±hh:mm`: the head has no year. */
function stamp(bits: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const [month, day, hour, minute] = [
    bits >>> 28,
    (bits >>> 23) & 31,
    (bits >>> 18) & 31,
    (bits >>> 12) & 63,
  ];
  const sign = (bits >>> 11) & 1 ? '+' : '-';
  return `${two(month)}-${two(day)} ${two(hour)}:${two(minute)}${sign}${two((bits >>> 6) & 31)}:${two(bits & 63)}`;
}

function nodeOf(bytes: Buffer): string {
  return bytes.subarray(27, 47).toString('hex');
}

export interface CdrHead {
  readonly headBytes: number;
  readonly length: number;
  readonly encoding: string;
}

const ENCODINGS: Readonly<Record<number, string>> = {
  1: 'ber',
  2: 'unaligned-per',
  3: 'aligned-per',
  4: 'xer',
};

/** The head of a record, four octets or, from release 10 on, five (§6.1.2); null when it is cut off. */
export function readCdrHead(bytes: Buffer): CdrHead | null {
  if (bytes.length < 4) return null;
  const headBytes = (bytes[2] as number) >> 5 === 7 ? 5 : 4;
  if (bytes.length < headBytes) return null;
  const format = (bytes[3] as number) >> 5;
  return { headBytes, length: bytes.readUInt16BE(0), encoding: ENCODINGS[format] ?? `format ${format}` };
}

/** Where the head and the file differ, what was lost before the file, and a closure that was none of the usual. */
export function headFlags(head: FileHead, found: number, readBytes: number): FileFlag[] {
  const flags: FileFlag[] = [];
  if (head.records !== found && head.records !== UNKNOWN_LENGTH)
    flags.push({ code: 'count-mismatch', detail: { declared: head.records, found } });
  if (head.fileLength !== readBytes && head.fileLength !== UNKNOWN_LENGTH)
    flags.push({ code: 'length-mismatch', detail: { declared: head.fileLength, found: readBytes } });
  if (head.lostRecords !== 0) flags.push({ code: 'records-lost', detail: lost(head.lostRecords) });
  if (head.closureReason >= 128)
    flags.push({ code: 'closed-abnormally', detail: { reason: head.closureReason } });
  return flags;
}

/** The most significant bit says that the number is a count, at least (§6.1.1.13); 127 that more were lost than it can say. */
function lost(indicator: number): Readonly<Record<string, number | boolean>> {
  return { lost: indicator & 127, isCounted: indicator >= 128 };
}
