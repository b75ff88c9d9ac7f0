import type { Desk } from '../desk.ts';

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}/;
/** Fields whose values are words of closed lists: how something stands, and where a move led from and to. */
const STANDS: ReadonlySet<string> = new Set(['state', 'appealState', 'outcome', 'from', 'to']);

/**
 * A field as people read it: an instant in their own time, a state or a name in their own language, a list by its parts.
 * What has other parts than words is shown as JSON.
 */
export function textOf(desk: Desk, name: string, value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string' && INSTANT.test(value)) return desk.time(value);
  if (typeof value === 'string' && STANDS.has(name)) return desk.value('state', value);
  if (isNamed(value)) return desk.name(value);
  if (Array.isArray(value) && value.every(each => isNamed(each) || typeof each === 'string'))
    return value.map(each => textOf(desk, name, each)).join('; ');
  if (areWords(value))
    return Object.entries(value)
      .map(([part, word]) => `${desk.value('heading', part)}: ${word}`)
      .join('; ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function areWords(value: unknown): value is Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every(each => typeof each === 'string');
}

function isNamed(value: unknown): value is { readonly en: string; readonly zh: string } {
  return typeof value === 'object' && value !== null && Object.keys(value).sort().join() === 'en,zh';
}

/** A field by its heading and as text. */
export function fieldOf(desk: Desk, [name, value]: readonly [string, unknown]): readonly [string, string] {
  return [desk.value('heading', name), textOf(desk, name, value)];
}
