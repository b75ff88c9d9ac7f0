import { closeSync, createWriteStream, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { cardsOf } from './card.ts';
import { usesInFile } from './days.ts';
import { type Feed, type FleetFormat, feedsOf } from './feeds.ts';
import type { Row, SimulatedCard, TableName, Use } from './model.ts';
import { dayStartMs, HOUR_MS, type Plan } from './plan.ts';
import { registersOf, TABLES } from './registers.ts';
import { type FleetTruth, truthOf } from './truth.ts';
import { isPiece, type Piece, type Told, type UsageFile } from './usage-file.ts';

/** What was written. */
export interface FleetFolder {
  readonly truth: FleetTruth;
  /** Files by name, in the order in which they are to be handed to the server. */
  readonly tables: readonly string[];
  /** Each source with its format of the server; its profile is the file `<name>.profile.json`. */
  readonly sources: readonly { readonly name: string; readonly format: string }[];
  /** Each usage file with the name of the source whose file it is. */
  readonly usage: readonly { readonly file: string; readonly source: string }[];
  readonly records: number;
}

/** A file's content is handed on in pieces of about this size. */
const PIECE = 1 << 18;

/**
 * Writes a fleet into a folder: its tables, files of usage for each day and source, how each source is to be
 * read, and the truth. Memory grows with the cards and not with the weeks.
 *
 * No format tells everything: what one has no record for stays a table, and the truth says what its records
 * do not show.
 */
export async function writeFleet(folder: string, plan: Plan, format: FleetFormat): Promise<FleetFolder> {
  mkdirSync(join(folder, 'usage'), { recursive: true });
  const cards = cardsOf(plan);
  const truth = truthOf(plan, cards, format);
  const tables = await writeTables(folder, plan, cards);
  const feeds = feedsOf(format);
  const usage: { file: string; source: string }[] = [];
  let records = 0;
  for (let day = 0; day < plan.days; day += 1) {
    for (const feed of feeds) {
      const written = new DayFiles(folder, plan, day, feed);
      for (const card of cards)
        for (const use of usesInFile(plan, card, day)) if (feed.holds(use)) written.add(use);
      usage.push(...written.close().map(file => ({ file, source: feed.source })));
      records += written.records;
    }
  }
  for (const { source, profile } of feeds)
    writeFileSync(join(folder, `${source}.profile.json`), `${JSON.stringify(profile, null, 1)}\n`);
  writeFileSync(join(folder, 'truth.json'), `${JSON.stringify(truth, null, 1)}\n`);
  return {
    truth,
    tables,
    sources: feeds.map(each => ({ name: each.source, format: each.format })),
    usage,
    records,
  };
}

interface OpenFile {
  readonly name: string;
  readonly descriptor: number;
  readonly content: UsageFile;
  pieces: Uint8Array[];
  sizeBytes: number;
}

/** The files of one source and day while they are written; one is there even when it has nothing to tell. */
class DayFiles {
  records = 0;
  readonly #folder: string;
  readonly #plan: Plan;
  readonly #day: number;
  readonly #feed: Feed;
  readonly #files = new Map<string, OpenFile>();

  constructor(folder: string, plan: Plan, day: number, feed: Feed) {
    this.#folder = folder;
    this.#plan = plan;
    this.#day = day;
    this.#feed = feed;
    if (feed.keyOf === undefined) this.#open('');
  }

  add(use: Use): void {
    const key = this.#feed.keyOf?.(use) ?? '';
    const file = this.#files.get(key) ?? this.#open(key);
    const told = file.content.record(use);
    this.#tell(file, isPiece(told) ? [told] : told);
  }

  /** Ends the files and returns their names. */
  close(): string[] {
    const files = [...this.#files.values()];
    for (const file of files) {
      const last: Told = file.content.tail();
      if (isPiece(last)) this.#put(file, last);
      else this.#tell(file, last);
      flush(file);
      closeSync(file.descriptor);
    }
    return files.map(file => file.name);
  }

  #open(key: string): OpenFile {
    const date = new Date(dayStartMs(this.#plan, this.#day) + 8 * HOUR_MS).toISOString().slice(0, 10);
    const { source, extension } = this.#feed;
    const name = join('usage', `${source}-${date}${key === '' ? '' : `-${key}`}.${extension}`);
    const descriptor = openSync(join(this.#folder, name), 'w');
    const content = this.#feed.open(this.#plan, this.#day, key);
    const file = { name, descriptor, content, pieces: [], sizeBytes: 0 };
    this.#files.set(key, file);
    this.#put(file, content.head());
    return file;
  }

  #tell(file: OpenFile, records: readonly Piece[]): void {
    for (const record of records) this.#put(file, record);
    this.records += records.length;
  }

  #put(file: OpenFile, piece: Piece): void {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
    file.pieces.push(bytes);
    file.sizeBytes += bytes.length;
    if (file.sizeBytes >= PIECE) flush(file);
  }
}

function flush(file: OpenFile): void {
  const bytes = Buffer.concat(file.pieces);
  for (let at = 0; at < bytes.length; ) at += writeSync(file.descriptor, bytes, at);
  file.pieces = [];
  file.sizeBytes = 0;
}

async function writeTables(folder: string, plan: Plan, cards: readonly SimulatedCard[]): Promise<string[]> {
  const names = Object.keys(TABLES) as TableName[];
  for (const name of names) {
    const rows = function* (): Generator<string> {
      yield `${TABLES[name].join(',')}\n`;
      for (const { table, row } of registersOf(plan, cards)) if (table === name) yield lineOf(name, row);
    };
    await pipeline(rows(), createWriteStream(join(folder, `${name}.csv`)));
  }
  return names.map(name => `${name}.csv`);
}

function lineOf(name: TableName, row: Row): string {
  return `${TABLES[name].map(column => row[column] ?? '').join(',')}\n`;
}
