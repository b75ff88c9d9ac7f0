import type { TLSSocket } from 'node:tls';
import type { Origin } from '../gate.ts';

export function originOf(socket: TLSSocket, transport: 'mqtt' | 'https'): Origin {
  return { transport, tls: socket.getProtocol() ?? '', address: socket.remoteAddress ?? '' };
}
