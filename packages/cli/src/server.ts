import type { Readable } from 'node:stream';
import { Readable as NodeReadable } from 'node:stream';
import type { Page, Problem } from './answers.ts';

/** The server said no: an RFC 9457 problem, or the nearest thing to it. */
export class Refused extends Error {
  readonly status: number;
  readonly problem: Problem;
  constructor(status: number, problem: Problem) {
    super(problem.title ?? `HTTP ${status}`);
    this.status = status;
    this.problem = problem;
  }
}

/** The server could not be reached, or the line broke: what was sent may or may not have arrived. */
export class Unreachable extends Error {
  readonly url: string;
  constructor(url: string, cause: unknown) {
    super(causeOf(cause), { cause });
    this.url = url;
  }
}

export interface Server {
  readonly url: string;
  get<Answer>(path: string): Promise<Answer>;
  post<Answer>(path: string, body?: unknown): Promise<Answer>;
  put<Answer>(path: string, body: unknown): Promise<Answer>;
  delete<Answer>(path: string): Promise<Answer>;
  /** The bytes of an answer as they come, in bounded memory; throws when the line breaks before its end. A body is posted. */
  download(path: string, body?: unknown): Promise<AsyncIterable<Uint8Array>>;
  /** Sends bytes as they come, in bounded memory. */
  stream<Answer>(path: string, bytes: Readable, contentType: string): Promise<Answer>;
}

/** `language` goes out as Accept-Language, so that problems may come worded in it. */
export function serverAt(url: string, token: string | undefined, language: string, party?: string): Server {
  const base = url.replace(/\/+$/, '');
  const headers: Record<string, string> = { accept: 'application/json', 'accept-language': language };
  if (party !== undefined) headers['x-thingward-party'] = party;
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
  const reach = (path: string, init: RequestInit): Promise<Response> =>
    fetch(`${base}${path}`, {
      ...init,
      redirect: 'error',
      headers: { ...headers, ...init.headers },
    }).catch((cause: unknown) => {
      throw new Unreachable(base, cause);
    });
  const ask = async <Answer>(path: string, init: RequestInit): Promise<Answer> => {
    const response = await reach(path, init);
    const text = await response.text().catch((cause: unknown) => {
      throw new Unreachable(base, cause);
    });
    return answerOf(response, text) as Answer;
  };
  return {
    url: base,
    get: path => ask(path, {}),
    post: (path, body) => ask(path, asJson('POST', body ?? {})),
    put: (path, body) => ask(path, asJson('PUT', body)),
    delete: path => ask(path, { method: 'DELETE' }),
    download: async (path, body) => {
      const response = await reach(path, body === undefined ? {} : asJson('POST', body));
      if (!response.ok || response.body === null) answerOf(response, await response.text());
      return piecesOf(base, response.body as ReadableStream<Uint8Array>);
    },
    stream: (path, bytes, contentType) => {
      const init: RequestInit & { duplex: 'half' } = {
        method: 'POST',
        body: NodeReadable.toWeb(bytes) as ReadableStream<Uint8Array>,
        duplex: 'half',
        headers: { 'content-type': contentType },
      };
      return ask(path, init);
    },
  };
}

async function* piecesOf(url: string, body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* NodeReadable.fromWeb(
      body as Parameters<typeof NodeReadable.fromWeb>[0],
    ) as AsyncIterable<Uint8Array>;
  } catch (cause) {
    throw new Unreachable(url, cause);
  }
}

function asJson(method: string, body: unknown): RequestInit {
  return { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}

/** All items of a keyset-paged list up to `limit`, following `next`. */
export async function listed<Item>(
  server: Server,
  path: string,
  query: Readonly<Record<string, string | undefined>>,
  limit: number,
): Promise<Page<Item>> {
  const items: Item[] = [];
  let after = query['after'];
  while (items.length < limit) {
    const page: Page<Item> | readonly Item[] = await server.get(
      path + queryOf({ ...query, after, limit: String(Math.min(500, limit - items.length)) }),
    );
    if (isList(page)) return { items: page, next: null };
    items.push(...(page.items ?? []));
    after = page.next ?? undefined;
    if (after === undefined || page.items === undefined || page.items.length === 0)
      return { items, next: null };
  }
  return { items, next: after ?? null };
}

export function queryOf(query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}

function isList<Item>(page: Page<Item> | readonly Item[]): page is readonly Item[] {
  return Array.isArray(page);
}

function answerOf(response: Response, text: string): unknown {
  const parsed = parse(text);
  if (response.ok) return parsed ?? {};
  const told = typeof parsed === 'object' && parsed !== null ? (parsed as Problem & ErrorInfo) : {};
  // CAMARA's form of an error says in `message` what a problem says in `title`.
  const title = told.title ?? (typeof told.message === 'string' ? told.message : undefined);
  throw new Refused(response.status, title === undefined ? told : { ...told, title });
}

interface ErrorInfo {
  readonly message?: unknown;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function causeOf(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  if (!(inner instanceof Error)) return String(inner);
  return inner.message || (inner as NodeJS.ErrnoException).code || inner.name;
}
