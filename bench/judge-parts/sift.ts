/**
 * A file judged by several threads without anybody reading all of it: the bytes are cut at line ends, every
 * thread finds the lines and fields of its own pieces once and sorts them by the partition of their card, and
 * every partition then judges its lines of each piece, piece after piece, so that a card's order is kept.
 */

import { partitionOfBytes } from '../../server/src/spine/partitions/partition-of.ts';
import type { ArrayJudge } from '../../server/src/spine/rules/arrays/array-judge.ts';
import { type Batch, DIGEST_WORDS } from '../../server/src/spine/rules/arrays/columns.ts';

const COMMA = 44;
const LF = 10;
const FIELDS = 9;
/** Of a line: where its fields begin, where the next line does, and its number in the piece. */
const STRIDE = FIELDS + 2;
const PIECE = 1 << 19;
/** No line of use is shorter. */
const SHORTEST_LINE = 30;
const MOST_LINES = Math.ceil((PIECE + 4096) / SHORTEST_LINE);

/** What the threads share; buffers of `SharedArrayBuffer`. */
export interface Sift {
  readonly part: number;
  readonly parts: number;
  readonly csv: Uint8Array;
  /** Where the first line after the header begins. */
  readonly from: number;
  /** For each partition the pieces it has judged, then the pieces each thread has sifted. */
  readonly done: Int32Array;
  /** For each place in the ring: lines in the piece, then lines for each partition. */
  readonly counts: Int32Array;
  /** For each place in the ring and partition: its lines. */
  readonly lines: Int32Array;
}

/** Shares to be handed to as many threads; `csv` must lie in a `SharedArrayBuffer`. */
export function siftsOf(csv: Uint8Array, parts: number): Sift[] {
  const shared = (words: number): Int32Array => new Int32Array(new SharedArrayBuffer(4 * words));
  const ring = ringOf(parts);
  const both = {
    parts,
    csv,
    from: csv.indexOf(LF) + 1,
    done: shared(2 * parts),
    counts: shared(ring * (parts + 1)),
    lines: shared(ring * parts * MOST_LINES * STRIDE),
  };
  return Array.from({ length: parts }, (_, part) => ({ part, ...both }));
}

export function sift(judge: ArrayJudge, share: Sift): void {
  const { part, parts, csv } = share;
  const pieces = Math.ceil(csv.length / PIECE);
  const batch = judge.openBatch('use', MOST_LINES) as Batch;
  let firstRecord = 0;
  siftPiece(share, part, pieces);
  for (let piece = 0; piece < pieces; piece += 1) {
    // One piece ahead, so that the others seldom wait for this one.
    if (piece % parts === 0) siftPiece(share, piece + parts + part, pieces);
    waitFor(share.done, parts + (piece % parts), Math.floor(piece / parts) + 1);
    const place = piece % ringOf(parts);
    const at = place * (parts + 1);
    const count = share.counts[at + 1 + part] as number;
    const first = (place * parts + part) * MOST_LINES * STRIDE;
    fill(batch, judge, csv, share.lines.subarray(first, first + count * STRIDE), count, firstRecord);
    firstRecord += share.counts[at] as number;
    reached(share.done, part, piece + 1);
    judge.judge(batch);
  }
}

function ringOf(parts: number): number {
  return 4 * parts;
}

/** Finds the lines and fields of a piece, once its place in the ring is free. */
function siftPiece(share: Sift, piece: number, pieces: number): void {
  const { parts, part, csv, counts, lines, done } = share;
  if (piece >= pieces) return;
  const ring = ringOf(parts);
  for (let other = 0; other < parts; other += 1) waitFor(done, other, piece - ring + 1);
  const place = piece % ring;
  const to = lineAt(csv, (piece + 1) * PIECE, share.from);
  const ends = new Int32Array(parts);
  for (let p = 0; p < parts; p += 1) ends[p] = (place * parts + p) * MOST_LINES * STRIDE;
  const total = siftLines(csv, lineAt(csv, piece * PIECE, share.from), to, parts, ends, lines);
  counts[place * (parts + 1)] = total;
  for (let p = 0; p < parts; p += 1)
    counts[place * (parts + 1) + 1 + p] =
      ((ends[p] as number) - (place * parts + p) * MOST_LINES * STRIDE) / STRIDE;
  reached(done, parts + part, Math.floor(piece / parts) + 1);
}

/** Writes every line to the end of its partition's; the number of lines. */
function siftLines(
  csv: Uint8Array,
  from: number,
  to: number,
  parts: number,
  ends: Int32Array,
  lines: Int32Array,
): number {
  let line = 0;
  for (let at = from; at < to; line += 1) {
    const begin = at;
    while (csv[at] !== COMMA) at += 1;
    const p = partitionOfBytes(csv, begin, at, parts);
    let place = ends[p] as number;
    lines[place++] = begin;
    lines[place++] = ++at;
    for (let byte = csv[at++] as number; byte !== LF; byte = csv[at++] as number)
      if (byte === COMMA) lines[place++] = at;
    lines[place++] = at;
    lines[place++] = line;
    ends[p] = place;
  }
  return line;
}

/** Where the first line that begins at the byte or after it does. */
function lineAt(csv: Uint8Array, byte: number, from: number): number {
  if (byte <= from) return from;
  if (byte >= csv.length) return csv.length;
  return csv.indexOf(LF, byte - 1) + 1;
}

function fill(
  batch: Batch,
  judge: ArrayJudge,
  csv: Uint8Array,
  lines: Int32Array,
  count: number,
  firstRecord: number,
): void {
  const column = (name: string) => batch.columns[batch.fields.column(name)] as Float64Array;
  batch.count = count;
  judge.subjects.idsOfBytes(csv, lines, 0, STRIDE, count, batch.slots);
  judge.texts.idsOfBytes(csv, lines, 1, STRIDE, count, column('imei'));
  judge.texts.idsOfBytes(csv, lines, 2, STRIDE, count, column('mcc'));
  judge.texts.idsOfBytes(csv, lines, 3, STRIDE, count, column('peer'));
  ints(csv, lines, 4, count, batch.atMs);
  ints(csv, lines, 5, count, column('bytesUp'));
  ints(csv, lines, 6, count, column('bytesDown'));
  ints(csv, lines, 7, count, column('latE6'));
  ints(csv, lines, 8, count, column('lonE6'));
  batch.sources.fill(1, 0, count);
  batch.timeMarks.fill(0, 0, count);
  for (let i = 0; i < count; i += 1)
    batch.digests[i * DIGEST_WORDS] = firstRecord + (lines[i * STRIDE + FIELDS + 1] as number);
}

function ints(csv: Uint8Array, lines: Int32Array, field: number, count: number, out: Float64Array): void {
  for (let i = 0, place = field; i < count; i += 1, place += STRIDE) {
    const to = (lines[place + 1] as number) - 1;
    let at = lines[place] as number;
    const isEmpty = at === to;
    // Nine digits fit a whole number; the rest is added as a float.
    const middle = Math.min(to, at + 9);
    let head = 0;
    for (; at < middle; at += 1) head = head * 10 + (csv[at] as number) - 48;
    let value = head;
    for (; at < to; at += 1) value = value * 10 + (csv[at] as number) - 48;
    out[i] = isEmpty ? Number.NaN : value;
  }
}

function waitFor(words: Int32Array, at: number, least: number): void {
  for (let held = Atomics.load(words, at); held < least; held = Atomics.load(words, at))
    Atomics.wait(words, at, held, 10_000);
}

function reached(words: Int32Array, at: number, value: number): void {
  Atomics.store(words, at, value);
  Atomics.notify(words, at);
}
