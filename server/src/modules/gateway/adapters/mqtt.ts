import type { TLSSocket } from 'node:tls';
import type { EndedCredential } from '../../../spine/credentials.ts';
import type { Withheld } from '../ended/withheld.ts';
import type { Gate, Origin } from '../gate.ts';
import type { Session } from '../sessions.ts';
import type { Broker, BrokerDoors, Held, TakenHow, TakenPacket } from './broker.ts';
import { originOf } from './origin.ts';

export type OpenBroker = (partyId: number, doors: BrokerDoors) => Promise<Broker>;

/** MQTT for devices: one broker for each party, behind one port. */
export class MqttDoor {
  private readonly brokers = new Map<number, Promise<Broker>>();
  private readonly origins = new WeakMap<Session, Origin>();
  private readonly gate: Gate;
  private readonly open: OpenBroker;
  private readonly outlives: boolean;

  /** What brokers keep ends with the process unless it `outlives` it: then it may be there before anybody came. */
  constructor(gate: Gate, open: OpenBroker, outlives: boolean) {
    [this.gate, this.open, this.outlives] = [gate, open, outlives];
  }

  /** Looks at the certificate of a connection before anything it sends is read. */
  async accept(socket: TLSSocket): Promise<void> {
    const origin = originOf(socket, 'mqtt');
    let held: Held = { recheck: () => {}, end: () => socket.destroy() };
    const made = { close: () => held.end(), rightsChanged: () => held.recheck() };
    const let_ = await this.gate.admit(socket.getPeerX509Certificate()?.raw, origin, made);
    if ('refused' in let_) {
      socket.destroy();
      return;
    }
    const { session } = let_;
    this.origins.set(session, origin);
    socket.once('close', () => this.gate.sessions.leave(session));
    const broker = await this.brokerOf(session.credential.partyId);
    if (socket.destroyed || session.ended !== null) {
      this.gate.sessions.leave(session);
      socket.destroy();
      return;
    }
    held = broker.handle(socket, session);
  }

  /** Takes away what is kept of a device; answers what that was. */
  async withdraw({ partyId, reference }: EndedCredential): Promise<readonly Withheld[]> {
    const broker = await (this.outlives ? this.brokerOf(partyId) : this.brokers.get(partyId));
    return broker === undefined ? [] : await broker.withdraw(reference);
  }

  async close(): Promise<void> {
    for (const broker of this.brokers.values()) await (await broker).close();
  }

  private brokerOf(partyId: number): Promise<Broker> {
    const known = this.brokers.get(partyId);
    if (known !== undefined) return known;
    const { gate } = this;
    const made = this.open(partyId, {
      take: (session, packet, how) => this.take(session, packet, how),
      refused: (session, what, topic) =>
        this.tell(session, { event: 'refused', reason: what, topic: topic.slice(0, 256) }),
      connected: session => this.tell(session, { event: 'connected', reason: '' }),
      left: (session, reason) => this.tell(session, { event: 'ended', reason }),
      mayStillPublish: (reference, topic) => gate.mayStillPublish(partyId, reference, topic),
      leftOut: () => {
        gate.counts.leftOut += 1;
      },
    });
    this.brokers.set(partyId, made);
    made.catch(() => this.brokers.delete(partyId));
    return made;
  }

  private async take(session: Session, packet: TakenPacket, how: TakenHow): Promise<void> {
    const { isWill, isSessionKept } = how;
    const { topic, qos, dup: isAgain = false, messageId } = packet;
    const payload = Buffer.from(packet.payload as Uint8Array);
    const message = { topic, payload, qos, isWill, transport: 'mqtt' } as const;
    if (qos === 0 || messageId === undefined || isWill) return await this.gate.take(session, message);
    await this.gate.takeOnce(session, message, { messageId, isAgain, isSessionKept, topic, payload });
  }

  private tell(
    session: Session,
    event: { event: 'connected' | 'ended' | 'refused'; reason: string; topic?: string },
  ): void {
    const origin = this.origins.get(session);
    if (origin !== undefined) this.gate.tell(session.credential, { ...origin, ...event });
  }
}
