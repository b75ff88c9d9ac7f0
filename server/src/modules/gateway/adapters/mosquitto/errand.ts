import type { IConnectPacket, IPublishPacket, Packet } from 'mqtt-packet';
import { type MosquittoPlace, openLink, type PacketLink } from './link.ts';

const ERRAND_MS = 10_000;

/** What the gateway itself does at Mosquitto, as a client of some name, until it is through. */
export interface Errand {
  readonly clientId: string;
  readonly clean: boolean;
  /** Said once it is in. */
  readonly first: readonly Packet[];
  /** Each message that comes; it is acknowledged by itself. */
  message(packet: IPublishPacket, send: (packet: Packet) => void): void;
}

/**
 * Goes in, says what is to be said, takes every message that comes and leaves when none came since it last asked. The
 * session ends with it. Rejects when Mosquitto does not answer in time or lets nobody in.
 */
export function runErrand(place: MosquittoPlace, errand: Errand): Promise<void> {
  return new Promise((resolve, reject) => {
    let isThrough = false;
    let hasHeard = false;
    const asked: Omit<IConnectPacket, 'cmd'> = {
      ...{ clientId: errand.clientId, clean: errand.clean, keepalive: 30 },
      properties: { sessionExpiryInterval: 0, receiveMaximum: 1_000 },
    };
    const hear = (packet: Packet) => {
      if (packet.cmd === 'connack') {
        if (packet.reasonCode !== 0) return fail(new Error(`Mosquitto answered ${packet.reasonCode}`));
        for (const each of [...errand.first, PING]) link.send(each);
      } else if (packet.cmd === 'publish') {
        hasHeard = true;
        errand.message(packet, each => link.send(each));
        acknowledge(link, packet);
      } else if (packet.cmd === 'pubrel') link.send({ cmd: 'pubcomp', messageId: packet.messageId ?? 0 });
      else if (packet.cmd === 'pingresp' && hasHeard) {
        hasHeard = false;
        link.send(PING);
      } else if (packet.cmd === 'pingresp') {
        isThrough = true;
        link.end({ cmd: 'disconnect', reasonCode: 0 });
      }
    };
    const link = openLink(place, asked, hear, () => {
      clearTimeout(late);
      if (isThrough) resolve();
      else reject(new Error('Mosquitto ended an errand'));
    });
    const fail = (cause: Error): void => {
      reject(cause);
      link.destroy();
    };
    const late = setTimeout(() => fail(new Error('Mosquitto does not answer')), ERRAND_MS);
  });
}

const PING: Packet = { cmd: 'pingreq' };

function acknowledge(link: PacketLink, { qos, messageId = 0 }: IPublishPacket): void {
  if (qos === 1) link.send({ cmd: 'puback', messageId, reasonCode: 0 });
  if (qos === 2) link.send({ cmd: 'pubrec', messageId, reasonCode: 0 });
}
