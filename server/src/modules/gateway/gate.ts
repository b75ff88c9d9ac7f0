import { randomUUID } from 'node:crypto';
import type { Logger } from '../../kernel/log.ts';
import type { Clock } from '../../kernel/time.ts';
import type { Credential, EndedCredential } from '../../spine/credentials.ts';
import type { LiveDoors } from '../../spine/live-part.ts';
import { EventBudget } from './observed/budget.ts';
import { Deliveries, type Sent } from './observed/deliveries.ts';
import { type ConnectionEvent, type Message, Recorder, type Whose } from './observed/record.ts';
import { type Admitted, type Session, Sessions } from './sessions.ts';

/** Where a connection comes from, as events tell it. */
export type Origin = Pick<ConnectionEvent, 'transport' | 'tls' | 'address'>;

/** Connections that one certificate may hold at once. */
export const MOST_OF_ONE = 4;

export type Let = { readonly session: Session } | { readonly refused: string };

/** What is common to every path by which devices come in: who is let in, what is taken of them, what is told of it. */
export class Gate {
  readonly counts = { admitted: 0, refused: 0, taken: 0, withheld: 0, untold: 0, leftOut: 0 };
  readonly sessions: Sessions;
  private readonly recorder: Recorder;
  private readonly deliveries = new Deliveries();
  private readonly budget = new EventBudget();
  /** Devices of parties that hold no certificate any more: nothing they left is delivered. */
  private readonly gone = new Set<string>();
  private readonly clock: Clock;
  private readonly log: Logger;

  constructor(
    doors: LiveDoors & Required<Pick<LiveDoors, 'credentials'>>,
    withdraw: (ended: EndedCredential) => Promise<number>,
  ) {
    const { database, clock, log, intake, credentials } = doors;
    [this.clock, this.log] = [clock, log];
    this.recorder = new Recorder(intake, log);
    if (credentials === undefined) throw new Error('no register of certificates');
    const withdrawn = (ended: EndedCredential): void => {
      this.gone.add(`${ended.partyId} ${ended.reference}`);
      void withdraw(ended).then(
        count => {
          this.counts.withheld += count;
          if (count > 0) this.tell(ended, { ...NOWHERE, event: 'withheld', reason: ended.fault });
        },
        cause => log.error({ err: cause }, 'what is kept of a device could not be withheld'),
      );
    };
    this.sessions = new Sessions({ database, clock, credentials, withdrawn });
  }

  /** Lets the holder of a certificate in, or tells why not, by the register as it is now. */
  async admit(
    certificate: Uint8Array | undefined,
    origin: Origin,
    made: Pick<Session, 'close' | 'rightsChanged'>,
  ): Promise<Let> {
    const admitted: Admitted =
      certificate === undefined
        ? { fault: 'unknown', of: null }
        : await this.sessions.admit(certificate, made);
    if ('fault' in admitted) return this.refuse(admitted.of, admitted.fault, origin);
    const { session } = admitted;
    const { credential } = session;
    if (this.sessions.sessionsOf(credential.credentialId) > MOST_OF_ONE) {
      this.sessions.leave(session);
      return this.refuse(credential, 'too-many-connections', origin);
    }
    this.gone.delete(`${credential.partyId} ${credential.reference}`);
    this.counts.admitted += 1;
    return { session };
  }

  private refuse(of: Credential | null, reason: string, origin: Origin): Let {
    this.counts.refused += 1;
    if (of !== null) this.tell(of, { ...origin, event: 'refused', reason });
    return { refused: reason };
  }

  /** Resolves when the message is durable. */
  async take(session: Session, message: Omit<Message, 'name'> & { readonly name?: string }): Promise<void> {
    await this.recorder.message(session.credential, { ...message, name: message.name ?? randomUUID() });
    this.counts.taken += 1;
  }

  /** As `take`, for a message by MQTT that may be sent again, and is then the same. */
  async takeOnce(session: Session, message: Omit<Message, 'name'>, sent: Sent): Promise<void> {
    const { partyId, reference } = session.credential;
    const device = `${partyId} ${reference}`;
    const name = this.deliveries.nameOf(device, sent);
    await this.take(session, { ...message, name });
    this.deliveries.stored(device, sent.messageId, name);
  }

  /** Puts an event on the corridor; one that cannot be is counted, and nobody waits for it. */
  tell(of: Whose, event: ConnectionEvent): void {
    if (!this.budget.take(of.credentialId, this.clock.now())) return;
    this.recorder.connection(of, event).catch(cause => {
      this.counts.untold += 1;
      if (this.counts.untold % 1_000 === 1)
        this.log.warn({ err: cause }, 'an event of a connection could not be told');
    });
  }

  mayStillPublish(partyId: number, reference: string, topic: string): boolean {
    if (this.gone.has(`${partyId} ${reference}`)) return false;
    return this.sessions.rightsNow(partyId, reference).mayPublish(topic);
  }
}

const NOWHERE = { transport: 'tls', tls: '', address: '' } as const;
