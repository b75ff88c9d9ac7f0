import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { passingId } from '../kernel/ids.ts';
import type { Actor, App } from './app.ts';
import { securityHeaders } from './security.ts';

/**
 * A way past Fastify for requests that come by the thousand: it takes a request that it sees through at once, and leaves
 * any other, untouched, to the usual way by answering false. What it answers is what the usual way would have answered,
 * down to the header; a test holds each short way to that.
 */
export type ShortWay = (request: IncomingMessage, response: ServerResponse) => boolean;

/** What is told of each request once it is answered, to log and metrics: no path, query, header or body. */
export interface Answered {
  readonly requestId: string;
  readonly method: string;
  /** The pattern of its route. */
  readonly route: string;
  readonly status: number;
  readonly tookMs: number;
  /** Label of who asked. */
  readonly actor: string | null;
}

/** What a short way sees of a request. */
export type Asking = IncomingMessage;

export interface ShortAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

declare module 'fastify' {
  interface FastifyInstance {
    shortWays: ShortWays;
  }
}

/** The short ways of a door, met by every request from the network before Fastify, until the door begins to close. */
export class ShortWays {
  private readonly ways: ShortWay[] = [];
  private readonly hearers: ((answered: Answered) => void)[] = [];
  private readonly trustsProxies: boolean;
  private isClosing = false;

  constructor(app: App, trustsProxies: boolean) {
    this.trustsProxies = trustsProxies;
    app.addHook('preClose', done => {
      this.isClosing = true;
      done();
    });
    const usual = app.server.listeners('request') as RequestListener[];
    app.server.removeAllListeners('request');
    app.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      if (!this.isClosing && this.ways.some(takes => takes(request, response))) return;
      for (const answer of usual) answer.call(app.server, request, response);
    });
  }

  add(way: ShortWay): void {
    this.ways.push(way);
  }

  /** Calls back with each answer, whichever way its request took. */
  hear(answered: (answered: Answered) => void): void {
    this.hearers.push(answered);
  }

  tell(answered: Answered): void {
    for (const hear of this.hearers) hear(answered);
  }

  /** A request taken on a short way, to be answered by the function once. */
  begin(route: string, actor: Actor, request: IncomingMessage, response: ServerResponse): ShortRequest {
    const [id, cameAtMs] = [passingId(), performance.now()];
    return {
      id,
      answer: ({ status, headers, body }) => {
        const common = securityHeaders(request.url ?? '', id, this.isHttps(request));
        response.writeHead(status, { ...common, ...headers, 'content-length': Buffer.byteLength(body) });
        response.end(body);
        const tookMs = performance.now() - cameAtMs;
        this.tell({ requestId: id, method: 'POST', route, status, tookMs, actor: actor.label });
      },
    };
  }

  /** As Fastify sees it: by the connection, or by the word of a proxy where one is trusted. */
  private isHttps({ socket, headers }: IncomingMessage): boolean {
    if ((socket as Partial<TLSSocket>).encrypted === true) return true;
    return this.trustsProxies && headers['x-forwarded-proto'] === 'https';
  }
}

export interface ShortRequest {
  readonly id: string;
  /** Whoever left meanwhile is answered into the void. */
  answer(answer: ShortAnswer): void;
}

/**
 * The body of a request whose length was told, handed over when all of it is here. The connection ends when it has not
 * come within `mostMs`; one that came along with its head is not waited for.
 */
export function wholeBody(request: IncomingMessage, mostMs: number, take: (body: Buffer) => void): void {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.once('end', () => take(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)));
  // Whoever leaves midway has posted nothing.
  request.once('error', () => {});
  process.nextTick(() => {
    if (request.complete) return;
    const timer = setTimeout(() => request.socket.destroy(), mostMs);
    request.once('close', () => clearTimeout(timer)).once('end', () => clearTimeout(timer));
  });
}
