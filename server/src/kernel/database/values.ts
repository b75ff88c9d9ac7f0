import { type RawBuilder, sql } from 'kysely';
import { FOREVER_MS } from './types.ts';

export { FOREVER_MS } from './types.ts';

/** An instant as a parameter: exact to the millisecond; `±FOREVER_MS` become the infinities. */
export function at(ms: number): RawBuilder<number> {
  return sql<number>`${instantText(ms)}::text::timestamptz`;
}

/** A value as a jsonb parameter. Throws a TypeError for `undefined`, which JSON cannot say. */
export function json<T>(value: T): RawBuilder<T> {
  const text = JSON.stringify(value);
  if (text === undefined) throw new TypeError('json() was given a value that JSON cannot say');
  return sql<T>`${text}::text::jsonb`;
}

/** An instant as text that PostgreSQL reads exactly, for `copyRows` and for parameters. Throws a RangeError for what is no instant. */
export function instantText(ms: number): string {
  if (ms === FOREVER_MS) return 'infinity';
  if (ms === -FOREVER_MS) return '-infinity';
  const text = new Date(ms).toISOString();
  if (text.startsWith('+')) return text.slice(1);
  if (!text.startsWith('-') && !text.startsWith('0000')) return text;
  // ISO 8601 counts a year zero, which is 1 BC; PostgreSQL counts as historians do.
  const year = text.startsWith('-') ? Number(text.slice(1, 7)) : 0;
  return `${String(year + 1).padStart(4, '0')}${text.slice(text.startsWith('-') ? 7 : 4)} BC`;
}
