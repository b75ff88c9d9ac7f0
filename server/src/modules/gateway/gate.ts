import { randomUUID } from 'node:crypto';
import type { Database } from '../../kernel/database/transaction.ts';
import type { Logger } from '../../kernel/log.ts';
import { type Clock, HOUR_MS } from '../../kernel/time.ts';
import type { Credential, Credentials, EndedCredential } from '../../spine/credentials.ts';
import type { LiveDoors } from '../../spine/live-part.ts';
import { Endings } from './ended/endings.ts';
import type { Withheld } from './ended/withheld.ts';
import { EventBudget } from './observed/budget.ts';
import { Deliveries, type Sent } from './observed/deliveries.ts';
import { type ConnectionEvent, type Message, Recorder, type Whose } from './observed/record.ts';
import { dropOldest } from './oldest.ts';
import { type Admitted, type Closed, type Session, Sessions } from './sessions.ts';

/** Where a connection comes from, as events tell it. */
export type Origin = Pick<ConnectionEvent, 'transport' | 'tls' | 'address'>;

/** Connections that one certificate may hold at once. */
export const MOST_OF_ONE = 4;

/** Certificates of which it is in mind that they were seen in use, and devices that nothing is delivered of any more. */
const MOST_IN_MIND = 100_000;

/** Takes away what is kept of a device, and answers what that was. */
export type Withdraw = (ended: EndedCredential) => Promise<readonly Withheld[]>;

export type Let = { readonly session: Session } | { readonly refused: string };

/** What is common to every path by which devices come in: who is let in, what is taken of them, what is told of it. */
export class Gate {
  readonly counts = { admitted: 0, refused: 0, taken: 0, withheld: 0, untold: 0, leftOut: 0 };
  readonly sessions: Sessions;
  readonly endings: Endings;
  private readonly recorder: Recorder;
  private readonly deliveries = new Deliveries();
  private readonly budget = new EventBudget();
  /** Devices of parties that hold no certificate any more: nothing they left is delivered. */
  private readonly gone = new Set<string>();
  /** When certificates were last marked as used. */
  private readonly used = new Map<number, number>();
  private readonly database: Database;
  private readonly credentials: Credentials;
  private readonly clock: Clock;
  private readonly log: Logger;
  private readonly withdraw: Withdraw;

  constructor(doors: LiveDoors & { readonly credentials: Credentials }, withdraw: Withdraw) {
    const { database, clock, log, intake, credentials } = doors;
    this.database = database;
    this.credentials = credentials;
    this.clock = clock;
    this.log = log;
    this.withdraw = withdraw;
    this.recorder = new Recorder(intake, log);
    this.endings = new Endings(randomUUID().slice(0, 8));
    const closed = (one: Closed): void => void this.settleClosed(one);
    this.sessions = new Sessions({ database, clock, credentials, closed });
  }

  /** Takes away what is kept of a device that holds no certificate any more, and has what was done put on record. */
  private async settleClosed(closed: Closed): Promise<void> {
    let withheld: readonly Withheld[] = [];
    if (closed.isLast) {
      this.gone.add(`${closed.partyId} ${closed.reference}`);
      dropOldest(this.gone, MOST_IN_MIND);
      try {
        withheld = await this.withdraw(closed);
      } catch (cause) {
        this.log.error({ err: cause }, 'what is kept of a device could not be withheld');
      }
    }
    this.endings.add(closed, withheld);
    this.counts.withheld += withheld.length;
    if (withheld.length > 0) this.tell(closed, { ...NOWHERE, event: 'withheld', reason: closed.fault });
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
    try {
      await this.markUsed(credential);
    } catch (cause) {
      this.sessions.leave(session);
      throw cause;
    }
    if (session.ended !== null) {
      this.sessions.leave(session);
      return this.refuse(credential, session.ended, origin);
    }
    this.gone.delete(`${credential.partyId} ${credential.reference}`);
    this.counts.admitted += 1;
    return { session };
  }

  /**
   * Nobody is in before it is on record that the certificate came into use: from then on its predecessor is not needed
   * (I-08). Once an hour is enough.
   */
  private async markUsed(credential: Credential): Promise<void> {
    const nowMs = this.clock.now();
    const { credentialId } = credential;
    if ((this.used.get(credentialId) ?? 0) > nowMs - HOUR_MS) return;
    await this.credentials.used(this.database, credential, nowMs);
    this.used.delete(credentialId);
    this.used.set(credentialId, nowMs);
    dropOldest(this.used, MOST_IN_MIND);
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
