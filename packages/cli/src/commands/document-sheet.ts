import type { Named } from '../answers.ts';
import type { Desk } from '../desk.ts';
import { plain } from '../table.ts';

/** A JSON document of unknown shape as indented lines for people: `name: value`, lists with a dash; of a text in both languages, the one asked for. */
export function showDocument(desk: Desk, document: unknown): void {
  for (const line of linesOf(spoken(desk, document), '')) desk.line(line);
}

/** The document with every `{en, zh}` replaced by its text in the language asked for. */
function spoken(desk: Desk, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => spoken(desk, item));
  if (typeof value !== 'object' || value === null) return value;
  const isNamed = 'en' in value && 'zh' in value && Object.keys(value).length === 2;
  if (isNamed) return desk.name(value as Named);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, spoken(desk, inner)]));
}

function linesOf(value: unknown, indent: string): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item: unknown) => under(`${indent}-`, item, indent));
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([name, inner]) => under(`${indent}${plain(name)}:`, inner, indent));
  }
  return [`${indent}${text(value)}`];
}

/** A small JSON object as one line for people: `name: value`, moments as times. */
export function detailLine(desk: Desk, detail: unknown): string {
  if (typeof detail !== 'object' || detail === null) return detail === undefined ? '' : text(detail);
  return Object.entries(detail)
    .map(([name, value]: [string, unknown]) => `${name}: ${moment(desk, name, value) ?? text(value)}`)
    .join(', ');
}

/** A field named `…Ms` that holds milliseconds since 1970, as a time. */
function moment(desk: Desk, name: string, value: unknown): string | undefined {
  const isMoment = name.endsWith('Ms') && typeof value === 'number' && value > 100_000_000_000;
  return isMoment ? desk.time(value) : undefined;
}

function under(lead: string, value: unknown, indent: string): readonly string[] {
  if (typeof value === 'object' && value !== null) return [lead, ...linesOf(value, `${indent}  `)];
  return [`${lead} ${text(value)}`];
}

function text(value: unknown): string {
  return typeof value === 'string' ? plain(value) : JSON.stringify(value);
}
