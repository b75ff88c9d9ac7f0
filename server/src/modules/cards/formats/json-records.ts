import { Refusal } from '../../../kernel/refusal.ts';
import type { FileReport } from '../../../spine/observations/format.ts';
import type { Cut, Reading } from '../../../spine/observations/observation.ts';
import { ByteFeed } from './byte-feed.ts';
import { CutCounter, withoutLineEnd } from './cuts.ts';
import { isJsonObject, type JsonObject, oneLine, slicesOf } from './json-values.ts';
import { nextLine } from './text-lines.ts';

export type JsonCode = 'format-mismatch' | 'mapping-faulty';

export interface JsonFault {
  readonly reason: string;
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}

/** Makes a reading of one object; `text` is the object as it was written. */
export type ReadObject = (value: JsonObject, text: string) => Reading | JsonFault;

const MOST_LINE_BYTES = 1 << 20;
const LF = 0x0a;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Cuts a body into JSON objects: one object to a line (NDJSON); or, up to a mebibyte, one array of objects, or one
 * object over several lines. A record is its own bytes: white space at its ends and line ends within it are no part
 * of them. Memory holds one line, or one such array.
 */
export class JsonRecords {
  private readonly feed: ByteFeed;
  private readonly format: string;
  private readonly read: ReadObject;
  private readonly cuts = new CutCounter();
  private lineNo = 0;

  constructor(bytes: AsyncIterable<Uint8Array>, format: string, read: ReadObject) {
    this.feed = new ByteFeed(bytes);
    this.format = format;
    this.read = read;
  }

  async *run(): AsyncGenerator<Cut, FileReport> {
    const whole = await this.smallWhole();
    if (whole !== null) for (const slice of whole) yield this.cut(slice, 'record');
    else yield* this.lines();
    const flags = this.cuts.count === 0 ? [{ code: 'no-rows', detail: {} }] : [];
    return { flags, facts: { records: this.cuts.count } };
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
      if (raw.length > 0) yield this.cut(raw, 'line');
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

  private cut(raw: Buffer, unit: 'line' | 'record'): Cut {
    const place = `${unit} ${unit === 'line' ? this.lineNo : this.cuts.count + 1}`;
    const found = parsed(raw);
    if (found === undefined) return this.cuts.unread(raw, place, 'not-json');
    if (!isJsonObject(found.value)) return this.cuts.unread(raw, place, 'not-an-object');
    const usage = this.read(found.value, found.text);
    if (!('reason' in usage)) return this.cuts.reading(raw, usage);
    return this.cuts.unread(raw, place, usage.reason, usage.detail);
  }

  private mismatch(found: string): Refusal<JsonCode> {
    return new Refusal('format-mismatch', { detail: { format: this.format, found } });
  }
}

function parsed(raw: Buffer): { readonly value: unknown; readonly text: string } | undefined {
  try {
    const text = utf8.decode(raw);
    return { value: JSON.parse(text) as unknown, text };
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
