import { randomBytes } from 'node:crypto';
import { sha256 } from '../../../kernel/bytes.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { DAY_MS } from '../../../kernel/time.ts';
import { recorded } from '../recorded.ts';
import { type Actor, type PeopleDoors, refuseNotWhollyBelow } from './people.ts';
import * as provider from './provider/store.ts';
import type { OpenSession, SignInCode } from './sign-in.ts';
import * as store from './store.ts';

const INVITATION_MS = 7 * DAY_MS;

/** Who ends sessions of their own: the person, and the session they speak through. */
export interface Owner {
  readonly userId: string;
  readonly label: string;
  readonly partyId: number;
  readonly sessionId: string;
}

/** The open sessions of a person whose account the actor governs. */
export async function sessionsOfPerson(
  doors: PeopleDoors,
  actor: Actor,
  userId: string,
): Promise<readonly OpenSession[]> {
  await doors.database.door(actor.partyId, tx => refuseNotWhollyBelow(tx, actor, userId));
  return doors.signIn.sessionsOf(userId);
}

/** Ends one session, or all, of a person whose account the actor governs. */
export async function endSessionsOfPerson(
  doors: PeopleDoors,
  actor: Actor,
  asked: { userId: string; sessionId: string | null },
): Promise<void> {
  const { userId, sessionId } = asked;
  const attempt = { act: 'sessions-ended', object: `person/${userId}`, ...by(actor) };
  await recorded(doors, attempt, async tx => {
    await refuseNotWhollyBelow(tx, actor, userId);
    if (sessionId === null) {
      return { result: undefined, detail: { sessionsEnded: await store.endSessions(tx, userId) } };
    }
    if (!(await store.endSession(tx, userId, sessionId))) throw unknown();
    return { result: undefined, detail: { sessionsEnded: 1 } };
  });
}

/** Ends one session of one's own, or all but the one that asks. */
export async function endOwnSessions(
  doors: PeopleDoors,
  owner: Owner,
  sessionId: string | null,
): Promise<void> {
  const { userId } = owner;
  const attempt = { act: 'sessions-ended', object: `person/${userId}`, ...by(owner) };
  await recorded(doors, attempt, async tx => {
    if (sessionId === null) {
      const sessionsEnded = await store.endOtherSessions(tx, userId, owner.sessionId);
      return { result: undefined, detail: { sessionsEnded } };
    }
    if (!(await store.endSession(tx, userId, sessionId))) throw unknown();
    return { result: undefined, detail: { sessionsEnded: 1 } };
  });
}

/** Takes away the second factor of a person who lost it; every session of theirs ends with the same commit. */
export async function removeSecondFactorOf(doors: PeopleDoors, actor: Actor, userId: string): Promise<void> {
  const attempt = { act: 'second-factor-removed', object: `person/${userId}`, ...by(actor) };
  await recorded(doors, attempt, async tx => {
    await refuseNotWhollyBelow(tx, actor, userId);
    const sessionsEnded = await store.endSessions(tx, userId);
    await doors.signIn.forgetSecondFactor(userId);
    return { result: undefined, detail: { sessionsEnded } };
  });
}

/** Invites a person to come in by the provider; the invitation is told once and here only, and is good for a week. */
export async function inviteToProvider(
  doors: PeopleDoors,
  actor: Actor,
  userId: string,
): Promise<{ invitation: string; expiresAtMs: number }> {
  const attempt = { act: 'provider-invited', object: `person/${userId}`, ...by(actor) };
  return recorded(doors, attempt, async tx => {
    await refuseNotWhollyBelow(tx, actor, userId);
    const invitation = randomBytes(24).toString('base64url');
    const atMs = doors.clock.now();
    const expiresAtMs = atMs + INVITATION_MS;
    await provider.keepInvitation(tx, { digest: sha256(invitation), userId, atMs, expiresAtMs });
    return { result: { invitation, expiresAtMs } };
  });
}

/** Parts a person from the provider: links and open invitations are gone, and every session of theirs. */
export async function partFromProvider(doors: PeopleDoors, actor: Actor, userId: string): Promise<void> {
  const attempt = { act: 'provider-link-removed', object: `person/${userId}`, ...by(actor) };
  await recorded(doors, attempt, async tx => {
    await refuseNotWhollyBelow(tx, actor, userId);
    const removed = await provider.dropLinks(tx, userId);
    const sessionsEnded = await store.endSessions(tx, userId);
    return { result: undefined, detail: { removed, sessionsEnded } };
  });
}

function by(actor: { label: string; partyId: number }): { actor: string; partyId: number } {
  return { actor: actor.label, partyId: actor.partyId };
}

function unknown(): Refusal {
  return new Refusal<SignInCode>('session-unknown');
}
