import type { Desk } from '../desk.ts';
import { plain } from '../table.ts';

/** A JSON document of unknown shape as indented lines for people: `name: value`, lists with a dash. */
export function showDocument(desk: Desk, document: unknown): void {
  for (const line of linesOf(document, '')) desk.line(line);
}

function linesOf(value: unknown, indent: string): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item: unknown) => under(`${indent}-`, item, indent));
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([name, inner]) => under(`${indent}${plain(name)}:`, inner, indent));
  }
  return [`${indent}${text(value)}`];
}

function under(lead: string, value: unknown, indent: string): readonly string[] {
  if (typeof value === 'object' && value !== null) return [lead, ...linesOf(value, `${indent}  `)];
  return [`${lead} ${text(value)}`];
}

function text(value: unknown): string {
  return typeof value === 'string' ? plain(value) : JSON.stringify(value);
}
