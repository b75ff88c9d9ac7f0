import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';
import { Refusal } from '../../refusal.ts';
import type { BackupCode, KeptTable } from './manifest.ts';

/** Bytes of a row: more than any table of ours has, and less than a text can hold. */
const MOST_ROW_BYTES = 256 << 20;

/**
 * Transaction ids of one database say nothing in another: a queue ordered by them would there stand before or
 * after everything new. What matters of them is how they compare with the positions up to which a queue was read.
 * So each id becomes a small number, below any id the new database gives, that compares with every position as it
 * did before. Rows between two positions become equal and keep the order of their own numbers.
 *
 * A column called `xid` is an element of a queue; any other column of ids is a position.
 */
export async function placesOf(folder: string, tables: readonly KeptTable[]): Promise<PlaceOf> {
  const positions = new Set<bigint>();
  for (const table of tables) {
    const columns = table.xidColumns.filter(name => name !== 'xid').map(name => table.columns.indexOf(name));
    if (columns.length === 0) continue;
    for await (const cells of rowsOf(folder, table.path))
      for (const column of columns)
        if (cells[column] !== NULL) positions.add(idIn(cells[column], table.path));
  }
  const sorted = [...positions].sort((a, b) => (a < b ? -1 : 1));
  return (cell, path) => (cell === NULL ? NULL : String(placeAmong(sorted, idIn(cell, path))));
}

/** What stands in the place of a transaction id of the table at the path. Refuses `backup-damaged` for what is none. */
export type PlaceOf = (cell: string | undefined, path: string) => string;

/** How the text format of COPY writes null. */
const NULL = '\\N';

/** Whoever wrote the backup could also write its sums, so a cell may be anything. */
function idIn(cell: string | undefined, path: string): bigint {
  if (cell === undefined || !/^\d{1,20}$/.test(cell)) throw damaged(path, 'a row names no transaction id');
  return BigInt(cell);
}

function damaged(path: string, reason: string): Refusal<BackupCode> {
  return new Refusal<BackupCode>('backup-damaged', { subject: path, detail: { reason } });
}

/** Zero stays zero; a position becomes an even number, what lies between two of them the odd one between. */
export function placeAmong(sorted: readonly bigint[], xid: bigint): number {
  if (xid === 0n) return 0;
  const below = sorted.filter(position => position !== 0n && position < xid).length;
  return sorted.includes(xid) ? 2 * below + 2 : 2 * below + 1;
}

/** Cuts parts into lines; what is left of the last is kept. Latin-1 takes every byte as one character and gives it back as it was. */
class Lines {
  private rest = '';
  private readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  of(part: Buffer): string[] {
    if (this.rest.length + part.length > MOST_ROW_BYTES) throw damaged(this.path, 'a row has no end');
    const lines = (this.rest + part.toString('latin1')).split('\n');
    this.rest = lines.pop()!;
    return lines;
  }

  end(): void {
    if (this.rest !== '') throw damaged(this.path, 'it ends within a row');
  }
}

async function* rowsOf(folder: string, path: string): AsyncGenerator<string[]> {
  const lines = new Lines(path);
  for await (const part of createReadStream(join(folder, path)).pipe(createZstdDecompress()))
    for (const line of lines.of(part as Buffer)) yield line.split('\t');
  lines.end();
}

/**
 * Rows of the table at the path, in the text format of COPY, with some cells replaced; tabs and line ends within values
 * are escaped there. Ends in `backup-damaged` for what is no such rows.
 */
export function linesMapped(path: string, columns: readonly number[], placeOf: PlaceOf): Transform {
  const lines = new Lines(path);
  const mapped = (line: string): string => {
    const cells = line.split('\t');
    for (const column of columns) cells[column] = placeOf(cells[column], path);
    return cells.join('\t');
  };
  return new Transform({
    transform(part: Buffer, _encoding, done) {
      answer(done, () =>
        Buffer.from(
          lines
            .of(part)
            .map(line => `${mapped(line)}\n`)
            .join(''),
          'latin1',
        ),
      );
    },
    flush(done) {
      answer(done, () => {
        lines.end();
        return null;
      });
    },
  });
}

/** What is thrown in a stream would end the process. */
function answer(done: (error: Error | null, data?: Buffer | null) => void, make: () => Buffer | null): void {
  let made: Buffer | null;
  try {
    made = make();
  } catch (cause) {
    done(cause as Error);
    return;
  }
  done(null, made);
}
