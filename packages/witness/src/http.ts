import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Witness } from './witness.ts';

/** A checkpoint with some thirty signatures, ML-DSA ones among them, and 63 hashes fit several times. */
const MOST_BODY_BYTES = 256 * 1024;

/**
 * The witness over HTTP: `POST …/add-checkpoint` and `GET …/<hex SHA-256 of origin>/checkpoint`, below any
 * prefix a reverse proxy adds; `GET /` answers the verifier key. Not yet listening.
 */
export function witnessServer(witness: Witness, vkey: string, onFault: (cause: unknown) => void): Server {
  const server = createServer((request, response) => {
    answer(witness, vkey, request, response).catch(cause => {
      onFault(cause);
      if (!response.headersSent) say(response, 500, 'text/plain; charset=utf-8', 'the witness failed\n');
      else response.destroy();
    });
  });
  server.requestTimeout = 10_000;
  server.headersTimeout = 5_000;
  server.maxConnections = 1_000;
  return server;
}

async function answer(
  witness: Witness,
  vkey: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? '/').replace(/\?.*$/s, '');
  if (request.method === 'POST' && path.endsWith('/add-checkpoint')) {
    const body = await bodyOf(request);
    if (body === null) {
      response.setHeader('connection', 'close');
      return say(response, 413, 'text/plain; charset=utf-8', 'too large\n');
    }
    const made = await witness.addCheckpoint(body);
    return say(
      response,
      made.status,
      made.isSize ? 'text/x.tlog.size' : 'text/plain; charset=utf-8',
      made.body,
    );
  }
  if (request.method === 'GET' || request.method === 'HEAD') {
    if (path === '/') return say(response, 200, 'text/plain; charset=utf-8', `${vkey}\n`);
    const hash = /\/([0-9a-f]{64})\/checkpoint$/.exec(path)?.[1];
    const note = hash === undefined ? null : witness.latest(hash);
    if (note !== null) return say(response, 200, 'text/plain; charset=utf-8', note);
  }
  say(response, 404, 'text/plain; charset=utf-8', 'nothing here\n');
}

/** Null when it is larger than any request can be. Bytes that are no UTF-8 become characters that no base64 or note has. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MOST_BODY_BYTES) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function say(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}
