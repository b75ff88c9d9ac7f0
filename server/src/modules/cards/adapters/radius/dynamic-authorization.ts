import type { RemoteInfo, Socket } from 'node:dgram';
import { isResponseTo, messageAuthenticatorOf, signedRequest } from './authenticators.ts';
import { TYPES } from './dictionary.ts';
import { type Attribute, type CODES, firstOf, type Packet, readPacket } from './packet.ts';

/** When an unanswered request is sent again, from its first sending, in milliseconds; and when it is given up. */
const AGAIN_MS = [400, 1_200, 2_800, 5_000] as const;
const GIVEN_UP_MS = 8_000;

/** What became of a request. `error` is the Error-Cause of a NAK (RFC 5176 §3.5), 0 where it gave none. */
export type NasAnswer =
  | { readonly answer: 'ack' }
  | { readonly answer: 'nak'; readonly error: number }
  | { readonly answer: 'none' };

export interface NasRequest {
  readonly address: string;
  readonly port: number;
  readonly secret: Buffer;
  readonly code: typeof CODES.disconnectRequest | typeof CODES.coaRequest;
  readonly attributes: readonly Attribute[];
}

interface Open {
  readonly bytes: Buffer;
  readonly request: NasRequest;
  readonly timers: readonly NodeJS.Timeout[];
  settle(answer: NasAnswer): void;
}

/**
 * Disconnect- and CoA-Requests to access servers (RFC 5176). A request that is sent again is the same bytes (§2.3);
 * an answer counts when its authenticator, and the Message-Authenticator it bears, are right, and when it is of the
 * kind asked for. Requests bear a Message-Authenticator, the first of their attributes.
 */
export class NasRequests {
  /** By server, then by identifier: at most 256 are under way at one server. */
  private readonly servers = new Map<string, Map<number, Open>>();
  private lastId = -1;
  private readonly socket: Socket;
  readonly counts = { sent: 0, acknowledged: 0, refused: 0, unanswered: 0, notBelieved: 0 };

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('message', (datagram, from) => this.receive(datagram, from));
  }

  /** Never throws; `none` too when the server has 256 requests open. */
  ask(request: NasRequest): Promise<NasAnswer> {
    const name = `${request.address} ${request.port}`;
    const open = this.servers.get(name) ?? new Map<number, Open>();
    const id = this.freeId(open);
    if (id === null) return Promise.resolve({ answer: 'none' });
    this.servers.set(name, open);
    const bytes = signedRequest(request.code, id, request.attributes, request.secret);
    return new Promise(resolve => {
      const settle = (answer: NasAnswer): void => {
        for (const timer of timers) clearTimeout(timer);
        open.delete(id);
        if (open.size === 0) this.servers.delete(name);
        this.count(answer);
        resolve(answer);
      };
      const timers = [
        ...AGAIN_MS.map(ms => setTimeout(() => this.send(bytes, request), ms)),
        setTimeout(() => settle({ answer: 'none' }), GIVEN_UP_MS),
      ];
      open.set(id, { bytes, request, timers, settle });
      this.counts.sent += 1;
      this.send(bytes, request);
    });
  }

  /** Gives up what is under way. */
  stop(): void {
    for (const open of [...this.servers.values()])
      for (const each of [...open.values()]) each.settle({ answer: 'none' });
  }

  private send(bytes: Buffer, { port, address }: NasRequest): void {
    this.socket.send(bytes, port, address, () => undefined);
  }

  /** Identifiers go round, so that one is not used again soon. */
  private freeId(open: ReadonlyMap<number, Open>): number | null {
    for (let tries = 0; tries < 256; tries++) {
      this.lastId = (this.lastId + 1) % 256;
      if (!open.has(this.lastId)) return this.lastId;
    }
    return null;
  }

  private receive(datagram: Buffer, from: RemoteInfo): void {
    const packet = readPacket(datagram);
    const found =
      'fault' in packet ? undefined : this.servers.get(`${from.address} ${from.port}`)?.get(packet.id);
    if ('fault' in packet || found === undefined || !isAnswerTo(found, packet)) {
      this.counts.notBelieved += 1;
      return;
    }
    if (packet.code === found.request.code + 1) {
      found.settle({ answer: 'ack' });
      return;
    }
    const error = firstOf(packet, TYPES.errorCause);
    found.settle({ answer: 'nak', error: error?.length === 4 ? error.readUInt32BE() : 0 });
  }

  private count({ answer }: NasAnswer): void {
    this.counts[answer === 'ack' ? 'acknowledged' : answer === 'nak' ? 'refused' : 'unanswered'] += 1;
  }
}

function isAnswerTo({ request: { secret, code }, bytes }: Open, packet: Packet): boolean {
  const asked = bytes.subarray(4, 20);
  const isKind = packet.code === code + 1 || packet.code === code + 2;
  return (
    isKind && isResponseTo(packet, asked, secret) && messageAuthenticatorOf(packet, asked, secret) !== 'bad'
  );
}
