import type { Database } from '../../kernel/database/transaction.ts';
import type { Clock } from '../../kernel/time.ts';
import type { Credential, CredentialFault, Credentials, EndedCredential } from '../../spine/credentials.ts';
import { DeviceRights, type Rights } from './rights/rights.ts';
import { rightsNamed, rightsOf } from './rights/store.ts';
import { holderOf } from './rights/topics.ts';

/** A connection of a device that was let in, on whatever path. */
export interface Session {
  readonly credential: Credential;
  /** What it may do now; replaced when that changes. */
  rights: DeviceRights;
  /** Why it was ended by the gateway; from then on nothing of it is taken or delivered. */
  ended: CredentialFault | null;
  /** Closes the connection at once. */
  close(): void;
  /** Called after `rights` was replaced. */
  rightsChanged(): void;
}

export interface SessionDoors {
  readonly database: Database;
  readonly clock: Clock;
  readonly credentials: Credentials;
  /** Told of each certificate that was ended, after its connections were closed. */
  readonly closed: (closed: Closed) => void;
}

/** A certificate that was ended, and what it held here until then. */
export interface Closed extends EndedCredential {
  readonly connections: number;
  readonly atMs: number;
}

/** Products of which no device is here whose rights stay in mind. */
export const MOST_AWAY = 2_000;

export type Admitted =
  | { readonly session: Session }
  | { readonly fault: CredentialFault; readonly of: Credential | null };

/**
 * Everybody who is let in, by certificate, and what they may do. `look` asks the register what changed, in whatever
 * process it was changed, and ends or narrows sessions; its caller repeats it several times a second (I-01, I-18).
 */
export class Sessions {
  private readonly byCredential = new Map<number, Set<Session>>();
  /** For each issuer of theirs, the change up to which they were looked at. */
  private readonly seen = new Map<number, number>();
  private readonly rights = new Map<string, { text: string; given: Rights | undefined }>();
  private readonly doors: SessionDoors;

  constructor(doors: SessionDoors) {
    this.doors = doors;
  }

  get size(): number {
    let size = 0;
    for (const sessions of this.byCredential.values()) size += sessions.size;
    return size;
  }

  /** Products of parties whose devices are here though nothing is allowed to them: a health alarm (I-19). */
  get withoutRights(): number {
    return [...this.rights.values()].filter(({ given }) => isNothing(given)).length;
  }

  /**
   * Lets the holder of a certificate in, or says why not. From here on its end is noticed: what changed between the
   * answer of the register and this moment is asked for again.
   */
  async admit(certificate: Uint8Array, made: Pick<Session, 'close' | 'rightsChanged'>): Promise<Admitted> {
    const { database, clock, credentials } = this.doors;
    for (;;) {
      const answer = await credentials.presented(database, certificate, clock.now());
      if ('fault' in answer) return answer;
      const { credential } = answer;
      await this.readRights(credential);
      if (!this.rights.has(nameOf(credential))) continue;
      const seen = this.seen.get(credential.issuerId);
      if (seen !== undefined && seen > credential.changeNo) continue;
      if (seen === undefined) this.seen.set(credential.issuerId, credential.changeNo);
      // Nothing waits from here on: what is in mind now is what the next look compares with.
      const rights = this.rightsNow(credential.partyId, credential.reference);
      const session: Session = { credential, rights, ended: null, ...made };
      const others = this.byCredential.get(credential.credentialId) ?? new Set();
      this.byCredential.set(credential.credentialId, others.add(session));
      return { session };
    }
  }

  leave(session: Session): void {
    const { credentialId } = session.credential;
    const sessions = this.byCredential.get(credentialId);
    sessions?.delete(session);
    if (sessions?.size === 0) this.byCredential.delete(credentialId);
  }

  /** What a device may do by the rights in mind, whether it is here or not. */
  rightsNow(partyId: number, reference: string): DeviceRights {
    return new DeviceRights(reference, this.rights.get(nameOf({ partyId, reference }))?.given);
  }

  sessionsOf(credentialId: number): number {
    return this.byCredential.get(credentialId)?.size ?? 0;
  }

  /** One look at what changed. Safe to repeat; a look that fails changes nothing. */
  async look(): Promise<void> {
    await this.lookAtCredentials();
    await this.lookAtRights();
  }

  /** Closes everything. */
  closeAll(): void {
    for (const session of this.all()) session.close();
  }

  private async lookAtCredentials(): Promise<void> {
    const { database, credentials, clock, closed } = this.doors;
    const { changeNos, ended } = await credentials.news(database, new Map(this.seen));
    const all = ended.map(each => ({
      ...each,
      ...{ connections: this.end(each.credentialId, each.fault), atMs: clock.now() },
    }));
    for (const [issuerId, changeNo] of changeNos) this.seen.set(issuerId, changeNo);
    for (const each of all) closed(each);
    const nowMs = clock.now();
    for (const session of this.all())
      if (session.ended === null && nowMs > session.credential.notAfterMs)
        this.end(session.credential.credentialId, 'expired');
  }

  /** How many connections that were. */
  private end(credentialId: number, fault: CredentialFault): number {
    const live = [...(this.byCredential.get(credentialId) ?? [])].filter(({ ended }) => ended === null);
    for (const session of live) {
      session.ended = fault;
      session.close();
    }
    return live.length;
  }

  private async readRights(credential: Credential): Promise<void> {
    const name = nameOf(credential);
    if (this.rights.has(name)) return;
    const { partyId, reference } = credential;
    const { product } = holderOf(reference);
    const given = await this.doors.database.door(partyId, tx => rightsOf(tx, partyId, product));
    if (this.rights.has(name)) return;
    this.forgetAway();
    this.keepRights(name, given);
  }

  /** Makes room: products longest in mind of which no device is here. Until one comes again theirs may nothing (I-19). */
  private forgetAway(): void {
    if (this.rights.size < MOST_AWAY) return;
    const here = new Set(this.all().map(({ credential }) => nameOf(credential)));
    for (const name of [...this.rights.keys()]) {
      if (this.rights.size < MOST_AWAY) return;
      if (!here.has(name)) this.rights.delete(name);
    }
  }

  private keepRights(name: string, given: Rights | undefined): boolean {
    const text = given === undefined ? '' : JSON.stringify([given.publish, given.subscribe]);
    if (this.rights.get(name)?.text === text) return false;
    this.rights.set(name, { text, given });
    return true;
  }

  private async lookAtRights(): Promise<void> {
    const names = [...this.rights.keys()];
    if (names.length === 0) return;
    const given = await this.doors.database.corridor(tx => rightsNamed(tx, names));
    const known = names.filter(name => this.rights.has(name));
    const changed = new Set(known.filter(name => this.keepRights(name, given.get(name))));
    if (changed.size === 0) return;
    for (const session of this.all()) {
      const name = nameOf(session.credential);
      if (!changed.has(name)) continue;
      session.rights = new DeviceRights(session.credential.reference, given.get(name));
      session.rightsChanged();
    }
  }

  private all(): Session[] {
    return [...this.byCredential.values()].flatMap(sessions => [...sessions]);
  }
}

/** How a product of a party is named among those of all. */
function nameOf({ partyId, reference }: Pick<Credential, 'partyId' | 'reference'>): string {
  return `${partyId} ${holderOf(reference).product}`;
}

function isNothing(given: Rights | undefined): boolean {
  return given === undefined || given.publish.length + given.subscribe.length === 0;
}
