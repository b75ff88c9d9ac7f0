import { Refusal } from '../../../kernel/refusal.ts';
import type { FileReport } from '../../../spine/observations/format.ts';
import type { Cut, Reading } from '../../../spine/observations/observation.ts';
import { ByteFeed } from './byte-feed.ts';
import { CutCounter, withoutLineEnd } from './cuts.ts';
import { listIn } from './json-lists.ts';
import { withoutSecrets } from './json-secrets.ts';
import { isJsonObject, type JsonObject, oneLine, slicesOf } from './json-values.ts';
import { nextLine } from './text-lines.ts';

export type JsonCode = 'format-mismatch' | 'mapping-faulty';

export interface JsonFault {
  readonly reason: string;
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}

/** Makes a reading of one object; `text` is the object as it was written, `around` the members of the answer it lay in. */
export type ReadObject = (value: JsonObject, text: string, around: JsonObject) => Reading | JsonFault;

const MOST_LINE_BYTES = 1 << 20;
/** Bounds of answers: how deep lists of records lie in one another, and how much lies around one record. */
const MOST_LISTS = 4;
const MOST_AROUND_CHARACTERS = 16 << 10;
/** Longest body that is taken for one object at once. */
const MOST_ONE_BYTES = 64 << 10;
const LF = 0x0a;
const OPENING = 0x7b;
const NOTHING: AsyncIterable<Uint8Array> = {
  [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }),
};
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Cuts a body into JSON objects: one object to a line (NDJSON); or, up to a mebibyte, one array of objects, or one
 * object over several lines. A record is its own bytes: white space at its ends and line ends within it are no part
 * of them. Memory holds one line, or one such array.
 *
 * An answer of a platform, an object with its records in a member that `lists` names, is taken apart: each record is
 * cut by itself, framed by the rest of its answer. Secrets are taken out before anything else (C-32).
 */
export class JsonRecords {
  private readonly feed: ByteFeed;
  private readonly format: string;
  private readonly read: ReadObject;
  private readonly lists: readonly string[];
  private readonly cuts = new CutCounter();
  private lineNo = 0;
  private emptyAnswers = 0;

  constructor(
    bytes: AsyncIterable<Uint8Array>,
    format: string,
    read: ReadObject,
    lists: readonly string[] = [],
  ) {
    this.feed = new ByteFeed(bytes);
    this.format = format;
    this.read = read;
    this.lists = lists;
  }

  /**
   * The record of a body that is one object on one line, cut as `run` cuts it; null for any other body, which `run` is
   * to read.
   */
  static oneObject(bytes: Buffer, format: string, read: ReadObject): readonly Cut[] | null {
    if (bytes[0] !== OPENING || bytes.length > MOST_ONE_BYTES || bytes.includes(LF) || bytes.includes(0))
      return null;
    const records = new JsonRecords(NOTHING, format, read);
    records.lineNo = 1;
    return [...records.cut(trimmed(withoutLineEnd(bytes)), 'line')];
  }

  async *run(): AsyncGenerator<Cut, FileReport> {
    const whole = await this.smallWhole();
    if (whole !== null) for (const slice of whole) yield* this.cut(slice, 'record');
    else yield* this.lines();
    const flags = this.cuts.count === 0 ? [{ code: 'no-rows', detail: {} }] : [];
    const empty = this.emptyAnswers === 0 ? {} : { emptyAnswers: this.emptyAnswers };
    return { flags, facts: { records: this.cuts.count, ...empty } };
  }

  /** The records of a body that is one array, or one object over several lines; null when it is to be read by lines. */
  private async smallWhole(): Promise<Buffer[] | null> {
    await this.feed.ensure(MOST_LINE_BYTES + 1);
    const view = this.feed.view();
    if (view.subarray(0, 512).includes(0)) throw this.mismatch('binary or UTF-16 file');
    const text = view.length > MOST_LINE_BYTES ? null : view.toString('utf8').trim();
    if (text === null) {
      if (firstByte(view) === '[')
        throw this.mismatch('an array above a mebibyte; one object to a line is read');
      return null;
    }
    if (!text.startsWith('[') && !(text.startsWith('{') && text.includes('\n'))) return null;
    const slices = slicesOf(text);
    if (slices === null) return null;
    this.feed.skip(view.length);
    return slices.map(slice => Buffer.from(oneLine(slice)));
  }

  private async *lines(): AsyncGenerator<Cut> {
    for (;;) {
      const next = await nextLine(this.feed, MOST_LINE_BYTES);
      if (next === null) return;
      this.lineNo += 1;
      if (!next.isWhole) {
        yield* this.tooLong(next.line);
        continue;
      }
      const raw = trimmed(withoutLineEnd(next.line));
      if (raw.length > 0) yield* this.cut(raw, 'line');
    }
  }

  private async *tooLong(start: Buffer): AsyncGenerator<Cut> {
    const place = `line ${this.lineNo}`;
    for (let piece: Buffer = start, isWhole = false; ; ) {
      yield this.cuts.unread(withoutLineEnd(piece), place, 'line-too-long', { mostBytes: MOST_LINE_BYTES });
      if (isWhole || piece.at(-1) === LF) return;
      const next = await nextLine(this.feed, MOST_LINE_BYTES);
      if (next === null) return;
      ({ line: piece, isWhole } = next);
    }
  }

  private *cut(given: Buffer, unit: 'line' | 'record'): Generator<Cut> {
    const place = `${unit} ${unit === 'line' ? this.lineNo : this.cuts.count + 1}`;
    const text = textOf(given);
    if (text === null) {
      yield this.cuts.unread(given, place, 'not-json');
      return;
    }
    const clean = withoutSecrets(text);
    const raw = clean === text ? given : Buffer.from(clean);
    const value = parsed(clean);
    if (value === undefined) yield this.cuts.unread(raw, place, 'not-json');
    else yield* this.records({ raw, text: clean, value, place, around: {}, before: '', after: '', depth: 0 });
  }

  private *records(piece: Piece): Generator<Cut> {
    const { raw, text, value, place, depth } = piece;
    const frame = frameOf(piece);
    if (!isJsonObject(value)) {
      yield this.cuts.unread(raw, place, 'not-an-object', {}, frame);
      return;
    }
    const listed = depth < MOST_LISTS && this.lists.length > 0 ? listIn(text, value, this.lists) : null;
    if (listed === null) {
      const usage = this.read(value, text, piece.around);
      if ('reason' in usage) yield this.cuts.unread(raw, place, usage.reason, usage.detail, frame);
      else yield this.cuts.reading(raw, usage, frame);
      return;
    }
    const before = piece.before + listed.before;
    const after = listed.after + piece.after;
    if (before.length + after.length > MOST_AROUND_CHARACTERS) {
      yield this.cuts.unread(raw, place, 'answer-too-large', { most: MOST_AROUND_CHARACTERS }, frame);
      return;
    }
    if (listed.elements.length === 0) {
      const said = this.read(value, text, piece.around);
      if ('reason' in said && said.reason === 'answer-failed')
        yield this.cuts.unread(raw, place, said.reason, said.detail, frame);
      else this.emptyAnswers += 1;
    }
    const around = { ...piece.around, ...value };
    for (const [i, element] of listed.elements.entries()) {
      const inner = {
        text: element,
        raw: Buffer.from(element),
        value: parsed(element),
        before,
        after,
        around,
      };
      yield* this.records({ ...inner, place: `${place}, record ${i + 1}`, depth: depth + 1 });
    }
  }

  private mismatch(found: string): Refusal<JsonCode> {
    return new Refusal('format-mismatch', { detail: { format: this.format, found } });
  }
}

/** A record, or an answer that holds records, with what it lies in. */
interface Piece {
  readonly raw: Buffer;
  readonly text: string;
  readonly value: unknown;
  readonly place: string;
  readonly around: JsonObject;
  readonly before: string;
  readonly after: string;
  readonly depth: number;
}

function frameOf({ before, after }: Piece): Cut['frame'] {
  if (before === '' && after === '') return undefined;
  return { before: Buffer.from(before), after: Buffer.from(after) };
}

function textOf(raw: Buffer): string | null {
  try {
    return utf8.decode(raw);
  } catch {
    return null;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function firstByte(view: Buffer): string {
  return view.subarray(0, 512).toString('latin1').trimStart().charAt(0);
}

function trimmed(raw: Buffer): Buffer {
  let [from, to] = [0, raw.length];
  const isBlank = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0d;
  while (from < to && isBlank(raw[from])) from += 1;
  while (to > from && isBlank(raw[to - 1])) to -= 1;
  return raw.subarray(from, to);
}
