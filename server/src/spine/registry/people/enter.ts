import type { Tx } from '../../../kernel/database/transaction.ts';
import { isRefusal, Refusal } from '../../../kernel/refusal.ts';
import { SECOND_MS } from '../../../kernel/time.ts';
import { stage } from '../../ledger/stage.ts';
import { recordRefused } from '../recorded.ts';
import { forgiveTries, peerName, type Tried, unknownAccount } from './lock-out.ts';
import { refuseWeak } from './password-rules.ts';
import { replacePassword } from './passwords.ts';
import { codeMeant, isTimeCode, showCode, spendTimeCode } from './second-factor/code.ts';
import { whoseSession } from './sessions.ts';
import type { SignedIn, SignIn, SignInCode } from './sign-in.ts';
import { clientName } from './sign-in-library.ts';
import { homeOf, NOBODY, partyOrNull, type SignInParts } from './sign-in-parts.ts';
import * as store from './store.ts';
import { type Opened, openedBy, tryPassword } from './try-password.ts';

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
  const object = person === null ? 'sign-in' : `person/${person.id}`;
  const attempt = { act: 'sign-in', object, partyId: home, actor: object };
  const refuse = async (refusal: Refusal, made?: Opened): Promise<never> => {
    if (made !== undefined) await accounts.deleteSession(made.sessionToken);
    await recordRefused(doors, attempt, refusal.code);
    throw refusal;
  };
  const answer = await tryPassword(parts, tried, { ...asked, email });
  if ('retryAfterS' in answer) return refuse(refusalOf('sign-in-too-often', { ...answer }));
  if ('lockedMs' in answer)
    return refuse(refusalOf('sign-in-locked', { retryAfterS: Math.ceil(answer.lockedMs / SECOND_MS) }));
  if ('isWrong' in answer || person === null) return refuse(refusalOf('sign-in-refused'));
  const made = 'awaiting' in answer ? await proveCode(parts, asked, before, answer.awaiting) : answer;
  if (made instanceof Refusal) return refuse(made);
  await doors.database
    .door(home, tx =>
      admit(parts, tx, { person, home, before, asked, tried, isProved: 'awaiting' in answer }),
    )
    .catch(thrown => {
      if (isRefusal(thrown)) return refuse(thrown, made);
      throw thrown;
    });
  const session = await whoseSession(parts, { bearer: made.token });
  if (session === null) return refuse(refusalOf('sign-in-refused'));
  return { ...session, token: made.token, setCookies: made.setCookies };
}

/**
 * The second step of one who has a second factor. What would be refused afterwards anyhow is refused before the
 * library looks at the code, so that no recovery code is spent on it.
 */
async function proveCode(
  parts: SignInParts,
  asked: Asked,
  before: store.SignInState | undefined,
  awaiting: string,
): Promise<Opened | Refusal> {
  if (before !== undefined && before.shutOutAtMs !== null) return refusalOf('sign-in-refused');
  if (asked.code === undefined) return refusalOf('second-factor-needed');
  if (before?.isOneTime === true && asked.newPassword === undefined) return refusalOf('new-password-needed');
  const { peer, client } = asked;
  const shown = await showCode(parts, {
    code: codeMeant(asked.code),
    cookie: awaiting,
    peer,
    client: clientName(client),
  });
  if (shown === null) return refusalOf('second-factor-refused');
  const { token } = (await shown.json()) as { token?: string };
  return openedBy(parts, shown, token);
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
    readonly isProved: boolean;
  },
): Promise<void> {
  const { person, home, before, asked, tried, isProved } = entry;
  const code = codeMeant(asked.code ?? '');
  const atMs = parts.doors.clock.now();
  const now = await store.lockSignInState(tx, person.id);
  if (now !== undefined && now.shutOutAtMs !== null) throw refusalOf('sign-in-refused');
  if (before?.isOneTime === true && now?.isOneTime !== true) throw refusalOf('sign-in-refused');
  if (now?.isOneTime === true && asked.newPassword === undefined) throw refusalOf('new-password-needed');
  if (isProved) await spendTimeCode(parts, tx, person.id, code);
  if (asked.newPassword !== undefined) {
    refuseNew(parts, asked, [person.email, person.name], !isProved);
    await replacePassword(parts.opened, tx, person.id, asked.newPassword);
  }
  await forgiveTries(tx, tried, atMs);
  await stage(tx, {
    act: asked.newPassword === undefined ? 'signed-in' : 'signed-in-with-new-password',
    object: `person/${person.id}`,
    partyId: partyOrNull(home),
    actor: `person/${person.id}`,
    atMs,
    detail: isProved ? { secondFactor: isTimeCode(code) ? 'code' : 'recovery-code' } : {},
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
