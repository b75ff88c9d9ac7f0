import type { Database, Tx } from '../../../kernel/database/transaction.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { stageAll } from '../../ledger/stage.ts';
import { type RecordDoors, recorded } from '../recorded.ts';
import type { RegistryCode } from '../registry-code.ts';
import { endKeys, endKeysBeyondRoles } from './api-keys.ts';
import { NEED_TO_KNOW, type Right, type Role, rightsOf } from './rights.ts';
import type { Person, SignIn, SignInCode } from './sign-in.ts';
import * as store from './store.ts';

export interface PeopleDoors extends RecordDoors {
  readonly signIn: SignIn;
}

/** Who acts upon people: an actor of the door. */
export interface Actor {
  readonly label: string;
  readonly partyId: number;
  readonly scopes: ReadonlySet<Right>;
}

/** A person with the roles that the asking party may see. */
export interface Member extends Person {
  readonly roles: readonly {
    readonly partyId: number;
    readonly role: string;
    readonly grantedAtMs: number;
  }[];
}

/** Speaks for no party: such a transaction sees no party's rows. */
const NOBODY = 0;

/** The memberships of a person, and the roles held at one party or above it (empty when none is asked for). */
export async function standingOf(
  database: Database,
  userId: string,
  partyId: number | null,
): Promise<{
  memberships: readonly { partyId: number; role: string; nameEn: string; nameZh: string }[];
  rolesAtAsked: readonly string[];
}> {
  return database.door(NOBODY, async tx => ({
    memberships: await store.membershipsOf(tx, userId),
    rolesAtAsked: partyId === null ? [] : await store.rolesAt(tx, userId, partyId),
  }));
}

/** The people of the actor's party and those below it, by id; at most `limit`, after a person. */
export async function listPeople(
  doors: PeopleDoors,
  partyId: number,
  after: string,
  limit: number,
): Promise<Member[]> {
  const rows = await doors.database.door(partyId, tx => store.memberships(tx, after, limit));
  const known = await doors.signIn.people([...new Set(rows.map(row => row.userId))]);
  const byId = new Map(known.map(person => [person.userId, person]));
  return [...Map.groupBy(rows, row => row.userId)].map(([userId, held]) => ({
    userId,
    email: byId.get(userId)?.email ?? '',
    name: byId.get(userId)?.name ?? '',
    roles: held.map(({ partyId: at, role, grantedAtMs }) => ({ partyId: at, role, grantedAtMs })),
  }));
}

/** Makes a person with a first role and a one-time password, which is told once and here only. */
export async function addPerson(
  doors: PeopleDoors,
  actor: Actor,
  asked: { email: string; name: string; role: Role; partyId: number },
): Promise<Person & { oneTimePassword: string }> {
  const attempt = { act: 'person-added', object: `party/${asked.partyId}`, ...by(actor) };
  const detail = { role: asked.role };
  return recorded(doors, { ...attempt, detail }, async tx => {
    refuseBeyond(actor, [asked.role]);
    await refuseUnseenParty(tx, asked.partyId);
    const person = await makeAccount(doors, tx, asked);
    await grant(doors, tx, actor, { ...asked, userId: person.userId });
    return { result: person, object: `person/${person.userId}`, detail: { party: `party/${asked.partyId}` } };
  });
}

/** Gives a role; the same again changes nothing. Refuses to give a right that the giver does not hold. */
export async function grantRole(
  doors: PeopleDoors,
  actor: Actor,
  asked: { userId: string; role: Role; partyId: number },
): Promise<void> {
  const attempt = { act: 'role-granted', object: `person/${asked.userId}`, ...by(actor) };
  const detail = { role: asked.role, party: `party/${asked.partyId}` };
  await recorded(doors, { ...attempt, detail }, async tx => {
    refuseBeyond(actor, [asked.role]);
    await refuseUnseenParty(tx, asked.partyId);
    await refuseUnseen(tx, asked.userId);
    await grant(doors, tx, actor, asked);
    return { result: undefined };
  });
}

/**
 * Takes a role back. A party keeps its last administrator.
 *
 * With the same commit every key they made ends that holds a right which the roles left to them no longer give,
 * and the ledger names each; with the last role their sessions end. A session of one who still has a role lives
 * on: each request reads anew what its owner may do.
 */
export async function withdrawRole(
  doors: PeopleDoors,
  actor: Actor,
  asked: { userId: string; role: Role; partyId: number },
): Promise<void> {
  const attempt = { act: 'role-withdrawn', object: `person/${asked.userId}`, ...by(actor) };
  const detail = { role: asked.role, party: `party/${asked.partyId}` };
  await recorded(doors, { ...attempt, detail }, async tx => {
    refuseBeyond(actor, [asked.role]);
    await refuseUnseen(tx, asked.userId);
    const holders = await store.holdersOf(tx, asked.partyId, asked.role);
    if (!(await store.dropMembership(tx, asked))) throw personUnknown();
    if (asked.role === 'administrator' && holders === 1) {
      throw new Refusal<RegistryCode>('last-administrator');
    }
    const keyIds = await endKeysBeyondRoles(tx, asked.userId, doors.clock.now());
    await recordEndedKeys(doors, tx, actor, asked.userId, keyIds);
    const isGone = (await store.membershipsOf(tx, asked.userId)).length === 0;
    const sessionsEnded = isGone ? await store.endSessions(tx, asked.userId) : 0;
    return { result: undefined, detail: { keysEnded: keyIds.length, sessionsEnded } };
  });
}

/** Gives a person a new one-time password; their sessions and every key they made end with the same commit. */
export async function resetPassword(
  doors: PeopleDoors,
  actor: Actor,
  userId: string,
): Promise<{ oneTimePassword: string }> {
  const attempt = { act: 'password-reset', object: `person/${userId}`, ...by(actor) };
  return recorded(doors, attempt, async tx => {
    await refuseNotWhollyBelow(tx, actor, userId);
    const result = await doors.signIn.reset(userId);
    const keyIds = await endKeys(tx, userId, doors.clock.now());
    await recordEndedKeys(doors, tx, actor, userId, keyIds);
    const sessionsEnded = await store.endSessions(tx, userId);
    return { result, detail: { keysEnded: keyIds.length, sessionsEnded } };
  });
}

/** Keeps a person out until their password is reset: sessions and every key they made end with the same commit. */
export async function shutOutPerson(doors: PeopleDoors, actor: Actor, userId: string): Promise<void> {
  const attempt = { act: 'person-shut-out', object: `person/${userId}`, ...by(actor) };
  await recorded(doors, attempt, async tx => {
    await refuseNotWhollyBelow(tx, actor, userId);
    await store.markShutOut(tx, userId, doors.clock.now());
    const keyIds = await endKeys(tx, userId, doors.clock.now());
    await recordEndedKeys(doors, tx, actor, userId, keyIds);
    const sessionsEnded = await store.endSessions(tx, userId);
    return { result: undefined, detail: { keysEnded: keyIds.length, sessionsEnded } };
  });
}

/**
 * An account for a new person. It is made outside the caller's transaction, so an account that no party has a
 * role for (left by a transaction that failed, or when the last role was withdrawn) is taken up again.
 */
export async function makeAccount(
  doors: PeopleDoors,
  tx: Tx,
  asked: { email: string; name: string },
): Promise<Person & { oneTimePassword: string }> {
  const existing = await doors.signIn.byEmail(asked.email);
  if (existing === null) return doors.signIn.create(asked);
  if ((await store.membershipsOf(tx, existing.userId)).length > 0) {
    throw new Refusal<SignInCode>('person-exists');
  }
  return { ...existing, ...(await doors.signIn.reset(existing.userId)) };
}

/** Puts on record that these keys ended with their maker's role. */
async function recordEndedKeys(
  doors: PeopleDoors,
  tx: Tx,
  actor: Actor,
  userId: string,
  keyIds: readonly string[],
): Promise<void> {
  const act = { act: 'api-key-revoked', ...by(actor), atMs: doors.clock.now() };
  await stageAll(
    tx,
    keyIds.map(keyId => ({ ...act, object: `key/${keyId}`, detail: { with: `person/${userId}` } })),
  );
}

function by(actor: Actor): { actor: string; partyId: number } {
  return { actor: actor.label, partyId: actor.partyId };
}

async function grant(
  doors: PeopleDoors,
  tx: Tx,
  actor: Actor,
  asked: { userId: string; role: Role; partyId: number },
): Promise<void> {
  await store.addMembership(tx, {
    userId: asked.userId,
    role: asked.role,
    partyId: asked.partyId,
    grantedBy: actor.label,
    atMs: doors.clock.now(),
  });
}

function personUnknown(): Refusal {
  return new Refusal<RegistryCode>('person-unknown');
}

async function refuseUnseenParty(tx: Tx, partyId: number): Promise<void> {
  if ((await store.partyById(tx, partyId)) === undefined) throw new Refusal<RegistryCode>('party-unknown');
}

async function refuseUnseen(tx: Tx, userId: string): Promise<void> {
  if ((await store.membershipsSeen(tx, userId)).length === 0) throw personUnknown();
}

/**
 * An account is governed only by who may see all its roles and holds every right of them: otherwise an
 * administrator below could take over the account of one above.
 */
export async function refuseNotWhollyBelow(tx: Tx, actor: Actor, userId: string): Promise<void> {
  const seen = await store.membershipsSeen(tx, userId);
  if (seen.length === 0) throw personUnknown();
  const all = await store.membershipsOf(tx, userId);
  if (all.length !== seen.length) throw new Refusal<RegistryCode>('person-beyond');
  refuseBeyond(
    actor,
    all.map(each => each.role),
  );
}

function refuseBeyond(actor: Actor, roles: readonly string[]): void {
  const beyond = [...rightsOf(roles)].find(right => !actor.scopes.has(right) && !NEED_TO_KNOW.has(right));
  if (beyond !== undefined) throw new Refusal<RegistryCode>('role-beyond-own', { detail: { right: beyond } });
}
