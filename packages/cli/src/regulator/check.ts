import { createHash } from 'node:crypto';
import { type ArchiveFile, openArchive } from './archive.ts';
import { csvRows, jsonRows } from './rows.ts';

interface Element {
  readonly id: string;
  readonly type: string;
  readonly prefix: string | null;
}
interface FileOfTable {
  readonly set: string;
  readonly id: string;
  readonly elements: readonly Element[];
}
interface Manifest {
  readonly format: 'csv' | 'ndjson';
  readonly elements: { readonly urn: string; readonly version: string; readonly sha256: string };
  readonly files: readonly {
    readonly name: string;
    readonly set: string;
    readonly table: string;
    readonly rows: number;
    readonly sizeBytes: number;
    readonly sha256: string;
  }[];
}

export interface CheckedExport {
  readonly files: number;
  readonly rows: number;
  /** SHA-256 of the manifest, which the ledger's entry of the export tells as well. */
  readonly manifestSha256: string;
  readonly elements: string;
  readonly faults: readonly string[];
}

const MOST_FAULTS = 50;
const MOST_TEXT_BYTES = 4 << 20;
const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/;

/**
 * Reads an export back by the table of elements in it: each file is there, has the size, the digest and the rows that
 * the manifest tells, and every cell is what its element says. Null for what is no whole archive.
 */
export async function checkExport(path: string): Promise<CheckedExport | null> {
  const archive = await openArchive(path);
  if (archive === null) return null;
  try {
    return await checked(archive);
  } finally {
    await archive.close();
  }
}

async function checked(archive: ArchiveFile): Promise<CheckedExport | null> {
  if (!['manifest.json', 'elements.json'].every(name => archive.names.includes(name))) return null;
  const manifestText = await textOf(archive, 'manifest.json');
  const elementsText = await textOf(archive, 'elements.json');
  const manifest = JSON.parse(manifestText) as Manifest;
  const table = JSON.parse(elementsText) as { readonly files: readonly FileOfTable[] };
  const faults: string[] = [];
  const fault = (what: string): void => {
    if (faults.length < MOST_FAULTS) faults.push(what);
  };
  if (sha256(elementsText) !== manifest.elements.sha256) fault('elements.json: not the one of the manifest');
  const expected = ['elements.json', ...manifest.files.map(each => each.name), 'manifest.json'];
  for (const name of archive.names) if (!expected.includes(name)) fault(`${name}: not in the manifest`);
  for (const told of manifest.files) {
    const elements = table.files.find(each => each.set === told.set && each.id === told.table)?.elements;
    if (!archive.names.includes(told.name)) fault(`${told.name}: missing`);
    else if (elements === undefined) fault(`${told.name}: in no table of elements`);
    else await checkFile(archive, manifest.format, told, elements, what => fault(`${told.name}: ${what}`));
  }
  const rows = manifest.files.reduce((sum, each) => sum + each.rows, 0);
  const { urn, version } = manifest.elements;
  return {
    files: manifest.files.length,
    rows,
    manifestSha256: sha256(manifestText),
    elements: `${urn}@${version}`,
    faults,
  };
}

async function checkFile(
  archive: ArchiveFile,
  format: Manifest['format'],
  told: Manifest['files'][number],
  elements: readonly Element[],
  fault: (what: string) => void,
): Promise<void> {
  const digest = createHash('sha256');
  let sizeBytes = 0;
  let rows = 0;
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const piece of archive.part(told.name)) {
      digest.update(piece);
      sizeBytes += piece.length;
      yield piece;
    }
  }
  try {
    const all = format === 'csv' ? fromCsv(counted(), elements, fault) : jsonRows(counted());
    for await (const row of all) {
      rows += 1;
      for (const what of faultsOf(row, elements, format)) fault(`row ${rows}: ${what}`);
    }
  } catch (thrown) {
    fault(thrown instanceof Error ? thrown.message : String(thrown));
  }
  if (rows !== told.rows) fault(`${rows} rows, the manifest tells ${told.rows}`);
  if (sizeBytes !== told.sizeBytes || digest.digest('hex') !== told.sha256)
    fault('not the bytes of the manifest');
}

async function* fromCsv(
  bytes: AsyncIterable<Buffer>,
  elements: readonly Element[],
  fault: (what: string) => void,
): AsyncGenerator<Record<string, unknown>> {
  let isHead = true;
  for await (const cells of csvRows(bytes)) {
    if (isHead) {
      isHead = false;
      if (cells.join() !== elements.map(each => each.id).join()) fault('not the columns of its table');
      continue;
    }
    if (cells.length !== elements.length) fault('a row of another width');
    yield Object.fromEntries(
      elements.map((each, i) => [each.id, cells[i]]).filter(([, cell]) => cell !== ''),
    );
  }
  if (isHead) fault('no columns');
}

const FORMS: Readonly<Record<string, RegExp>> = {
  text: /^/,
  claim: /^[a-z][a-z-]*:/,
  moment: /^\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d$/,
  number: /^-?\d{1,16}$/,
  digest: /^sha256:[0-9a-f]{64}$/,
};

function* faultsOf(
  row: Readonly<Record<string, unknown>>,
  elements: readonly Element[],
  format: string,
): Generator<string> {
  const known = new Map(elements.map(each => [each.id, each]));
  for (const [name, value] of Object.entries(row)) {
    const element = known.get(name);
    if (element === undefined) {
      yield `${name}: no element`;
      continue;
    }
    const text = String(value);
    const isNumber = element.type === 'number';
    if (
      format === 'csv'
        ? !isNumber && FORMULA.test(text) && !text.startsWith("'")
        : isNumber !== (typeof value === 'number')
    )
      yield `${name}: ${format === 'csv' ? 'a formula' : 'of another type'}`;
    const isGood =
      element.type === 'identifier' ? text.startsWith(`${element.prefix}:`) : FORMS[element.type]?.test(text);
    if (isGood !== true) yield `${name}: no ${element.type}`;
  }
}

async function textOf(archive: ArchiveFile, name: string): Promise<string> {
  const pieces: Buffer[] = [];
  let sizeBytes = 0;
  for await (const piece of archive.part(name)) {
    sizeBytes += piece.length;
    if (sizeBytes > MOST_TEXT_BYTES) throw new Error(`${name} is too large`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
