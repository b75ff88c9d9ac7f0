import { createHash } from 'node:crypto';
import { sha256 } from '../../kernel/bytes.ts';
import { canonicalJson } from '../../kernel/canonical-json.ts';
import { csvRow } from '../../kernel/csv-text.ts';
import { ZipOut } from '../../kernel/zip-out.ts';
import { type Cell, cellsBy, momentIn } from './cells.ts';
import type { ElementFile, ElementTable } from './element-table.ts';
import type { ExportHand, ExportTable, Period } from './export-table.ts';

export type ExportFormat = 'csv' | 'ndjson';

/** What goes into an archive. */
export interface ArchiveAsked {
  readonly table: ElementTable;
  readonly files: readonly ElementFile[];
  readonly tables: ReadonlyMap<string, ExportTable>;
  readonly period: Period;
  readonly format: ExportFormat;
  readonly zone: string;
}

/** What the manifest says of one file. */
export interface FileMade {
  readonly name: string;
  readonly set: string;
  readonly table: string;
  readonly rows: number;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export interface ArchiveMade {
  readonly files: readonly FileMade[];
  readonly manifestSha256: string;
}

/**
 * The archive as it comes, a page of rows in memory at a time: the table of elements, the files in its order, then the
 * manifest. `beforeEnd` is called when everything is written but the archive's directory: what breaks off, there or
 * before, leaves bytes that no program takes for an archive.
 */
export async function* archive(
  hand: ExportHand,
  asked: ArchiveAsked,
  beforeEnd: (made: ArchiveMade) => Promise<void>,
): AsyncGenerator<Buffer> {
  const zip = new ZipOut();
  yield* zip.whole(ELEMENTS, Buffer.from(elementsText(asked)));
  const files: FileMade[] = [];
  for (const file of asked.files) {
    const name = `${file.set}/${file.id}.${asked.format}`;
    const count = { rows: 0, sizeBytes: 0, digest: createHash('sha256') };
    yield* zip.streamed(name, counted(count, piecesOf(hand, asked, file, count)));
    const made = { name, set: file.set, table: file.id, rows: count.rows, sizeBytes: count.sizeBytes };
    files.push({ ...made, sha256: count.digest.digest('hex') });
  }
  const manifest = Buffer.from(manifestText(hand, asked, files));
  yield* zip.whole(MANIFEST, manifest);
  await beforeEnd({ files, manifestSha256: sha256(manifest).toString('hex') });
  yield zip.end();
}

export const ELEMENTS = 'elements.json';
export const MANIFEST = 'manifest.json';

interface Count {
  rows: number;
  sizeBytes: number;
  readonly digest: ReturnType<typeof createHash>;
}

async function* counted(count: Count, pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const piece of pieces) {
    count.sizeBytes += piece.length;
    count.digest.update(piece);
    yield piece;
  }
}

async function* piecesOf(
  hand: ExportHand,
  { tables, period, format, zone }: ArchiveAsked,
  file: ElementFile,
  count: Count,
): AsyncGenerator<Buffer> {
  const table = tables.get(file.of);
  if (table === undefined) throw new Error(`nobody supplies the table ${file.of}`);
  const names = file.elements.map(each => each.id);
  const cells = cellsBy(file.elements, { zone, isMasked: hand.unmasked === null });
  if (format === 'csv') yield Buffer.from(csvRow(names));
  for (let after: number | null = 0; after !== null; ) {
    const page: Awaited<ReturnType<ExportTable['page']>> = await table.page(hand, period, after);
    count.rows += page.rows.length;
    const lines = page.rows.map(cells).map(row => (format === 'csv' ? csvRow(row) : jsonLine(names, row)));
    if (lines.length > 0) yield Buffer.from(lines.join(''));
    after = page.next;
  }
}

/** What a row does not state is not there. */
function jsonLine(names: readonly string[], row: readonly Cell[]): string {
  const stated = names.flatMap((name, i) => (row[i] === null ? [] : [[name, row[i]] as const]));
  return `${JSON.stringify(Object.fromEntries(stated))}\n`;
}

/** The tables of what is in the archive, so that it explains itself. */
function elementsText({ table, files }: ArchiveAsked): string {
  const { urn, version } = table;
  return canonicalJson({
    urn,
    version,
    files: files.map(({ set, id, title, standing, elements }) => ({
      ...{ set, id, standing, title: { ...title } },
      elements: elements.map(({ from: _from, title: said, ...each }) => ({ ...each, title: { ...said } })),
    })),
  });
}

function manifestText(hand: ExportHand, asked: ArchiveAsked, files: readonly FileMade[]): string {
  const moment = momentIn(asked.zone);
  const { table, period, format, zone } = asked;
  return canonicalJson({
    made: moment(hand.clock.now()),
    party: `party/${hand.actor.partyId}`,
    by: hand.actor.label,
    period: { from: moment(period.fromMs), to: moment(period.toMs) },
    zone,
    format,
    elements: {
      urn: table.urn,
      version: table.version,
      catalogueSha256: table.digest,
      sha256: sha256(elementsText(asked)).toString('hex'),
    },
    personalData: hand.unmasked === null ? 'masked' : 'in the clear',
    purpose: hand.unmasked?.purpose ?? null,
    ground: hand.unmasked?.ground ?? null,
    reference: hand.unmasked?.reference ?? null,
    proposedBy: hand.unmasked?.proposedBy ?? null,
    confirmedBy: hand.unmasked?.confirmedBy ?? null,
    files: files.map(each => ({ ...each })),
  });
}
