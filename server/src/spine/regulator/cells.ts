import { rfc3339 } from '../../kernel/time.ts';
import { hidden, maskedClaim } from '../masked.ts';
import { zoneNamed } from '../rules/zone-time.ts';
import type { Element } from './element-table.ts';
import type { ExportRow } from './export-table.ts';

export type Cell = string | number | boolean | null;

/** How a row becomes the cells of a file: the columns of its elements, masked or not, moments in a zone. */
export function cellsBy(
  elements: readonly Element[],
  asked: { readonly zone: string; readonly isMasked: boolean },
): (row: ExportRow) => Cell[] {
  const moment = momentIn(asked.zone);
  return row => elements.map(element => cellOf(element, row[element.from] ?? null, moment, asked.isMasked));
}

function cellOf(element: Element, value: Cell, moment: (ms: number) => string, isMasked: boolean): Cell {
  if (value === null || value === '') return null;
  const { type, prefix, personal } = element;
  if (type === 'moment') return typeof value === 'number' ? moment(value) : null;
  if (type === 'claim') return isMasked ? maskedClaim(String(value)) : String(value);
  const told = personal !== null && isMasked ? hidden(String(value)) : value;
  if (type === 'identifier') return `${prefix}:${told}`;
  if (type === 'digest') return `sha256:${told}`;
  if (type === 'number') return typeof told === 'number' ? told : null;
  return String(told);
}

/** RFC 3339 with the zone's offset at that moment: `2026-11-26T22:35:00.000+08:00`. */
export function momentIn(name: string): (ms: number) => string {
  const zone = zoneNamed(name);
  if (zone === null) throw new Error(`no zone is named ${name}`);
  return ms => {
    // The infinities of the database have no day.
    if (Math.abs(ms) === Number.MAX_SAFE_INTEGER) return '';
    const minutes = Math.round(zone.offsetMs(ms) / 60_000);
    const [hour, minute] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
    const sign = minutes < 0 ? '-' : '+';
    return rfc3339(ms + minutes * 60_000).replace('Z', `${sign}${two(hour)}:${two(minute)}`);
  };
}

const two = (n: number): string => String(n).padStart(2, '0');
