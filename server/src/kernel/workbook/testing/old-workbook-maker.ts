/** Workbooks of the older kind of our own making, for tests: a compound file with one stream of records. */
export type OldCell =
  | string
  | number
  | boolean
  | { readonly date: number }
  | { readonly formula: string }
  | null;

function record(type: number, ...parts: readonly (Buffer | readonly number[])[]): Buffer {
  const data = Buffer.concat(parts.map(part => Buffer.from(part)));
  const head = Buffer.alloc(4);
  head.writeUInt16LE(type, 0);
  head.writeUInt16LE(data.length, 2);
  return Buffer.concat([head, data]);
}

const u16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value, 0);
  return bytes;
};
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value, 0);
  return bytes;
};
const f64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value, 0);
  return bytes;
};
const wide = (text: string): Buffer =>
  Buffer.concat([u16(text.length), Buffer.from([1]), Buffer.from(text, 'utf16le')]);
const begin = (kind: number): Buffer => record(0x809, u16(0x600), u16(kind), u32(0), u32(0), u32(0));
const END = record(0x0a);

/** The stream of records: texts are shared, and split over records of at most `pieceBytes`. */
export function oldStream(
  rows: readonly (readonly OldCell[])[],
  { pieceBytes = 8_000, hidden = false, more = [] as readonly Buffer[] } = {},
): Buffer {
  const shared = [...new Set(rows.flat().filter((cell): cell is string => typeof cell === 'string'))];
  const formats = [
    record(0xe0, u16(0), u16(0), Buffer.alloc(16)),
    record(0xe0, u16(0), u16(164), Buffer.alloc(16)),
  ];
  const code = record(0x41e, u16(164), wide('yyyy\\-mm\\-dd'));
  const cells = rows.flatMap((row, r) => row.map((cell, c) => cellRecord(cell, r, c, shared)));
  const sheet = Buffer.concat([begin(0x10), ...cells, END]);
  const bound = (at: number, name: string, state: number): Buffer =>
    record(0x85, u32(at), [state, 0, name.length, 0], Buffer.from(name, 'latin1'));
  const globals = (at: number): Buffer =>
    Buffer.concat([
      begin(5),
      ...more,
      ...(hidden ? [bound(0, 'h', 1)] : []),
      bound(at, 'cards', 0),
      code,
      ...formats,
      sharedRecords(shared, pieceBytes),
      END,
    ]);
  const start = globals(0).length;
  return Buffer.concat([globals(start), sheet]);
}

function cellRecord(cell: OldCell, row: number, column: number, shared: readonly string[]): Buffer {
  const at = (style: number): Buffer => Buffer.concat([u16(row), u16(column), u16(style)]);
  if (cell === null) return record(0x201, at(0));
  if (typeof cell === 'string') return record(0xfd, at(0), u32(shared.indexOf(cell)));
  if (typeof cell === 'boolean') return record(0x205, at(0), [cell ? 1 : 0, 0]);
  if (typeof cell === 'object' && 'date' in cell) return record(0x203, at(1), f64(cell.date));
  if (typeof cell === 'object') {
    const result = [0, 0, 0, 0, 0, 0, 0xff, 0xff];
    return Buffer.concat([record(0x06, at(0), result, Buffer.alloc(8)), record(0x207, wide(cell.formula))]);
  }
  if (Number.isInteger(cell) && Math.abs(cell) < 1 << 28)
    return record(0x27e, at(0), u32(((cell << 2) | 2) >>> 0));
  return record(0x203, at(0), f64(cell));
}

/** Texts one after another; what does not fit goes on in the next record, behind a flag of its width. */
function sharedRecords(shared: readonly string[], pieceBytes: number): Buffer {
  const pieces: number[][] = [[...u32(shared.length), ...u32(shared.length)]];
  for (const text of shared) {
    if ((pieces.at(-1) as number[]).length + 4 > pieceBytes) pieces.push([]);
    (pieces.at(-1) as number[]).push(...u16(text.length), 1);
    for (let i = 0; i < text.length; i += 1) {
      if ((pieces.at(-1) as number[]).length + 2 > pieceBytes) pieces.push([1]);
      (pieces.at(-1) as number[]).push(...u16(text.charCodeAt(i)));
    }
  }
  return Buffer.concat(pieces.map((piece, i) => record(i === 0 ? 0xfc : 0x3c, piece)));
}

const FREE = 0xff_ff_ff_ff;
const LAST = 0xff_ff_ff_fe;

/** A compound file of sectors of 512 bytes that holds one stream, padded so that it is no short one. */
export function compoundOf(stream: Buffer, name = 'Workbook'): Buffer {
  const sectors = Math.max(8, Math.ceil(stream.length / 512));
  const tables = Math.ceil((sectors + 1) / 127);
  const body = Buffer.alloc(sectors * 512);
  stream.copy(body);
  const chain: number[] = [];
  for (let i = 0; i < sectors; i += 1) chain.push(i === sectors - 1 ? LAST : i + 1);
  chain.push(LAST, ...Array<number>(tables).fill(0xff_ff_ff_fd));
  const table = Buffer.alloc(tables * 512, 0xff);
  for (const [i, next] of chain.entries()) table.writeUInt32LE(next, i * 4);
  const directory = Buffer.concat([
    entry('Root Entry', 5, LAST, 0),
    entry(name, 2, 0, Math.max(stream.length, 4_096)),
    Buffer.alloc(256),
  ]);
  const head = Buffer.alloc(512);
  Buffer.from('d0cf11e0a1b11ae1', 'hex').copy(head);
  for (const [at, value] of [
    [24, 0x3e],
    [26, 3],
    [28, 0xfffe],
    [30, 9],
    [32, 6],
  ] as const)
    head.writeUInt16LE(value, at);
  for (const [at, value] of [
    [44, tables],
    [48, sectors],
    [56, 4_096],
    [60, LAST],
    [68, LAST],
  ] as const)
    head.writeUInt32LE(value, at);
  for (let i = 0; i < 109; i += 1) head.writeUInt32LE(i < tables ? sectors + 1 + i : FREE, 76 + i * 4);
  return Buffer.concat([head, body, directory, table]);
}

function entry(name: string, type: number, start: number, sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(128);
  bytes.write(name, 0, 'utf16le');
  bytes.writeUInt16LE(name.length * 2 + 2, 64);
  bytes[66] = type;
  for (const at of [68, 72, 76]) bytes.writeUInt32LE(FREE, at);
  bytes.writeUInt32LE(start, 116);
  bytes.writeUInt32LE(sizeBytes, 120);
  return bytes;
}

export function oldWorkbookOf(
  rows: readonly (readonly OldCell[])[],
  how: Parameters<typeof oldStream>[1] = {},
): Buffer {
  return compoundOf(oldStream(rows, how));
}
