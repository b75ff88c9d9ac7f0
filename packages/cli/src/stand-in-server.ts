import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as the stand-in saw it. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** An answer: a JSON document, or one with its status. */
export type Reply = unknown | ((seen: Seen) => { readonly status: number; readonly body: unknown });

/** A server for tests that gives the documented answers where the real one is not wanted. */
export interface StandIn {
  readonly url: string;
  readonly seen: Seen[];
  /** `GET /api/v1/cases` → its answer; may be changed while it runs. */
  readonly replies: Map<string, Reply>;
  close(): Promise<void>;
}

export async function standInServer(replies: Readonly<Record<string, Reply>>): Promise<StandIn> {
  const seen: Seen[] = [];
  const held = new Map<string, Reply>(Object.entries(replies));

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const one: Seen = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body,
    };
    seen.push(one);
    const reply = held.get(`${one.method} ${one.path}`);
    const given =
      typeof reply === 'function'
        ? (reply as (seen: Seen) => { status: number; body: unknown })(one)
        : { status: 200, body: reply };
    const status = reply === undefined ? 404 : given.status;
    const document =
      reply === undefined
        ? { title: 'There is no such thing.', code: 'no-such-route', mend: 'See the address.' }
        : given.body;
    response.writeHead(status, {
      'content-type': status < 400 ? 'application/json' : 'application/problem+json',
    });
    response.end(JSON.stringify(document));
  };

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    replies: held,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
