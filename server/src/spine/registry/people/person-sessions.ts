import { Refusal } from '../../../kernel/refusal.ts';
import { recorded } from '../recorded.ts';
import { type Actor, type PeopleDoors, refuseNotWhollyBelow } from './people.ts';
import type { OpenSession, SignInCode } from './sign-in.ts';
import * as store from './store.ts';

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

function by(actor: { label: string; partyId: number }): { actor: string; partyId: number } {
  return { actor: actor.label, partyId: actor.partyId };
}

function unknown(): Refusal {
  return new Refusal<SignInCode>('session-unknown');
}
