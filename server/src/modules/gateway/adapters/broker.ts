import type { TLSSocket } from 'node:tls';
import type { Withheld } from '../ended/withheld.ts';
import type { Session } from '../sessions.ts';

/** A message as a broker hands it over before it goes on with it. */
export interface TakenPacket {
  readonly topic: string;
  readonly payload: string | Uint8Array;
  readonly qos: number;
  /** The client says that it sends it again. */
  readonly dup?: boolean;
  readonly messageId?: number;
}

export interface TakenHow {
  readonly isWill: boolean;
  /** The client asked to go on with the session it had. */
  readonly isSessionKept: boolean;
}

/** What a broker asks of the gateway. */
export interface BrokerDoors {
  /** Resolves when the message is durable; throws when it cannot be. */
  take(session: Session, packet: TakenPacket, how: TakenHow): Promise<void>;
  /** Something a device may not do was refused. */
  refused(session: Session, what: 'publish' | 'subscribe' | 'client-id' | 'will', topic: string): void;
  connected(session: Session): void;
  left(session: Session, reason: string): void;
  /** Whether the device of that reference may publish to the topic now; false too for one that is unknown or ended. */
  mayStillPublish(reference: string, topic: string): boolean;
  leftOut(): void;
}

/** A connection that a broker speaks on. */
export interface Held {
  /** Called after the rights of the session changed. */
  recheck(): void;
  /** Ends it at once; nothing more is read. */
  end(): void;
}

/** The port of a broker: what speaks MQTT for the devices of one party, whose certificates were looked at. */
export interface Broker {
  handle(conn: TLSSocket, session: Session): Held;
  /** Takes away what is kept of a device; answers what that was. */
  withdraw(reference: string): Promise<readonly Withheld[]>;
  close(): Promise<void>;
}
