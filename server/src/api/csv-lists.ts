import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { csvRow } from '../kernel/csv-text.ts';
import type { App } from './app.ts';

type Cell = string | number | boolean | null;
type Item = Readonly<Record<string, unknown>>;
interface Page {
  readonly items: readonly Item[];
  readonly next: string | null;
}

/** Values that have no column of their own, as one JSON object. */
const REST = 'more';
const PAGE = '500';

/**
 * Every list can be had as a table: `?format=csv` gives all of it from `after` on, or with `limit` so many rows, in
 * UTF-8 after RFC 4180, read page by page in bounded memory under the rights of whoever asks. A list that breaks off
 * ends the connection, so that no shortened table is taken for a whole one. What spreadsheets would take for a
 * formula is told as text (`kernel/csv-text.ts`); reading a table of registrations undoes that (C-29).
 */
export function answerListsAsCsv(app: App) {
  return (
    request: FastifyRequest,
    reply: FastifyReply,
    payload: unknown,
    done: (fault: null, payload: unknown) => void,
  ): void => done(null, asTable(app, request, reply, payload) ?? payload);
}

/** The list as a table; null where none was asked for, or it is no list. */
function asTable(app: App, request: FastifyRequest, reply: FastifyReply, payload: unknown): Readable | null {
  const query = (request.query ?? {}) as Readonly<Record<string, unknown>>;
  if (query['format'] !== 'csv' || reply.statusCode !== 200 || typeof payload !== 'string') return null;
  const first = JSON.parse(payload) as Partial<Page>;
  if (!Array.isArray(first.items)) return null;
  reply.header('content-type', 'text/csv; charset=utf-8');
  reply.header('content-disposition', 'attachment; filename="list.csv"');
  reply.removeHeader('content-length');
  const isOnePage = query['limit'] !== undefined;
  const next = (after: string) => pageAfter(app, request, query, after);
  return Readable.from(rowsOf(first as Page, isOnePage ? async () => null : next), { objectMode: false });
}

async function* rowsOf(first: Page, next: (after: string) => Promise<Page | null>): AsyncGenerator<Buffer> {
  const columns = [...new Set(first.items.flatMap(item => [...cellsOf(item).keys()]))];
  yield Buffer.from(csvRow([...columns, REST]));
  for (let page: Page | null = first; page !== null; ) {
    yield Buffer.from(page.items.map(item => rowOf(item, columns)).join(''));
    page = page.next === null ? null : await next(page.next);
  }
}

function rowOf(item: Item, columns: readonly string[]): string {
  const cells = cellsOf(item);
  const values = columns.map(column => cells.get(column) ?? null);
  const rest = [...cells].filter(([name, value]) => value !== null && !columns.includes(name));
  return csvRow([...values, rest.length === 0 ? null : JSON.stringify(Object.fromEntries(rest))]);
}

/** A plain value is a cell; a subject, a title and their like one for each of their parts; anything deeper is JSON. */
function cellsOf(item: Item): Map<string, Cell> {
  const cells = new Map<string, Cell>();
  for (const [name, value] of Object.entries(item)) {
    if (isPlain(value)) cells.set(name, value);
    else if (isFlat(value))
      for (const [part, each] of Object.entries(value)) cells.set(`${name}.${part}`, each);
    else cells.set(name, JSON.stringify(value));
  }
  return cells;
}

function isPlain(value: unknown): value is Cell {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function isFlat(value: unknown): value is Record<string, Cell> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every(isPlain)
  );
}

/** The page after one, asked at the same door as the first: whoever lost the right meanwhile reads no further. */
async function pageAfter(
  app: App,
  request: FastifyRequest,
  query: Readonly<Record<string, unknown>>,
  after: string,
): Promise<Page> {
  const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
  const path = request.url.split('?')[0] as string;
  const asked = Object.entries({ ...query, after, limit: PAGE, format: 'json' });
  const url = `${path}?${new URLSearchParams(asked.map(([name, value]): [string, string] => [name, String(value)]))}`;
  const answer = await app.inject({ method: 'GET', url, headers, remoteAddress: request.ip });
  if (answer.statusCode !== 200) throw new Error(`the list broke off with ${answer.statusCode}`);
  return answer.json<Page>();
}
