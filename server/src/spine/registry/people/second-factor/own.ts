import { Refusal } from '../../../../kernel/refusal.ts';
import { SECOND_MS } from '../../../../kernel/time.ts';
import { stage } from '../../../ledger/stage.ts';
import { recordRefused } from '../../recorded.ts';
import { passwordFits } from '../argon2.ts';
import { beginTry, forgiveTries, peerName, type Tried } from '../lock-out.ts';
import { hasSecondFactor, passwordHashOf } from '../passwords.ts';
import { whoseSession } from '../sessions.ts';
import type { Credentials, Enrolment, Session, SignedIn, SignInCode } from '../sign-in.ts';
import { headersOf, homeOf, partyOrNull, type SignInParts } from '../sign-in-parts.ts';
import * as people from '../store.ts';
import { codeMeant, isTimeCode, showCode, spendTimeCode } from './code.ts';

interface Asked {
  readonly password: string;
  readonly peer: string;
}

/**
 * Begins a second factor: a secret for an authenticator and recovery codes, told here only. It counts from the
 * first code on that `confirm` accepts; beginning again replaces what was not confirmed.
 */
export async function beginSecondFactor(
  parts: SignInParts,
  credentials: Credentials,
  asked: Asked,
): Promise<Enrolment> {
  const act = await proveOwner(parts, credentials, asked, 'second-factor-begun');
  if (await hasSecondFactor(parts.opened, act.session.userId)) return act.refuse('second-factor-exists');
  const made = await parts.opened.library.api.enableTwoFactor({
    headers: headersOf(parts, credentials),
    body: { password: asked.password },
  });
  if (made.method !== 'totp') throw new Error('the sign-in library began another factor');
  await act.record({});
  const secret = new URL(made.totpURI).searchParams.get('secret') ?? '';
  return { uri: made.totpURI, secret, recoveryCodes: made.backupCodes };
}

/** Confirms a second factor with its first code. The session goes on under another token; all others end. */
export async function confirmSecondFactor(
  parts: SignInParts,
  credentials: Credentials,
  asked: { code: string; peer: string },
): Promise<SignedIn> {
  const code = codeMeant(asked.code);
  const act = await begin(parts, credentials, asked.peer, 'second-factor-set');
  const { userId } = act.session;
  if (await hasSecondFactor(parts.opened, userId)) return act.refuse('second-factor-exists');
  const shown = isTimeCode(code)
    ? await showCode(parts, {
        code,
        cookie: headersOf(parts, credentials).get('cookie') ?? '',
        peer: asked.peer,
        client: '',
      })
    : null;
  if (shown === null) return act.refuse('second-factor-refused');
  const setCookies = shown.headers.getSetCookie();
  const token = tokenIn(parts, setCookies);
  const session = token === null ? null : await whoseSession(parts, { bearer: token });
  if (token === null || session === null) throw new Error('the sign-in library opened no session');
  await act.record({}, async tx => {
    await spendTimeCode(parts, tx, userId, code);
    return people.endOtherSessions(tx, userId, session.sessionId);
  });
  return { ...session, token, setCookies };
}

/** New recovery codes in place of the old ones. */
export async function renewRecoveryCodes(
  parts: SignInParts,
  credentials: Credentials,
  asked: Asked & { code: string },
): Promise<{ recoveryCodes: readonly string[] }> {
  const act = await proveOwner(parts, credentials, asked, 'recovery-codes-renewed');
  await proveCode(parts, credentials, act, asked);
  const { backupCodes } = await parts.opened.library.api.generateBackupCodes({
    headers: headersOf(parts, credentials),
    body: { password: asked.password },
  });
  await act.record({});
  return { recoveryCodes: backupCodes };
}

/** Takes one's own second factor away; every other session ends. */
export async function dropSecondFactor(
  parts: SignInParts,
  credentials: Credentials,
  asked: Asked & { code: string },
): Promise<void> {
  const act = await proveOwner(parts, credentials, asked, 'second-factor-removed');
  await proveCode(parts, credentials, act, asked);
  const { userId, sessionId } = act.session;
  await act.record({}, tx => people.endOtherSessions(tx, userId, sessionId));
  await forgetSecondFactor(parts, userId);
}

/** Takes a person's second factor away, whoever asks; the caller has seen to it that they may. */
export async function forgetSecondFactor({ opened }: SignInParts, userId: string): Promise<void> {
  await opened.context.internalAdapter.updateUser(userId, { twoFactorEnabled: false });
  await opened.context.adapter.deleteMany({
    model: 'twoFactor',
    where: [{ field: 'userId', value: userId }],
  });
}

/** How many recovery codes a person has left. */
export async function recoveryCodesLeft({ opened }: SignInParts, userId: string): Promise<number> {
  if (!(await hasSecondFactor(opened, userId))) return 0;
  const { backupCodes } = await opened.library.api.viewBackupCodes({ body: { userId } });
  return backupCodes.length;
}

interface Act {
  readonly session: Session;
  readonly tried: Tried;
  refuse(code: SignInCode, detail?: Record<string, number>): Promise<never>;
  record(
    detail: Record<string, number>,
    work?: (tx: Parameters<typeof stage>[0]) => Promise<number>,
  ): Promise<void>;
}

/** Counts a try of the session's owner, as a sign-in does. */
async function begin(parts: SignInParts, credentials: Credentials, peer: string, name: string): Promise<Act> {
  const { doors } = parts;
  const session = await whoseSession(parts, credentials);
  if (session === null) throw new Refusal<SignInCode>('sign-in-refused');
  const person = `person/${session.userId}`;
  const home = await homeOf(parts, session.userId);
  const attempt = { act: name, object: person, partyId: home, actor: person };
  const tried = { account: session.userId, peer: peerName(parts.secret, peer) };
  const act: Act = {
    session,
    tried,
    async refuse(code, detail = {}) {
      await recordRefused(doors, attempt, code);
      throw new Refusal<SignInCode>(code, { detail });
    },
    async record(detail, work = async () => 0) {
      await doors.database.door(home, async tx => {
        const atMs = doors.clock.now();
        const sessionsEnded = await work(tx);
        await forgiveTries(tx, tried, atMs);
        const ended = sessionsEnded === 0 ? {} : { sessionsEnded };
        await stage(tx, { ...attempt, partyId: partyOrNull(home), atMs, detail: { ...detail, ...ended } });
      });
    },
  };
  const lockedMs = await beginTry(doors.database, tried, doors.clock.now());
  if (lockedMs > 0) await act.refuse('sign-in-locked', { retryAfterS: Math.ceil(lockedMs / SECOND_MS) });
  return act;
}

/** The same, and the owner's password must fit. */
async function proveOwner(
  parts: SignInParts,
  credentials: Credentials,
  asked: Asked,
  name: string,
): Promise<Act> {
  const act = await begin(parts, credentials, asked.peer, name);
  const hash = await passwordHashOf(parts.opened, act.session.userId);
  const isTheirs = hash !== null && (await passwordFits({ hash, password: asked.password }));
  return isTheirs ? act : act.refuse('sign-in-refused');
}

async function proveCode(
  parts: SignInParts,
  credentials: Credentials,
  act: Act,
  asked: { code: string; peer: string },
): Promise<void> {
  const code = codeMeant(asked.code);
  if (!(await hasSecondFactor(parts.opened, act.session.userId))) await act.refuse('second-factor-none');
  const cookie = headersOf(parts, credentials).get('cookie') ?? '';
  const shown = await showCode(parts, { code, cookie, peer: asked.peer, client: '' });
  if (shown === null) await act.refuse('second-factor-refused');
  await parts.doors.database
    .door(0, tx => spendTimeCode(parts, tx, act.session.userId, code))
    .catch(thrown =>
      thrown instanceof Refusal ? act.refuse('second-factor-refused') : Promise.reject(thrown),
    );
}

export function tokenIn({ opened }: SignInParts, setCookies: readonly string[]): string | null {
  const prefix = `${opened.context.authCookies.sessionToken.name}=`;
  const cookie = setCookies.find(each => each.startsWith(prefix) && !/max-age=0/i.test(each));
  return cookie?.slice(prefix.length).split(';')[0] ?? null;
}
