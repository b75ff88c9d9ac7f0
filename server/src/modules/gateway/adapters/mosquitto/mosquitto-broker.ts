import { randomUUID } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { IPublishPacket } from 'mqtt-packet';
import type { Withheld } from '../../ended/withheld.ts';
import type { Session } from '../../sessions.ts';
import type { Broker, BrokerDoors, Held } from '../broker.ts';
import { runErrand } from './errand.ts';
import type { MosquittoPlace } from './link.ts';
import { PartyNames, unstamped } from './names.ts';
import { Relay } from './relay.ts';

/**
 * MQTT 5 by a Mosquitto that several gateways share: sessions, what waits and what is kept are its, and outlive a gateway;
 * who comes in, what passes and when it ends is decided here (0017). Dynamic security there lets in nobody but gateways.
 */
export class MosquittoBroker implements Broker {
  private readonly relays = new Set<Relay>();
  private readonly place: MosquittoPlace;
  private readonly names: PartyNames;
  private readonly doors: BrokerDoors;

  constructor(place: MosquittoPlace, partyId: number, doors: BrokerDoors) {
    this.place = place;
    this.names = new PartyNames(partyId);
    this.doors = doors;
  }

  handle(conn: TLSSocket, session: Session): Held {
    const relay = new Relay(this.place, this.names, this.doors, conn, session);
    this.relays.add(relay);
    conn.once('close', () => this.relays.delete(relay));
    return relay;
  }

  /**
   * Ends the session of a device at Mosquitto, with what waits in it, and takes away what it keeps at topics. Several
   * gateways may do it at once: each tells what it got.
   */
  async withdraw(reference: string): Promise<readonly Withheld[]> {
    const { place, names } = this;
    const withheld: Withheld[] = [];
    await runErrand(place, {
      ...{ clientId: names.client(reference), clean: false, first: [] },
      message: packet => withheld.push(...this.withheldAs('waiting', packet)),
    });
    await runErrand(place, {
      clientId: `gateway.${randomUUID()}`,
      clean: true,
      first: [
        { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: names.within('#'), qos: 0, rap: true }] },
      ],
      message: (packet, send) => {
        const [kept] = packet.retain ? this.withheldAs('kept', packet) : [];
        if (kept?.sender !== reference) return;
        withheld.push(kept);
        send({ cmd: 'publish', topic: packet.topic, payload: '', qos: 0, dup: false, retain: true });
      },
    });
    return withheld;
  }

  async close(): Promise<void> {
    for (const relay of this.relays) relay.end();
  }

  private withheldAs(what: Withheld['what'], packet: IPublishPacket): Withheld[] {
    const topic = this.names.without(packet.topic);
    if (topic === null) return [];
    const { sender } = unstamped(packet.properties, this.names);
    return [{ what, topic, qos: packet.qos, sender, payload: Buffer.from(packet.payload as Uint8Array) }];
  }
}
