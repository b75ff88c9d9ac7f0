import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';
import type { KeptTable } from './manifest.ts';

/**
 * Transaction ids of one database say nothing in another: a queue ordered by them would there stand before or
 * after everything new. What matters of them is how they compare with the positions up to which a queue was read.
 * So each id becomes a small number, below any id the new database gives, that compares with every position as it
 * did before. Rows between two positions become equal and keep the order of their own numbers.
 *
 * A column called `xid` is an element of a queue; any other column of ids is a position.
 */
export async function placesOf(
  folder: string,
  tables: readonly KeptTable[],
): Promise<(xid: string) => string> {
  const positions = new Set<bigint>();
  for (const table of tables) {
    const columns = table.xidColumns.filter(name => name !== 'xid').map(name => table.columns.indexOf(name));
    if (columns.length === 0) continue;
    for await (const cells of rowsOf(join(folder, table.path)))
      for (const column of columns) positions.add(BigInt(cells[column]!));
  }
  const sorted = [...positions].sort((a, b) => (a < b ? -1 : 1));
  return xid => String(placeAmong(sorted, BigInt(xid)));
}

/** Zero stays zero; a position becomes an even number, what lies between two of them the odd one between. */
export function placeAmong(sorted: readonly bigint[], xid: bigint): number {
  if (xid === 0n) return 0;
  const below = sorted.filter(position => position !== 0n && position < xid).length;
  return sorted.includes(xid) ? 2 * below + 2 : 2 * below + 1;
}

async function* rowsOf(path: string): AsyncGenerator<string[]> {
  let rest = '';
  for await (const part of createReadStream(path).pipe(createZstdDecompress())) {
    const lines = (rest + (part as Buffer).toString('latin1')).split('\n');
    rest = lines.pop()!;
    for (const line of lines) yield line.split('\t');
  }
}

/** Rows in the text format of COPY with some cells replaced; tabs and line ends within values are escaped there. */
export function linesMapped(columns: readonly number[], map: (cell: string) => string): Transform {
  let rest = '';
  const mapped = (line: string): string => {
    const cells = line.split('\t');
    for (const column of columns) cells[column] = map(cells[column]!);
    return cells.join('\t');
  };
  return new Transform({
    transform(part: Buffer, _encoding, done) {
      // Latin-1 takes every byte as one character and gives it back as it was.
      const lines = (rest + part.toString('latin1')).split('\n');
      rest = lines.pop()!;
      done(null, Buffer.from(lines.map(line => `${mapped(line)}\n`).join(''), 'latin1'));
    },
    flush(done) {
      done(rest === '' ? null : new Error('a table of the backup ends within a row'));
    },
  });
}
