import type { Tx } from '../../../kernel/database/transaction.ts';
import { isRefusal, Refusal } from '../../../kernel/refusal.ts';
import { SECOND_MS } from '../../../kernel/time.ts';
import { stage } from '../../ledger/stage.ts';
import { recordRefused } from '../recorded.ts';
import { forgiveTries, peerName, type Tried, unknownAccount } from './lock-out.ts';
import { refuseWeak } from './password-rules.ts';
import { hasSecondFactor, replacePassword } from './passwords.ts';
import { whoseSession } from './sessions.ts';
import type { SignedIn, SignIn, SignInCode } from './sign-in.ts';
import { homeOf, NOBODY, partyOrNull, type SignInParts } from './sign-in-parts.ts';
import * as store from './store.ts';
import { tryPassword } from './try-password.ts';

type Asked = Parameters<SignIn['enter']>[0];

/** See `SignIn.enter`. */
export async function enter(parts: SignInParts, asked: Asked): Promise<SignedIn> {
  const { opened, doors } = parts;
  const accounts = opened.context.internalAdapter;
  const email = asked.email.trim().toLowerCase();
  // What shows without a look at the account comes first; nothing is spent on it.
  if (asked.newPassword !== undefined) refuseNew(parts, asked, [email], false);
  const person = (await accounts.findUserByEmail(email))?.user ?? null;
  const home = await homeOf(parts, person?.id ?? '');
  // Read before the password is looked at: whoever finds it one-time here and not below came second.
  const before = await doors.database.door(NOBODY, tx => store.signInState(tx, person?.id ?? ''));
  const tried = { account: person?.id ?? unknownAccount(email), peer: peerName(parts.secret, asked.peer) };
  const answer = await tryPassword(parts, tried, { ...asked, email });
  const object = person === null ? 'sign-in' : `person/${person.id}`;
  const attempt = { act: 'sign-in', object, partyId: home, actor: object };
  const refuse = async (refusal: Refusal): Promise<never> => {
    if ('sessionToken' in answer) await accounts.deleteSession(answer.sessionToken);
    await recordRefused(doors, attempt, refusal.code);
    throw refusal;
  };
  if ('retryAfterS' in answer) return refuse(refusalOf('sign-in-too-often', { ...answer }));
  if ('lockedMs' in answer)
    return refuse(refusalOf('sign-in-locked', { retryAfterS: Math.ceil(answer.lockedMs / SECOND_MS) }));
  if ('isWrong' in answer || person === null) return refuse(refusalOf('sign-in-refused'));
  await doors.database
    .door(home, tx => admit(parts, tx, { person, home, before, asked, tried }))
    .catch(thrown => {
      if (isRefusal(thrown)) return refuse(thrown);
      throw thrown;
    });
  const session = await whoseSession(parts, { bearer: answer.token });
  if (session === null) return refuse(refusalOf('sign-in-refused'));
  return { ...session, token: answer.token, setCookies: answer.setCookies };
}

/**
 * What remains when the password was right: a person who was shut out stays out, a one-time password serves
 * once and asks for a new one. Refuses, or the sign-in is on record.
 */
async function admit(
  parts: SignInParts,
  tx: Tx,
  entry: {
    readonly person: { readonly id: string; readonly email: string; readonly name: string };
    readonly home: number;
    readonly before: store.SignInState | undefined;
    readonly asked: Asked;
    readonly tried: Tried;
  },
): Promise<void> {
  const { person, home, before, asked, tried } = entry;
  const atMs = parts.doors.clock.now();
  const now = await store.lockSignInState(tx, person.id);
  if (now !== undefined && now.shutOutAtMs !== null) throw refusalOf('sign-in-refused');
  if (before?.isOneTime === true && now?.isOneTime !== true) throw refusalOf('sign-in-refused');
  if (now?.isOneTime === true && asked.newPassword === undefined) throw refusalOf('new-password-needed');
  if (asked.newPassword !== undefined) {
    const isOnlyFactor = !(await hasSecondFactor(parts.opened, person.id));
    refuseNew(parts, asked, [person.email, person.name], isOnlyFactor);
    await replacePassword(parts.opened, tx, person.id, asked.newPassword);
  }
  await forgiveTries(tx, tried, atMs);
  await stage(tx, {
    act: asked.newPassword === undefined ? 'signed-in' : 'signed-in-with-new-password',
    object: `person/${person.id}`,
    partyId: partyOrNull(home),
    actor: `person/${person.id}`,
    atMs,
    detail: {},
  });
}

function refuseNew(
  { rules }: SignInParts,
  asked: Asked,
  names: readonly string[],
  isOnlyFactor: boolean,
): void {
  const { newPassword: next = '', password: current } = asked;
  refuseWeak({ next, current, names, isOnlyFactor }, rules.commonPasswords);
}

function refusalOf(code: SignInCode, detail: Record<string, number> = {}): Refusal<SignInCode> {
  return new Refusal<SignInCode>(code, { detail });
}
