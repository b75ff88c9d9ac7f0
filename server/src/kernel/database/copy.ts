import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { from as copyFrom } from 'pg-copy-streams';
import { refuse } from './refusals.ts';
import { withRawClient } from './run-transaction.ts';
import type { Tx } from './transaction.ts';

export type CopyValue = string | number | bigint | boolean | null | Uint8Array;

const CHUNK_CHARACTERS = 65_536;
const TARGET = /^[a-z_][a-z0-9_.]* \([a-z_][a-z0-9_]*(, ?[a-z_][a-z0-9_]*)*\)$/;

/**
 * Bulk-loads rows with `COPY … FROM STDIN` and answers how many went in.
 *
 * `target` is written by us, never by a caller outside: `'table (column, column)'`. Values stand in the order of
 * the columns; instants go as `instantText(ms)`, jsonb as its text. Text that PostgreSQL cannot hold (NUL, a
 * lone surrogate) is refused as `value-unstorable` with row and column, counted from 0. After any error the
 * transaction is good for nothing but rolling back.
 */
export function copyRows(tx: Tx, target: string, rows: Iterable<readonly CopyValue[]>): Promise<number> {
  if (!TARGET.test(target)) throw new TypeError('copyRows: the target is a table and its columns');
  return withRawClient(tx, async client => {
    const stream = client.query(copyFrom(`copy ${target} from stdin`));
    // A server that refuses says so at any moment, also between two of our writes; it has then ended the load.
    let refused: Error | undefined;
    const failed = new Promise<never>((_, reject) => {
      stream.on('error', error => {
        refused ??= error;
        reject(error);
      });
    });
    failed.catch(() => {});
    const finished = new Promise<void>(resolve => stream.once('finish', resolve));
    try {
      for (const chunk of chunks(rows)) await Promise.race([write(stream, chunk), failed]);
      stream.end();
      await Promise.race([finished, failed]);
      return stream.rowCount;
    } catch (error) {
      if (refused === undefined) await abandon(stream, error as Error);
      throw error;
    }
  });
}

/** One row in the text format: tabs between columns, `\N` for null, backslash escapes; with its line end. */
export function copyLine(row: readonly CopyValue[], rowNo: number): string {
  let line = '';
  for (let i = 0; i < row.length; i++) line += (i === 0 ? '' : '\t') + copyText(row[i] ?? null, rowNo, i);
  return `${line}\n`;
}

function* chunks(rows: Iterable<readonly CopyValue[]>): Generator<string> {
  let chunk = '';
  let rowNo = 0;
  for (const row of rows) {
    chunk += copyLine(row, rowNo++);
    if (chunk.length < CHUNK_CHARACTERS) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

async function write(stream: Writable, chunk: string): Promise<void> {
  if (!stream.write(chunk, 'utf8')) await once(stream, 'drain');
}

/** Tells the server to drop the load, and waits until the connection can take the next statement. */
async function abandon(stream: Writable, reason: Error): Promise<void> {
  const closed = new Promise<void>(resolve => stream.once('close', resolve));
  stream.destroy(reason);
  await closed;
}

const SPECIAL = /[\\\n\r\t\b\f\v\0]/;
const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
  '\v': '\\v',
};

function copyText(value: CopyValue, row: number, column: number): string {
  if (value === null) return '\\N';
  if (typeof value === 'string') return escapeText(value, row, column);
  if (typeof value === 'object') {
    return `\\\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`;
  }
  return String(value);
}

function escapeText(value: string, row: number, column: number): string {
  if (!value.isWellFormed() || value.includes('\0'))
    throw refuse('value-unstorable', { detail: { row, column } });
  if (!SPECIAL.test(value)) return value;
  return value.replace(/[\\\n\r\t\b\f\v]/g, character => ESCAPES[character] as string);
}
