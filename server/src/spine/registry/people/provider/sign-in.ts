import { randomBytes } from 'node:crypto';
import { sha256 } from '../../../../kernel/bytes.ts';
import type { Tx } from '../../../../kernel/database/transaction.ts';
import { isRefusal, Refusal } from '../../../../kernel/refusal.ts';
import { MINUTE_MS } from '../../../../kernel/time.ts';
import { stage } from '../../../ledger/stage.ts';
import { recordRefused } from '../../recorded.ts';
import { hasSecondFactor } from '../passwords.ts';
import { whoseSession } from '../sessions.ts';
import type { SignedIn, SignInCode } from '../sign-in.ts';
import { openSessionFor } from '../sign-in-library.ts';
import { homeOf, NOBODY, partyOrNull, type SignInParts } from '../sign-in-parts.ts';
import * as people from '../store.ts';
import type { Arrival, OpenIdProvider } from './oidc.ts';
import * as store from './store.ts';

/** How long a person may be away at the provider, and how many at once. */
const AWAY_MS = 10 * MINUTE_MS;
const MOST_AWAY = 20_000;

/** Sends a browser to the provider: where to, and what it must show when it comes back. */
export async function beginProviderTrip(
  parts: SignInParts,
  provider: OpenIdProvider,
  invitation: string | undefined,
): Promise<{ url: string; ticket: string }> {
  const trip = await provider.begin().catch(cause => {
    throw new Refusal<SignInCode>('provider-away', { cause });
  });
  const ticket = randomBytes(32).toString('base64url');
  const attempt = {
    ...trip,
    digest: sha256(ticket),
    invitation: invitation === undefined ? null : sha256(invitation),
  };
  const atMs = parts.doors.clock.now();
  const times = { atMs, dropBeforeMs: atMs - AWAY_MS, most: MOST_AWAY };
  const isKept = await parts.doors.database.door(NOBODY, tx => store.keepAttempt(tx, attempt, times));
  if (!isKept) throw new Refusal<SignInCode>('sign-in-too-often', { detail: { retryAfterS: 60 } });
  return { url: trip.url, ticket };
}

/**
 * Takes a browser in that comes back. Who it is follows from issuer and subject alone: an invitation links them
 * to a person, once; an address that the provider tells is not looked at.
 *
 * Refuses `provider-refused` (nothing the provider stands by), `provider-person-unknown`,
 * `provider-link-exists`, `provider-without-second-factor`, `sign-in-refused` (shut out).
 */
export async function finishProviderTrip(
  parts: SignInParts,
  provider: OpenIdProvider,
  asked: { ticket: string; returned: string; peer: string; client?: string | undefined },
): Promise<SignedIn> {
  const { doors } = parts;
  const attempt = { act: 'sign-in', object: 'sign-in', partyId: NOBODY, actor: 'sign-in' };
  const trip = await doors.database.door(NOBODY, tx =>
    store.takeAttempt(tx, sha256(asked.ticket), doors.clock.now() - AWAY_MS),
  );
  const arrival =
    trip === undefined ? undefined : await provider.finish(trip, asked.returned).catch(() => undefined);
  if (trip === undefined || arrival === undefined) {
    await recordRefused(doors, attempt, 'provider-refused');
    throw new Refusal<SignInCode>('provider-refused');
  }
  const known = await doors.database.door(NOBODY, tx =>
    store.linkedPerson(tx, arrival.issuer, arrival.subject),
  );
  const userId = known ?? (await acceptInvitation(parts, trip.invitation, arrival));
  if (userId === undefined) {
    await recordRefused(doors, attempt, 'provider-person-unknown');
    throw new Refusal<SignInCode>('provider-person-unknown');
  }
  return admit(parts, arrival, userId, asked);
}

/** Links the arrival to whom the invitation is for; undefined without a good one. */
async function acceptInvitation(
  parts: SignInParts,
  invitation: Buffer | null,
  { issuer, subject }: Arrival,
): Promise<string | undefined> {
  if (invitation === null) return undefined;
  const { doors } = parts;
  return doors.database.door(NOBODY, async tx => {
    const atMs = doors.clock.now();
    const userId = await store.takeInvitation(tx, invitation, atMs);
    if (userId === undefined) return undefined;
    if (!(await store.addLink(tx, { issuer, subject, userId, atMs })))
      throw new Refusal<SignInCode>('provider-link-exists');
    const person = `person/${userId}`;
    await stage(tx, {
      act: 'provider-linked',
      object: person,
      partyId: null,
      actor: person,
      atMs,
      detail: {},
    });
    return userId;
  });
}

async function admit(
  parts: SignInParts,
  { hasSecondFactor: isStrong }: Arrival,
  userId: string,
  asked: { peer: string; client?: string | undefined },
): Promise<SignedIn> {
  const { doors, opened } = parts;
  const home = await homeOf(parts, userId);
  const person = `person/${userId}`;
  const attempt = { act: 'sign-in', object: person, partyId: home, actor: person };
  const made = await openSessionFor(opened, { userId, isStrong, ...asked });
  try {
    await doors.database.door(home, async tx => {
      await refuseAdmission(parts, tx, userId, isStrong);
      const detail = { by: 'provider', secondFactor: isStrong ? 'provider' : 'none' };
      await stage(tx, {
        ...attempt,
        act: 'signed-in',
        partyId: partyOrNull(home),
        atMs: doors.clock.now(),
        detail,
      });
    });
  } catch (thrown) {
    await opened.context.internalAdapter.deleteSession(made.sessionToken);
    if (isRefusal(thrown)) await recordRefused(doors, attempt, thrown.code);
    throw thrown;
  }
  const session = await whoseSession(parts, { bearer: made.token });
  if (session === null) throw new Refusal<SignInCode>('sign-in-refused');
  return { ...session, token: made.token, setCookies: made.setCookies };
}

/** One who set a second factor here, or whose role wants one, comes in by a provider only if it asked for one too. */
async function refuseAdmission(
  { opened, rules }: SignInParts,
  tx: Tx,
  userId: string,
  isStrong: boolean,
): Promise<void> {
  const state = await people.lockSignInState(tx, userId);
  if (state !== undefined && state.shutOutAtMs !== null) throw new Refusal<SignInCode>('sign-in-refused');
  if (isStrong) return;
  const held = await people.membershipsOf(tx, userId);
  const isWanted = held.some(each => rules.secondFactorRoles.has(each.role));
  if (isWanted || (await hasSecondFactor(opened, userId)))
    throw new Refusal<SignInCode>('provider-without-second-factor');
}
