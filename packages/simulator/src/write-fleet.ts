import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { cardsOf } from './card.ts';
import { usesInFile } from './days.ts';
import type { Row, SimulatedCard, TableName, Use } from './model.ts';
import { dayStartMs, HOUR_MS, type Plan } from './plan.ts';
import { registersOf, TABLES } from './registers.ts';
import { type FleetTruth, truthOf } from './truth.ts';
import { FLEET_MAPPING, USAGE_HEADER, usageRow } from './usage-csv.ts';
import { detailRecord, isAccounting } from './usage-detail.ts';

export const FLEET_FORMATS = ['csv', 'freeradius-detail'] as const;
export type FleetFormat = (typeof FLEET_FORMATS)[number];

/** What was written. */
export interface FleetFolder {
  readonly truth: FleetTruth;
  /** Files by name, in the order in which they are to be handed to the server. */
  readonly tables: readonly string[];
  /** Each usage file with the name of the source whose file it is. */
  readonly usage: readonly { readonly file: string; readonly source: string }[];
  readonly records: number;
}

/** Text is handed on in pieces of about this size. */
const PIECE = 1 << 18;

/**
 * Writes a fleet into a folder: its tables, a file of usage for each day and source, how each source is to be
 * read, and the truth. Memory grows with the cards and not with the weeks.
 *
 * RADIUS knows neither messages nor places: in the format `freeradius-detail` the sessions are written as
 * accounting records, and what those cannot tell stays a table.
 */
export async function writeFleet(folder: string, plan: Plan, format: FleetFormat): Promise<FleetFolder> {
  mkdirSync(join(folder, 'usage'), { recursive: true });
  const cards = cardsOf(plan);
  const truth = truthOf(plan, cards);
  const tables = await writeTables(folder, plan, cards);
  writeSources(folder, format);
  const usage: { file: string; source: string }[] = [];
  let records = 0;
  for (let day = 0; day < plan.days; day += 1) {
    const date = new Date(dayStartMs(plan, day) + 8 * HOUR_MS).toISOString().slice(0, 10);
    for (const { source, extension, head, text, holds } of feedsOf(format)) {
      const file = join('usage', `${source}-${date}.${extension}`);
      const count = { records: 0 };
      await write(join(folder, file), piecesOf(plan, cards, day, { head, text, holds }, count));
      records += count.records;
      usage.push({ file, source });
    }
  }
  writeFileSync(join(folder, 'truth.json'), `${JSON.stringify(truth, null, 1)}\n`);
  return { truth, tables, usage, records };
}

interface Telling {
  readonly head: string;
  text(use: Use): string;
  holds(use: Use): boolean;
}

function feedsOf(format: FleetFormat): (Telling & { source: string; extension: string })[] {
  const csv = { head: USAGE_HEADER, text: usageRow, extension: 'csv' };
  const isOwn = (use: Use): boolean => use.session === '';
  const shares = { ...csv, source: 'usage', holds: isOwn };
  if (format === 'csv') return [shares, { ...csv, source: 'sessions', holds: use => !isOwn(use) }];
  const detail = { head: '', text: detailRecord, extension: 'detail' };
  return [shares, { ...detail, source: 'sessions', holds: isAccounting }];
}

function* piecesOf(
  plan: Plan,
  cards: readonly SimulatedCard[],
  day: number,
  { head, text, holds }: Telling,
  count: { records: number },
): Generator<string> {
  let piece = head;
  for (const card of cards) {
    for (const use of usesInFile(plan, card, day)) {
      if (!holds(use)) continue;
      piece += text(use);
      count.records += 1;
    }
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

async function writeTables(folder: string, plan: Plan, cards: readonly SimulatedCard[]): Promise<string[]> {
  const names = Object.keys(TABLES) as TableName[];
  for (const name of names) {
    const rows = function* (): Generator<string> {
      yield `${TABLES[name].join(',')}\n`;
      for (const { table, row } of registersOf(plan, cards)) if (table === name) yield lineOf(name, row);
    };
    await write(join(folder, `${name}.csv`), rows());
  }
  return names.map(name => `${name}.csv`);
}

function lineOf(name: TableName, row: Row): string {
  return `${TABLES[name].map(column => row[column] ?? '').join(',')}\n`;
}

/** The profile of each source, as `thingward sources add --profile` takes it. */
function writeSources(folder: string, format: FleetFormat): void {
  const profile = (counter: string) => ({ counter, recordId: 'id', mapping: FLEET_MAPPING });
  const files = {
    'usage.profile.json': profile('delta'),
    'sessions.profile.json': format === 'csv' ? profile('per-series') : { counter: 'per-series' },
  };
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(folder, name), `${JSON.stringify(content, null, 1)}\n`);
}

async function write(path: string, pieces: Iterable<string>): Promise<void> {
  await pipeline(pieces, createWriteStream(path));
}
