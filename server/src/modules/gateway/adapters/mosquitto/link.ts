import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { generate, type IConnectPacket, type Packet, parser } from 'mqtt-packet';

/** Where Mosquitto listens for gateways, and what it knows them by. */
export interface MosquittoPlace {
  readonly host: string;
  readonly port: number;
  readonly password: Buffer;
}

/** The user of dynamic security as which every gateway comes. */
export const GATEWAY_USER = 'gateway';

const VERSION = { protocolVersion: 5 } as const;

/** Packets of MQTT 5 on a stream. Whatever is no packet ends it. */
export class PacketLink {
  private readonly stream: Duplex;

  /** With `isFirst` the stream begins with a packet that says which protocol it is (MQTT 5 §3.1.2.2). */
  constructor(stream: Duplex, isFirst: boolean, hear: (packet: Packet) => void) {
    this.stream = stream;
    const reader = parser(isFirst ? {} : VERSION);
    reader.on('packet', hear);
    reader.on('error', () => stream.destroy());
    stream.on('error', () => {});
    stream.on('data', (part: Buffer) => {
      try {
        reader.parse(part);
      } catch {
        stream.destroy();
      }
    });
  }

  send(packet: Packet): void {
    if (this.stream.writable) this.stream.write(generate(packet, VERSION));
  }

  /** Says a last thing and is gone soon after, whether that was read or not. */
  end(packet?: Packet): void {
    if (packet !== undefined) this.send(packet);
    this.stream.end();
    setTimeout(() => this.stream.destroy(), LAST_WORD_MS).unref();
  }

  destroy(): void {
    this.stream.destroy();
  }
}

const LAST_WORD_MS = 200;

/** A connection to Mosquitto as a client of that name; the packet that opens it is sent. */
export function openLink(
  { host, port, password }: MosquittoPlace,
  asked: Omit<IConnectPacket, 'cmd' | 'username' | 'password'>,
  hear: (packet: Packet) => void,
  gone: () => void,
): PacketLink {
  const socket: Socket = connect({ host, port, noDelay: true });
  const link = new PacketLink(socket, false, hear);
  socket.once('close', gone);
  link.send({
    ...asked,
    ...{ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 5, username: GATEWAY_USER, password },
  });
  return link;
}
