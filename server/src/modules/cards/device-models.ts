import { splitRow } from './formats/csv-rows.ts';

/** Kinds of device that rules tell apart; whatever else a list says is not known. */
const KINDS = new Set(['handset', 'module', 'tablet', 'router']);

/** Kind of device by TAC, the first eight digits of an IMEI. */
export type DeviceModels = ReadonlyMap<string, string>;

/**
 * Reads lists of device models (CSV with the columns `tac` and `kind`, by their names in the first line). Lines
 * without eight digits or with an unknown kind are passed over. A TAC that is said to be of two kinds is known
 * as neither: an unknown device is never a handset.
 */
export function readDeviceModels(texts: Iterable<string>): DeviceModels {
  const kinds = new Map<string, string>();
  const disputed = new Set<string>();
  for (const text of texts) {
    for (const [tac, kind] of linesOf(text)) {
      const before = kinds.get(tac);
      if (before !== undefined && before !== kind) disputed.add(tac);
      kinds.set(tac, kind);
    }
  }
  for (const tac of disputed) kinds.delete(tac);
  return kinds;
}

function* linesOf(text: string): Generator<readonly [tac: string, kind: string]> {
  let places: { tac: number; kind: number } | null = null;
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    const split = splitRow(line, ',');
    if ('fault' in split) continue;
    const cells = split.cells.map(cell => cell.trim());
    if (places === null) {
      const names = cells.map(cell => cell.toLowerCase());
      places = { tac: names.indexOf('tac'), kind: names.indexOf('kind') };
      continue;
    }
    const tac = cells[places.tac] ?? '';
    const kind = (cells[places.kind] ?? '').toLowerCase();
    if (/^\d{8}$/.test(tac) && KINDS.has(kind)) yield [tac, kind];
  }
}
