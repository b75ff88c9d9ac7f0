import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Broker, BrokerDoors, Held } from '../../../server/src/modules/gateway/adapters/broker.ts';
import { DeviceRights } from '../../../server/src/modules/gateway/rights/rights.ts';
import type { Session } from '../../../server/src/modules/gateway/sessions.ts';

/** The one filter that nobody may subscribe to: suites ask for such a one. */
const REFUSED = 'test/nosubscribe';

class OpenRights extends DeviceRights {
  constructor(reference: string) {
    super(reference, { publish: ['#'], subscribe: ['#'] });
  }
  override maySubscribe(filter: string): boolean {
    return filter !== REFUSED && super.maySubscribe(filter);
  }
}

export interface OpenPort {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * A broker of ours on plain TCP, where every client is the device it says it is and may everything: suites have clients of
 * their own names and no certificates. What speaks MQTT behind it is the gateway's own.
 */
export async function openPort(open: (doors: BrokerDoors) => Promise<Broker>): Promise<OpenPort> {
  const broker = await open({
    take: async () => {},
    ...{ refused: () => {}, connected: () => {}, left: () => {}, leftOut: () => {} },
    mayStillPublish: () => true,
  });
  const sockets = new Set<Socket>();
  const server = createServer(socket => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    const first = (): void => {
      const part = socket.read() as Buffer | null;
      if (part === null) return;
      socket.off('readable', first);
      socket.unshift(part);
      const held: Held = broker.handle(
        socket as TLSSocket,
        sessionOf(clientIdIn(part), () => held.end()),
      );
    };
    socket.on('readable', first);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      await broker.close();
      for (const socket of sockets) socket.destroy();
      await new Promise<void>(resolve => server.close(() => resolve()));
    },
  };
}

function sessionOf(reference: string, close: () => void): Session {
  const credential = {
    ...{ credentialId: 1, partyId: 1, subjectId: 1, reference, claim: `device:${reference}` },
    ...{ notAfterMs: Number.MAX_SAFE_INTEGER, issuerId: 1, changeNo: 1 },
  };
  return { credential, rights: new OpenRights(reference), ended: null, close, rightsChanged: () => {} };
}

/** The client id in a CONNECT (MQTT 3.1.1 §3.1, MQTT 5 §3.1): after the fixed header, ten octets and, from 5 on, properties. */
function clientIdIn(packet: Buffer): string {
  let at = 1;
  while ((packet[at] ?? 0) >= 128) at += 1;
  at += 1;
  const nameLength = packet.length >= at + 2 ? packet.readUInt16BE(at) : 0;
  at += 2 + nameLength;
  const version = packet[at] ?? 0;
  at += 4;
  if (version === 5) {
    const [length, octets] = variable(packet, at);
    at += octets + length;
  }
  if (packet.length < at + 2) return '';
  const length = packet.readUInt16BE(at);
  return packet.toString('utf8', at + 2, at + 2 + length);
}

function variable(packet: Buffer, from: number): [value: number, octets: number] {
  let value = 0;
  for (let i = 0; i < 4; i += 1) {
    const octet = packet[from + i] ?? 0;
    value += (octet & 127) << (7 * i);
    if (octet < 128) return [value, i + 1];
  }
  return [0, 4];
}
