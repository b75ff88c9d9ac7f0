import { cellsOf } from './csv-cells.ts';

/** How a table with TACs is laid out; columns by their names or by numbers from 1. */
export interface ModelTable {
  readonly hasHeader: boolean;
  readonly tac: string;
  readonly kind: string | null;
  readonly name: string | null;
  readonly maker: string | null;
  /** What every row is, where no column says it. */
  readonly everyKind: string | null;
  /** Words of the kind column, in small letters, to our kinds. */
  readonly words: ReadonlyMap<string, string>;
}

export type ModelList =
  | { readonly text: string; readonly rows: number; readonly taken: number; readonly skipped: number }
  | { readonly noColumn: string }
  | { readonly badKind: string };

const KINDS = new Set(['handset', 'module', 'tablet', 'router']);

/**
 * A list of device models as the server reads it: `tac,kind,name,maker`, each type once, in order. A type that rows say to
 * be of two kinds is left out, for then its kind is not known; one of two makers keeps none. A TAC is text and keeps its
 * leading zero.
 */
export function modelList(text: string, table: ModelTable): ModelList {
  if (table.everyKind !== null && !KINDS.has(table.everyKind)) return { badKind: table.everyKind };
  const rows = cellsOf(text.replace(/^\uFEFF/, ''));
  const header = table.hasHeader ? rows.shift() : undefined;
  const [tacAt, kindAt, nameAt, makerAt] = [table.tac, table.kind, table.name, table.maker].map(column =>
    placeOf(column, header),
  );
  for (const [column, at] of [
    [table.tac, tacAt],
    [table.kind, kindAt],
    [table.name, nameAt],
    [table.maker, makerAt],
  ] as const)
    if (at === -1) return { noColumn: column ?? '' };
  const known = new Map<string, { kind: string; name: string; maker: string } | null>();
  let passed = 0;
  for (const row of rows) {
    const tac = (row[tacAt ?? -1] ?? '').trim();
    const kind = kindOf(kindAt === null ? undefined : row[kindAt ?? -1], table);
    if (!/^\d{8}$/.test(tac) || kind === null) {
      passed += 1;
      continue;
    }
    const before = known.get(tac);
    const [name, maker] = [nameAt, makerAt].map(at => (row[at ?? -1] ?? '').trim()) as [string, string];
    if (before === undefined) known.set(tac, { kind, name, maker });
    else if (before !== null && before.kind !== kind) known.set(tac, null);
    else if (before !== null && before.maker !== maker) known.set(tac, { ...before, maker: '' });
  }
  const lines = [...known].flatMap(([tac, model]) =>
    model === null ? [] : [`${tac},${model.kind},${quoted(model.name)},${quoted(model.maker)}`],
  );
  const disputed = known.size - lines.length;
  const list = `${['tac,kind,name,maker', ...lines.sort()].join('\n')}\n`;
  return { text: list, rows: rows.length, taken: lines.length, skipped: passed + disputed };
}

/** Null where no column is asked for, -1 where there is none of that name. */
function placeOf(column: string | null, header: readonly string[] | undefined): number | null {
  if (column === null) return null;
  if (header === undefined || /^[1-9]\d{0,3}$/.test(column)) {
    return /^[1-9]\d{0,3}$/.test(column) ? Number(column) - 1 : -1;
  }
  return header.findIndex(name => name.trim().toLowerCase() === column.trim().toLowerCase());
}

function kindOf(cell: string | undefined, { words, everyKind }: ModelTable): string | null {
  const word = (cell ?? '').trim().toLowerCase();
  const kind = words.get(word) ?? (KINDS.has(word) ? word : everyKind);
  return kind !== null && KINDS.has(kind) ? kind : null;
}

function quoted(name: string): string {
  return /[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}
