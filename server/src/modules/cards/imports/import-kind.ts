import type { ImportKind, ImportRow, Registration } from '../../../spine/contribution.ts';
import { Cells, reasonOf } from './cells.ts';

/** An import out of a function that reads one row; what the function refuses becomes the row's reason. */
export function importKind(
  name: string,
  columns: readonly string[],
  read: (cells: Cells) => Registration[],
  rowsOf?: ImportKind['rowsOf'],
): ImportKind {
  const back = rowsOf === undefined ? {} : { rowsOf };
  return { name, columns, row: cells => attempt(() => read(new Cells(cells))), ...back };
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
