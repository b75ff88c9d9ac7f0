import type { TLSSocket } from 'node:tls';
import type { IConnectPacket, IPublishPacket, ISubackPacket, ISubscribePacket, Packet } from 'mqtt-packet';
import type { Session } from '../../sessions.ts';
import type { BrokerDoors, Held, TakenPacket } from '../broker.ts';
import { PacketBound } from '../packet-bound.ts';
import { type MosquittoPlace, openLink, PacketLink } from './link.ts';
import { type PartyNames, stamped, unstamped } from './names.ts';

/** Reason codes of MQTT 5 §2.4. */
const CODE = {
  aliasInvalid: 0x94,
  badMethod: 0x8c,
  clientIdRefused: 0x85,
  noMatch: 0x10,
  protocolError: 0x82,
  tooMany: 0x93,
  notAuthorized: 0x87,
  administrative: 0x98,
  unavailable: 0x88,
  withWill: 0x04,
} as const;

/** Packets of a device that wait for the commit of a message before them; then nothing more is read. */
const MOST_WAITING = 64;
const CONNECT_MS = 10_000;

/**
 * One device that speaks MQTT 5, between its connection and one of its own to Mosquitto. What may pass is asked of the
 * gateway's rights here, packet by packet, as with the broker in the process: client id and will when it connects, each
 * publish and filter, each delivery. A publish goes on to Mosquitto after its commit, in the order it came, so Mosquitto's
 * acknowledgement follows the commit (E-01). Topics and names get the party's in front (I-38).
 */
export class Relay implements Held {
  private readonly device: PacketLink;
  private mosquitto: PacketLink | null = null;
  private will: TakenPacket | null = null;
  private isSessionKept = false;
  /** What came is passed on one after the other; a failed commit ends everything after it. */
  private order: Promise<void> = Promise.resolve();
  private waiting = 0;
  private readonly aliases = new Map<number, string>();
  /** How many of them Mosquitto told the device it may use. */
  private mostAliases = 0;
  /** Messages of the device that are not acknowledged yet, and how many it may have (MQTT 5 §3.3.4). */
  private readonly unfinished = new Set<number>();
  private mostUnfinished = 65_535;
  /** For subscriptions under way of which filters were refused: the code of each, null for those that went on. */
  private readonly partly = new Map<number, readonly (number | null)[]>();
  private readonly place: MosquittoPlace;
  private readonly names: PartyNames;
  private readonly doors: BrokerDoors;
  private readonly conn: TLSSocket;
  private readonly session: Session;

  constructor(
    place: MosquittoPlace,
    names: PartyNames,
    doors: BrokerDoors,
    conn: TLSSocket,
    session: Session,
  ) {
    [this.place, this.names, this.doors, this.conn, this.session] = [place, names, doors, conn, session];
    const bound = new PacketBound();
    conn.on('data', part => {
      if (!bound.isWithin(part)) conn.destroy();
    });
    this.device = new PacketLink(conn, true, packet => {
      if (session.ended === null && !conn.destroyed) this.fromDevice(packet);
    });
    const late = setTimeout(() => {
      if (this.mosquitto === null) conn.destroy();
    }, CONNECT_MS);
    conn.once('close', () => {
      clearTimeout(late);
      void this.deviceGone();
    });
  }

  recheck(): void {
    // Nothing is remembered of rights: each packet is asked about when it comes by.
  }

  end(): void {
    this.device.end({ cmd: 'disconnect', reasonCode: CODE.administrative });
  }

  private fromDevice(packet: Packet) {
    if (this.mosquitto === null) {
      if (packet.cmd === 'connect') this.connect(packet);
      else this.conn.destroy();
      return;
    }
    switch (packet.cmd) {
      case 'publish':
        return this.publish(packet);
      case 'subscribe':
        return this.subscribe(packet);
      case 'unsubscribe':
        return this.pass({
          ...packet,
          unsubscriptions: packet.unsubscriptions.map(each => this.names.within(each)),
        });
      case 'disconnect':
        if (packet.reasonCode !== CODE.withWill) this.will = null;
        return this.pass(packet);
      case 'puback':
      case 'pubrec':
      case 'pubrel':
      case 'pubcomp':
      case 'pingreq':
        return this.pass(packet);
      default:
        this.conn.destroy();
    }
  }

  private connect(packet: IConnectPacket) {
    const { reference } = this.session.credential;
    const { properties, will } = packet;
    // To MQTT 3.1.1 the answer is its own: version not accepted (§3.2.2.3).
    if (packet.protocolVersion !== 5) return void this.conn.end(Buffer.from([0x20, 2, 0, 1]));
    if (properties?.authenticationMethod !== undefined) return this.refuse(CODE.badMethod);
    if (packet.clientId !== reference) {
      this.doors.refused(this.session, 'client-id', packet.clientId.slice(0, 100));
      return this.refuse(CODE.clientIdRefused);
    }
    if (will !== undefined && !this.session.rights.mayPublish(will.topic)) {
      this.doors.refused(this.session, 'will', will.topic);
      return this.refuse(CODE.notAuthorized);
    }
    this.isSessionKept = packet.clean !== true;
    if (will !== undefined) this.will = { topic: will.topic, payload: will.payload, qos: will.qos ?? 0 };
    const { protocolId: _, username: __, password: ___, cmd: ____, ...asked } = packet;
    this.mosquitto = openLink(
      this.place,
      {
        ...asked,
        clientId: this.names.client(reference),
        ...(will === undefined
          ? {}
          : {
              will: {
                ...will,
                topic: this.names.within(will.topic),
                properties: stamped(will.properties, this.names, reference),
              },
            }),
      },
      heard => this.fromMosquitto(heard),
      () => this.mosquittoGone(),
    );
  }

  private refuse(reasonCode: number): void {
    this.device.end({ cmd: 'connack', reasonCode, sessionPresent: false });
  }

  private publish(packet: IPublishPacket) {
    const { topicAlias, ...properties } = packet.properties ?? {};
    if (topicAlias !== undefined && (topicAlias < 1 || topicAlias > this.mostAliases))
      return this.device.end({ cmd: 'disconnect', reasonCode: CODE.aliasInvalid });
    if (packet.qos > 0) this.unfinished.add(packet.messageId ?? 0);
    if (this.unfinished.size > this.mostUnfinished)
      return this.device.end({ cmd: 'disconnect', reasonCode: CODE.tooMany });
    const topic = this.topicOf(packet.topic, topicAlias);
    if (topic === null || !this.session.rights.mayPublish(topic)) {
      if (topic === null) return this.device.end({ cmd: 'disconnect', reasonCode: CODE.protocolError });
      this.doors.refused(this.session, 'publish', topic);
      return this.device.end({ cmd: 'disconnect', reasonCode: CODE.notAuthorized });
    }
    const taken = this.doors.take(this.session, { ...packet, topic }, this.how(false));
    const { reference } = this.session.credential;
    this.pass(
      {
        ...packet,
        topic: this.names.within(topic),
        properties: stamped(properties, this.names, reference),
      },
      taken,
    );
  }

  /** MQTT 5 §3.3.2.3.4: a number stands for a topic once both were sent together. */
  private topicOf(topic: string, alias: number | undefined): string | null {
    if (alias === undefined) return topic;
    if (topic !== '') this.aliases.set(alias, topic);
    return this.aliases.get(alias) ?? null;
  }

  private how(isWill: boolean) {
    return { isWill, isSessionKept: this.isSessionKept };
  }

  private subscribe(packet: ISubscribePacket) {
    const { subscriptions, messageId = 0 } = packet;
    const codes = subscriptions.map(({ topic }) => {
      if (this.session.rights.maySubscribe(topic)) return null;
      this.doors.refused(this.session, 'subscribe', topic);
      return CODE.notAuthorized;
    });
    const allowed = subscriptions.filter((_, i) => codes[i] === null);
    if (allowed.length === 0)
      return this.device.send({ cmd: 'suback', messageId, granted: codes as number[] });
    if (allowed.length < subscriptions.length) this.partly.set(messageId, codes);
    this.pass({
      ...packet,
      subscriptions: allowed.map(each => ({ ...each, topic: this.names.within(each.topic) })),
    });
  }

  /** Passes a packet on to Mosquitto after those before it, and after what it waits for itself. */
  private pass(packet: Packet, after?: Promise<void>): void {
    after?.catch(() => {});
    this.waiting += 1;
    if (this.waiting >= MOST_WAITING) this.conn.pause();
    this.order = this.order.then(async () => {
      await after;
      // It may have been ended while its message was written: then nobody hears of it (I-01).
      if (this.session.ended !== null) throw new Error('no session');
      this.mosquitto?.send(packet);
      this.waiting -= 1;
      if (this.waiting < MOST_WAITING) this.conn.resume();
    });
    this.order.catch(() => this.conn.destroy());
  }

  private fromMosquitto(packet: Packet) {
    if (this.session.ended !== null) return;
    switch (packet.cmd) {
      case 'connack':
        this.mostAliases = packet.properties?.topicAliasMaximum ?? 0;
        this.mostUnfinished = packet.properties?.receiveMaximum ?? 65_535;
        if (packet.reasonCode === 0) this.doors.connected(this.session);
        return this.device.send({
          ...packet,
          properties: { ...packet.properties, sharedSubscriptionAvailable: false },
        });
      case 'publish':
        return this.deliver(packet);
      case 'suback':
        return this.device.send(this.whole(packet));
      case 'puback':
      case 'pubcomp':
        this.unfinished.delete(packet.messageId ?? 0);
        return this.device.send(packet);
      case 'pubrec':
        if ((packet.reasonCode ?? 0) >= 0x80) this.unfinished.delete(packet.messageId ?? 0);
        return this.device.send(packet);
      default:
        this.device.send(packet);
    }
  }

  /** What waited or was kept is asked about again: of the reader and of who sent it (I-18). */
  private deliver(packet: IPublishPacket) {
    const topic = this.names.without(packet.topic);
    const { sender, properties } = unstamped(packet.properties, this.names);
    const may =
      topic !== null &&
      this.session.rights.mayReceive(topic) &&
      sender !== null &&
      this.doors.mayStillPublish(sender, topic);
    if (may) return this.device.send({ ...packet, topic, properties });
    const { messageId = 0, qos } = packet;
    if (qos === 1) this.mosquitto?.send({ cmd: 'puback', messageId, reasonCode: CODE.noMatch });
    if (qos === 2) this.mosquitto?.send({ cmd: 'pubrec', messageId, reasonCode: CODE.notAuthorized });
  }

  private whole(packet: ISubackPacket): ISubackPacket {
    const { messageId = 0 } = packet;
    const codes = this.partly.get(messageId);
    if (codes === undefined) return packet;
    this.partly.delete(messageId);
    const granted = [...(packet.granted as number[])];
    return { ...packet, granted: codes.map(code => code ?? granted.shift() ?? CODE.notAuthorized) };
  }

  private mosquittoGone(): void {
    if (!this.conn.destroyed) this.device.end({ cmd: 'disconnect', reasonCode: CODE.unavailable });
  }

  /** The will is durable before it is told; one that may not be told any more is dropped, and so is that of who was ended. */
  private async deviceGone(): Promise<void> {
    const { session, will, mosquitto } = this;
    if (mosquitto === null) return;
    this.doors.left(session, session.ended ?? 'closed');
    await this.order.catch(() => {});
    if (will === null) return mosquitto.end();
    const isTold = session.ended === null && session.rights.mayPublish(will.topic);
    const taken = isTold
      ? this.doors.take(session, will, this.how(true))
      : Promise.reject(new Error('no will'));
    await taken.then(
      () => mosquitto.destroy(),
      () => mosquitto.end({ cmd: 'disconnect', reasonCode: 0 }),
    );
  }
}
