import { Refusal } from '../../../kernel/refusal.ts';
import type { FileReport, RecordFormat } from '../../../spine/observations/format.ts';
import type { Cut } from '../../../spine/observations/observation.ts';
import type { SourceProfile } from '../../../spine/observations/source-profile.ts';
import { CARD_USAGE } from '../model.ts';
import { ByteFeed } from './byte-feed.ts';
import { noPlaces, type Places, TextCells } from './csv-cells.ts';
import { type CsvField, parseMapping } from './csv-mapping.ts';
import { type ReadUsage, usageReader } from './csv-usage.ts';
import { CutCounter, withoutLineEnd } from './cuts.ts';
import { isJsonObject, memberText, oneLine, slicesOf } from './json-values.ts';
import { nextLine } from './text-lines.ts';
import { isZone } from './zone-time.ts';

export type JsonCode = 'format-mismatch' | 'mapping-faulty';

const MOST_LINE_BYTES = 1 << 20;
const LF = 0x0a;

/**
 * Usage as JSON objects of any provider, read by the mapping in the source's profile as `generic-csv` reads columns
 * (see `csv-mapping.ts`): a column is the name of a member, or a path of names with dots between them.
 *
 * One object to a line (NDJSON); or, up to a mebibyte, one array of objects, or one object over several lines.
 * A record is its own bytes: white space at its ends and line ends within it are no part of them. A number that
 * JSON carries and a double does not (an ICCID without its quotation marks) is unreadable, never rounded (E-06).
 */
export const genericJson: RecordFormat = {
  name: 'generic-json',
  yields: CARD_USAGE,
  isText: true,
  checkProfile: profileFaults,
  read: (bytes, profile) => new JsonReader(bytes, profile).run(),
};

function profileFaults(profile: SourceProfile): string[] {
  const { mapping, faults } = parseMapping(profile.mapping);
  const all = [...faults];
  if (!isZone(profile.zone)) all.push(`zone "${profile.zone}" is not known.`);
  if (mapping.headerRows !== 1) all.push('headerRows means nothing to JSON; leave it out.');
  if (profile.counter === 'per-series' && !('session' in mapping.columns))
    all.push('counter "per-series" needs a column for session.');
  if (profile.counter === 'per-cycle' && !('time' in mapping.columns) && !('date' in mapping.columns))
    all.push('counter "per-cycle" needs a column for time or date.');
  return all;
}

class JsonReader {
  private readonly feed: ByteFeed;
  private readonly cuts = new CutCounter();
  private readonly readUsage: ReadUsage;
  private readonly cells: TextCells;
  private readonly places: Places;
  /** Paths of the members that are read, in the order of their places. */
  private readonly paths: ReadonlyArray<readonly string[]>;
  private lineNo = 0;

  constructor(bytes: AsyncIterable<Uint8Array>, profile: SourceProfile) {
    const { mapping, faults } = parseMapping(profile.mapping);
    if (faults.length > 0)
      throw new Refusal<JsonCode>('mapping-faulty', { detail: { faults: faults.join(' ') } });
    this.feed = new ByteFeed(bytes);
    this.readUsage = usageReader(mapping, profile);
    this.cells = new TextCells(mapping.nulls);
    this.places = noPlaces();
    const names = Object.entries(mapping.columns).map(([field, column], place) => {
      this.places[field as CsvField] = place;
      return String(column);
    });
    if (profile.recordId !== null) {
      this.places.recordId = names.length;
      names.push(profile.recordId);
    }
    this.paths = names.map(name => [name, ...name.split('.')]);
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
    if (view.subarray(0, 512).includes(0))
      throw new Refusal<JsonCode>('format-mismatch', {
        detail: { format: 'generic-json', found: 'binary or UTF-16 file' },
      });
    const text = view.length > MOST_LINE_BYTES ? null : view.toString('utf8').trim();
    if (text === null) {
      if (firstByte(view) === '[')
        throw new Refusal<JsonCode>('format-mismatch', {
          detail: {
            format: 'generic-json',
            found: 'an array above a mebibyte; one object to a line is read',
          },
        });
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
      if (!next.isWhole) {
        this.lineNo += 1;
        yield* this.tooLong(next.line);
        continue;
      }
      this.lineNo += 1;
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
    const value = parsed(raw);
    if (value === undefined) return this.cuts.unread(raw, place, 'not-json');
    if (!isJsonObject(value)) return this.cuts.unread(raw, place, 'not-an-object');
    const texts = this.paths.map(path => memberText(value, path));
    const usage = this.readUsage(this.cells.of(texts), this.places);
    if (!('reason' in usage)) return this.cuts.reading(raw, usage);
    const detail = usage.field === null ? usage.detail : { field: usage.field, ...usage.detail };
    return this.cuts.unread(raw, place, usage.reason, detail);
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parsed(raw: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(raw));
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
