import type { ImportKind, ImportRow, Registration } from '../../../spine/contribution.ts';
import { Cells, reasonOf } from './cells.ts';

/** An import out of a function that reads one row; what the function refuses becomes the row's reason. */
export function importKind(
  name: string,
  columns: readonly string[],
  read: (cells: Cells) => Registration[],
): ImportKind {
  return { name, columns, row: cells => attempt(() => read(new Cells(cells))) };
}

function attempt(read: () => Registration[]): ImportRow {
  try {
    return { registrations: read() };
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === null) throw error;
    return { refused: reason };
  }
}

/**
 * The same import for a table with other column names: our column to theirs. A column that is mapped is read
 * from there only.
 */
export function withColumns(kind: ImportKind, columns: Readonly<Record<string, string>>): ImportKind {
  const renamed = new Map(
    Object.entries(columns).map(([ours, theirs]) => [theirs.trim().toLowerCase(), ours]),
  );
  return {
    ...kind,
    row(cells, place) {
      const named: Record<string, string> = {};
      for (const [name, value] of Object.entries(cells)) {
        const plain = name.replace(/^\uFEFF/, '').trim();
        const ours = renamed.get(plain.toLowerCase());
        if (ours !== undefined) named[ours] = value;
        else if (!Object.hasOwn(columns, plain)) named[plain] = value;
      }
      return kind.row(named, place);
    },
  };
}
