import type { Reply } from './ask.ts';
import { carrierRefusal } from './codes.ts';

/** Reads answers of others with distrust: what is not as their contract says is `provider-answer-unreadable`. */

export type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unreadable(what);
  return value as Fields;
}

export function listOf(value: unknown, what: string): Fields[] {
  if (!Array.isArray(value)) throw unreadable(what);
  return value.map(each => fieldsOf(each, what));
}

export function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string' || value === '' || value.length > 4_000) throw unreadable(name);
  return value;
}

/** A number that names something: an integer a double holds exactly, or digits. */
export function numeralOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return String(value);
  if (typeof value === 'string' && /^\d{1,20}$/.test(value)) return value;
  throw unreadable(name);
}

/** The body of an answer that has to be 200. */
export function bodyOf(reply: Reply): unknown {
  if (reply.status !== 200 || reply.body === undefined)
    throw carrierRefusal('provider-answer-unreadable', { status: reply.status });
  return reply.body;
}

/** An instant as RFC 3339 or with the zone's offset without a colon; null for anything else. */
export function instantOf(value: unknown): number | null {
  if (typeof value !== 'string') return null;
  const ms = Date.parse(value.replace(' ', 'T').replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
  return Number.isNaN(ms) ? null : ms;
}

export function unreadable(field: string) {
  return carrierRefusal('provider-answer-unreadable', { field });
}
