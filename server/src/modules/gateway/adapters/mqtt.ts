import type { TLSSocket } from 'node:tls';
import type { PublishPacket } from 'aedes';
import type { EndedCredential } from '../../../spine/credentials.ts';
import type { Gate, Origin } from '../gate.ts';
import type { Session } from '../sessions.ts';
import { originOf } from './origin.ts';
import { PartyBroker, type TakenHow } from './party-broker.ts';

/** MQTT 3.1.1 for devices: one broker for each party, behind one port. */
export class MqttDoor {
  private readonly brokers = new Map<number, Promise<PartyBroker>>();
  private readonly origins = new WeakMap<Session, Origin>();
  private readonly gate: Gate;

  constructor(gate: Gate) {
    this.gate = gate;
  }

  /** Looks at the certificate of a connection before anything it sends is read. */
  async accept(socket: TLSSocket): Promise<void> {
    const origin = originOf(socket, 'mqtt');
    let recheck = (): void => {};
    const made = { close: () => socket.destroy(), rightsChanged: () => recheck() };
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
    recheck = broker.handle(socket, session);
  }

  /** Takes away what is kept of a device; answers how many messages that were. */
  async withdraw({ partyId, reference }: EndedCredential): Promise<number> {
    const broker = await this.brokers.get(partyId);
    return broker === undefined ? 0 : (await broker.withdraw(reference)).length;
  }

  async close(): Promise<void> {
    for (const broker of this.brokers.values()) await (await broker).close();
  }

  private brokerOf(partyId: number): Promise<PartyBroker> {
    const known = this.brokers.get(partyId);
    if (known !== undefined) return known;
    const { gate } = this;
    const made = PartyBroker.open({
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
    return made;
  }

  private async take(session: Session, packet: PublishPacket, how: TakenHow): Promise<void> {
    const { isWill, isSessionKept } = how;
    const { topic, qos, dup: isAgain = false, messageId } = packet;
    const payload = Buffer.from(packet.payload);
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
