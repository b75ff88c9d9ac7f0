import { randomBytes } from 'node:crypto';
import { refuse as refuseDatabase } from '../../../kernel/database/refusals.ts';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { SECOND_MS } from '../../../kernel/time.ts';
import { stage } from '../../ledger/stage.ts';
import { type RecordDoors, recordRefused } from '../recorded.ts';
import { hashPassword, passwordFits } from './argon2.ts';
import { beginTry, unknownAccount } from './lock-out.ts';
import type { Credentials, Person, Session, SignedIn, SignIn, SignInCode } from './sign-in.ts';
import {
  LEAST_PASSWORD,
  type Library,
  type LibrarySettings,
  MOST_PASSWORD,
  openLibrary,
  PEER_HEADER,
  tryInProgress,
} from './sign-in-library.ts';
import * as store from './store.ts';

const NOBODY = 0;
const LETTERS = 'abcdefghijkmnpqrstuvwxyz23456789';

/** Opens sign-in: brings the library's tables up to date and stands between it and the rest. */
export async function openSignIn(doors: RecordDoors, settings: LibrarySettings): Promise<SignIn> {
  const opened = await openLibrary(settings);
  const { library, context } = opened;
  const accounts = context.internalAdapter;
  const cookieName = context.authCookies.sessionToken.name;
  const headersOf = (credentials: Credentials) => {
    const cookie =
      credentials.bearer === undefined ? credentials.cookie : `${cookieName}=${credentials.bearer}`;
    return new Headers(cookie === undefined ? {} : { cookie });
  };

  async function whose(credentials: Credentials): Promise<Session | null> {
    const found = await library.api.getSession({ headers: headersOf(credentials) }).catch(cause => {
      throw lossBehind(cause);
    });
    if (found === null) return null;
    const { user, session } = found;
    return {
      userId: user.id,
      name: user.name,
      email: user.email,
      expiresAtMs: session.expiresAt.getTime(),
    };
  }

  async function enter(asked: Parameters<SignIn['enter']>[0]): Promise<SignedIn> {
    if (asked.newPassword !== undefined) refuseWeak(asked.newPassword, asked.password);
    const email = asked.email.trim().toLowerCase();
    const person = (await accounts.findUserByEmail(email))?.user ?? null;
    const home = person === null ? NOBODY : await homeOf(doors, person.id);
    // Read before the password is looked at: whoever finds it one-time here and not below came second.
    const before = await doors.database.door(NOBODY, tx => store.signInState(tx, person?.id ?? ''));
    const answer = await tryPassword(opened, doors, person?.id ?? unknownAccount(email), { ...asked, email });
    if ('retryAfterS' in answer) throw new Refusal<SignInCode>('sign-in-too-often', { detail: answer });
    const attempt = {
      act: 'sign-in',
      object: person === null ? 'sign-in' : `person/${person.id}`,
      partyId: home,
    };
    const refuse = async (code: SignInCode, detail: Record<string, number> = {}): Promise<never> => {
      if ('sessionToken' in answer) await accounts.deleteSession(answer.sessionToken);
      await recordRefused(doors, { ...attempt, actor: attempt.object }, code);
      throw new Refusal<SignInCode>(code, { detail });
    };
    if ('lockedMs' in answer)
      return refuse('sign-in-locked', { retryAfterS: Math.ceil(answer.lockedMs / SECOND_MS) });
    if ('isWrong' in answer || person === null) return refuse('sign-in-refused');
    const code = await doors.database.door(home, tx =>
      admit(opened, doors, tx, { person, home, before, asked }),
    );
    if (code !== null) return refuse(code);
    const session = await whose({ bearer: answer.token });
    if (session === null) return refuse('sign-in-refused');
    return { ...session, token: answer.token, setCookies: answer.setCookies };
  }

  async function changePassword(credentials: Credentials, current: string, next: string): Promise<void> {
    const session = await library.api.getSession({ headers: headersOf(credentials) });
    if (session === null) throw new Refusal<SignInCode>('sign-in-refused');
    const { id } = session.user;
    const home = await homeOf(doors, id);
    const attempt = {
      act: 'password-change',
      object: `person/${id}`,
      partyId: home,
      actor: `person/${id}`,
    };
    const refuse = async (code: SignInCode, detail: Record<string, number> = {}): Promise<never> => {
      await recordRefused(doors, attempt, code);
      throw new Refusal<SignInCode>(code, { detail });
    };
    refuseWeak(next, current);
    const lockedMs = await beginTry(doors.database, id, doors.clock.now());
    if (lockedMs > 0) return refuse('sign-in-locked', { retryAfterS: Math.ceil(lockedMs / SECOND_MS) });
    const hash = await passwordHashOf(opened, id);
    if (hash === null || !(await passwordFits({ hash, password: current }))) return refuse('sign-in-refused');
    await doors.database.door(home, async tx => {
      await replacePassword(opened, tx, id, next);
      await stage(tx, {
        ...attempt,
        act: 'password-changed',
        partyId: partyOrNull(home),
        atMs: doors.clock.now(),
        detail: {},
      });
    });
    const sessions = await accounts.listSessions(id);
    await accounts.deleteSessions(
      sessions.map(each => each.token).filter(token => token !== session.session.token),
    );
  }

  return {
    enter,
    whose,
    changePassword,
    async leave(credentials) {
      const answer = await library.api.signOut({ headers: headersOf(credentials), returnHeaders: true });
      return answer.headers.getSetCookie();
    },
    async create({ email, name }) {
      const address = email.trim().toLowerCase();
      if ((await accounts.findUserByEmail(address)) !== null) throw new Refusal<SignInCode>('person-exists');
      const oneTimePassword = newOneTimePassword();
      const made = await accounts
        .createUser({ email: address, name, emailVerified: true }, { method: 'admin' })
        .catch((cause: unknown) => {
          throw new Refusal<SignInCode>('person-exists', { cause });
        });
      await doors.database.door(NOBODY, tx => store.markPassword(tx, made.id, true));
      await accounts.linkAccount({
        userId: made.id,
        accountId: made.id,
        providerId: 'credential',
        password: await hashPassword(oneTimePassword),
      });
      return { userId: made.id, email: made.email, name: made.name, oneTimePassword };
    },
    async reset(userId) {
      if ((await accounts.findUserById(userId)) === null) throw new Refusal<SignInCode>('person-unknown');
      const oneTimePassword = newOneTimePassword();
      await doors.database.door(NOBODY, tx => store.markPassword(tx, userId, true));
      await accounts.updatePassword(userId, await hashPassword(oneTimePassword));
      await accounts.deleteUserSessions(userId);
      return { oneTimePassword };
    },
    people: userIds => peopleOf(opened, userIds),
    async byEmail(email) {
      const found = await accounts.findUserByEmail(email.trim().toLowerCase());
      return found === null
        ? null
        : { userId: found.user.id, email: found.user.email, name: found.user.name };
    },
  };
}

type Answer =
  | { readonly lockedMs: number }
  | { readonly retryAfterS: number }
  | { readonly isWrong: true }
  | { readonly token: string; readonly sessionToken: string; readonly setCookies: readonly string[] };

class Locked extends Error {
  readonly lockedMs: number;
  constructor(lockedMs: number) {
    super('locked');
    this.lockedMs = lockedMs;
  }
}

/** Asks the library as a browser would: its limit per address comes first, then our count, then the password. */
async function tryPassword(
  { library, context }: Library,
  doors: RecordDoors,
  account: string,
  asked: { email: string; password: string; peer: string },
): Promise<Answer> {
  let lockedMs = 0;
  const begin = async () => {
    lockedMs = await beginTry(doors.database, account, doors.clock.now());
    if (lockedMs > 0) throw new Locked(lockedMs);
  };
  const request = new Request(new URL(`${context.baseURL}/sign-in/email`), {
    method: 'POST',
    headers: { 'content-type': 'application/json', [PEER_HEADER]: asked.peer },
    body: JSON.stringify({ email: asked.email, password: asked.password }),
  });
  const response = await tryInProgress.run({ begin }, () =>
    library.handler(request).catch((thrown: unknown) => {
      if (thrown instanceof Locked) return new Response(null, { status: 423 });
      throw thrown;
    }),
  );
  if (lockedMs > 0) return { lockedMs };
  if (response.status === 429) return { retryAfterS: Number(response.headers.get('x-retry-after') ?? 60) };
  if (response.status >= 500) throw new Error(`the sign-in library answered ${response.status}`);
  if (!response.ok) return { isWrong: true };
  const { token: sessionToken } = (await response.json()) as { token: string };
  const setCookies = response.headers.getSetCookie();
  const prefix = `${context.authCookies.sessionToken.name}=`;
  const cookie = setCookies.find(each => each.startsWith(prefix));
  if (cookie === undefined) throw new Error('the sign-in library set no session cookie');
  return { token: cookie.slice(prefix.length).split(';')[0]!, sessionToken, setCookies };
}

/**
 * What remains when the password was right: a person who was shut out stays out, a one-time password serves
 * once and asks for a new one. Returns why not, or null and the sign-in is on record.
 */
async function admit(
  library: Library,
  doors: RecordDoors,
  tx: Tx,
  entry: {
    readonly person: { readonly id: string };
    readonly home: number;
    readonly before: store.SignInState | undefined;
    readonly asked: { readonly newPassword?: string | undefined };
  },
): Promise<SignInCode | null> {
  const { person, home, before, asked } = entry;
  const now = await store.lockSignInState(tx, person.id);
  if (now !== undefined && now.shutOutAtMs !== null) return 'sign-in-refused';
  if (before?.isOneTime === true && now?.isOneTime !== true) return 'sign-in-refused';
  if (now?.isOneTime === true && asked.newPassword === undefined) return 'new-password-needed';
  if (asked.newPassword !== undefined) await replacePassword(library, tx, person.id, asked.newPassword);
  else await store.forgiveTries(tx, person.id);
  await stage(tx, {
    act: asked.newPassword === undefined ? 'signed-in' : 'signed-in-with-new-password',
    object: `person/${person.id}`,
    partyId: partyOrNull(home),
    actor: `person/${person.id}`,
    atMs: doors.clock.now(),
    detail: {},
  });
  return null;
}

async function passwordHashOf({ context }: Library, userId: string): Promise<string | null> {
  const accounts = await context.internalAdapter.findAccounts(userId);
  return accounts.find(account => account.providerId === 'credential')?.password ?? null;
}

/**
 * Sets a person's own password. The library writes on a connection of its own: when this transaction then
 * fails, the new password stands but still counts as a one-time one, so that the next sign-in asks for
 * another; never the other way round.
 */
async function replacePassword({ context }: Library, tx: Tx, userId: string, next: string): Promise<void> {
  await context.internalAdapter.updatePassword(userId, await hashPassword(next));
  await store.markPassword(tx, userId, false);
}

function refuseWeak(next: string, current: string): void {
  if (next.length < LEAST_PASSWORD || next.length > MOST_PASSWORD) {
    throw new Refusal<SignInCode>('password-too-weak', {
      detail: { least: LEAST_PASSWORD, most: MOST_PASSWORD },
    });
  }
  if (next === current) throw new Refusal<SignInCode>('password-unchanged');
}

async function peopleOf({ context }: Library, userIds: readonly string[]): Promise<Person[]> {
  if (userIds.length === 0) return [];
  const rows = await context.adapter.findMany<{ id: string; email: string; name: string }>({
    model: 'user',
    where: [{ field: 'id', operator: 'in', value: [...userIds] }],
    limit: userIds.length,
  });
  return rows.map(row => ({ userId: row.id, email: row.email, name: row.name }));
}

/** The party whose ledger entries tell of a person's sign-ins: the first that gave them a role; 0 without any. */
async function homeOf(doors: RecordDoors, userId: string): Promise<number> {
  const [first] = await doors.database.door(NOBODY, tx => store.membershipsOf(tx, userId));
  return first?.partyId ?? NOBODY;
}

function partyOrNull(partyId: number): number | null {
  return partyId === NOBODY ? null : partyId;
}

/** 80 random bits as four groups of letters that are not mistaken for one another. */
function newOneTimePassword(): string {
  const letters = Array.from(randomBytes(16), byte => LETTERS[byte & 31]).join('');
  return letters.replace(/(.{4})(?=.)/g, '$1-');
}

/** The library looks a session up in the database and says of a lost connection only that it failed inside. */
function lossBehind(cause: unknown): unknown {
  const { statusCode } = cause as { statusCode?: unknown };
  return statusCode === 500 ? refuseDatabase('database-unavailable', { cause }) : cause;
}
