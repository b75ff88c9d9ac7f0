import { splitRow } from './formats/csv-rows.ts';

/** Kinds of device that rules tell apart; whatever else a list says is not known. */
const KINDS = new Set(['handset', 'module', 'tablet', 'router']);

/** Kind of device by TAC, the first eight digits of an IMEI. */
export type DeviceModels = ReadonlyMap<string, string>;
/** Name of the maker by TAC. */
export type DeviceMakers = ReadonlyMap<string, string>;

/**
 * Reads lists of device models (CSV with the columns `tac` and `kind`, by their names in the first line). Lines
 * without eight digits or with an unknown kind are passed over. A TAC that is said to be of two kinds is known
 * as neither: an unknown device is never a handset.
 */
export function readDeviceModels(texts: Iterable<string>): DeviceModels {
  return undisputed(texts, ({ kind }) => kind);
}

/**
 * The makers that the same lists name in their column `maker`, of any kind of device. A TAC that is said to be of two
 * makers is of neither: nobody is found against on the word of lists that disagree.
 */
export function readDeviceMakers(texts: Iterable<string>): DeviceMakers {
  return undisputed(texts, ({ maker }) => maker);
}

/** A maker's name as it is kept: without blanks around it, of up to 120 characters that can be shown. Null for none. */
export function makerName(cell: string): string | null {
  const name = cell.trim().replace(/\s+/g, ' ');
  return name !== '' && name.length <= 120 && !/[\p{Cc}\p{Cs}\ufffd]/u.test(name) ? name : null;
}

interface Line {
  readonly tac: string;
  readonly kind: string | null;
  readonly maker: string | null;
}

function undisputed(texts: Iterable<string>, of: (line: Line) => string | null): Map<string, string> {
  const known = new Map<string, string>();
  const disputed = new Set<string>();
  for (const text of texts) {
    for (const line of linesOf(text)) {
      const told = of(line);
      if (told === null) continue;
      const before = known.get(line.tac);
      if (before !== undefined && before !== told) disputed.add(line.tac);
      known.set(line.tac, told);
    }
  }
  for (const tac of disputed) known.delete(tac);
  return known;
}

function* linesOf(text: string): Generator<Line> {
  let places: { tac: number; kind: number; maker: number } | null = null;
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    const split = splitRow(line, ',');
    if ('fault' in split) continue;
    const cells = split.cells.map(cell => cell.trim());
    if (places === null) {
      const names = cells.map(cell => cell.toLowerCase());
      places = { tac: names.indexOf('tac'), kind: names.indexOf('kind'), maker: names.indexOf('maker') };
      continue;
    }
    const tac = cells[places.tac] ?? '';
    const kind = (cells[places.kind] ?? '').toLowerCase();
    if (/^\d{8}$/.test(tac))
      yield { tac, kind: KINDS.has(kind) ? kind : null, maker: makerName(cells[places.maker] ?? '') };
  }
}
