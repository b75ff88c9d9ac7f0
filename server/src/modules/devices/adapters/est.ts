import { constants, X509Certificate } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import { type ListenerSettings, listenAt, pairAtStart } from '../../../kernel/listeners.ts';
import type { Logger } from '../../../kernel/log.ts';
import { startLoop } from '../../../kernel/loop.ts';
import { DAY_MS, rfc3339 } from '../../../kernel/time.ts';
import { TLS_RULES, type TlsFiles, tlsRenewal } from '../../../kernel/tls-files.ts';
import type { LivePart } from '../../../spine/contribution.ts';
import type { AuthorityDesk } from '../authorities/authorities.ts';
import { answerEst, type EstAnswer, MOST_EST_BYTES } from '../est/answer.ts';

export interface EstPlace extends TlsFiles {
  readonly port: number;
  readonly host: string;
}

const SETTINGS: ListenerSettings = {
  port: 'THINGWARD_EST_PORT',
  host: 'THINGWARD_EST_HOST',
  cert: 'THINGWARD_EST_CERT',
  key: 'THINGWARD_EST_KEY',
};

/** A device on a slow line has so long for its request; connections are short otherwise. */
const REQUEST_MS = 30_000;
const HANDSHAKE_MS = 10_000;
/** Whoever is asked for a certificate is told of no authority, so that it shows whichever it has. */
const RULES = { ...TLS_RULES, ca: [], secureOptions: constants.SSL_OP_NO_TICKET };
const MOST_CONNECTIONS = 2_000;
/** So long before its end the listener's own certificate is told to end soon. */
const SOON_MS = 30 * DAY_MS;
/** A renewed certificate of the listener is served within a second (IR-08). */
const FILES_MS = 1_000;

/**
 * Listens for EST (RFC 7030) over TLS 1.2 and 1.3. A client's certificate is asked for and never refused in the
 * handshake: what it is worth the register says, so that whoever is turned away is told why and it is on record, and no
 * list's age shuts a fleet out (I-05). No tickets are given; each request asks the register again, so that a
 * revocation counts on connections that are open already (I-01, I-02).
 */
export async function listenForEst(desk: AuthorityDesk, log: Logger, place: EstPlace): Promise<LivePart> {
  const pair = pairAtStart(place, SETTINGS);
  const counts = { requests: 0, issued: 0, waiting: 0, refused: 0, handshakesFailed: 0, clocksRefused: 0 };
  const server = createServer(
    {
      ...{ cert: pair.cert, key: pair.key, ...RULES },
      requestCert: true,
      rejectUnauthorized: false,
      handshakeTimeout: HANDSHAKE_MS,
      requestTimeout: REQUEST_MS,
      headersTimeout: REQUEST_MS / 3,
      maxHeaderSize: 8_192,
    },
    (request, response) => {
      counts.requests += 1;
      hear(desk, log, request, response).then(
        status => {
          if (status >= 400) counts.refused += 1;
          else if (status === 202) counts.waiting += 1;
          else if (request.method === 'POST') counts.issued += 1;
        },
        cause => {
          log.error({ err: cause }, 'an enrolment failed');
          if (!response.headersSent) send(response, { status: 500, type: 'text/plain', body: 'failed\n' });
        },
      );
    },
  );
  server.maxConnections = MOST_CONNECTIONS;
  server.keepAliveTimeout = 5_000;
  server.on('tlsClientError', error => {
    counts.handshakesFailed += 1;
    // A client whose clock stands at 1970 takes our certificate for one of the future, and says so by an alert (I-13).
    if (/ALERT_(CERTIFICATE_EXPIRED|BAD_CERTIFICATE)/.test((error as { code?: string }).code ?? ''))
      counts.clocksRefused += 1;
  });
  const port = await listenAt(server, place, SETTINGS);
  let endsAtMs = endOf(pair.cert);
  const use = (context: SecureContextOptions) => {
    server.setSecureContext({ ...context, ...RULES });
    endsAtMs = endOf(context.cert as Buffer);
  };
  const renew = tlsRenewal(place, pair, use, log, 'est');
  const files = startLoop({
    name: 'est-files',
    log,
    restMs: FILES_MS,
    step: async () => {
      renew();
      return false;
    },
  });
  return {
    name: 'est',
    describe: () => ({
      ...{ port, ...counts, certificateUntil: rfc3339(endsAtMs) },
      certificateEndsSoon: endsAtMs - desk.clock.now() < SOON_MS,
    }),
    close: async () => {
      await files.stop();
      await new Promise<void>(resolve => {
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), 2_000).unref();
      });
    },
  };
}

/** When the first certificate of a file ends: the listener's own. */
function endOf(pem: Buffer): number {
  return Date.parse(new X509Certificate(pem).validTo);
}

async function hear(
  desk: AuthorityDesk,
  log: Logger,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<number> {
  const socket = request.socket as TLSSocket;
  // Of a connection that ends while its body comes nothing can be asked any more.
  const shown = {
    certificate: presentedBy(socket),
    connection: { protocol: socket.getProtocol() ?? '', cipher: socket.getCipher().name },
    bindings: bindingsOf(socket),
  };
  const body = await bodyOf(request);
  if (body === null) {
    send(response, {
      ...{ status: 413, type: 'text/plain', body: 'too long\n', headers: { connection: 'close' } },
    });
    return 413;
  }
  const answer = await answerEst(desk, {
    ...shown,
    method: request.method ?? '',
    path: (request.url ?? '').split('?')[0] ?? '',
    contentType: request.headers['content-type'] ?? null,
    authorization: request.headers.authorization ?? null,
    date: request.headers.date ?? null,
    body,
  });
  response.once('finish', () => {
    answer
      .delivered?.()
      .catch((cause: unknown) => log.warn({ err: cause }, 'a delivery could not be written down'));
  });
  send(response, answer);
  return answer.status;
}

/** The octets of the certificate whose key the client used; on a resumed connection those of the first. */
function presentedBy(socket: TLSSocket): Buffer | null {
  const shown = socket.getPeerCertificate() as { raw?: Buffer } | null;
  return shown?.raw === undefined ? null : Buffer.from(shown.raw);
}

/** `tls-unique` of TLS 1.2 (RFC 5929 §3) and `tls-exporter` of TLS 1.3 (RFC 9266 §2), in base64. */
function bindingsOf(socket: TLSSocket): string[] {
  if (socket.getProtocol() === 'TLSv1.3')
    return [socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)).toString('base64')];
  const first = socket.isSessionReused() ? socket.getFinished() : socket.getPeerFinished();
  return first === undefined ? [] : [first.toString('base64')];
}

/** Null for a body that is longer than any request. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MOST_EST_BYTES) return null;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** The length is always told: some clients read no other answer. The date is a clock for those that have none (I-13). */
function send(response: ServerResponse, { status, type, body, headers = {} }: EstAnswer): void {
  const bytes = Buffer.from(body, 'latin1');
  response.writeHead(status, {
    'content-type': type,
    'content-length': bytes.length,
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(bytes);
}
