import { randomBytes } from 'node:crypto';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { SECOND_MS } from '../../../kernel/time.ts';
import { stage } from '../../ledger/stage.ts';
import { recordRefused } from '../recorded.ts';
import { hashPassword, passwordFits } from './argon2.ts';
import { beginTry, forgiveTries, peerName } from './lock-out.ts';
import { refuseWeak } from './password-rules.ts';
import { whoseSession } from './sessions.ts';
import type { Credentials, SignInCode } from './sign-in.ts';
import type { Library } from './sign-in-library.ts';
import { homeOf, partyOrNull, type SignInParts } from './sign-in-parts.ts';
import * as store from './store.ts';

const LETTERS = 'abcdefghijkmnpqrstuvwxyz23456789';

/** Changes the password of a session's owner; the other sessions end with the same commit. */
export async function changePassword(
  parts: SignInParts,
  credentials: Credentials,
  { current, next, peer }: { current: string; next: string; peer: string },
): Promise<void> {
  const { doors, opened, rules } = parts;
  const session = await whoseSession(parts, credentials);
  if (session === null) throw new Refusal<SignInCode>('sign-in-refused');
  const { userId, email, name } = session;
  const person = `person/${userId}`;
  const home = await homeOf(parts, userId);
  const attempt = { act: 'password-change', object: person, partyId: home, actor: person };
  const refuse = async (code: SignInCode, detail: Record<string, number> = {}): Promise<never> => {
    await recordRefused(doors, attempt, code);
    throw new Refusal<SignInCode>(code, { detail });
  };
  const isOnlyFactor = !(await hasSecondFactor(opened, userId));
  refuseWeak({ next, current, names: [email, name], isOnlyFactor }, rules.commonPasswords);
  const tried = { account: userId, peer: peerName(parts.secret, peer) };
  const lockedMs = await beginTry(doors.database, tried, doors.clock.now());
  if (lockedMs > 0) return refuse('sign-in-locked', { retryAfterS: Math.ceil(lockedMs / SECOND_MS) });
  const hash = await passwordHashOf(opened, userId);
  if (hash === null || !(await passwordFits({ hash, password: current }))) return refuse('sign-in-refused');
  await doors.database.door(home, async tx => {
    const atMs = doors.clock.now();
    await replacePassword(opened, tx, userId, next);
    await forgiveTries(tx, tried, atMs);
    const sessionsEnded = await store.endOtherSessions(tx, userId, session.sessionId);
    const party = partyOrNull(home);
    await stage(tx, { ...attempt, act: 'password-changed', partyId: party, atMs, detail: { sessionsEnded } });
  });
}

/**
 * Sets a person's own password. The library writes on a connection of its own: when this transaction then
 * fails, the new password stands but still counts as a one-time one, so that the next sign-in asks for
 * another; never the other way round.
 */
export async function replacePassword(
  { context }: Library,
  tx: Tx,
  userId: string,
  next: string,
): Promise<void> {
  await context.internalAdapter.updatePassword(userId, await hashPassword(next));
  await store.markPassword(tx, userId, false);
}

export async function passwordHashOf({ context }: Library, userId: string): Promise<string | null> {
  const accounts = await context.internalAdapter.findAccounts(userId);
  return accounts.find(account => account.providerId === 'credential')?.password ?? null;
}

/** Whether a person has a second factor that they proved once. */
export async function hasSecondFactor({ context }: Library, userId: string): Promise<boolean> {
  const user = await context.internalAdapter.findUserById(userId);
  return (user as { twoFactorEnabled?: boolean | null } | null)?.twoFactorEnabled === true;
}

/** 80 random bits as four groups of letters that are not mistaken for one another. */
export function newOneTimePassword(): string {
  const letters = Array.from(randomBytes(16), byte => LETTERS[byte & 31]).join('');
  return letters.replace(/(.{4})(?=.)/g, '$1-');
}
