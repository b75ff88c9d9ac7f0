import type { Credentials, OpenSession, Session } from './sign-in.ts';
import { BY_STRONG_PROVIDER } from './sign-in-library.ts';
import { headersOf, lossBehind, type SignInParts } from './sign-in-parts.ts';

/** Whose session it is; null when there is none, or it was idle or open for too long, and then it is gone. */
export async function whoseSession(parts: SignInParts, credentials: Credentials): Promise<Session | null> {
  const { opened, rules, doors } = parts;
  const found = await opened.library.api
    .getSession({ headers: headersOf(parts, credentials) })
    .catch(cause => {
      throw lossBehind(cause);
    });
  if (found === null) return null;
  const { user, session } = found;
  const endsAtMs = Math.min(session.expiresAt.getTime(), session.createdAt.getTime() + rules.longestMs);
  if (endsAtMs <= doors.clock.now()) {
    await opened.context.internalAdapter.deleteSession(session.token);
    return null;
  }
  return {
    userId: user.id,
    name: user.name,
    email: user.email,
    expiresAtMs: endsAtMs,
    sessionId: session.id,
    hasSecondFactor: isStrong(session.openedBy, user.twoFactorEnabled),
  };
}

/** The sessions of a person that still open something, the last used first. */
export async function openSessions(
  { opened, rules, doors }: SignInParts,
  userId: string,
): Promise<OpenSession[]> {
  const sessions = await opened.context.internalAdapter.listSessions(userId);
  return sessions
    .map(each => ({
      sessionId: each.id,
      openedAtMs: each.createdAt.getTime(),
      usedAtMs: each.updatedAt.getTime(),
      expiresAtMs: Math.min(each.expiresAt.getTime(), each.createdAt.getTime() + rules.longestMs),
      peer: each.ipAddress ?? '',
      client: each.userAgent ?? '',
    }))
    .filter(each => each.expiresAtMs > doors.clock.now())
    .sort((a, b) => b.usedAtMs - a.usedAtMs);
}

/** Ends a session; returns `set-cookie` headers that clear a browser's. */
export async function leave(parts: SignInParts, credentials: Credentials): Promise<string[]> {
  const headers = headersOf(parts, credentials);
  const answer = await parts.opened.library.api.signOut({ headers, returnHeaders: true });
  return answer.headers.getSetCookie();
}

/** A session by a provider is as strong as that sign-in was; another one as the person's own second factor makes it. */
function isStrong(openedBy: string | null | undefined, hasOwn: boolean | null | undefined): boolean {
  return openedBy === undefined || openedBy === null ? hasOwn === true : openedBy === BY_STRONG_PROVIDER;
}
