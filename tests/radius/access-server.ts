import { createSocket, type Socket } from 'node:dgram';
import {
  isRequestOf,
  isResponseTo,
  messageAuthenticatorOf,
  signedRequest,
  signedResponse,
  ZERO_AUTHENTICATOR,
} from '../../server/src/modules/cards/adapters/radius/authenticators.ts';
import { ipv4Bytes, VENDOR_3GPP } from '../../server/src/modules/cards/adapters/radius/dictionary.ts';
import {
  type Attribute,
  CODES,
  firstOf,
  numberAttribute,
  type Packet,
  readPacket,
  textAttribute,
} from '../../server/src/modules/cards/adapters/radius/packet.ts';

export const SECRET = 'a secret of this test alone';

/** One accounting record, by what tests vary. */
export interface Record {
  readonly status: 'Start' | 'Stop' | 'Interim-Update' | 'Accounting-On' | 'Accounting-Off';
  readonly session?: string;
  readonly imsi?: string;
  readonly imeisv?: string;
  readonly network?: string;
  readonly up?: number;
  readonly down?: number;
  readonly seconds?: number;
  readonly atMs?: number;
  readonly delay?: number;
  readonly nas?: string;
  readonly more?: readonly Attribute[];
}

const STATUSES = { Start: 1, Stop: 2, 'Interim-Update': 3, 'Accounting-On': 7, 'Accounting-Off': 8 } as const;

export function attributesOf(record: Record): Attribute[] {
  const { session, imsi, imeisv, network, up, down, seconds, atMs, delay, nas = 'ggsn-1' } = record;
  const found: Attribute[] = [numberAttribute(40, STATUSES[record.status]), textAttribute(32, nas)];
  if (session !== undefined) found.push(textAttribute(44, session));
  if (imsi !== undefined) found.push(vendor(1, imsi), textAttribute(1, imsi));
  if (imeisv !== undefined) found.push(vendor(20, imeisv));
  if (network !== undefined) found.push(vendor(18, network));
  if (up !== undefined)
    found.push(numberAttribute(42, up % 2 ** 32), numberAttribute(52, Math.floor(up / 2 ** 32)));
  if (down !== undefined)
    found.push(numberAttribute(43, down % 2 ** 32), numberAttribute(53, Math.floor(down / 2 ** 32)));
  if (seconds !== undefined) found.push(numberAttribute(46, seconds));
  if (atMs !== undefined) found.push(numberAttribute(55, Math.floor(atMs / 1_000)));
  if (delay !== undefined) found.push(numberAttribute(41, delay));
  found.push({ type: 8, value: ipv4Bytes('10.9.8.7') });
  return [...found, ...(record.more ?? [])];
}

export function vendor(type: number, text: string): Attribute {
  return { type, vendor: VENDOR_3GPP, value: Buffer.from(text, 'utf8') };
}

/** How a Disconnect-Request is met: an answer, or silence. */
export type Manner = 'ack' | 'silent' | { readonly nak: number };

export interface Disconnected {
  readonly atMs: number;
  readonly packet: Packet;
  readonly session: string;
}

/** An access server for tests: sends accounting, takes Disconnect- and CoA-Requests. */
export class AccessServer {
  readonly disconnects: Disconnected[] = [];
  readonly changes: Disconnected[] = [];
  manner: Manner = 'ack';
  /** How CoA-Requests are met, by session; by default with an ack. */
  readonly changeManners = new Map<string, Manner>();
  onDisconnect: ((disconnected: Disconnected) => void) | null = null;
  private readonly socket: Socket;
  private readonly taking: Socket;
  private readonly secret: Buffer;
  private readonly to: { readonly port: number };
  private readonly waiting = new Map<number, (answered: Buffer) => void>();
  private id = 0;
  port = 0;

  private constructor(socket: Socket, taking: Socket, to: { port: number }, secret: string) {
    this.socket = socket;
    this.taking = taking;
    this.secret = Buffer.from(secret);
    this.to = to;
    socket.on('message', bytes => this.waiting.get(bytes.readUInt8(1))?.(bytes));
    taking.on('message', (bytes, from) => this.take(bytes, from));
  }

  static async open(to: { port: number }, secret = SECRET): Promise<AccessServer> {
    const [socket, taking] = [createSocket('udp4'), createSocket('udp4')];
    for (const each of [socket, taking])
      await new Promise<void>(resolve => each.bind(0, '127.0.0.1', resolve));
    const made = new AccessServer(socket, taking, to, secret);
    made.port = taking.address().port;
    return made;
  }

  /** Sends a record and waits for its answer; false when none came in time, or one that is not the server's. */
  async account(record: Record, waitMs = 5_000): Promise<boolean> {
    return this.sendRequest(this.request(record), waitMs);
  }

  /** The bytes of a request, so that they can be sent twice. */
  request(record: Record, secret = this.secret, isHmacWanted = false): Buffer {
    this.id = (this.id + 1) % 256;
    return signedRequest(CODES.accountingRequest, this.id, attributesOf(record), secret, isHmacWanted);
  }

  async sendRequest(bytes: Buffer, waitMs = 5_000): Promise<boolean> {
    const id = bytes.readUInt8(1);
    const answered = await new Promise<Buffer | null>(resolve => {
      const timer = setTimeout(() => resolve(null), waitMs);
      this.waiting.set(id, answer => {
        clearTimeout(timer);
        resolve(answer);
      });
      this.socket.send(bytes, this.to.port, '127.0.0.1');
    });
    this.waiting.delete(id);
    if (answered === null) return false;
    const packet = readPacket(answered);
    const asked = bytes.subarray(4, 20);
    return (
      !('fault' in packet) &&
      packet.code === CODES.accountingResponse &&
      isResponseTo(packet, asked, this.secret) &&
      messageAuthenticatorOf(packet, asked, this.secret) !== 'bad'
    );
  }

  close(): void {
    this.socket.close();
    this.taking.close();
  }

  private take(bytes: Buffer, from: { port: number; address: string }): void {
    const packet = readPacket(bytes);
    if ('fault' in packet || !isRequestOf(packet, this.secret)) return;
    if (packet.code !== CODES.disconnectRequest && packet.code !== CODES.coaRequest) return;
    if (messageAuthenticatorOf(packet, ZERO_AUTHENTICATOR, this.secret) !== 'good') return;
    const session = firstOf(packet, 44)?.toString() ?? '';
    const disconnected = { atMs: performance.timeOrigin + performance.now(), packet, session };
    const isChange = packet.code === CODES.coaRequest;
    if (isChange) this.changes.push(disconnected);
    else {
      this.disconnects.push(disconnected);
      this.onDisconnect?.(disconnected);
    }
    const manner = isChange ? (this.changeManners.get(session) ?? 'ack') : this.manner;
    if (manner === 'silent') return;
    const attributes = manner === 'ack' ? [] : [numberAttribute(101, manner.nak)];
    // RFC 5176 §2.3: the codes of ACK and NAK follow the request's.
    const answer = signedResponse(packet.code + (manner === 'ack' ? 1 : 2), packet, attributes, this.secret);
    this.taking.send(answer, from.port, from.address);
  }
}
