import type { TLSSocket } from 'node:tls';
import { Aedes, type Client, type PublishPacket, type Subscription } from 'aedes';
import type { Withheld } from '../ended/withheld.ts';
import type { Session } from '../sessions.ts';
import { type BrokerStore, boundedStore, type KeptPacket, MOST_RETAINED } from './bounded-store.ts';
import type { Broker, BrokerDoors, Held } from './broker.ts';
import { PacketBound } from './packet-bound.ts';

type Conn = TLSSocket & { client?: Client };
type Known = Client & { readonly _will?: PublishPacket | null; will?: PublishPacket | null };

/**
 * One broker for one party: names of clients, subscriptions, what is kept and what waits of two parties have no place in
 * which they could meet (I-38). The client's name is its certificate's (I-16); topics and wills are allowed one by one
 * (I-18), at publish, subscribe, delivery, of what is kept and what waits; PUBACK follows the commit (E-01), because the
 * broker asks before it acknowledges.
 */
export class PartyBroker implements Broker {
  private readonly sessions = new WeakMap<Client, Session>();
  /** Who keeps a message at a topic. */
  private readonly keepers = new Map<string, string>();
  private readonly store: BrokerStore;
  private readonly broker: Aedes;
  private readonly doors: BrokerDoors;

  private constructor(doors: BrokerDoors) {
    this.doors = doors;
    this.store = boundedStore(() => doors.leftOut());
    this.broker = new Aedes({
      persistence: this.store,
      connectTimeout: 10_000,
      drainTimeout: 20_000,
      maxInflightInbound: 20,
      maxTopicLevels: 16,
      preConnect: (client, packet, done) => done(null, this.isExpected(client as Known, packet)),
      authenticate: (client, _username, _password, done) => {
        if (this.mayConnect(client as Known)) done(null, true);
        else done(Object.assign(new Error('not authorized'), { returnCode: this.codeFor(client) }), false);
      },
      authorizePublish: (client, packet, done) =>
        void this.take(client, packet).then(
          () => done(null),
          cause => done(cause as Error),
        ),
      authorizeSubscribe: (client, sub, done) => done(null, this.maySubscribe(client, sub) ? sub : null),
      authorizeForward: (client, packet) => (this.mayReceive(client, packet) ? packet : null),
    });
    this.broker.on('clientReady', client => this.with(client, session => doors.connected(session)));
    this.broker.on('clientDisconnect', client =>
      this.with(client, session => doors.left(session, session.ended ?? 'closed')),
    );
    // Faults of single clients end their connections; nobody else is to hear of them.
    for (const event of ['clientError', 'connectionError'] as const) this.broker.on(event, () => {});
  }

  static async open(doors: BrokerDoors): Promise<PartyBroker> {
    const made = new PartyBroker(doors);
    await made.broker.listen();
    return made;
  }

  /** Speaks MQTT with the holder of a session on a connection whose certificate was looked at. */
  handle(conn: TLSSocket, session: Session): Held {
    const bound = new PacketBound();
    const read = conn.read.bind(conn);
    // The broker reads by this alone. What is too long never reaches its reader, which would gather it.
    conn.read = (size?: number) => {
      const part = read(size) as Buffer | null;
      if (part === null || bound.isWithin(part)) return part;
      conn.destroy(new Error('packet too long'));
      return null;
    };
    const client = this.broker.handle(conn as Conn);
    this.sessions.set(client, session);
    return { recheck: () => this.recheck(client, session), end: () => conn.destroy() };
  }

  /** Ends subscriptions that are no longer allowed; what is delivered is asked for one by one in any case. */
  private recheck(client: Client, session: Session): void {
    const filters = Object.keys((client as unknown as { subscriptions: object }).subscriptions);
    const lost = filters.filter(filter => !session.rights.maySubscribe(filter));
    if (lost.length > 0 && !client.closed) client.unsubscribe({ unsubscriptions: lost } as never, () => {});
  }

  /**
   * Takes away what is kept of a device: its will, its subscriptions, what waits for it, what it keeps at topics. Answers
   * what was withheld.
   */
  async withdraw(reference: string): Promise<readonly Withheld[]> {
    const withheld: Withheld[] = [];
    const client = { id: reference };
    const will = await this.store.delWill(client);
    if (will !== undefined) withheld.push(withheldAs('will', will, reference));
    await this.store.cleanSubscriptions(client);
    await this.store.cleanIncoming(client);
    for await (const packet of this.store.outgoingStream(client)) {
      await this.store.outgoingClearMessageId(client, packet);
      withheld.push(withheldAs('waiting', packet, packet.clientId ?? null));
    }
    for (const [topic, keeper] of [...this.keepers]) {
      if (keeper !== reference) continue;
      this.keepers.delete(topic);
      for await (const packet of this.store.createRetainedStream(topic))
        withheld.push(withheldAs('kept', packet, reference));
      await this.store.storeRetained({ topic, payload: new Uint8Array(), qos: 0 });
    }
    return withheld;
  }

  close(): Promise<void> {
    return new Promise(resolve => this.broker.close(() => resolve()));
  }

  private with(client: Client, act: (session: Session) => void): void {
    const session = this.sessions.get(client);
    if (session !== undefined) act(session);
  }

  private isExpected(client: Known, { will }: { will?: { topic: string } | undefined }): boolean {
    const session = this.sessions.get(client);
    if (session === undefined || session.ended !== null) return false;
    this.wills.set(session, will?.topic ?? null);
    return true;
  }

  private readonly wills = new WeakMap<Session, string | null>();

  /** A client that names itself otherwise than its certificate does never comes near another's session (I-16). */
  private mayConnect(client: Known): boolean {
    const session = this.sessions.get(client);
    if (session === undefined || session.ended !== null) return false;
    if (client.id !== session.credential.reference) {
      this.doors.refused(session, 'client-id', client.id.slice(0, 100));
      return false;
    }
    const will = this.wills.get(session) ?? null;
    if (will === null || session.rights.mayPublish(will)) return true;
    this.doors.refused(session, 'will', will);
    return false;
  }

  /** MQTT 3.1.1 §3.2.2.3: 2 for a name that is not allowed, 5 for what is not. */
  private codeFor(client: Client): number {
    return this.sessions.get(client)?.credential.reference === client.id ? 5 : 2;
  }

  private async take(client: Client | null, packet: PublishPacket): Promise<void> {
    const session = client === null ? undefined : this.sessions.get(client);
    if (session === undefined || session.ended !== null) throw new Error('no session');
    if (!session.rights.mayPublish(packet.topic)) {
      this.doors.refused(session, 'publish', packet.topic);
      throw new Error('publish not allowed');
    }
    const { reference } = session.credential;
    const isRoomy = this.keepers.has(packet.topic) || this.keepers.size < MOST_RETAINED;
    if (packet.retain && !isRoomy) throw new Error('too many kept messages');
    const { will, clean } = client as Known;
    await this.doors.take(session, packet, { isWill: packet === will, isSessionKept: !clean });
    // It may have been ended while its message was written: then nobody hears of it (I-01).
    if (session.ended !== null) throw new Error('no session');
    Object.assign(packet, { clientId: reference });
    if (packet.retain && packet.payload.length > 0) this.keepers.set(packet.topic, reference);
    else if (packet.retain) this.keepers.delete(packet.topic);
  }

  private maySubscribe(client: Client, { topic }: Subscription): boolean {
    const session = this.sessions.get(client);
    if (session === undefined || session.ended !== null) return false;
    const may = session.rights.maySubscribe(topic);
    if (!may) this.doors.refused(session, 'subscribe', topic);
    return may;
  }

  /** What waits or is kept is asked about again: of the reader and of who sent it (I-18). */
  private mayReceive(client: Client, packet: { topic: string; clientId?: string }): boolean {
    const session = this.sessions.get(client);
    if (session === undefined || session.ended !== null) return false;
    if (!session.rights.mayReceive(packet.topic)) return false;
    const sender = packet.clientId ?? this.keepers.get(packet.topic);
    return sender === undefined || this.doors.mayStillPublish(sender, packet.topic);
  }
}

/** A will may be stored as text. */
function withheldAs(what: Withheld['what'], packet: KeptPacket, sender: string | null): Withheld {
  const { topic, qos = 0, payload } = packet;
  return { what, topic, qos, sender, payload: Buffer.from(payload as Uint8Array) };
}
