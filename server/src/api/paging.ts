import { Type } from 'typebox';
import { Refusal } from '../kernel/refusal.ts';

export type PagingCode = 'cursor-invalid';

/** Query parameters every list takes. */
export const pageQuery = {
  after: Type.Optional(
    Type.String({ maxLength: 400, description: 'The `next` of the page before; opaque.' }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 100 })),
  format: Type.Optional(
    Type.Union([Type.Literal('json'), Type.Literal('csv')], {
      description: '`csv`: the whole list as a table, or `limit` rows of it.',
    }),
  ),
};

/** A page: `next` is null on the last one. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export const DEFAULT_LIMIT = 100;

type KeyType = 'string' | 'number';
type KeyOf<T extends readonly KeyType[]> = {
  -readonly [I in keyof T]: T[I] extends 'number' ? number : string;
};

/**
 * The key in a cursor, checked for shape; null for the first page. What a cursor says is never trusted for
 * more than where to go on: row-level security decides what is seen.
 * Refuses `cursor-invalid`.
 */
export function readCursor<const T extends readonly KeyType[]>(
  after: string | undefined,
  shape: T,
): KeyOf<T> | null {
  if (after === undefined || after === '') return null;
  const parts = parse(after);
  const fits =
    parts !== null &&
    parts.length === shape.length &&
    parts.every((part, i) => (shape[i] === 'number' ? Number.isSafeInteger(part) : typeof part === 'string'));
  if (!fits) throw new Refusal<PagingCode>('cursor-invalid');
  return parts as unknown as KeyOf<T>;
}

function parse(after: string): readonly unknown[] | null {
  if (!/^[A-Za-z0-9_-]+$/.test(after)) return null;
  try {
    const value: unknown = JSON.parse(Buffer.from(after, 'base64url').toString('utf8'));
    return Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

export function writeCursor(key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(key), 'utf8').toString('base64url');
}

/**
 * Makes a page out of up to `limit + 1` rows in order: the extra row only says that there is more.
 * `keyOf` gives the key of the last row shown.
 */
export function pageOf<Row, T>(
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => readonly (string | number)[],
  show: (row: Row) => T,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const next = rows.length > limit && last !== undefined ? writeCursor(keyOf(last)) : null;
  return { items: shown.map(show), next };
}
