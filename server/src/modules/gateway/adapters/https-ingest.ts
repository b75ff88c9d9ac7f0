import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { isRefusal } from '../../../kernel/refusal.ts';
import type { Gate, Let } from '../gate.ts';
import { originOf } from './origin.ts';
import { MOST_PACKET_BYTES } from './packet-bound.ts';

const PLACE = '/telemetry/';
const KEY = /^[\x21-\x7e]{1,128}$/;

/**
 * Messages by HTTPS: `POST /telemetry/<topic>`, the body is the payload. 204 follows the commit (E-01); with an
 * `Idempotency-Key` the same post again is the same message. The rules are those of MQTT.
 */
export class HttpsDoor {
  private readonly lets = new WeakMap<TLSSocket, Promise<Let>>();
  private readonly gate: Gate;

  constructor(gate: Gate) {
    this.gate = gate;
  }

  /** Looks at the certificate of a connection; requests on it wait for that. */
  accept(socket: TLSSocket): void {
    const made = { close: () => socket.destroy(), rightsChanged: () => {} };
    const asked = this.gate.admit(socket.getPeerX509Certificate()?.raw, originOf(socket, 'https'), made);
    this.lets.set(socket, asked);
    asked.then(
      let_ => {
        if ('refused' in let_) return;
        const leave = () => this.gate.sessions.leave(let_.session);
        if (socket.destroyed) leave();
        else socket.once('close', leave);
      },
      () => socket.destroy(),
    );
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const [status, code] = await this.statusOf(request);
      const isRefused = status === 401;
      response.writeHead(status, {
        ...(code === '' ? {} : { 'content-type': 'application/json' }),
        ...(status === 503 ? { 'retry-after': '1' } : {}),
        // Whoever is not let in, or sends more than is read, has no use for the connection.
        ...(isRefused || status === 413 ? { connection: 'close' } : {}),
      });
      response.end(code === '' ? undefined : JSON.stringify({ code }));
    } catch {
      response.destroy();
    }
  }

  private async statusOf(request: IncomingMessage): Promise<readonly [number, string]> {
    const let_ = await this.lets.get(request.socket as TLSSocket);
    if (let_ === undefined || 'refused' in let_) return [401, `certificate-${let_?.refused ?? 'unknown'}`];
    const { session } = let_;
    const topic = topicIn(request.url ?? '');
    if (topic === null) return [404, 'not-found'];
    if (request.method !== 'POST') return [405, 'method-not-allowed'];
    const key = request.headers['idempotency-key'];
    if (key !== undefined && (typeof key !== 'string' || !KEY.test(key))) return [400, 'key-refused'];
    const payload = await bodyOf(request);
    if (payload === null) return [413, 'too-large'];
    if (session.ended !== null) return [401, `certificate-${session.ended}`];
    if (!session.rights.mayPublish(topic)) {
      const origin = originOf(request.socket as TLSSocket, 'https');
      const told = { ...origin, event: 'refused', reason: 'publish', topic: topic.slice(0, 256) } as const;
      this.gate.tell(session.credential, told);
      return [403, 'topic-not-allowed'];
    }
    const message = { topic, payload, qos: 1, isWill: false, transport: 'https' } as const;
    try {
      await this.gate.take(session, key === undefined ? message : { ...message, name: `key ${key}` });
    } catch (cause) {
      return [503, isRefusal(cause) ? cause.code : 'not-taken'];
    }
    return [204, ''];
  }
}

function topicIn(url: string): string | null {
  const [path = ''] = url.split('?');
  if (!path.startsWith(PLACE)) return null;
  try {
    return decodeURIComponent(path.slice(PLACE.length));
  } catch {
    return null;
  }
}

/** Null for a body that is longer than a packet by MQTT may be. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request.iterator({ destroyOnReturn: false })) {
    size += (part as Buffer).length;
    if (size > MOST_PACKET_BYTES) return null;
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts);
}
