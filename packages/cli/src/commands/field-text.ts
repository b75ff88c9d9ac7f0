import type { Desk } from '../desk.ts';

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}/;
/** Fields whose values are words of closed lists: how something stands, and where a move led from and to. */
const STANDS: ReadonlySet<string> = new Set(['state', 'appealState', 'outcome', 'from', 'to']);

/** A field as people read it: an instant in their own time, a state in their own language. */
export function textOf(desk: Desk, name: string, value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string' && INSTANT.test(value)) return desk.time(value);
  if (typeof value === 'string' && STANDS.has(name)) return desk.value('state', value);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** A field by its heading and as text. */
export function fieldOf(desk: Desk, [name, value]: readonly [string, unknown]): readonly [string, string] {
  return [desk.value('heading', name), textOf(desk, name, value)];
}
